//! What a path of the viewer asks for.

use axum::http::request::Parts;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::refused::Refused;
use super::state::ViewerState;
use super::{assets, detail, files, items, masks, slides, thumbnails, volumes, windows};
use crate::page::Query;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    Asset(String),
    Archive,
    Items,
    Summary,
    Item(Uuid),
    Window(String),
    Thumbnail(String),
    Volume(String),
    Slide(String),
    Tile { path: String, tile: String },
    Mask(String),
    MaskTile { path: String, tile: String },
    File(String),
}

impl Route {
    /// Understands a path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let decoded = percent_decode_str(path.strip_prefix("/view/")?)
            .decode_utf8()
            .ok()?;
        let (area, rest) = decoded.split_once('/').unwrap_or((&decoded, ""));
        let without = |suffix: &str| rest.strip_suffix(suffix).map(str::to_owned);
        let tile = || {
            let (path, tile) = rest.rsplit_once("_files/")?;
            Some((path.to_owned(), tile.to_owned()))
        };
        match (area, rest) {
            ("", "") => Some(Self::Asset(assets::PAGE.to_owned())),
            ("assets", name) => Some(Self::Asset(name.to_owned())),
            ("api", "archive") => Some(Self::Archive),
            ("api", "items") => Some(Self::Items),
            ("api", "summary") => Some(Self::Summary),
            ("api", rest) => match rest.split_once('/')? {
                ("items", pk) => Uuid::parse_str(pk).ok().map(Self::Item),
                ("windows", path) => Some(Self::Window(path.to_owned())),
                _ => None,
            },
            ("thumbnails", _) => without(".jpg").map(Self::Thumbnail),
            ("volumes", _) => without(".nii").map(Self::Volume),
            ("slides", _) => without(".dzi").map(Self::Slide).or_else(|| {
                let (path, tile) = tile()?;
                Some(Self::Tile { path, tile })
            }),
            ("masks", _) => without(".dzi").map(Self::Mask).or_else(|| {
                let (path, tile) = tile()?;
                Some(Self::MaskTile { path, tile })
            }),
            ("files", path) => Some(Self::File(path.to_owned())),
            _ => None,
        }
    }

    /// Whether an image may have to be decoded for it.
    pub(super) fn decodes(&self) -> bool {
        matches!(
            self,
            Self::Item(_)
                | Self::Window(_)
                | Self::Thumbnail(_)
                | Self::Volume(_)
                | Self::Slide(_)
                | Self::Tile { .. }
                | Self::Mask(_)
                | Self::MaskTile { .. }
        )
    }

    /// Answers. Blocks.
    pub(super) fn answer(&self, state: &ViewerState, request: &Parts) -> Response {
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
            Self::Window(path) => windows::answer(state, path),
            Self::Thumbnail(path) => thumbnails::answer(state, path, &query),
            Self::Volume(path) => volumes::answer(state, path),
            Self::Slide(path) => slides::description(state, path, "jpg"),
            Self::Tile { path, tile } => slides::tile(state, path, tile, &query),
            Self::Mask(path) => slides::description(state, path, "png"),
            Self::MaskTile { path, tile } => masks::tile(state, path, tile, &query),
        };
        let answer = answered.unwrap_or_else(|refused| {
            tracing::debug!(reason = refused.reason(), "refused");
            refused.answer()
        });
        match self {
            // What is compressed already does not become smaller.
            Self::Thumbnail(_) | Self::Tile { .. } | Self::MaskTile { .. } | Self::Volume(_) => {
                answer
            }
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
                "/view/api/windows/a/b.mha",
                Route::Window("a/b.mha".to_owned()),
            ),
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
            ("/view/masks/m.tif.dzi", Route::Mask("m.tif".to_owned())),
            (
                "/view/masks/m.tif_files/3/0_1.png",
                Route::MaskTile {
                    path: "m.tif".to_owned(),
                    tile: "3/0_1.png".to_owned(),
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
