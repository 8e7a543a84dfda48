//! Archives.

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{last_segment, null_as_default};

/// An archive: a named collection of items.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Archive {
    /// The key.
    pub pk: Uuid,
    /// The title.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// A description for people.
    #[serde(default)]
    pub description: Option<String>,
    /// The address of a logo, on a public store.
    #[serde(default)]
    pub logo: Option<String>,
    /// The address of this object in the API.
    #[serde(default, deserialize_with = "null_as_default")]
    pub api_url: String,
    /// The address of the page for people.
    #[serde(default, deserialize_with = "null_as_default")]
    pub url: String,
}

impl Archive {
    /// The slug: the last segment of [`url`](Self::url), the only place where it appears.
    #[must_use]
    pub fn slug(&self) -> Option<&str> {
        last_segment(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_read_and_tells_its_slug() {
        let archive: Archive = serde_json::from_str(
            r#"{"pk":"c7038f7e-01f4-465e-90a7-6e90e5c2823c","title":"My archive","logo":null,
                "description":"ünïcode","api_url":"https://gc.example/api/v1/archives/c/",
                "url":"https://gc.example/archives/my-archive/","new_field":[1]}"#,
        )
        .unwrap();
        assert_eq!(archive.slug(), Some("my-archive"));
        assert_eq!(archive.description.as_deref(), Some("ünïcode"));
    }

    #[test]
    fn an_archive_without_a_page_has_no_slug() {
        let archive: Archive =
            serde_json::from_str(r#"{"pk":"c7038f7e-01f4-465e-90a7-6e90e5c2823c","title":null}"#)
                .unwrap();
        assert_eq!(archive.slug(), None);
    }
}
