//! What the store says when it gives nothing, in AWS's forms.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::signature::Refused;

/// Why nothing is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A signed URL came with an `Authorization` header.
    TwoSignatures,
    /// The query does not open the path.
    Query(Refused),
    /// The headers do not open the path.
    Headers(Refused),
    /// Nothing is there, or not what was recorded.
    NoSuchKey,
    /// `If-Match` or `If-Unmodified-Since` failed.
    PreconditionFailed,
    /// The range lies behind the end.
    InvalidRange {
        /// Size of the file.
        size: u64,
        /// The header.
        requested: String,
    },
    /// The catalogue is busy.
    SlowDown,
    /// Something of ours failed.
    InternalError,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::TwoSignatures => StatusCode::BAD_REQUEST,
            Self::Query(_) | Self::Headers(_) => StatusCode::FORBIDDEN,
            Self::NoSuchKey => StatusCode::NOT_FOUND,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::InvalidRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::SlowDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// AWS's code, its words and more elements.
    fn xml(&self) -> (&'static str, &'static str, String) {
        let none = String::new;
        match self {
            Self::TwoSignatures => (
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                 Signature query string parameter or the Authorization header should be specified",
                "<ArgumentName>Authorization</ArgumentName>".to_owned(),
            ),
            Self::Query(Refused::Missing) => ("AccessDenied", "Signature is required", none()),
            Self::Query(Refused::Expired) => ("AccessDenied", "Request has expired", none()),
            Self::Query(Refused::Mismatch) | Self::Headers(_) => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
                none(),
            ),
            Self::NoSuchKey => ("NoSuchKey", "The specified key does not exist.", none()),
            Self::PreconditionFailed => (
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
                none(),
            ),
            Self::InvalidRange { size, requested } => (
                "InvalidRange",
                "The requested range is not satisfiable",
                format!(
                    "<ActualObjectSize>{size}</ActualObjectSize>\
                     <RangeRequested>{}</RangeRequested>",
                    escaped(requested)
                ),
            ),
            Self::SlowDown => ("SlowDown", "Please reduce your request rate.", none()),
            Self::InternalError => (
                "InternalError",
                "We encountered an internal error. Please try again.",
                none(),
            ),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (content_type, body) = match self {
            // HealthImaging answers in JSON.
            Self::Headers(refused) => {
                let message = match refused {
                    Refused::Missing => "Missing Authentication Token",
                    Refused::Mismatch => {
                        "The request signature we calculated does not match the signature you \
                         provided."
                    }
                    Refused::Expired => "Signature expired",
                };
                ("application/json", format!(r#"{{"message":"{message}"}}"#))
            }
            _ => {
                let (code, message, more) = self.xml();
                let xml = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
                     <Message>{message}</Message>{more}</Error>"
                );
                ("application/xml", xml)
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Self::InvalidRange { size, .. } = self
            && let Ok(range) = HeaderValue::try_from(format!("bytes */{size}"))
        {
            headers.insert(header::CONTENT_RANGE, range);
        }
        response
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
