//! Items with what is here of them.

use std::collections::{BTreeMap, HashMap};

use gcapi_archive::{Catalogue, Error, ItemRecord, ValueFiles};
use uuid::Uuid;

use super::{Entry, PAGE, Socket, modalities};

/// Bytes of the values of an item that a search looks through.
const SEARCHED: usize = 512;

/// All items of the last listing.
pub(super) fn read(
    catalogue: &Catalogue,
    sockets: &BTreeMap<i64, Socket>,
) -> Result<Vec<Entry>, Error> {
    let modalities = modalities::read(catalogue)?;
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
