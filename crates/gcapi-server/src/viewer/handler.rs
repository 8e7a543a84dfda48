//! From a request of a browser to its answer.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;

use super::assets;
use super::refused::Refused;
use super::route::Route;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::Query;

/// What the page may do. The letters of volumes come from a picture inside the library
/// (`data:`), everything else from this server alone; no script but its own runs.
/// The digest is that of the one rule of style that OpenSeadragon adds.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' \
    'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// What a file may do that is shown inside the page: nothing.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; \
    object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What a page without scripts may do that says why there is nothing to see.
const WORDS_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// The viewer as a router without middleware.
pub(crate) fn viewer(state: ViewerState) -> Router {
    Router::new()
        .route("/view", any(handle))
        .route("/view/", any(handle))
        .route("/view/{*rest}", any(handle))
        .with_state(state)
}

async fn handle(State(state): State<ViewerState>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, _) = request.into_parts();
    // The query may hold the token.
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let (mut response, policy) = answer(state, parts).await;
    protect(response.headers_mut(), policy);
    tracing::debug!(
        %method,
        path,
        status = response.status().as_u16(),
        elapsed = ?started.elapsed(),
        "viewer"
    );
    response
}

fn protect(headers: &mut HeaderMap, policy: &'static str) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

async fn answer(state: ViewerState, request: Parts) -> (Response, &'static str) {
    if let Some(answer) = refused_before(&state, &request) {
        return (answer.into_response(), WORDS_POLICY);
    }
    let path = request.uri.path();
    if path == "/view" {
        let redirect = Answer::redirect(StatusCode::PERMANENT_REDIRECT, "view/".to_owned());
        return (redirect.into_response(), WORDS_POLICY);
    }
    let Some(route) = Route::parse(path) else {
        return (Refused::NotFound.answer().into_response(), WORDS_POLICY);
    };
    let policy = match route {
        Route::Asset(_) => PAGE_POLICY,
        _ => FILE_POLICY,
    };
    if let Route::Asset(name) = &route {
        let answer = assets::answer(name, &request.headers);
        let answer = answer.unwrap_or_else(|| Refused::NotFound.answer());
        return (answer.into_response(), policy);
    }
    let permit = match route.decodes() {
        // Closed by nobody; if it were, it would limit nothing.
        true => state.decoders().acquire().await.ok(),
        false => None,
    };
    let shared = state.clone();
    let working = tokio::task::spawn_blocking(move || route.answer(&shared, &request));
    let response = working.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was not answered");
        Answer::html(StatusCode::INTERNAL_SERVER_ERROR).into_response()
    });
    drop(permit);
    (response, policy)
}

/// Answers whoever may not look, or not like this.
fn refused_before(state: &ViewerState, request: &Parts) -> Option<Answer> {
    let host = request
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri.authority().map(|authority| authority.as_str()));
    if !host.is_some_and(|host| state.is_own_host(host)) {
        return Some(words(
            StatusCode::MISDIRECTED_REQUEST,
            "This is not the address of the viewer",
            "Open it by the address that the program printed, at localhost or 127.0.0.1.",
        ));
    }
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let answer = words(
            StatusCode::METHOD_NOT_ALLOWED,
            "The viewer only shows",
            "Nothing can be changed through it.",
        );
        return Some(answer.header(header::ALLOW, "GET, HEAD".to_owned()));
    }
    let query = Query::parse(request.uri.query());
    let is_known = state.session().knows(&request.headers);
    if let Some(token) = query.last("token") {
        if let Some(cookie) = state.session().exchange(token) {
            return Some(welcome().header(header::SET_COOKIE, cookie));
        }
        if is_known {
            return Some(welcome());
        }
        return Some(words(
            StatusCode::FORBIDDEN,
            "This link was used already, or is not from this server",
            "Each link opens the viewer in one browser. Stop the program with Ctrl-C, start it \
             again and open the link it prints.",
        ));
    }
    if !is_known {
        return Some(words(
            StatusCode::UNAUTHORIZED,
            "The viewer shows the archive to whoever started it",
            "Open the whole link that the program printed, with the token at its end. If it was \
             opened in another browser, stop the program with Ctrl-C and start it again.",
        ));
    }
    None
}

/// Leads to the page without the token in its address.
///
/// A redirect would not do: where the link was clicked on a page of another site (a
/// terminal in a browser), the cookie that is for this site only would not be sent along.
/// A page of our own that leads on starts from this site.
fn welcome() -> Answer {
    Answer::page(
        StatusCode::OK,
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta http-equiv=\"refresh\" content=\"0;url=./\"><title>gcapi view</title>\
         <p><a href=\"./\">Go on to the archive</a></p></html>\n"
            .to_owned(),
    )
}

fn words(status: StatusCode, title: &str, advice: &str) -> Answer {
    Answer::page(
        status,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
             <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;\
             margin:18vh auto;padding:0 1.5rem}}h1{{font-size:1.4rem}}</style>\
             <h1>{title}</h1><p>{advice}</p></html>\n"
        ),
    )
}
