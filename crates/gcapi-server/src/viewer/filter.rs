//! Which items are asked for.

use super::grid::{Entry, Grid};
use crate::page::Query;

/// What an item has to be. Parameters of one name are alternatives, those of different
/// names all have to hold.
#[derive(Debug)]
pub(super) struct Filter {
    words: Vec<String>,
    sockets: Vec<String>,
    kinds: Vec<String>,
    modalities: Vec<String>,
    states: Vec<String>,
}

/// How whole an item is.
pub(super) fn state(entry: &Entry) -> &'static str {
    match (entry.failed, entry.missing) {
        (0, 0) if entry.sockets.is_empty() && entry.files == 0 => "empty",
        (0, 0) => "complete",
        (0, _) => "missing",
        _ => "failed",
    }
}

impl Filter {
    pub(super) fn of(query: &Query) -> Self {
        let all = |name: &str| query.all(name).map(str::to_owned).collect();
        Self {
            words: query
                .all("text")
                .flat_map(str::split_whitespace)
                .map(str::to_lowercase)
                .collect(),
            sockets: all("socket"),
            kinds: all("kind"),
            modalities: all("modality"),
            states: all("state"),
        }
    }

    /// The items that it lets through, in their order.
    pub(super) fn apply<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = &'a Entry> {
        grid.entries
            .iter()
            .filter(move |entry| self.lets_through(entry, grid))
    }

    fn lets_through(&self, entry: &Entry, grid: &Grid) -> bool {
        let has_socket = |wanted: &[String], name: fn(&super::grid::Socket) -> &str| {
            wanted.is_empty()
                || entry.sockets.iter().any(|pk| {
                    let socket = grid.sockets.get(pk);
                    socket.is_some_and(|socket| wanted.iter().any(|wanted| wanted == name(socket)))
                })
        };
        self.words.iter().all(|word| entry.searched.contains(word))
            && has_socket(&self.sockets, |socket| &socket.slug)
            && has_socket(&self.kinds, |socket| &socket.kind)
            && (self.modalities.is_empty()
                || self
                    .modalities
                    .iter()
                    .any(|one| entry.modalities.contains(one)))
            && (self.states.is_empty() || self.states.iter().any(|one| one == state(entry)))
    }
}
