//! What two catalogues have to agree on.

use std::path::Path;

use gcapi_archive::{ArchiveFolder, Catalogue};

/// Everything in a catalogue but for what depends on when and from where it
/// was fetched: the origin in URLs, times, and the bytes as served of a header
/// that was rewritten on the way.
pub(crate) fn dump(folder: &Path) -> Vec<String> {
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder).unwrap()).unwrap();
    let archive = catalogue.archive().unwrap().unwrap();
    let mut lines = vec![
        format!("{} {:?} {}", archive.pk, archive.slug, archive.title),
        without_origins(&archive.record),
    ];
    for socket in catalogue.sockets(0, 1000).unwrap() {
        lines.push(format!("{socket:?}"));
    }
    for item in catalogue.items_after(None, 1000).unwrap() {
        lines.push(without_origins(&format!("{item:?}")));
    }
    for mut image in catalogue.images_after(None, 1000).unwrap() {
        // A header that was rewritten, and its data file, are served by the
        // names they have on disk.
        for file in &mut image.files {
            if file.url.contains("phantom.") || file.url.contains(&image.pk.to_string()) {
                file.url = file.url.rsplit_once('/').unwrap().0.to_owned();
            }
        }
        let mut record: serde_json::Value = serde_json::from_str(&image.record).unwrap();
        record["files"] = serde_json::Value::Null;
        image.record = record.to_string();
        lines.push(without_origins(&format!("{image:?}")));
    }
    for file in catalogue.files_after(None, 10_000).unwrap() {
        lines.push(format!(
            "{} {:?} {:?} {:?} {:?} {:?}",
            file.path, file.origin, file.item, file.socket, file.value, file.written
        ));
    }
    lines
}

fn without_origins(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("https://localhost:") {
        out.push_str(&rest[..start]);
        rest = rest[start + "https://localhost:".len()..]
            .trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}
