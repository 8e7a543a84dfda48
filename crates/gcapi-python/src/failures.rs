//! What a download could not bring, with the item, the socket and the address it was of.

use std::path::Path;

use gcapi::Uuid;
use gcapi_archive::{ArchiveFolder, Catalogue, Error, Failure, ItemRecord, ValueRecord};
use gcapi_archive::{RelativePath, SocketRecord};
use pyo3::prelude::*;

use crate::tracker::item_of;

/// One thing that could not be brought.
#[pyclass(frozen, get_all, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct Failed {
    /// The path below the output folder, or the item or image where no path could be made.
    place: String,
    /// Primary key of the item, if the failure is of one.
    item: Option<String>,
    /// Slug of the socket, if the failure is of one.
    socket: Option<String>,
    /// The media URL, which is not signed.
    url: Option<String>,
    /// What happened, signatures masked.
    reason: String,
    /// What to do.
    next_step: String,
}

/// The failures the last run left in the catalogue of a folder.
pub(crate) fn of(folder: &Path) -> Result<Vec<Failed>, Error> {
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder)?)?;
    let failures = catalogue.failures()?;
    failures
        .into_iter()
        .map(|failure| describe(&catalogue, failure))
        .collect()
}

fn describe(catalogue: &Catalogue, failure: Failure) -> Result<Failed, Error> {
    let mut failed = Failed {
        place: failure.place,
        item: None,
        socket: None,
        url: None,
        reason: failure.reason,
        next_step: failure.next_step,
    };
    let first = item_of(&failed.place);
    let item = match Uuid::parse_str(first) {
        Ok(pk) => catalogue.item(pk)?,
        Err(_) => None,
    };
    let Some(item) = item else { return Ok(failed) };
    failed.item = Some(item.pk.to_string());
    let rest = failed
        .place
        .get(first.len()..)
        .unwrap_or_default()
        .to_owned();
    if let Some((socket, value)) = meant(catalogue, &item, &rest)? {
        failed.socket = Some(socket.slug);
        failed.url = address(catalogue, &value, &rest)?;
    }
    Ok(failed)
}

/// The value of the item a place names: `/<relative path>...` or ` (<slug>)`.
fn meant(
    catalogue: &Catalogue,
    item: &ItemRecord,
    rest: &str,
) -> Result<Option<(SocketRecord, ValueRecord)>, Error> {
    let mut longest: Option<(SocketRecord, ValueRecord)> = None;
    for value in &item.values {
        let Some(socket) = catalogue.socket(value.socket)? else {
            continue;
        };
        let path = RelativePath::parse(&socket.relative_path).map_or_else(
            |_refused| socket.relative_path.clone(),
            |path| path.to_string(),
        );
        let below = rest
            .strip_prefix('/')
            .and_then(|rest| rest.strip_prefix(path.as_str()));
        let fits = rest == format!(" ({})", socket.slug)
            || below.is_some_and(|after| after.is_empty() || after.starts_with(['/', '.']));
        // One path may be the beginning of another one.
        let longer = longest
            .as_ref()
            .is_none_or(|(known, _)| known.relative_path.len() < socket.relative_path.len());
        if fits && longer {
            longest = Some((socket, value.clone()));
        }
    }
    Ok(longest)
}

/// The media URL of what lies at a place.
fn address(
    catalogue: &Catalogue,
    value: &ValueRecord,
    rest: &str,
) -> Result<Option<String>, Error> {
    if value.file.is_some() {
        return Ok(value.file.clone());
    }
    let Some(pk) = value.image else {
        return Ok(None);
    };
    let Some(image) = catalogue.image(pk)? else {
        return Ok(None);
    };
    let same_suffix = |url: &str| {
        let suffix = |text: &str| text.rsplit('.').next().map(str::to_ascii_lowercase);
        suffix(url) == suffix(rest)
    };
    let file = match image.files.as_slice() {
        [only] => Some(only),
        files => files.iter().find(|file| same_suffix(&file.url)),
    };
    Ok(file.map(|file| file.url.clone()))
}
