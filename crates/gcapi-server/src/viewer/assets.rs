//! The page with its scripts and styles, inside the program: it works offline, and there
//! is nothing to install.

use axum::http::{HeaderMap, header};

use crate::answer::{Answer, accepts_gzip};

/// A file of the page.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// Kept compressed, as browsers take it.
    is_compressed: bool,
}

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/viewer/", $name)),
            is_compressed: false,
        }
    };
}

macro_rules! library {
    ($name:literal) => {
        Asset {
            name: $name,
            content_type: SCRIPT,
            bytes: include_bytes!(concat!("../../assets/vendor/", $name, ".gz")),
            is_compressed: true,
        }
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: &[Asset] = &[
    asset!("index.html", "text/html; charset=utf-8"),
    asset!("style.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("main.js", SCRIPT),
    asset!("ask.js", SCRIPT),
    asset!("element.js", SCRIPT),
    asset!("words.js", SCRIPT),
    asset!("grid.js", SCRIPT),
    asset!("filters.js", SCRIPT),
    asset!("plots.js", SCRIPT),
    asset!("item.js", SCRIPT),
    asset!("values.js", SCRIPT),
    asset!("volume.js", SCRIPT),
    asset!("window.js", SCRIPT),
    asset!("overlays.js", SCRIPT),
    asset!("slide.js", SCRIPT),
    asset!("tree.js", SCRIPT),
    asset!("table.js", SCRIPT),
    library!("niivue.js"),
    library!("openseadragon.js"),
];

/// The page itself.
pub(super) const PAGE: &str = "index.html";

/// An asset by its name.
pub(super) fn answer(name: &str, request: &HeaderMap) -> Option<Answer> {
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    // Another build of the program may listen at the same port next time.
    let answer = |bytes: Vec<u8>| {
        Answer::of(asset.content_type, bytes).header(header::CACHE_CONTROL, "no-cache".to_owned())
    };
    if !asset.is_compressed {
        return Some(answer(asset.bytes.to_vec()).compressed_for(request));
    }
    if accepts_gzip(request) {
        let bytes = asset.bytes.to_vec();
        return Some(answer(bytes).header(header::CONTENT_ENCODING, "gzip".to_owned()));
    }
    inflated(asset.bytes).map(answer)
}

fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(bytes);
    decoder.read_to_end(&mut plain).ok()?;
    Some(plain)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_libraries_are_those_that_the_list_names() {
        let list: serde_json::Value =
            serde_json::from_str(include_str!("../../assets/vendor/libraries.json")).unwrap();
        let list = list.as_array().unwrap();
        let compressed = ASSETS.iter().filter(|asset| asset.is_compressed);
        assert_eq!(compressed.count(), list.len());
        for library in list {
            let name = library["file"].as_str().unwrap().trim_end_matches(".gz");
            let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
            let digest = Sha256::digest(inflated(asset.bytes).unwrap());
            assert_eq!(
                crate::token::hex(&digest),
                library["sha256"].as_str().unwrap(),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_of_the_page_is_fetched_from_elsewhere() {
        for asset in ASSETS.iter().filter(|asset| !asset.is_compressed) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            for line in text.lines() {
                let foreign =
                    line.contains("//") && line.contains("http") && !line.contains("w3.org");
                assert!(!foreign, "{}: {line}", asset.name);
            }
        }
    }
}
