//! One item with all that is known of it, as JSON.

use gcapi_archive::{
    Catalogue, Failure, FileOrigin, FileRecord, ImageRecord, ItemRecord, SocketRecord, ValueRecord,
    layout,
};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::Filter;
use super::grid::{Entry, Grid};
use super::images::{self, View};
use super::refused::Refused;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::Query;
use crate::store;

/// Files of a value that are listed: a DICOM image set has thousands.
const LISTED_FILES: usize = 50;

/// Pictures of a value that are opened.
const OPENED: usize = 8;

/// Longer JSON is left to the file.
const LONGEST_VALUE: usize = 64 << 10;

/// A value as the catalogue knows it.
struct Known {
    record: ValueRecord,
    socket: Option<SocketRecord>,
    image: Option<ImageRecord>,
    files: Vec<FileRecord>,
}

/// The item with its values, and who comes before and after it among those that the filter
/// lets through.
pub(super) fn answer(state: &ViewerState, pk: Uuid, query: &Query) -> Result<Answer, Refused> {
    let grid = state.grid()?;
    let entry = grid.entry(pk).ok_or(Refused::NotFound)?;
    let (record, known) = state.ask(|catalogue| {
        if grid.images_only {
            Ok((None, known_image(catalogue, pk)?))
        } else {
            known_item(catalogue, pk)
        }
    })?;
    let values: Vec<_> = known
        .into_iter()
        .map(|known| described(state, known, entry, &grid))
        .collect();
    let failures: Vec<&Failure> = failures_of(&grid, entry).collect();
    let record = record.and_then(|record| RawValue::from_string(record).ok());
    let item = Item {
        pk,
        title: &entry.title,
        bytes: entry.bytes,
        files: entry.files,
        place: neighbours(&grid, &Filter::of(query), pk),
        values,
        failures,
        record,
    };
    serde_json::to_string(&item)
        .map(Answer::json)
        .map_err(|_| Refused::Form("Its record is not JSON."))
}

#[derive(Serialize)]
struct Item<'a> {
    pk: Uuid,
    title: &'a str,
    bytes: u64,
    files: u64,
    place: Place,
    values: Vec<Described>,
    failures: Vec<&'a Failure>,
    record: Option<Box<RawValue>>,
}

/// Where the item is among those that the filter lets through; the position counts from 1
/// and is absent where the filter leaves it out.
#[derive(Default, Serialize)]
struct Place {
    position: Option<u64>,
    count: u64,
    previous: Option<Uuid>,
    next: Option<Uuid>,
}

fn neighbours(grid: &Grid, filter: &Filter, pk: Uuid) -> Place {
    let mut place = Place::default();
    let mut before = None;
    for entry in filter.apply(grid) {
        place.count += 1;
        if entry.pk == pk {
            place.position = Some(place.count);
            place.previous = before;
        } else if place.position.is_some() && place.next.is_none() {
            place.next = Some(entry.pk);
        }
        before = Some(entry.pk);
    }
    place
}

fn failures_of<'a>(grid: &'a Grid, entry: &Entry) -> impl Iterator<Item = &'a Failure> {
    let pk = entry.pk.to_string();
    grid.failures
        .iter()
        .filter(move |failure| failure.place.contains(&pk))
}

type Read<T> = Result<T, gcapi_archive::Error>;

fn known_item(catalogue: &Catalogue, pk: Uuid) -> Read<(Option<String>, Vec<Known>)> {
    let Some(ItemRecord { record, values, .. }) = catalogue.item(pk)? else {
        return Ok((None, Vec::new()));
    };
    let files = catalogue.files_of_item(pk)?;
    let mut known = Vec::new();
    for value in values {
        known.push(Known {
            socket: catalogue.socket(value.socket)?,
            image: value
                .image
                .map_or(Ok(None), |image| catalogue.image(image))?,
            files: files
                .iter()
                .filter(|file| file.value == Some(value.pk) && file.socket == Some(value.socket))
                .cloned()
                .collect(),
            record: value,
        });
    }
    Ok((Some(record), known))
}

/// An image of a folder that has no items.
fn known_image(catalogue: &Catalogue, pk: Uuid) -> Read<Vec<Known>> {
    Ok(vec![Known {
        record: ValueRecord {
            pk: 0,
            socket: 0,
            value: None,
            file: None,
            image: Some(pk),
        },
        socket: None,
        image: catalogue.image(pk)?,
        files: catalogue.files_of_image(pk)?,
    }])
}

/// A value as the page shows it.
#[derive(Serialize)]
struct Described {
    socket: Value,
    /// Names and numbers of what an overlay shows, as the platform gives them.
    segments: Value,
    is_overlay: bool,
    state: &'static str,
    /// JSON as text: the page shows numbers with the digits they were served with.
    value: Option<String>,
    image: Option<Box<RawValue>>,
    bytes: u64,
    file_count: usize,
    files: Vec<Value>,
    pictures: Vec<Value>,
}

fn described(state: &ViewerState, known: Known, entry: &Entry, grid: &Grid) -> Described {
    let socket = known.socket.as_ref();
    let listed = socket.and_then(|socket| grid.sockets.get(&socket.pk));
    let said: Value = socket
        .and_then(|socket| serde_json::from_str(&socket.record).ok())
        .unwrap_or_default();
    let has_failed = failures_of(grid, entry).any(|failure| {
        socket.is_some_and(|socket| {
            failure.place.contains(&socket.slug)
                || (!socket.relative_path.is_empty()
                    && failure.place.contains(&socket.relative_path))
        })
    });
    let text = known
        .record
        .value
        .filter(|text| text.len() <= LONGEST_VALUE);
    Described {
        socket: match (socket, listed) {
            (Some(socket), Some(listed)) => json!({
                "slug": socket.slug,
                "title": listed.title,
                "kind": listed.kind,
                "super_kind": socket.super_kind,
                "description": said.get("description"),
            }),
            _ => json!({"slug": "image", "title": "Image", "kind": "Image", "super_kind": "Image"}),
        },
        segments: said.get("overlay_segments").cloned().unwrap_or_default(),
        is_overlay: listed.is_some_and(|socket| socket.is_overlay()),
        state: match (known.files.is_empty(), has_failed) {
            (false, _) => "here",
            (true, true) => "failed",
            (true, false) => "missing",
        },
        value: text,
        image: known
            .image
            .and_then(|image| RawValue::from_string(image.record).ok()),
        bytes: known.files.iter().map(|file| file.written.size).sum(),
        file_count: known.files.len(),
        files: known.files.iter().take(LISTED_FILES).map(file).collect(),
        pictures: pictures(state, &known.files),
    }
}

fn file(record: &FileRecord) -> Value {
    let name = record.path.name().unwrap_or_default();
    json!({
        "path": record.path.as_str(),
        "name": name,
        "bytes": record.written.size,
        "sha256": record.written.sha256,
        "type": store::content_type_of(name),
    })
}

/// What can be looked at: files that are images, and DICOM image sets once.
fn pictures(state: &ViewerState, files: &[FileRecord]) -> Vec<Value> {
    let mut has_set = false;
    files
        .iter()
        .filter(|record| match &record.origin {
            FileOrigin::Value => false,
            FileOrigin::DicomInstance { .. } => !std::mem::replace(&mut has_set, true),
            FileOrigin::ImageFile { .. } => !layout::is_companion(record.path.as_str()),
            FileOrigin::File => {
                let name = record.path.name().unwrap_or_default();
                store::content_type_of(name).starts_with("image/")
            }
        })
        .take(OPENED)
        .map(|record| picture(state, record))
        .collect()
}

fn picture(state: &ViewerState, record: &FileRecord) -> Value {
    let path = record.path.as_str();
    let opened =
        images::found(state, record.clone()).and_then(|found| images::open_region(state, &found));
    match opened {
        Ok(image) => json!({
            "path": path,
            "view": View::of(&image).name(),
            "format": format!("{:?}", image.format()),
            "element": image.element().name(),
            "channels": image.channels(),
            "size": image.size(),
            "spacing": image.spacing(),
            "origin": image.origin(),
            "levels": image.levels().len(),
            "is_inverted": image.is_inverted(),
        }),
        Err(refused) => json!({"path": path, "problem": refused.reason()}),
    }
}
