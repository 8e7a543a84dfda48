//! `gcapi download`

use std::path::{Path, PathBuf};
use std::pin::pin;

use gcapi::{Archive, Client, Record};
use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_transfer::{
    Action, DownloadRequest, Error as TransferError, Event, Selection, Stop, StopReason, Summary,
    find_archive,
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
    if arguments.prune && !selection.is_everything() {
        return Err(TransferError::PruneOfAPart.into());
    }
    let (client, _) = connect::signed_in(settings, output)?;
    let stop = Stop::default();
    stopping::watch(&stop, arguments.max_time).map_err(|error| Failure::internal(&error))?;
    let found = tokio::select! {
        found = find_archive(&client, &arguments.archive) => found?,
        () = stop.stopped() => {
            if output.json {
                output.json(&serde_json::json!({"event": "summary", "stopped": stop.reason()}));
            }
            return Ok(stopped_early(stop.reason(), output));
        }
    };
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => PathBuf::from(slug_or_pk(&found)),
    };
    let request = DownloadRequest {
        images_only: arguments.images,
        layout: arguments.layout.into(),
        selection,
        existing: arguments.existing.into(),
        jobs: arguments.jobs(settings.jobs),
        dry_run: arguments.dry_run,
        sizes: arguments.sizes,
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

/// The archive's slug, or its pk where the slug could not be a name on a disk.
pub(super) fn slug_or_pk(archive: &Record<Archive>) -> String {
    let pk = || archive.value.pk.to_string();
    archive
        .value
        .slug()
        .filter(|slug| gcapi_archive::RelativePath::parse(slug).is_ok_and(|path| !path.is_root()))
        .filter(|slug| !slug.starts_with(['.', '-']) && !slug.contains('/'))
        .map_or_else(pk, str::to_owned)
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
        let sizes = request.sizes;
        if sizes {
            output.note("asking for sizes: two requests for each file");
        }
        let print = move |event: &Event| print_plan(event, sizes, output);
        gcapi_transfer::download(client, archive, request, std::sync::Arc::new(print)).await?
    } else {
        let report = Report::start(output);
        let observer = report.observer();
        let download = gcapi_transfer::download(client, archive, request, observer);
        let (summary, unknown) = beside(download, unknown_version(client)).await;
        drop(report);
        if let Some(message) = unknown.flatten() {
            output.note(&message);
        }
        summary?
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
        output.note(&report::planned_line(&summary));
        return match report::missing_room(&summary) {
            Some(missing) => Err(Failure::new(
                failure::CANNOT_WRITE,
                format!("it does not fit: {missing}"),
                "make room, or choose another disk with -o",
            )),
            None => Ok(summary),
        };
    }
    list_failures(&request.output, &summary, output)?;
    output.note(&report::closing_line(&summary));
    Ok(summary)
}

/// `--dry-run` for people: a line for each file.
fn print_plan(event: &Event, sizes: bool, output: Output) {
    match event {
        // It gets its line when its size is known.
        Event::Planned {
            action: Action::Fetch,
            ..
        } if sizes => {}
        Event::Sized {
            path,
            files,
            bytes,
            estimated,
        } => {
            let what = if *files == 1 { "fetch" } else { "fetch set" };
            let size = match (bytes, estimated) {
                (Some(bytes), false) => human::bytes(*bytes),
                (Some(bytes), true) => format!(
                    "about {} in {}",
                    human::bytes(*bytes),
                    human::count(*files, "file")
                ),
                (None, _) => "of unknown size".to_owned(),
            };
            output.data(&format!("{what:9}  {path}  {size}"));
        }
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
        event => {
            if let Some(line) = report::remark(event) {
                output.warning(&line);
            }
        }
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

/// What comes of something, and of what is of interest only until that is done.
async fn beside<M, S>(
    main: impl Future<Output = M>,
    aside: impl Future<Output = S>,
) -> (M, Option<S>) {
    let (mut main, mut aside) = (pin!(main), pin!(aside));
    let mut said = None;
    loop {
        tokio::select! {
            main = &mut main => return (main, said),
            answer = &mut aside, if said.is_none() => said = Some(answer),
        }
    }
}

/// Asks for the version of the platform, and gives what there is to say of
/// that. A platform that says nothing about versions is no reason to stop.
async fn unknown_version(client: &Client) -> Option<String> {
    match client.version().await {
        Ok(version) => {
            tracing::debug!(
                latest = %version.latest_version,
                lowest = %version.lowest_supported_version,
                "versions of the Python client the platform knows"
            );
            None
        }
        // The next request says the same, with its exit code.
        Err(error) if error.kind() == gcapi::ErrorKind::Unauthenticated => None,
        Err(error) => Some(format!(
            "the platform's version could not be asked for: {error}"
        )),
    }
}
