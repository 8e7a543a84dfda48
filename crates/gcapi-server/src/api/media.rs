//! Media URLs: redirects to the store, for those who may.

use std::time::SystemTime;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};

use super::handler::Answered;
use crate::ServerState;
use crate::amz_date;
use crate::answer::Answer;
use crate::authentication::{Visitor, visitor};
use crate::media_key::{MediaKey, climbs};
use crate::store::BUCKET;
use crate::stored;

/// Answers a request for `/media/<key>`. Errors are pages here, and a bad
/// token is as good as none.
pub(super) fn answer(state: &ServerState, request: &Parts, key: &str) -> Answered {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Ok(Answer::html(StatusCode::METHOD_NOT_ALLOWED)
            .header(header::ALLOW, "GET, HEAD".to_owned()));
    }
    if climbs(key) {
        return Ok(Answer::html(StatusCode::BAD_REQUEST));
    }
    let Some(key) = MediaKey::parse(key) else {
        return Ok(Answer::html(StatusCode::NOT_FOUND));
    };
    if visitor(&request.headers, state.token()) != Ok(Visitor::Member) {
        return Ok(Answer::html(match key {
            MediaKey::ImageFile { .. } => StatusCode::FORBIDDEN,
            MediaKey::Value { .. } => StatusCode::NOT_FOUND,
        }));
    }
    let Some((key, _)) = state.ask(|catalogue| stored::find(catalogue, &key))? else {
        return Ok(Answer::html(StatusCode::NOT_FOUND));
    };
    let path = format!("/{BUCKET}/{}", key.to_path());
    let now = amz_date::seconds(SystemTime::now());
    let query = state.signer().query(&path, now);
    let location = format!("{}{path}?{query}", state.store_origin());
    Ok(Answer::redirect(StatusCode::FOUND, location))
}
