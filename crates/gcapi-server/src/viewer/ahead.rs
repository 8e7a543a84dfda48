//! Pictures of the items that were listed last, drawn before they are scrolled to.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::grid::Entry;
use super::state::ViewerState;
use super::thumbnails;

/// Items for which pictures are drawn ahead: what one scrolls through at a glance.
const ITEMS: usize = 500;

/// Bytes that are read ahead, at most: nobody may ever look at them, and the disk may be
/// that of a whole cluster.
const BYTES: u64 = 2 << 30;

/// What is in sight comes first, and who scrolls on quickly wants none of it.
const LULL: Duration = Duration::from_millis(300);

/// The paths of the pictures of these items, as far ahead as is worth it.
pub(super) fn paths<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<String> {
    let mut bytes = 0_u64;
    entries
        .take(ITEMS)
        .take_while(|entry| {
            bytes = bytes.saturating_add(entry.bytes);
            bytes <= BYTES
        })
        .filter_map(|entry| Some(entry.preview.as_ref()?.as_str().to_owned()))
        .collect()
}

/// Draws pictures one after the other, until another list is asked for. Nobody has to wait
/// for it.
pub(super) fn draw(state: &ViewerState, paths: Vec<String>) -> JoinHandle<()> {
    let run = state.lists().fetch_add(1, Ordering::Relaxed) + 1;
    let state = state.clone();
    tokio::spawn(async move {
        tokio::time::sleep(LULL).await;
        for path in paths {
            // Whoever waits for a picture has the other processors, and this one next.
            let Ok(permit) = state.decoders().acquire().await else {
                return;
            };
            if state.lists().load(Ordering::Relaxed) != run {
                return;
            }
            let shared = state.clone();
            let drawing = tokio::task::spawn_blocking(move || {
                // What cannot be drawn is said to whoever asks for it.
                thumbnails::draw_ahead(&shared, &path).is_ok()
            });
            if drawing.await.is_err() {
                return;
            }
            drop(permit);
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use axum::http::header;
    use gcapi_archive::{ArchiveFolder, Catalogue, Content, FileOrigin, FileRecord, RelativePath};

    use super::*;
    use crate::page::Query;

    #[tokio::test]
    async fn a_picture_that_was_drawn_ahead_is_there_when_it_is_asked_for() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
        let path = RelativePath::parse("a.mha").unwrap();
        let place = folder.absolute(&path);
        let content = b"NDims = 2\nDimSize = 1 1\nElementType = MET_UCHAR\n\
            ElementDataFile = LOCAL\n\x07";
        fs::write(&place, content).unwrap();
        let record = FileRecord {
            path,
            origin: FileOrigin::File,
            item: None,
            socket: None,
            value: None,
            written: Content::of(content),
            served: Content::of(content),
            etag: None,
            modified_ns: 1,
            fetched_at: 1,
        };
        let mut catalogue = Catalogue::create(&folder).unwrap();
        catalogue.put_files(&[record]).unwrap();
        drop(catalogue);
        let state = ViewerState::new(folder, 1, None, false);
        let gone = "gone.mha".to_owned();
        draw(&state, vec![gone, "a.mha".to_owned()]).await.unwrap();
        // It cannot be drawn any more, and looks as if it had not changed.
        let modified = fs::metadata(&place).unwrap().modified().unwrap();
        fs::write(&place, "nothing").unwrap();
        let file = File::options().write(true).open(&place).unwrap();
        file.set_modified(modified).unwrap();
        let asked = move || thumbnails::answer(&state, "a.mha", &Query::parse(None)).unwrap();
        let answer = tokio::task::spawn_blocking(asked).await.unwrap();
        let response = answer.into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "image/jpeg");
    }

    #[test]
    fn neither_too_many_nor_too_large_pictures_are_drawn_ahead() {
        let entries = |count: usize, bytes: u64| -> Vec<Entry> {
            let entry = |number: usize| Entry {
                bytes,
                preview: Some(RelativePath::parse(&format!("{number}.mha")).unwrap()),
                ..Entry::default()
            };
            (0..count).map(entry).collect()
        };
        let drawn = |entries: Vec<Entry>| paths(entries.iter()).len();
        assert_eq!(drawn(entries(1000, 1)), ITEMS);
        assert_eq!(drawn(entries(1000, BYTES / 3)), 3);
        assert_eq!(drawn(entries(1, BYTES + 1)), 0);
        let mut without = entries(3, 1);
        without[1].preview = None;
        assert_eq!(paths(without.iter()), ["0.mha", "2.mha"]);
    }
}
