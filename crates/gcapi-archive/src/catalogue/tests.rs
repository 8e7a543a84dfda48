use uuid::Uuid;

use crate::layout::Layout;
use crate::verify::{Finding, Problem, Report};
use crate::{
    ArchiveFolder, ArchiveRecord, Catalogue, Content, DownloadSettings, Error, Failure, FileOrigin,
    FileRecord, ImageFileRecord, ImageRecord, ItemRecord, RelativePath, SocketRecord, ValueRecord,
    VerificationRecord,
};

fn archive(pk: u128) -> ArchiveRecord {
    ArchiveRecord {
        pk: Uuid::from_u128(pk),
        slug: Some("demo".into()),
        title: "Demo".into(),
        record: "{}".into(),
    }
}

fn settings(layout: Layout) -> DownloadSettings {
    DownloadSettings {
        layout,
        images_only: false,
        base_url: "https://x/api/v1/".into(),
    }
}

fn socket(pk: i64, super_kind: &str) -> SocketRecord {
    SocketRecord {
        pk,
        slug: format!("socket-{pk}"),
        super_kind: super_kind.into(),
        relative_path: format!("s{pk}"),
        record: "{}".into(),
    }
}

fn item(pk: u128, image: Option<Uuid>) -> ItemRecord {
    ItemRecord {
        pk: Uuid::from_u128(pk),
        title: "größe".into(),
        record: "{}".into(),
        values: vec![
            ValueRecord {
                pk: 1,
                socket: 1,
                value: Some("null".into()),
                file: None,
                image: None,
            },
            ValueRecord {
                pk: 2,
                socket: 2,
                value: None,
                file: None,
                image,
            },
        ],
    }
}

fn image(pk: u128) -> ImageRecord {
    ImageRecord {
        pk: Uuid::from_u128(pk),
        name: "case.mha".into(),
        dicom_image_set: None,
        record: "{}".into(),
        files: vec![ImageFileRecord {
            pk: Uuid::from_u128(pk + 1000),
            image_type: Some("MHD".into()),
            url: "https://x/media/images/case.mha".into(),
        }],
    }
}

fn fixture() -> (tempfile::TempDir, ArchiveFolder, Catalogue) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
    let mut catalogue = Catalogue::create(&folder).unwrap();
    catalogue
        .claim(&archive(1), &settings(Layout::Container))
        .unwrap();
    catalogue
        .put_sockets(&[socket(1, "Value"), socket(2, "Image")])
        .unwrap();
    (temporary, folder, catalogue)
}

#[test]
fn what_is_written_is_read_back() {
    let (_temporary, folder, mut catalogue) = fixture();
    let listing = catalogue.start_listing(10).unwrap();
    let shared = Uuid::from_u128(50);
    let items = vec![item(3, Some(shared)), item(4, Some(shared))];
    catalogue.put_items(listing, &items).unwrap();
    assert_eq!(catalogue.unlisted_images(listing).unwrap(), [shared]);
    catalogue.put_images(listing, &[image(50)]).unwrap();
    assert!(catalogue.unlisted_images(listing).unwrap().is_empty());
    // A listing that did not end does not count.
    assert!(catalogue.items_after(None, 10).unwrap().is_empty());
    catalogue.finish_listing(listing, 11).unwrap();
    assert_eq!(catalogue.items_after(None, 10).unwrap(), items);
    assert_eq!(
        catalogue.items_after(Some(items[0].pk), 10).unwrap(),
        items[1..]
    );
    assert_eq!(catalogue.images(0, 10).unwrap(), [image(50)]);
    assert_eq!(catalogue.images_here().unwrap(), []);
    assert!(!catalogue.is_image_here(shared).unwrap());
    let uses = catalogue.uses_of_image(shared).unwrap();
    assert_eq!(
        uses.iter()
            .map(|u| (u.item, u.position))
            .collect::<Vec<_>>(),
        [(items[0].pk, 1), (items[1].pk, 1)]
    );

    let record = FileRecord {
        path: RelativePath::parse("a/b.mha").unwrap(),
        origin: FileOrigin::ImageFile {
            image: shared,
            image_file: Uuid::from_u128(1050),
        },
        item: Some(items[0].pk),
        socket: Some(2),
        value: Some(2),
        written: Content {
            size: 3,
            sha256: "aa".into(),
        },
        served: Content {
            size: 4,
            sha256: "bb".into(),
        },
        etag: Some("\"x\"".into()),
        modified_ns: 5,
        fetched_at: 6,
    };
    catalogue.put_files(std::slice::from_ref(&record)).unwrap();
    assert_eq!(catalogue.file(&record.path).unwrap().unwrap(), record);
    let here = [(shared, "case.mha".to_owned())];
    assert_eq!(catalogue.images_here().unwrap(), here);
    assert!(catalogue.is_image_here(shared).unwrap());
    assert_eq!(
        catalogue.files_of_image(shared).unwrap(),
        std::slice::from_ref(&record)
    );
    assert_eq!(
        catalogue.files_of_item(items[0].pk).unwrap(),
        std::slice::from_ref(&record)
    );
    let failure = Failure {
        place: "x".into(),
        reason: "404".into(),
        next_step: "run again".into(),
    };
    catalogue
        .put_failures(std::slice::from_ref(&failure), 12)
        .unwrap();
    let totals = catalogue.totals().unwrap();
    assert_eq!(
        (
            totals.items,
            totals.values,
            totals.files,
            totals.bytes,
            totals.failures
        ),
        (2, 4, 1, 3, 1)
    );
    drop(catalogue);

    let reader = Catalogue::open(&folder).unwrap();
    assert_eq!(reader.failures().unwrap(), [failure]);
    assert_eq!(
        reader.settings().unwrap().unwrap(),
        settings(Layout::Container)
    );
}

#[test]
fn an_item_that_left_the_archive_is_not_planned() {
    let (_temporary, _folder, mut catalogue) = fixture();
    for (pks, now) in [(vec![3, 4], 1), (vec![4], 2)] {
        let listing = catalogue.start_listing(now).unwrap();
        let items: Vec<_> = pks.into_iter().map(|pk| item(pk, None)).collect();
        catalogue.put_items(listing, &items).unwrap();
        // Seen twice counts once.
        catalogue.put_items(listing, &items).unwrap();
        assert_eq!(
            catalogue.seen_in(listing).unwrap().0,
            u64::try_from(items.len()).unwrap()
        );
        catalogue.finish_listing(listing, now).unwrap();
    }
    let planned = catalogue.items_after(None, 10).unwrap();
    assert_eq!(
        planned.iter().map(|i| i.pk).collect::<Vec<_>>(),
        [Uuid::from_u128(4)]
    );
}

#[test]
fn files_of_what_left_the_archive_are_known() {
    let (_temporary, _folder, mut catalogue) = fixture();
    let listing = catalogue.start_listing(1).unwrap();
    catalogue
        .put_items(listing, &[item(3, None), item(4, None)])
        .unwrap();
    catalogue
        .put_images(listing, &[image(50), image(51)])
        .unwrap();
    catalogue.finish_listing(listing, 1).unwrap();
    let file = |path: &str, item: Option<u128>, image: u128| FileRecord {
        path: RelativePath::parse(path).unwrap(),
        origin: FileOrigin::ImageFile {
            image: Uuid::from_u128(image),
            image_file: Uuid::from_u128(image + 1000),
        },
        item: item.map(Uuid::from_u128),
        socket: None,
        value: None,
        written: Content::of(b""),
        served: Content::of(b""),
        etag: None,
        modified_ns: 0,
        fetched_at: 0,
    };
    let files = [
        file("3/a", Some(3), 50),
        file("4/a", Some(4), 50),
        file("50", None, 50),
        file("51", None, 51),
    ];
    catalogue.put_files(&files).unwrap();
    assert!(catalogue.files_of_the_gone(None, 10).unwrap().is_empty());
    let listing = catalogue.start_listing(2).unwrap();
    catalogue.put_items(listing, &[item(4, None)]).unwrap();
    catalogue.put_images(listing, &[image(50)]).unwrap();
    catalogue.finish_listing(listing, 2).unwrap();
    let gone = catalogue.files_of_the_gone(None, 10).unwrap();
    assert_eq!(gone, [files[0].clone(), files[3].clone()]);
}

#[test]
fn what_is_here_of_each_value_is_summed_up() {
    let (_temporary, _folder, mut catalogue) = fixture();
    let file = |path: &str, item: u128, value: i64, bytes: &[u8]| FileRecord {
        path: RelativePath::parse(path).unwrap(),
        origin: FileOrigin::File,
        item: Some(Uuid::from_u128(item)),
        socket: Some(2),
        value: Some(value),
        written: Content::of(bytes),
        served: Content::of(bytes),
        etag: None,
        modified_ns: 0,
        fetched_at: 0,
    };
    catalogue
        .put_files(&[
            file("3/a.dzi", 3, 2, b"x"),
            file("3/a.tif", 3, 2, b"xyz"),
            file("3/b.zraw", 3, 7, b"12"),
            file("4/a.json", 4, 2, b"1"),
            file("5/a.json", 5, 2, b"1"),
        ])
        .unwrap();
    let found = catalogue
        .value_files(Uuid::from_u128(3), Uuid::from_u128(4))
        .unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| {
            (
                one.item.as_u128(),
                one.value,
                one.files,
                one.bytes,
                one.path.as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            // Of an image it is the file to open.
            (3, 2, 2, 4, "3/a.tif"),
            (3, 7, 1, 2, "3/b.zraw"),
            (4, 2, 1, 1, "4/a.json"),
        ]
    );
}

#[test]
fn a_listing_that_was_broken_off_takes_nothing_away() {
    let (_temporary, _folder, mut catalogue) = fixture();
    let items = [item(3, None), item(4, None)];
    let listing = catalogue.start_listing(1).unwrap();
    catalogue.put_items(listing, &items).unwrap();
    catalogue.put_images(listing, &[image(50)]).unwrap();
    catalogue.finish_listing(listing, 1).unwrap();
    let broken_off = catalogue.start_listing(2).unwrap();
    catalogue.put_items(broken_off, &items[..1]).unwrap();
    catalogue.put_images(broken_off, &[image(50)]).unwrap();
    assert_eq!(catalogue.items_after(None, 10).unwrap(), items);
    assert_eq!(catalogue.items(0, 10).unwrap(), items);
    assert_eq!(catalogue.images_after(None, 10).unwrap(), [image(50)]);
    assert_eq!(catalogue.totals().unwrap().items, 2);
    assert_eq!(catalogue.seen_in(broken_off).unwrap(), (1, 1));
}

#[test]
fn a_folder_keeps_to_one_archive_and_one_layout() {
    let (_temporary, _folder, mut catalogue) = fixture();
    let other = catalogue
        .claim(&archive(2), &settings(Layout::Container))
        .unwrap_err();
    assert!(matches!(other, Error::OtherContent { .. }), "{other}");
    let other = catalogue
        .claim(&archive(1), &settings(Layout::Flat))
        .unwrap_err();
    assert!(other.to_string().contains("layout container"), "{other}");
}

#[test]
fn a_second_writer_is_told() {
    let (_temporary, folder, _catalogue) = fixture();
    assert!(matches!(
        Catalogue::create(&folder),
        Err(Error::Held { .. })
    ));
}

#[test]
fn a_damaged_or_newer_catalogue_is_an_error() {
    let (_temporary, folder, catalogue) = fixture();
    drop(catalogue);
    let newer = rusqlite::Connection::open(folder.catalogue_path()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    assert!(matches!(
        Catalogue::open(&folder),
        Err(Error::NewerCatalogue { found: 99, .. })
    ));
    std::fs::write(
        folder.catalogue_path(),
        "not a database, but long enough to be looked at",
    )
    .unwrap();
    assert!(matches!(
        Catalogue::open(&folder),
        Err(Error::Catalogue { .. })
    ));
}

#[test]
fn what_is_here_of_a_socket_is_counted_and_a_verification_is_kept() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
    let mut catalogue = Catalogue::create(&folder).unwrap();
    catalogue
        .put_sockets(&[socket(1, "Value"), socket(2, "Image")])
        .unwrap();
    let listing = catalogue.start_listing(0).unwrap();
    let items = [item(7, None), item(8, None)];
    catalogue.put_items(listing, &items).unwrap();
    catalogue.finish_listing(listing, 1).unwrap();
    assert_eq!(catalogue.fetched_between().unwrap(), None);
    // Two files of one value, and one of an item that left the archive.
    let files = [(7, "a", 10), (7, "b", 30), (9, "c", 50)].map(|(item, name, fetched_at)| {
        let path = RelativePath::parse(name).unwrap();
        FileRecord {
            path,
            origin: FileOrigin::File,
            item: Some(Uuid::from_u128(item)),
            socket: Some(1),
            value: Some(1),
            written: Content::of(b"abc"),
            served: Content::of(b"abc"),
            etag: None,
            modified_ns: 0,
            fetched_at,
        }
    });
    catalogue.put_files(&files).unwrap();
    let held = catalogue.holdings().unwrap();
    let numbers = |held: &crate::SocketHoldings| (held.listed, held.held, held.files, held.bytes);
    let numbers: Vec<_> = held.iter().map(numbers).collect();
    assert_eq!(numbers, [(2, 1, 2, 6), (2, 0, 0, 0)]);
    assert_eq!(catalogue.fetched_between().unwrap(), Some((10, 50)));
    assert_eq!(catalogue.fetched_after(10).unwrap(), 2);

    assert_eq!(catalogue.verification().unwrap(), None);
    let finding = |path: &str, problem| Finding {
        path: path.to_owned(),
        problem,
    };
    let report = Report {
        intact: 1,
        bytes: 3,
        findings: vec![
            finding("b", Problem::Missing),
            finding("d", Problem::Unknown),
        ],
    };
    let verified = VerificationRecord::new(&report, true, 60);
    assert_eq!(
        (verified.damaged, verified.unknown, verified.undecoded),
        (1, 1, 0)
    );
    assert_eq!(verified.named[0].place, "b");
    catalogue.put_verification(&verified).unwrap();
    assert_eq!(catalogue.verification().unwrap(), Some(verified));
}
