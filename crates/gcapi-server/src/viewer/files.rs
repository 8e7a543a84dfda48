//! Files as they are: shown by the browser where it is safe, otherwise saved.

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::images;
use super::refused::Refused;
use super::state::ViewerState;
use crate::page::Query;
use crate::store;

/// Types that a browser only shows. Pages and drawings with scripts are not among them:
/// whoever made the archive could have them ask the viewer for everything.
const SHOWN: [&str; 5] = [
    "application/json",
    "text/csv",
    "application/pdf",
    "image/png",
    "image/jpeg",
];

/// A file, or the part of it that is asked for.
pub(super) fn answer(
    state: &ViewerState,
    path: &str,
    query: &Query,
    request: &Parts,
) -> Result<Response, Refused> {
    let found = images::find(state, path)?;
    let on_disk = state
        .folder()
        .look(&found.record.path)?
        .ok_or(Refused::NotFound)?;
    let file = images::open_file(state, &found)?;
    let metadata = file.metadata().map_err(|_| Refused::NotFound)?;
    if !metadata.is_file() || metadata.len() != found.record.written.size {
        return Err(Refused::Form(
            "It is not as long as it was when it was fetched: gcapi verify says more.",
        ));
    }
    let name = found.record.path.name().unwrap_or("file");
    let content_type = store::content_type_of(name);
    let is_shown = SHOWN.contains(&content_type) && query.last("save").is_none();
    let sent = if is_shown {
        content_type
    } else {
        "application/octet-stream"
    };
    let mut response = match store::send(request, file, on_disk, &found.record, sent) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    let kind = if is_shown { "inline" } else { "attachment" };
    let disposition = format!("{kind}; filename*=UTF-8''{}", encoded(name));
    if let Ok(value) = HeaderValue::try_from(disposition) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn encoded(name: &str) -> impl std::fmt::Display {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
}
