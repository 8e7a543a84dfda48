//! `gcapi download`

use std::path::{Path, PathBuf};

use gcapi::{Archive, Client, Record};
use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_transfer::{
    Action, DownloadRequest, Event, Selection, Stop, StopReason, Summary, find_archive,
};

use super::Done;
use crate::arguments::DownloadArguments;
use crate::connect;
use crate::failure::{self, Failure};
use crate::human;
use crate::output::Output;
use crate::report::{self, Report};
use crate::settings::Settings;
use crate::stopping;

/// Failures listed at the end; the rest is in the catalogue.
const LISTED_FAILURES: usize = 50;

pub(super) async fn run(arguments: DownloadArguments, settings: &Settings, output: Output) -> Done {
    let selection = Selection::new(
        &arguments.socket,
        &arguments.exclude_socket,
        &arguments.item,
        &arguments.image_type,
    )?;
    let (client, _) = connect::signed_in(settings, output)?;
    let stop = Stop::default();
    stopping::watch(&stop, arguments.max_time).map_err(|error| Failure::internal(&error))?;
    let found = tokio::select! {
        found = find_archive(&client, &arguments.archive) => found?,
        () = stop.stopped() => return Ok(stopped_early(stop.reason(), output)),
    };
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => default_folder(&found),
    };
    let request = DownloadRequest {
        images_only: arguments.images,
        layout: arguments.layout.into(),
        selection,
        existing: arguments.existing.into(),
        jobs: arguments.jobs(settings.jobs),
        dry_run: arguments.dry_run,
        prune: arguments.prune,
        max_bytes: arguments.max_bytes,
        limit_rate: arguments.limit_rate,
        stop,
        ..DownloadRequest::new(folder)
    };
    let summary = transfer(&client, &found, &request, output).await?;
    match summary.stopped {
        Some(reason) => Ok(stopped_early(Some(reason), output)),
        None => Ok(exit_code(&summary)),
    }
}

/// Says why it stopped, and gives the exit code for that.
fn stopped_early(reason: Option<StopReason>, output: Output) -> u8 {
    let reason = reason.unwrap_or(StopReason::Interrupted);
    output.warning(&format!(
        "stopped early: {}; the same command goes on from here",
        stopping::describe(reason)
    ));
    stopping::exit_code(reason)
}

/// The archive's slug, or its pk where the slug could not be a folder.
fn default_folder(archive: &Record<Archive>) -> PathBuf {
    let pk = || archive.value.pk.to_string();
    let name = archive
        .value
        .slug()
        .filter(|slug| gcapi_archive::RelativePath::parse(slug).is_ok_and(|path| !path.is_root()))
        .filter(|slug| !slug.starts_with(['.', '-']) && !slug.contains('/'))
        .map_or_else(pk, str::to_owned);
    PathBuf::from(name)
}

pub(super) fn exit_code(summary: &Summary) -> u8 {
    if summary.failed > 0 {
        failure::SOME_FAILED
    } else {
        0
    }
}

/// Downloads with a report, and says what it came to.
pub(super) async fn transfer(
    client: &Client,
    archive: &Record<Archive>,
    request: &DownloadRequest,
    output: Output,
) -> Result<Summary, Failure> {
    warn_of_old_version(client, output).await;
    output.note(&format!(
        "{} {} into {}",
        if request.dry_run {
            "planning"
        } else {
            "downloading"
        },
        output.bold(&human::printable(&archive.value.title)),
        request.output.display()
    ));
    let summary = if request.dry_run && !output.json {
        let print = move |event: &Event| print_plan(event, output);
        gcapi_transfer::download(client, archive, request, std::sync::Arc::new(print)).await?
    } else {
        let report = Report::start(output);
        let observer = report.observer();
        gcapi_transfer::download(client, archive, request, observer).await?
    };
    if output.json {
        let mut line = serde_json::to_value(summary).map_err(|error| Failure::internal(&error))?;
        if let Some(fields) = line.as_object_mut() {
            fields.insert("event".to_owned(), "summary".into());
            fields.insert(
                "output".to_owned(),
                request.output.display().to_string().into(),
            );
            fields.insert("dry_run".to_owned(), request.dry_run.into());
        }
        output.json(&line);
    }
    if request.dry_run {
        output.note(&format!(
            "{} to fetch, {} kept ({}), {} refused",
            human::count(summary.to_fetch, "file"),
            summary.kept,
            human::bytes(summary.bytes_kept),
            summary.failed
        ));
        return Ok(summary);
    }
    list_failures(&request.output, &summary, output)?;
    output.note(&report::closing_line(&summary));
    Ok(summary)
}

/// `--dry-run` for people: a line for each file.
fn print_plan(event: &Event, output: Output) {
    match event {
        Event::Planned {
            path,
            action,
            files,
            bytes,
        } => {
            let what = match (action, files) {
                (Action::Fetch, 0) => "fetch set",
                (Action::Fetch, _) => "fetch",
                (Action::Keep, _) => "keep",
                (Action::Remove, _) => "remove",
            };
            let size = if *bytes > 0 {
                format!("  {}", human::bytes(*bytes))
            } else {
                String::new()
            };
            output.data(&format!("{what:9}  {path}{size}"));
        }
        Event::Failed(failure) => output.warning(&format!(
            "{}: {}",
            human::printable(&failure.place),
            human::printable(&failure.reason)
        )),
        _ => {}
    }
}

/// What could not be brought, why, and what to do, at the end where it is
/// seen.
fn list_failures(folder: &Path, summary: &Summary, output: Output) -> Result<(), Failure> {
    if summary.failed == 0 {
        return Ok(());
    }
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder)?)?;
    let failures = catalogue.failures()?;
    output.warning(&format!(
        "{} could not be brought:",
        human::count(summary.failed, "thing")
    ));
    for failure in failures.iter().take(LISTED_FAILURES) {
        output.note(&format!("  {}", human::printable(&failure.place)));
        output.note(&format!("    {}", human::printable(&failure.reason)));
        output.note(&format!("    next step: {}", failure.next_step));
    }
    if failures.len() > LISTED_FAILURES {
        output.note(&format!(
            "  and {} more: gcapi status {}",
            failures.len() - LISTED_FAILURES,
            folder.display()
        ));
    }
    Ok(())
}

/// A platform that says nothing about versions is no reason to stop.
async fn warn_of_old_version(client: &Client, output: Output) {
    match client.version().await {
        Ok(version) => {
            tracing::debug!(
                latest = %version.latest_version,
                lowest = %version.lowest_supported_version,
                "versions of the Python client the platform knows"
            );
        }
        Err(error) if error.kind() == gcapi::ErrorKind::Unauthenticated => {
            // The next request says the same, with its exit code.
        }
        Err(error) => {
            output.note(&format!(
                "the platform's version could not be asked for: {error}"
            ));
        }
    }
}
