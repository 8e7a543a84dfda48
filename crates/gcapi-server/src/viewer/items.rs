//! The archive, a page of its grid, and the numbers beside it, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::ahead;
use super::filter::{Filter, state};
use super::grid::{Entry, Grid};
use super::refused::Refused;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::{Page, Query};

/// Failures that are listed; their number is given in any case.
const LISTED_FAILURES: usize = 200;

/// What the archive is.
pub(super) fn archive(state: &ViewerState) -> Result<Answer, Refused> {
    let (archive, totals, listing) = state.ask(|catalogue| {
        Ok((
            catalogue.archive()?,
            catalogue.totals()?,
            catalogue.last_listing()?,
        ))
    })?;
    let grid = state.grid()?;
    let record = archive
        .as_ref()
        .and_then(|archive| serde_json::from_str::<serde_json::Value>(&archive.record).ok());
    let description = record.as_ref().and_then(|record| record.get("description"));
    let sockets: Vec<_> = grid
        .sockets
        .values()
        .map(|socket| {
            json!({
                "slug": socket.slug,
                "title": socket.title,
                "kind": socket.kind,
                "super_kind": socket.super_kind,
            })
        })
        .collect();
    let failures: Vec<_> = grid.failures.iter().take(LISTED_FAILURES).collect();
    Ok(Answer::json(
        json!({
            "title": archive.as_ref().map(|archive| &archive.title),
            "slug": archive.as_ref().map(|archive| &archive.slug),
            "description": description,
            "folder": state.folder().root().file_name().map(|name| name.to_string_lossy()),
            "images_only": grid.images_only,
            "totals": totals,
            "listed_at": listing.and_then(|listing| listing.finished_at),
            "sockets": sockets,
            "failures": failures,
        })
        .to_string(),
    ))
}

/// What a card of the grid shows.
#[derive(Serialize)]
struct Card<'a> {
    pk: Uuid,
    title: &'a str,
    sockets: Vec<&'a str>,
    modalities: &'a [String],
    files: u64,
    bytes: u64,
    missing: u64,
    failed: u64,
    state: &'static str,
    preview: Option<&'a str>,
}

impl<'a> Card<'a> {
    fn of(entry: &'a Entry, grid: &'a Grid) -> Self {
        Self {
            pk: entry.pk,
            title: &entry.title,
            sockets: entry
                .sockets
                .iter()
                .filter_map(|pk| Some(grid.sockets.get(pk)?.title.as_str()))
                .collect(),
            modalities: &entry.modalities,
            files: entry.files,
            bytes: entry.bytes,
            missing: entry.missing,
            failed: entry.failed,
            state: state(entry),
            preview: entry.preview.as_ref().map(|path| path.as_str()),
        }
    }
}

/// A page of the items that the filter lets through.
pub(super) fn list(state: &ViewerState, query: &Query) -> Result<Answer, Refused> {
    let grid = state.grid()?;
    let filter = Filter::of(query);
    let page = Page::of(query);
    let (from, limit) = (page.offset as usize, page.limit as usize);
    let mut count = 0;
    let mut cards = Vec::new();
    for entry in filter.apply(&grid) {
        if count >= from && cards.len() < limit {
            cards.push(Card::of(entry, &grid));
        }
        count += 1;
    }
    let listed = ahead::paths(filter.apply(&grid).skip(from));
    drop(ahead::draw(state, listed));
    Ok(Answer::json(
        json!({"count": count, "offset": page.offset, "items": cards}).to_string(),
    ))
}

/// Counts of something, by its name.
type Counts<'a> = BTreeMap<&'a str, u64>;

/// Counts and sizes of the items that the filter lets through.
pub(super) fn summary(state: &ViewerState, query: &Query) -> Result<Answer, Refused> {
    let grid = state.grid()?;
    let filter = Filter::of(query);
    let (mut count, mut bytes, mut files) = (0_u64, 0_u64, 0_u64);
    let mut states = Counts::new();
    let mut modalities = Counts::new();
    let mut sockets = Counts::new();
    let mut kinds = Counts::new();
    // By powers of two: bin n has sizes from 2^n to 2^(n+1) bytes.
    let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
    for entry in filter.apply(&grid) {
        count += 1;
        bytes += entry.bytes;
        files += entry.files;
        *states.entry(self::state(entry)).or_default() += 1;
        for modality in &entry.modalities {
            *modalities.entry(modality).or_default() += 1;
        }
        let mut seen: Vec<&str> = Vec::new();
        for socket in entry.sockets.iter().filter_map(|pk| grid.sockets.get(pk)) {
            *sockets.entry(&socket.slug).or_default() += 1;
            if !seen.contains(&socket.kind.as_str()) {
                seen.push(&socket.kind);
                *kinds.entry(&socket.kind).or_default() += 1;
            }
        }
        *sizes.entry(entry.bytes.max(1).ilog2()).or_default() += 1;
    }
    Ok(Answer::json(
        json!({
            "count": count,
            "bytes": bytes,
            "files": files,
            "states": states,
            "modalities": modalities,
            "sockets": sockets,
            "kinds": kinds,
            "sizes": sizes.into_iter().collect::<Vec<_>>(),
        })
        .to_string(),
    ))
}
