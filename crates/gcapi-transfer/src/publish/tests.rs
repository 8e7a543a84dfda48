use std::sync::Arc;

use gcapi_archive::Catalogue;

use super::*;
use crate::Silent;

fn record(folder: &ArchiveFolder, path: &str, item: Uuid) -> FileRecord {
    let path = RelativePath::parse(path).unwrap();
    let content = Content {
        size: 2,
        sha256: "0".repeat(64),
    };
    let on_disk = folder.look(&path).ok().flatten();
    FileRecord {
        path,
        origin: FileOrigin::File,
        item: Some(item),
        socket: Some(1),
        value: Some(1),
        written: content.clone(),
        served: content,
        etag: None,
        modified_ns: on_disk.map_or(0, |on_disk| on_disk.modified_ns),
        fetched_at: 0,
    }
}

#[test]
fn what_was_to_be_replaced_stays_where_its_successor_was_blocked_in_an_earlier_group() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = ArchiveFolder::create(temporary.path(), false).unwrap();
    let catalogue = SharedCatalogue::new(Catalogue::create(&folder).unwrap());
    let item = Uuid::from_u128(1);
    for name in ["old.json", "new.json.part"] {
        fs::write(temporary.path().join(name), "{}").unwrap();
    }
    // A folder stands where the new file is to go.
    fs::create_dir(temporary.path().join("new.json")).unwrap();
    let new = record(&folder, "new.json", item);

    let (sender, outcomes) = mpsc::channel(GROUP * 2);
    let send = |outcome| sender.try_send(outcome).unwrap();
    send(Outcome::Finished(Box::new(Finished {
        part: Part {
            path: temporary.path().join("new.json.part"),
            content: new.written.clone(),
        },
        served: new.served,
        etag: None,
        origin: new.origin,
        destinations: vec![Destination {
            path: new.path,
            item: new.item,
            socket: new.socket,
            value: new.value,
        }],
    })));
    for place in 0..GROUP {
        send(Outcome::Failed(Failure {
            place: place.to_string(),
            reason: String::new(),
            next_step: String::new(),
        }));
    }
    let old = record(&folder, "old.json", item);
    send(Outcome::Replaced(Box::new(old)));
    drop(sender);

    let observer: SharedObserver = Arc::new(Silent);
    let tally = publish(outcomes, &folder, &catalogue, &observer).unwrap();

    assert_eq!((tally.files, tally.removed), (0, 0));
    assert!(temporary.path().join("old.json").exists());
}
