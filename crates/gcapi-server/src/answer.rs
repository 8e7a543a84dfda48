//! Answers of the API, in the platform's words.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::json_object::text;

/// Shorter bodies are not compressed.
const COMPRESSED_FROM: usize = 256;

/// An answer in memory.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// JSON with status 200.
    pub(crate) fn json(json: String) -> Self {
        // Exactly this type: clients compare it.
        Self::new(StatusCode::OK, "application/json", json)
    }

    /// An error with the platform's only key.
    pub(crate) fn detail(status: StatusCode, detail: &str) -> Self {
        Self::json(format!(r#"{{"detail":{}}}"#, text(detail))).status(status)
    }

    /// 404 for something of a kind that is not there or not for this visitor.
    pub(crate) fn no_such(model: &str) -> Self {
        let detail = format!("No {model} matches the given query.");
        Self::detail(StatusCode::NOT_FOUND, &detail)
    }

    /// 404 for what cannot be a primary key.
    pub(crate) fn not_found() -> Self {
        Self::detail(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 400 for a filter.
    pub(crate) fn bad_filter(name: &str, message: &str) -> Self {
        Self::json(format!(r#"{{{}:[{}]}}"#, text(name), text(message)))
            .status(StatusCode::BAD_REQUEST)
    }

    /// An error page.
    pub(crate) fn html(status: StatusCode) -> Self {
        let title = format!(
            "{} {}",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default()
        );
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><title>{title}</title></head>\
             <body><h1>{title}</h1></body></html>\n"
        );
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// Content of any type.
    pub(crate) fn of(content_type: &str, body: Vec<u8>) -> Self {
        Self::new(StatusCode::OK, content_type, body)
    }

    /// A page.
    pub(crate) fn page(status: StatusCode, html: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", html)
    }

    /// A redirect with an empty body.
    pub(crate) fn redirect(status: StatusCode, location: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", String::new())
            .header(header::LOCATION, location)
    }

    fn new(status: StatusCode, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![(header::CONTENT_TYPE, content_type.to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Compresses the body if the client asks for it and it pays.
    pub(crate) fn compressed_for(mut self, request: &HeaderMap) -> Self {
        if self.body.len() <= COMPRESSED_FROM {
            return self;
        }
        self.headers
            .push((header::VARY, "Accept-Encoding".to_owned()));
        if accepts_gzip(request) {
            let level = flate2::Compression::fast();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            // Writing to a Vec cannot fail; if it did, the plain body is
            // still there.
            if encoder.write_all(&self.body).is_ok()
                && let Ok(compressed) = encoder.finish()
            {
                self.body = compressed;
                self.headers
                    .push((header::CONTENT_ENCODING, "gzip".to_owned()));
            }
        }
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Whether a client takes gzip.
pub(crate) fn accepts_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = quality
                .trim()
                .strip_prefix("q=")
                .is_some_and(|quality| quality.parse::<f32>().is_ok_and(|quality| quality <= 0.0));
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_when_asked_for() {
        for (value, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expected, "{value}");
        }
    }
}
