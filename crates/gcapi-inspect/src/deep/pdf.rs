//! Whether a file has what a reader of PDF needs to begin (ISO 32000-1, 7.5): the header, the end
//! that says where the cross-references lie, and cross-references there that name the root.
//!
//! Readers look for the header in the first and for the end in the last 1024 bytes. Objects are not
//! decoded.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::Trouble;

/// Bytes at the beginning and at the end in which header and end have to be.
const MARGIN: u64 = 1024;

/// Bytes of cross-references that are looked through for the root at most.
const CROSS_REFERENCES: u64 = 64 << 20;

/// Looks at a file's beginning, end and cross-references.
pub(super) fn check(path: &Path) -> Result<(), Trouble> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = part(&mut file, 0, MARGIN)?;
    let Some(header) = find(&start, b"%PDF-") else {
        return Err(Trouble::defect(
            "a PDF, which has %PDF- in its first 1024 bytes",
            "a file without".to_owned(),
        ));
    };
    let end = part(&mut file, length.saturating_sub(MARGIN), MARGIN)?;
    let Some(offset) = start_of_cross_references(&end) else {
        return Err(Trouble::defect(
            "a PDF that ends with startxref, a number and %%EOF",
            "another end: it is incomplete".to_owned(),
        ));
    };
    // Offsets count from the header, and some writers count from the first byte.
    for base in [header as u64, 0] {
        let Some(position) = base.checked_add(offset).filter(|place| *place < length) else {
            continue;
        };
        let table = part(&mut file, position, CROSS_REFERENCES)?;
        if is_cross_references(&table) {
            return Ok(());
        }
    }
    Err(Trouble::defect(
        &format!("cross-references with a /Root at byte {offset} of {length}"),
        "something else there".to_owned(),
    ))
}

/// At most `count` bytes from a position.
fn part(file: &mut File, from: u64, count: u64) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The number between the last `startxref` and the `%%EOF` behind it.
fn start_of_cross_references(end: &[u8]) -> Option<u64> {
    const KEYWORD: &[u8] = b"startxref";
    let place = end
        .windows(KEYWORD.len())
        .rposition(|window| window == KEYWORD)?;
    let rest = end.get(place + KEYWORD.len()..)?;
    let number = rest.get(..find(rest, b"%%EOF")?)?;
    std::str::from_utf8(number).ok()?.trim().parse().ok()
}

/// Whether this is a table with its trailer, or an object whose stream is one.
fn is_cross_references(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let dictionary = if bytes.starts_with(b"xref") {
        find(bytes, b"trailer").and_then(|place| bytes.get(place..))
    } else {
        let is_object = bytes.first().is_some_and(u8::is_ascii_digit);
        let end = find(bytes, b"stream").filter(|_| is_object);
        end.and_then(|end| bytes.get(..end))
            .filter(|dictionary| find(dictionary, b"/XRef").is_some())
    };
    dictionary.is_some_and(|dictionary| find(dictionary, b"/Root").is_some())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.pdf");
        std::fs::write(&path, bytes).unwrap();
        check(&path).map_err(|trouble| format!("{trouble:?}"))
    }

    const PLAIN: &[u8] = b"%PDF-1.4\nxref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";

    #[test]
    fn tables_and_streams_of_cross_references_are_found() {
        assert_eq!(found(PLAIN), Ok(()));
        assert_eq!(found(&[b"junk\n", PLAIN].concat()), Ok(()));
        let stream =
            b"%PDF-1.7\n5 0 obj\n<</Type/XRef/Root 1 0 R>>stream\nendstream\nstartxref\n9\n%%EOF";
        assert_eq!(found(stream), Ok(()));
    }

    #[test]
    fn what_is_no_pdf_or_only_its_beginning_is_named() {
        for (bad, says) in [
            (&b""[..], "%PDF-"),
            (b"<html>", "%PDF-"),
            (&PLAIN[..40], "incomplete"),
            (b"%PDF-1.4\nstartxref\n9\n%%EOF", "something else"),
            (
                b"%PDF-1.4\nstartxref\n99999999999999999999\n%%EOF",
                "incomplete",
            ),
            (
                b"%PDF-1.4\nstartxref\n18446744073709551615\n%%EOF",
                "something else",
            ),
        ] {
            let found = found(bad).unwrap_err();
            assert!(found.contains("Defect") && found.contains(says), "{found}");
        }
    }
}
