//! A downloaded archive as a tree, for the eye.

use std::collections::BTreeMap;

use gcapi_archive::{Catalogue, Error, FileRecord, RelativePath};
use uuid::Uuid;

use crate::human;

/// Files of one folder with one suffix are shown one by one up to this many.
const SHOWN: usize = 4;

/// The lines of the tree: items with their titles, files with their sizes.
/// Long series, as DICOM image sets are, become one line.
pub(crate) fn lines(catalogue: &Catalogue) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let mut after = None;
    loop {
        let items = catalogue.items_after(after, 100)?;
        let Some(last) = items.last() else {
            return Ok(lines);
        };
        after = Some(last.pk);
        for item in items {
            let title = if item.title.is_empty() {
                "(no title)"
            } else {
                &item.title
            };
            lines.push(format!("{}/  {}", item.pk, human::printable(title)));
            lines.extend(files(item.pk, &catalogue.files_of_item(item.pk)?));
        }
    }
}

fn files(item: Uuid, records: &[FileRecord]) -> Vec<String> {
    let prefix = format!("{item}/");
    let mut groups: BTreeMap<(String, String), Vec<(&str, u64)>> = BTreeMap::new();
    for record in records {
        let path = record.path.as_str();
        let below = path.strip_prefix(&prefix).unwrap_or(path);
        let folder = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let suffix = gcapi_archive::layout::suffix(record.path.name().unwrap_or_default());
        let key = (folder.to_owned(), suffix.to_owned());
        groups
            .entry(key)
            .or_default()
            .push((below, record.written.size));
    }
    let mut rows = Vec::new();
    for ((folder, suffix), files) in groups {
        if files.len() > SHOWN {
            let bytes = files.iter().map(|(_, size)| size).sum();
            let place = if folder.is_empty() {
                folder
            } else {
                format!("{folder}/")
            };
            rows.push((format!("{place}*.{suffix}  ({} files)", files.len()), bytes));
        } else {
            rows.extend(
                files
                    .into_iter()
                    .map(|(below, size)| (below.to_owned(), size)),
            );
        }
    }
    rows.sort();
    let last = rows.len().saturating_sub(1);
    rows.iter()
        .enumerate()
        .map(|(index, (name, size))| {
            let branch = if index == last {
                "└──"
            } else {
                "├──"
            };
            format!("  {branch} {name}  {}", human::bytes(*size))
        })
        .collect()
}

/// The first file of an archive with a suffix, to show what can be done.
pub(crate) fn first_with_suffix(
    catalogue: &Catalogue,
    suffix: &str,
) -> Result<Option<RelativePath>, Error> {
    let mut after: Option<RelativePath> = None;
    loop {
        let files = catalogue.files_after(after.as_ref(), 1000)?;
        let Some(last) = files.last() else {
            return Ok(None);
        };
        after = Some(last.path.clone());
        let found = files
            .into_iter()
            .map(|file| file.path)
            .find(|path| gcapi_archive::layout::suffix(path.name().unwrap_or_default()) == suffix);
        if found.is_some() {
            return Ok(found);
        }
    }
}
