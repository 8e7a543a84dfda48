//! Archives made by hand.

use gcapi_archive::{ArchiveFolder, Catalogue, Error, verify};
use gcapi_testkit::small::{ArchiveBuilder, item_pk};
use gcapi_testkit::trees;

use crate::client::{archive, builder};

#[test]
fn files_lie_where_a_download_would_put_them() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = archive(&temporary);
    let item = item_pk("small", "case");
    let paths: Vec<_> = trees::digests(&folder).into_keys().collect();
    let below = |path: &str| paths.contains(&format!("{item}/{path}"));
    assert!(below("score.json") && below("nothing.json"), "{paths:?}");
    assert!(below("deep/er/report.zip"), "{paths:?}");
    assert!(below("images/mr/1.2.3.dcm"), "{paths:?}");
    let twins = paths.iter().filter(|path| path.contains("images/twins/"));
    assert_eq!(twins.count(), 2, "{paths:?}");
    assert_eq!(paths.len(), 8, "{paths:?}");
    let score = std::fs::read_to_string(folder.join(format!("{item}/score.json"))).unwrap();
    assert_eq!(score, "{\n  \"b\": 1e3,\n  \"a\": 0.10\n}");
}

#[test]
fn the_catalogue_agrees_with_the_disk() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = ArchiveFolder::open(&archive(&temporary)).unwrap();
    let catalogue = Catalogue::open(&folder).unwrap();
    let totals = catalogue.totals().unwrap();
    assert_eq!((totals.items, totals.values, totals.images), (2, 6, 3));
    let report = verify::verify(&folder, &catalogue, &|_| {}).unwrap();
    assert!(report.is_intact(), "{:?}", report.findings);
    assert_eq!(report.intact, 8);
}

#[test]
fn it_comes_out_the_same_every_time() {
    let temporary = tempfile::tempdir().unwrap();
    let (one, other) = (temporary.path().join("one"), temporary.path().join("other"));
    builder().build(&one).unwrap();
    builder().build(&other).unwrap();
    assert!(trees::compare(&one, &other).is_empty());
    assert_eq!(trees::tree_digest(&one), trees::tree_digest(&other));
}

#[test]
fn a_path_out_of_its_item_cannot_be_built() {
    let temporary = tempfile::tempdir().unwrap();
    let outside = ArchiveBuilder::new("bad")
        .at("escape", "../../escape.json")
        .value("case", "escape", "1");
    let refused = outside.build(&temporary.path().join("archive"));
    assert!(matches!(refused, Err(Error::Path(_))), "{refused:?}");
}
