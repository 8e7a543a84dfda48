//! From a request of a browser to its answer.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::refused::Refused;
use super::state::ViewerState;
use super::{assets, detail, files, items, slides, thumbnails, volumes};
use crate::answer::Answer;
use crate::page::Query;

/// What the page may do. Volumes are drawn through textures that come from memory
/// (`blob:`, `data:`), everything else from this server alone; no script but its own runs.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self' data:; frame-src 'self'; base-uri 'none'; \
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

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    Asset(String),
    Archive,
    Items,
    Summary,
    Item(Uuid),
    Thumbnail(String),
    Volume(String),
    Slide(String),
    Tile { path: String, tile: String },
    File(String),
}

impl Route {
    fn parse(path: &str) -> Option<Self> {
        let decoded = percent_decode_str(path.strip_prefix("/view/")?)
            .decode_utf8()
            .ok()?;
        let (area, rest) = decoded.split_once('/').unwrap_or((&decoded, ""));
        let without = |suffix: &str| rest.strip_suffix(suffix).map(str::to_owned);
        match (area, rest) {
            ("", "") => Some(Self::Asset(assets::PAGE.to_owned())),
            ("assets", name) => Some(Self::Asset(name.to_owned())),
            ("api", "archive") => Some(Self::Archive),
            ("api", "items") => Some(Self::Items),
            ("api", "summary") => Some(Self::Summary),
            ("api", rest) => {
                let pk = rest.strip_prefix("items/")?;
                Uuid::parse_str(pk).ok().map(Self::Item)
            }
            ("thumbnails", _) => without(".jpg").map(Self::Thumbnail),
            ("volumes", _) => without(".nii").map(Self::Volume),
            ("slides", _) => match without(".dzi") {
                Some(path) => Some(Self::Slide(path)),
                None => {
                    let (path, tile) = rest.rsplit_once("_files/")?;
                    Some(Self::Tile {
                        path: path.to_owned(),
                        tile: tile.to_owned(),
                    })
                }
            },
            ("files", path) => Some(Self::File(path.to_owned())),
            _ => None,
        }
    }

    /// Whether an image may have to be decoded for it.
    fn decodes(&self) -> bool {
        matches!(
            self,
            Self::Item(_)
                | Self::Thumbnail(_)
                | Self::Volume(_)
                | Self::Slide(_)
                | Self::Tile { .. }
        )
    }

    /// Answers. Blocks.
    fn answer(&self, state: &ViewerState, request: &Parts) -> Response {
        let query = Query::parse(request.uri.query());
        let answered = match self {
            Self::File(path) => match files::answer(state, path, &query, request) {
                Ok(response) => return response,
                Err(refused) => Err(refused),
            },
            Self::Asset(_) => Err(Refused::NotFound),
            Self::Archive => items::archive(state),
            Self::Items => items::list(state, &query),
            Self::Summary => items::summary(state, &query),
            Self::Item(pk) => detail::answer(state, *pk, &query),
            Self::Thumbnail(path) => thumbnails::answer(state, path, &query),
            Self::Volume(path) => volumes::answer(state, path),
            Self::Slide(path) => slides::description(state, path),
            Self::Tile { path, tile } => slides::tile(state, path, tile),
        };
        let answer = answered.unwrap_or_else(|refused| {
            tracing::debug!(reason = refused.reason(), "refused");
            refused.answer()
        });
        match self {
            // What is compressed already does not become smaller.
            Self::Thumbnail(_) | Self::Tile { .. } | Self::Volume(_) => answer,
            _ => answer.compressed_for(&request.headers),
        }
        .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_routes() {
        for (path, route) in [
            ("/view/", Route::Asset("index.html".to_owned())),
            ("/view/assets/main.js", Route::Asset("main.js".to_owned())),
            ("/view/api/items", Route::Items),
            (
                "/view/files/a/b%20c.json",
                Route::File("a/b c.json".to_owned()),
            ),
            (
                "/view/volumes/a/b.mha.nii",
                Route::Volume("a/b.mha".to_owned()),
            ),
            (
                "/view/slides/a/b.tif.dzi",
                Route::Slide("a/b.tif".to_owned()),
            ),
            (
                "/view/slides/a_files/b.tif_files/3/0_1.jpg",
                Route::Tile {
                    path: "a_files/b.tif".to_owned(),
                    tile: "3/0_1.jpg".to_owned(),
                },
            ),
        ] {
            assert_eq!(Route::parse(path), Some(route), "{path}");
        }
        for nothing in [
            "/view/api/items/1",
            "/view/x",
            "/view/volumes/a.mha",
            "/view/files/%ff",
        ] {
            let route = Route::parse(nothing);
            assert_eq!(route, None, "{nothing}");
        }
    }
}
