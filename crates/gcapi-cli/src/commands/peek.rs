//! `gcapi peek`

use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gcapi::{Archive, ArchiveItem, Client, Record};
use gcapi_transfer::{Selection, find_archive};

use super::Done;
use super::download::slug_or_pk;
use crate::arguments::PeekArguments;
use crate::failure::{Failure, SOME_FAILED};
use crate::new_file::NewFile;
use crate::output::Output;
use crate::peek::{Choice, Looker, Seen, SeenItem, Sheet, choose};
use crate::settings::Settings;
use crate::{connect, human, stopping};

/// Images that are looked into side by side: each has a thread, and what was read of it in memory.
const AT_A_TIME: usize = 8;

/// Connections at a time at most unless told otherwise.
const JOBS: usize = 16;

pub(super) async fn run(arguments: PeekArguments, settings: &Settings, output: Output) -> Done {
    let selection = Selection::new(
        &arguments.socket,
        &arguments.exclude_socket,
        &arguments.item,
        &[],
    )?;
    let (client, _) = connect::signed_in(settings, output)?;
    let stop = stopping::by_signals()?;
    // Whoever stops it loses nothing but this sheet, of which nothing is left.
    tokio::select! {
        done = peek(&arguments, &selection, settings, &client, output) => done,
        () = stop.stopped() => Ok(stop.reason().map_or(0, stopping::exit_code)),
    }
}

async fn peek(
    arguments: &PeekArguments,
    selection: &Selection,
    settings: &Settings,
    client: &Client,
    output: Output,
) -> Done {
    let archive = find_archive(client, &arguments.archive).await?;
    let place = match &arguments.output {
        Some(place) => Some(place.clone()),
        None if output.json => None,
        None => Some(PathBuf::from(format!("peek-{}.html", slug_or_pk(&archive)))),
    };
    let file = place.as_deref().map(NewFile::begin).transpose()?;
    let has_patterns = !arguments.item.is_empty();
    let items = u64::from(arguments.items);
    let choice = choose(client, &archive, selection, has_patterns, items).await?;
    output.note(&format!(
        "peeking into {} of {} of {}",
        choice.items.len(),
        human::count(choice.of, "item"),
        output.bold(&human::printable(&archive.value.title)),
    ));
    let jobs = arguments.jobs.or(settings.jobs).map_or(JOBS, usize::from);
    let looker = Looker::new(client, jobs, arguments.most, file.is_some());
    let seen = look(&choice, selection, &looker, jobs, output).await?;
    let sheet = Sheet {
        title: &archive.value.title,
        platform: client.base_url().to_string(),
        choice: &choice,
        items: &seen,
        requests: client.statistics().requests,
    };
    if let Some(file) = file {
        file.publish_bytes(sheet.html().as_bytes())?;
    }
    report(&sheet, &archive, place.as_deref(), output);
    Ok(if sheet.failures() > 0 { SOME_FAILED } else { 0 })
}

/// Looks at the selected values of all chosen items, several side by side.
async fn look(
    choice: &Choice,
    selection: &Selection,
    looker: &Looker<'_>,
    jobs: usize,
    output: Output,
) -> Result<Vec<SeenItem>, Failure> {
    let values: Vec<_> = (0..)
        .zip(&choice.items)
        .flat_map(|(item, of)| of.values.iter().flatten().map(move |value| (item, value)))
        .filter(|(_, value)| selection.has_socket(&value.socket.slug))
        .collect();
    let bar = bar(values.len() as u64, output);
    let mut seen: Vec<SeenItem> = choice.items.iter().map(without_values).collect();
    let mut looking = stream::iter(values)
        .map(|(item, value): (usize, _)| async move {
            looker.look(value).await.map(|seen| (item, seen))
        })
        .buffered(jobs.min(AT_A_TIME));
    while let Some((item, values)) = looking.try_next().await? {
        bar.inc(1);
        if let Some(item) = seen.get_mut(item) {
            item.values.extend(values);
        }
    }
    bar.finish_and_clear();
    Ok(seen)
}

fn without_values(item: &ArchiveItem) -> SeenItem {
    SeenItem {
        pk: item.pk,
        title: item.title.clone(),
        values: Vec::new(),
        malformed: item
            .values
            .iter()
            .filter_map(|value| value.as_ref().err())
            .map(ToString::to_string)
            .collect(),
    }
}

/// Says what is wrong, what it took, and where the sheet is.
fn report(sheet: &Sheet<'_>, archive: &Record<Archive>, place: Option<&Path>, output: Output) {
    for reason in &sheet.choice.failures {
        output.warning(&human::printable(reason));
    }
    for item in sheet.items {
        for reason in &item.malformed {
            output.warning(&human::printable(&format!("{}: {reason}", item.pk)));
        }
        for value in &item.values {
            if output.json {
                output.json(&line(item, value));
            }
            if let Some(reason) = &value.failure {
                let place = format!("{} ({})", item.pk, value.socket);
                output.warning(&human::printable(&format!("{place}: {reason}")));
            }
        }
    }
    if output.json {
        output.json(&serde_json::json!({
            "event": "summary",
            "archive": archive.value.pk,
            "items": sheet.items.len(),
            "of_items": sheet.choice.of,
            "pictures": sheet.pictures(),
            "not_shown": sheet.not_shown(),
            "failed": sheet.failures(),
            "received_bytes": sheet.received_bytes(),
            "stored_bytes": sheet.stored_bytes(),
            "requests": sheet.requests,
            "output": place,
        }));
    } else if let Some(place) = place {
        output.data(&place.display().to_string());
    }
    let mut words = format!(
        "{}, read {}",
        human::count(sheet.pictures(), "picture"),
        sheet.cost()
    );
    if sheet.not_shown() > 0 {
        words += &format!("; {} without a picture", sheet.not_shown());
    }
    if sheet.failures() > 0 {
        words += &format!("; {} failed", sheet.failures());
    }
    output.note(&words);
    if sheet.failures() > 0 {
        output.note(
            "next step: run it again for what did not come; tell the archive's editors of what is \
             damaged or missing there",
        );
    }
}

/// A value for scripts.
fn line(item: &SeenItem, value: &Seen) -> serde_json::Value {
    let mut line = serde_json::json!({
        "event": "value",
        "item": item.pk,
        "title": item.title,
    });
    if let (Some(line), Ok(serde_json::Value::Object(value))) =
        (line.as_object_mut(), serde_json::to_value(value))
    {
        line.extend(value);
    }
    line
}

fn bar(values: u64, output: Output) -> indicatif::ProgressBar {
    let bar = if output.quiet || output.json {
        indicatif::ProgressBar::hidden()
    } else {
        indicatif::ProgressBar::new(values)
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template("{bar:30} {pos} of {len} values") {
        bar.set_style(style);
    }
    bar
}
