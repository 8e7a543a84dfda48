//! From a signed request to the bytes of a file.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gcapi_archive::{Error, FileRecord, OnDisk};

use super::conditions::{Outcome, Validators};
use super::range::Range;
use super::refusal::Refusal;
use super::{BUCKET, DicomKey, body, content_type};
use crate::ServerState;
use crate::amz_date;
use crate::media_key::MediaKey;
use crate::signature::{HeaderSigned, Refused};
use crate::stored;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// The store as a router without middleware.
pub fn store(state: ServerState) -> Router {
    Router::new().fallback(handle).with_state(state)
}

async fn handle(State(state): State<ServerState>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, _) = request.into_parts();
    let method = parts.method.clone();
    let url = without_signature(&parts);
    let working = tokio::task::spawn_blocking(move || {
        answer(&state, &parts).unwrap_or_else(Refusal::into_response)
    });
    let response = working.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was not answered");
        Refusal::InternalError.into_response()
    });
    tracing::debug!(
        %method,
        url,
        status = response.status().as_u16(),
        elapsed = ?started.elapsed(),
        "store"
    );
    response
}

/// The URL for a log line.
fn without_signature(request: &Parts) -> String {
    let url = request.uri.path_and_query().map_or("", |url| url.as_str());
    match url.split_once("X-Amz-Signature=") {
        Some((before, _)) => format!("{before}X-Amz-Signature=****"),
        None => url.to_owned(),
    }
}

/// What a request was signed for.
enum Key {
    Media(MediaKey),
    Dicom(DicomKey),
}

fn answer(state: &ServerState, request: &Parts) -> Result<Response, Refusal> {
    let key = authorise(state, request, amz_date::seconds(SystemTime::now()))?;
    let found = find(state, &key).map_err(|error| unreadable(&error))?;
    let record = found.ok_or(Refusal::NoSuchKey)?;
    let content_type = match &key {
        Key::Media(MediaKey::ImageFile { name, .. } | MediaKey::Value { name, .. }) => {
            content_type::of(name)
        }
        Key::Dicom(_) => "application/dicom",
    };
    let (file, on_disk) = open(state, &record)?;
    send(request, file, on_disk, &record, content_type)
}

fn find(state: &ServerState, key: &Key) -> Result<Option<FileRecord>, Error> {
    match key {
        Key::Media(key) => {
            let found = state.ask(|catalogue| stored::find(catalogue, key))?;
            Ok(found.map(|(_, record)| record))
        }
        Key::Dicom(key) => {
            let set = state.dicom_set(key.image)?;
            Ok(set.get(&key.sop_instance_uid).cloned())
        }
    }
}

/// Reads the key of a request and checks that it was signed for it.
fn authorise(state: &ServerState, request: &Parts, now: u64) -> Result<Key, Refusal> {
    let path = request.uri.path();
    let text = |name: HeaderName| request.headers.get(name)?.to_str().ok();
    if let Some(key) = DicomKey::parse(path) {
        let signed = HeaderSigned {
            method: request.method.as_str(),
            path_and_query: request
                .uri
                .path_and_query()
                .map_or(path, |both| both.as_str()),
            accept: text(header::ACCEPT).unwrap_or_default(),
            host: text(header::HOST).unwrap_or_default(),
        };
        let (date, authorization) = (text(AMZ_DATE), text(header::AUTHORIZATION));
        return state
            .signer()
            .check_headers(signed, date, authorization, now)
            .map(|()| Key::Dicom(key))
            .map_err(Refusal::Headers);
    }
    if request.headers.contains_key(header::AUTHORIZATION) {
        return Err(Refusal::TwoSignatures);
    }
    let key = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(BUCKET))
        .and_then(|path| path.strip_prefix('/'))
        .and_then(MediaKey::parse);
    let canonical = key.as_ref().map_or_else(
        || path.to_owned(),
        |key| format!("/{BUCKET}/{}", key.to_path()),
    );
    let query = request.uri.query().unwrap_or_default();
    state
        .signer()
        .check_query(request.method.as_str(), &canonical, query, now)
        .map_err(Refusal::Query)?;
    // Nothing else is ever signed.
    key.map(Key::Media).ok_or(Refusal::Query(Refused::Mismatch))
}

/// Opens the file of a record, if it is still what was recorded.
fn open(state: &ServerState, record: &FileRecord) -> Result<(File, OnDisk), Refusal> {
    let lost = |reason: &dyn std::fmt::Display| {
        tracing::error!(path = %record.path, %reason, "a recorded file cannot be served");
        Refusal::NoSuchKey
    };
    let on_disk = match state.folder().look(&record.path) {
        Ok(Some(on_disk)) => on_disk,
        Ok(None) => return Err(lost(&"it is gone")),
        Err(error) => return Err(lost(&error)),
    };
    let place = state.folder().absolute(&record.path);
    let file = File::open(place).map_err(|error| lost(&error))?;
    // Of the file that was opened, whatever lies at its path by now.
    let metadata = file.metadata().map_err(|error| lost(&error))?;
    if !metadata.is_file() || metadata.len() != record.written.size {
        return Err(lost(&format_args!(
            "it has {} bytes and had {}",
            metadata.len(),
            record.written.size
        )));
    }
    Ok((file, on_disk))
}

/// Answers with a file, or the part of it that is asked for.
pub(crate) fn send(
    request: &Parts,
    mut file: File,
    on_disk: OnDisk,
    record: &FileRecord,
    content_type: &'static str,
) -> Result<Response, Refusal> {
    let size = record.written.size;
    let validators = Validators::new(&record.written.sha256, on_disk.modified_ns);
    let mut response = Response::new(Body::empty());
    let mut put = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(header::ETAG, validators.etag.clone());
    put(
        header::LAST_MODIFIED,
        httpdate::fmt_http_date(validators.modified),
    );
    match validators.check(&request.headers) {
        Outcome::Send => {}
        Outcome::Failed => return Err(Refusal::PreconditionFailed),
        Outcome::NotModified => {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
    }
    let requested = request
        .headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok())
        .filter(|_| validators.allow_part(&request.headers));
    let range = requested.map_or(Range::Whole, |header| Range::parse(header, size));
    let (status, start, length) = match range {
        Range::Whole => (StatusCode::OK, 0, size),
        Range::Part { start, last } => {
            put(
                header::CONTENT_RANGE,
                format!("bytes {start}-{last}/{size}"),
            );
            (StatusCode::PARTIAL_CONTENT, start, last - start + 1)
        }
        Range::Unsatisfiable => {
            return Err(Refusal::InvalidRange {
                size,
                requested: requested.unwrap_or_default().to_owned(),
            });
        }
    };
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    put(header::CONTENT_TYPE, content_type.to_owned());
    put(header::CONTENT_LENGTH, length.to_string());
    let read = file
        .seek(SeekFrom::Start(start))
        .and_then(|_| body::body(file, length));
    *response.body_mut() = read.map_err(|error| {
        tracing::error!(path = %record.path, %error, "a file cannot be read");
        Refusal::InternalError
    })?;
    *response.status_mut() = status;
    Ok(response)
}

fn unreadable(error: &Error) -> Refusal {
    tracing::error!(%error, "a request cannot be answered from the catalogue");
    match error {
        Error::Busy(_) => Refusal::SlowDown,
        _ => Refusal::InternalError,
    }
}
