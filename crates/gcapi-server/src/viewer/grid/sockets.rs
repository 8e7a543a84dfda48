//! The sockets of an archive, as the grid shows them.

use std::collections::BTreeMap;

use gcapi_archive::{Catalogue, Error};
use serde::Deserialize;

/// What the grid shows of a socket.
#[derive(Debug)]
pub(in crate::viewer) struct Socket {
    pub(in crate::viewer) slug: String,
    pub(in crate::viewer) title: String,
    pub(in crate::viewer) kind: String,
    pub(in crate::viewer) super_kind: String,
}

impl Socket {
    /// Whether it is drawn on top of an image.
    pub(in crate::viewer) fn is_overlay(&self) -> bool {
        matches!(self.kind.as_str(), "Segmentation" | "Heat Map") || self.kind.ends_with("Overlay")
    }

    pub(super) fn is_image(&self) -> bool {
        self.super_kind.eq_ignore_ascii_case("image")
    }
}

/// All of them, by primary key.
pub(super) fn read(catalogue: &Catalogue) -> Result<BTreeMap<i64, Socket>, Error> {
    #[derive(Deserialize)]
    struct Said {
        title: Option<String>,
        kind: Option<String>,
    }
    let mut sockets = BTreeMap::new();
    for socket in catalogue.sockets(0, i64::MAX as u64)? {
        let said: Option<Said> = serde_json::from_str(&socket.record).ok();
        let (title, kind) = said.map_or((None, None), |said| (said.title, said.kind));
        sockets.insert(
            socket.pk,
            Socket {
                title: title.unwrap_or_else(|| socket.slug.clone()),
                kind: kind.unwrap_or_else(|| socket.super_kind.clone()),
                slug: socket.slug,
                super_kind: socket.super_kind,
            },
        );
    }
    Ok(sockets)
}
