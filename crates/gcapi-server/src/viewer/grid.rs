//! All items of an archive, as much of each as the grid and its filters need.
//!
//! It is in memory: a hundred thousand items are some fifty megabytes, and every
//! filter is a pass over them.

use std::collections::{BTreeMap, HashMap};

use gcapi_archive::{Catalogue, Error, Failure, ItemRecord, RelativePath, ValueFiles};
use serde::Deserialize;
use uuid::Uuid;

use crate::index::Stamp;

/// Items read from the catalogue at a time.
const PAGE: u64 = 1000;

/// Bytes of the values of an item that a search looks through.
const SEARCHED: usize = 512;

/// All items of an archive.
#[derive(Debug)]
pub(super) struct Grid {
    /// In the order of their titles.
    pub(super) entries: Vec<Entry>,
    /// By primary key.
    pub(super) sockets: BTreeMap<i64, Socket>,
    pub(super) failures: Vec<Failure>,
    /// The folder has images without items: each is shown as an item.
    pub(super) images_only: bool,
    places: HashMap<Uuid, usize>,
    stamp: Option<Stamp>,
}

/// An item.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) pk: Uuid,
    pub(super) title: String,
    /// Sockets that have a value, here or not.
    pub(super) sockets: Vec<i64>,
    pub(super) modalities: Vec<String>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Values that are not here.
    pub(super) missing: u64,
    /// Failures of the last run.
    pub(super) failed: u64,
    /// The image that stands for the item.
    pub(super) preview: Option<RelativePath>,
    /// What a search looks through, in lower case.
    pub(super) searched: String,
}

/// What the grid shows of a socket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) super_kind: String,
}

impl Socket {
    /// Whether it is drawn on top of an image.
    pub(super) fn is_overlay(&self) -> bool {
        matches!(self.kind.as_str(), "Segmentation" | "Heat Map") || self.kind.ends_with("Overlay")
    }

    fn is_image(&self) -> bool {
        self.super_kind.eq_ignore_ascii_case("image")
    }
}

impl Grid {
    /// Reads all items. `stamp` was taken before, so that a change in between is seen the
    /// next time.
    pub(super) fn read(catalogue: &Catalogue, stamp: Option<Stamp>) -> Result<Self, Error> {
        let images_only = catalogue
            .settings()?
            .is_some_and(|settings| settings.images_only);
        let sockets = sockets(catalogue)?;
        let failures = catalogue.failures()?;
        let mut entries = if images_only {
            images(catalogue)?
        } else {
            items(catalogue, &sockets)?
        };
        count_failures(&mut entries, &failures);
        // Those without a title come last.
        entries.sort_by_cached_key(|entry| {
            let title = &entry.title;
            (title.is_empty(), sort_key(title), entry.pk)
        });
        Ok(Self {
            places: entries
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.pk, place))
                .collect(),
            entries,
            sockets,
            failures,
            images_only,
            stamp,
        })
    }

    pub(super) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.stamp == stamp && stamp.is_some()
    }

    pub(super) fn entry(&self, pk: Uuid) -> Option<&Entry> {
        self.places
            .get(&pk)
            .and_then(|place| self.entries.get(*place))
    }
}

fn sockets(catalogue: &Catalogue) -> Result<BTreeMap<i64, Socket>, Error> {
    #[derive(Deserialize)]
    struct Said {
        title: Option<String>,
        kind: Option<String>,
    }
    let mut sockets = BTreeMap::new();
    for socket in catalogue.sockets(0, i64::MAX as u64)? {
        let said: Option<Said> = serde_json::from_str(&socket.record).ok();
        let (title, kind) = said.map_or((None, None), |said| (said.title, said.kind));
        sockets.insert(
            socket.pk,
            Socket {
                title: title.unwrap_or_else(|| socket.slug.clone()),
                kind: kind.unwrap_or_else(|| socket.super_kind.clone()),
                slug: socket.slug,
                super_kind: socket.super_kind,
            },
        );
    }
    Ok(sockets)
}

fn items(catalogue: &Catalogue, sockets: &BTreeMap<i64, Socket>) -> Result<Vec<Entry>, Error> {
    let modalities = modalities(catalogue)?;
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = catalogue.items_after(after, PAGE)?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(entries);
        };
        after = Some(last.pk);
        let mut here = HashMap::new();
        for files in catalogue.value_files(first.pk, last.pk)? {
            here.insert((files.item, files.value), files);
        }
        entries.extend(
            page.into_iter()
                .map(|item| entry(item, sockets, &modalities, &here)),
        );
    }
}

fn entry(
    item: ItemRecord,
    sockets: &BTreeMap<i64, Socket>,
    modalities: &HashMap<Uuid, String>,
    here: &HashMap<(Uuid, i64), ValueFiles>,
) -> Entry {
    let mut entry = Entry {
        pk: item.pk,
        searched: format!("{} {}", item.title, item.pk),
        title: item.title,
        ..Entry::default()
    };
    // An overlay stands for an item only where it has no other image.
    let mut second_choice = None;
    for value in item.values {
        if !entry.sockets.contains(&value.socket) {
            entry.sockets.push(value.socket);
        }
        if let Some(text) = &value.value
            && entry.searched.len() + text.len() < SEARCHED
        {
            entry.searched.push(' ');
            entry.searched.push_str(text);
        }
        let modality = value.image.and_then(|image| modalities.get(&image));
        if let Some(modality) = modality
            && !entry.modalities.contains(modality)
        {
            entry.modalities.push(modality.clone());
        }
        let Some(files) = here.get(&(entry.pk, value.pk)) else {
            entry.missing += 1;
            continue;
        };
        entry.files += files.files;
        entry.bytes += files.bytes;
        match sockets.get(&value.socket) {
            Some(socket) if socket.is_image() && !socket.is_overlay() => {
                entry.preview.get_or_insert_with(|| files.path.clone());
            }
            Some(socket) if socket.is_image() => {
                second_choice.get_or_insert_with(|| files.path.clone());
            }
            _ => {}
        }
    }
    entry.preview = entry.preview.or(second_choice);
    entry.searched = entry.searched.to_lowercase();
    entry
}

/// The images of a folder that has no items.
fn images(catalogue: &Catalogue) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = catalogue.images_after(after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(entries);
        };
        after = Some(last.pk);
        for image in page {
            let files = catalogue.files_of_image(image.pk)?;
            let described = |name: &str| {
                [".raw", ".zraw", ".dzi"]
                    .iter()
                    .any(|suffix| name.ends_with(suffix))
            };
            let preview = files.iter().find(|file| !described(file.path.as_str()));
            entries.push(Entry {
                pk: image.pk,
                searched: format!("{} {}", image.name, image.pk).to_lowercase(),
                title: image.name,
                modalities: modality(&image.record).into_iter().collect(),
                files: files.len() as u64,
                bytes: files.iter().map(|file| file.written.size).sum(),
                missing: u64::from(files.is_empty()),
                preview: preview.map(|file| file.path.clone()),
                ..Entry::default()
            });
        }
    }
}

fn modalities(catalogue: &Catalogue) -> Result<HashMap<Uuid, String>, Error> {
    let mut modalities = HashMap::new();
    let mut after = None;
    loop {
        let page = catalogue.images_after(after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(modalities);
        };
        after = Some(last.pk);
        for image in page {
            if let Some(modality) = modality(&image.record) {
                modalities.insert(image.pk, modality);
            }
        }
    }
}

/// The modality the platform gives an image.
fn modality(record: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Image {
        modality: Option<Modality>,
    }
    #[derive(Deserialize)]
    struct Modality {
        modality: String,
    }
    let image: Image = serde_json::from_str(record).ok()?;
    image.modality.map(|modality| modality.modality)
}

/// A failure says its place: a path, which starts with the item, or the item in words.
fn count_failures(entries: &mut [Entry], failures: &[Failure]) {
    if failures.is_empty() {
        return;
    }
    let mut counts: HashMap<Uuid, u64> = HashMap::new();
    for failure in failures {
        let pks = failure
            .place
            .split(|character: char| !character.is_ascii_hexdigit() && character != '-')
            .filter_map(|word| Uuid::parse_str(word).ok());
        if let Some(pk) = pks.into_iter().next() {
            *counts.entry(pk).or_default() += 1;
        }
    }
    for entry in entries {
        entry.failed = counts.get(&entry.pk).copied().unwrap_or_default();
    }
}

/// Titles in the order people expect: without case, and numbers by their value.
fn sort_key(title: &str) -> String {
    let mut key = String::with_capacity(title.len() + 8);
    let mut digits = String::new();
    for character in title.to_lowercase().chars().chain([' ']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
        key.push(character);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_titles_are_sorted_by_their_value() {
        let mut titles = ["case 10", "Case 2", "case 1b", "Case 1"];
        titles.sort_by_key(|title| sort_key(title));
        assert_eq!(titles, ["Case 1", "case 1b", "Case 2", "case 10"]);
    }

    #[test]
    fn a_modality_is_read_where_there_is_one() {
        assert_eq!(
            modality(r#"{"modality":{"modality":"CT"}}"#).as_deref(),
            Some("CT")
        );
        for none in [r#"{"modality":null}"#, "{}", "junk"] {
            assert_eq!(modality(none), None, "{none}");
        }
    }

    #[test]
    fn a_failure_is_counted_for_the_item_it_names() {
        let pk = Uuid::from_u128(7);
        let mut entries = vec![Entry {
            pk,
            ..Entry::default()
        }];
        let failure = |place: String| Failure {
            place,
            reason: String::new(),
            next_step: String::new(),
        };
        let failures = [
            failure(format!("{pk}/images/ct/a.mha")),
            failure(format!("item {pk}, socket ct")),
            failure(format!("{}/a.json", Uuid::from_u128(8))),
        ];
        count_failures(&mut entries, &failures);
        assert_eq!(entries[0].failed, 2);
    }
}
