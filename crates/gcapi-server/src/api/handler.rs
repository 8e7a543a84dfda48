//! From a request to its answer.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;

use super::route::Route;
use super::{archives, dicom, images, items, media, sockets};
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::{Visitor, visitor};
use crate::page::Query;

const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// What the platform said when its answers were written down; older than
/// every client that can read them.
const VERSION: &str = r#"{"latest_version":"0.13.2","lowest_supported_version":"0.13.0"}"#;

/// One request, as the endpoints see it.
pub(super) struct Asked<'a> {
    pub(super) state: &'a ServerState,
    pub(super) visitor: Visitor,
    pub(super) query: Query,
    /// The URL without its query, on our own origin.
    pub(super) url: String,
}

/// The result of an endpoint. Its error is the catalogue's; what is wrong
/// with a request is an answer.
pub(super) type Answered = Result<Answer, gcapi_archive::Error>;

/// The API and the media URLs as a router without middleware.
pub fn api(state: ServerState) -> Router {
    // One handler and a route of our own: unknown paths, wrong methods and
    // missing slashes are answered in the platform's words anyway.
    Router::new().fallback(handle).with_state(state)
}

async fn handle(State(state): State<ServerState>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, _) = request.into_parts();
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let working = tokio::task::spawn_blocking(move || {
        answer(&state, &parts)
            .unwrap_or_else(|error| failed(&error))
            .compressed_for(&parts.headers)
    });
    let answer = working.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was not answered");
        Answer::html(StatusCode::INTERNAL_SERVER_ERROR)
    });
    let response = answer.into_response();
    tracing::debug!(
        %method,
        path,
        status = response.status().as_u16(),
        elapsed = ?started.elapsed(),
        "api"
    );
    response
}

/// What a client is told when the catalogue cannot be read.
fn failed(error: &gcapi_archive::Error) -> Answer {
    tracing::error!(%error, "a request cannot be answered from the catalogue");
    match error {
        // A download holds the catalogue; clients come again.
        gcapi_archive::Error::Busy(_) => Answer::html(StatusCode::SERVICE_UNAVAILABLE)
            .header(header::RETRY_AFTER, "1".to_owned()),
        _ => Answer::html(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn answer(state: &ServerState, request: &Parts) -> Answered {
    let path = request.uri.path();
    if let Some(key) = path.strip_prefix("/media/") {
        return media::answer(state, request, key);
    }
    let Some(route) = Route::parse(path) else {
        if Route::parse_open(path).is_some() {
            let query = request.uri.query();
            let query = query.map_or_else(String::new, |query| format!("?{query}"));
            let location = format!("{path}/{query}");
            return Ok(Answer::redirect(StatusCode::MOVED_PERMANENTLY, location));
        }
        return Ok(Answer::html(StatusCode::NOT_FOUND));
    };
    let answer = answer_route(state, request, route)?;
    Ok(answer.header(header::ALLOW, ALLOWED.to_owned()))
}

/// The platform's order: first what the client reads, then who it is, then
/// what it may do.
fn answer_route(state: &ServerState, request: &Parts, route: Route<'_>) -> Answered {
    if !reads_json(request) {
        return Ok(Answer::detail(
            StatusCode::NOT_ACCEPTABLE,
            "Could not satisfy the request Accept header.",
        ));
    }
    let visitor = match visitor(&request.headers, state.token()) {
        Ok(visitor) => visitor,
        Err(detail) => return Ok(unauthorized(detail)),
    };
    let safe = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let login_needed = !safe || matches!(route, Route::Root | Route::Sockets | Route::Socket(_));
    if login_needed && visitor == Visitor::Anonymous && route != Route::Version {
        return Ok(unauthorized(
            "Authentication credentials were not provided.",
        ));
    }
    if !safe {
        return Ok(refuse_to_write(&request.method, route));
    }
    if request.method == Method::OPTIONS {
        return Ok(Answer::json(
            r#"{"renders":["application/json"],"parses":[]}"#.to_owned(),
        ));
    }
    let asked = Asked {
        state,
        visitor,
        query: Query::parse(request.uri.query()),
        url: format!("{}{}", state.origin(), request.uri.path()),
    };
    match route {
        Route::Root => Ok(forbidden()),
        Route::Version => Ok(Answer::json(VERSION.to_owned())),
        Route::Archives => Ok(archives::list(&asked)),
        Route::Archive(pk) => Ok(archives::detail(&asked, pk)),
        Route::Items => items::list(&asked),
        Route::Item(pk) => items::detail(&asked, pk),
        Route::Images => images::list(&asked),
        Route::Image(pk) => images::detail(&asked, pk),
        Route::DicomInstances(pk) => dicom::instances(&asked, pk),
        Route::Sockets => sockets::list(&asked),
        Route::Socket(pk) => sockets::detail(&asked, pk),
    }
}

/// Archive items can be written on the platform, so there it is a matter of
/// permission; everything else has no such method.
fn refuse_to_write(method: &Method, route: Route<'_>) -> Answer {
    match route {
        Route::Items | Route::Item(_) => forbidden(),
        _ => Answer::detail(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("Method \"{method}\" not allowed."),
        ),
    }
}

fn unauthorized(detail: &str) -> Answer {
    Answer::detail(StatusCode::UNAUTHORIZED, detail)
        .header(header::WWW_AUTHENTICATE, "Bearer".to_owned())
}

fn forbidden() -> Answer {
    Answer::detail(
        StatusCode::FORBIDDEN,
        "You do not have permission to perform this action.",
    )
}

fn reads_json(request: &Parts) -> bool {
    let mut accepted = request
        .headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or(range).trim())
        .filter(|range| !range.is_empty())
        .peekable();
    accepted.peek().is_none()
        || accepted.any(|range| {
            ["*/*", "application/*", "application/json"]
                .iter()
                .any(|known| range.eq_ignore_ascii_case(known))
        })
}
