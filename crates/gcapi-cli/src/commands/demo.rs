//! `gcapi demo`: the main job on any machine, without an account.
//!
//! The archive is made at first use and served by the server of this program;
//! from there everything goes the ordinary way, over TLS.

use std::path::{Path, PathBuf};

use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_server::{CertificateSource, RunningServer, ServerConfig, ServerToken};
use gcapi_transfer::{ArchiveReference, DownloadRequest, find_archive};

use super::{Done, download, serve, verify};
use crate::arguments::DemoArguments;
use crate::credentials;
use crate::failure::{Failure, INTEGRITY};
use crate::output::Output;
use crate::settings::{Settings, cache_folder};
use crate::{connect, environment, human, stopping, tree};

pub(super) async fn run(arguments: DemoArguments, settings: &Settings, output: Output) -> Done {
    let folder = cache_folder().ok_or_else(|| {
        Failure::usage(
            "there is no home folder to keep the demo archive in".to_owned(),
            "set HOME",
        )
    })?;
    let working = async {
        output.note("making the demo archive, at first use only");
        let archive = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || gcapi_demo::generate(&folder.join("demo-archive")))
                .await
                .map_err(|error| Failure::internal(&error))?
                .map_err(|error| Failure::cannot_write(error.to_string()))?
        };
        let token = ServerToken::generate();
        let server = start(&folder, &archive.folder, &token).await?;
        output.note(&format!("serving it at {}", server.base_url()));
        fetch(
            &server,
            &token,
            archive.slug,
            &arguments.output,
            settings,
            output,
        )
        .await?;
        let report = verify::check(&arguments.output, false, output)?;
        if !report.is_intact() {
            return Err(Failure::new(
                INTEGRITY,
                "the demo archive did not arrive whole".to_owned(),
                "please report it",
            ));
        }
        Ok((server, token, archive.slug))
    };
    let (server, token, slug) = tokio::select! {
        done = working => done?,
        _ = tokio::signal::ctrl_c() => {
            return Err(Failure::new(
                crate::failure::INTERRUPTED,
                "interrupted".to_owned(),
                "the same command goes on from here",
            ));
        }
    };
    show(&arguments.output, output)?;
    if arguments.keep_serving {
        let stop = stopping::by_signals()?;
        serve::announce(&server, &token, false, output);
        output.note(&format!("  gcapi download {slug} -o again"));
        return serve::until_stopped(server, &stop, output).await;
    }
    server.shutdown().await?;
    next_steps(&arguments.output, output)?;
    Ok(0)
}

async fn start(
    cache: &Path,
    archive: &Path,
    token: &ServerToken,
) -> Result<RunningServer, Failure> {
    let certificate = CertificateSource::Generated {
        write_ca_to: cache.join("demo-ca.pem"),
    };
    let config = ServerConfig::new(ArchiveFolder::open(archive)?, token.clone(), certificate);
    Ok(gcapi_server::start(config).await?)
}

/// The ordinary way, as `gcapi download` goes it.
async fn fetch(
    server: &RunningServer,
    token: &ServerToken,
    slug: &str,
    folder: &Path,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let settings = Settings {
        base_url: server.base_url().to_string(),
        ca_cert: server.ca_certificate().map(Path::to_path_buf),
        insecure: false,
        ..settings.clone()
    };
    let token = credentials::parse(token.expose(), "the demo server")?;
    let client = connect::client(&settings, output, Some(token))?;
    let archive = find_archive(&client, &ArchiveReference::Slug(slug.to_owned())).await?;
    let request = DownloadRequest::new(folder);
    let summary = download::transfer(&client, &archive, &request, output).await?;
    match download::exit_code(&summary) {
        0 => Ok(()),
        code => Err(Failure::new(
            code,
            "the demo archive did not arrive whole".to_owned(),
            "please report it",
        )),
    }
}

fn show(folder: &Path, output: Output) -> Result<(), Failure> {
    if output.json {
        return Ok(());
    }
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder)?)?;
    output.data(&format!("{}/", folder.display()));
    for line in tree::lines(&catalogue)? {
        output.data(&line);
    }
    let totals = catalogue.totals()?;
    output.data(&format!(
        "{}, {}, {}, verified",
        human::count(totals.items, "item"),
        human::count(totals.files, "file"),
        human::bytes(totals.bytes)
    ));
    Ok(())
}

fn next_steps(folder: &Path, output: Output) -> Result<(), Failure> {
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder)?)?;
    let shown = folder.display();
    output.note("What to try next:");
    output.note(&format!(
        "  gcapi view {shown}                 look at it in the browser"
    ));
    output.note(&format!("  gcapi status {shown}"));
    output.note(&format!("  gcapi verify {shown}"));
    if let Some(volume) = tree::first_with_suffix(&catalogue, "mha")? {
        let volume: PathBuf = volume.below(folder);
        output.note(&format!(
            "  open {} in ITK-SNAP or 3D Slicer",
            volume.display()
        ));
    }
    output.note("  gcapi demo --keep-serving      and repeat it by hand with gcapi download");
    output.note(&format!(
        "  export {}=<your token>; gcapi archives",
        environment::TOKEN
    ));
    Ok(())
}
