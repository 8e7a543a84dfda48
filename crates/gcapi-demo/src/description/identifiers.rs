//! Names, primary keys and URLs, all made by rule.

use serde_json::json;
use uuid::{Uuid, uuid};

/// The API the archive says it came from. No such host exists (RFC 2606);
/// whoever serves the archive puts its own in this one's place.
pub const BASE_URL: &str = "https://demo.invalid/api/v1/";

/// Where media lie, in the same manner.
const MEDIA_URL: &str = "https://demo.invalid/media/";

/// Slug of the archive.
pub const SLUG: &str = "demo";

/// Title of the archive.
pub const TITLE: &str = "Demo archive";

/// Primary key of the archive.
pub const ARCHIVE_PK: Uuid = uuid!("6d4f0cb5-3a54-4b6c-9b0a-2f54f2a86d10");

/// The primary key of one thing of the archive.
pub(crate) fn pk(what: &str) -> Uuid {
    Uuid::new_v5(&ARCHIVE_PK, what.as_bytes())
}

/// The archive as the API gives it.
#[must_use]
pub fn archive_record() -> serde_json::Value {
    json!({
        "pk": ARCHIVE_PK,
        "title": TITLE,
        "logo": format!("{MEDIA_URL}logos/archive/{ARCHIVE_PK}/demo.x20.jpeg"),
        "description": "Phantoms in every format of the platform – made by rule, without a patient.",
        "api_url": archive_url(),
        "url": format!("https://demo.invalid/archives/{SLUG}/"),
    })
}

/// The archive's URL in the API.
pub(crate) fn archive_url() -> String {
    format!("{BASE_URL}archives/{ARCHIVE_PK}/")
}

/// An image's URL in the API.
pub(crate) fn image_url(pk: Uuid) -> String {
    format!("{BASE_URL}cases/images/{pk}/")
}

/// The media URL of a file of an image, as the platform lays it out: the
/// first two bytes of the image's key part the folders.
pub(crate) fn image_file_url(image: Uuid, file: Uuid, name: &str) -> String {
    let [first, second, ..] = image.into_bytes();
    format!(
        "{MEDIA_URL}images/{first:02x}/{second:02x}/{image}/{file}/{}",
        percent(name)
    )
}

/// The media URL of the file of a socket value.
pub(crate) fn value_file_url(value: i64, name: &str) -> String {
    let [low, high, ..] = value.to_le_bytes();
    format!(
        "{MEDIA_URL}components/componentinterfacevalue/{low:02x}/{high:02x}/{value}/{}",
        percent(name)
    )
}

/// Escapes what is not plain in the last part of a URL.
fn percent(name: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
