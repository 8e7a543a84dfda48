//! What images were taken with.

use std::collections::HashMap;

use gcapi_archive::{Catalogue, Error};
use serde::Deserialize;
use uuid::Uuid;

use super::PAGE;

/// The modality of every image that has one.
pub(super) fn read(catalogue: &Catalogue) -> Result<HashMap<Uuid, String>, Error> {
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
pub(super) fn modality(record: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
