//! The archive as a whole: the same every time, whole, and found again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use gcapi_archive::{ArchiveFolder, Catalogue, Content, verify};
use tempfile::TempDir;

use super::{fill, generate_with};
use crate::description::Description;
use crate::{Error, GENERATOR_VERSION, generate};

/// One archive for all tests that only look at it.
static ARCHIVE: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    generate(&folder.path().join("demo")).unwrap();
    folder
});

/// A drawing of its own: what comes of it has to be what came of the other.
static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::new);

/// Fills a folder with a copy of that archive, which is much faster than to
/// make it again.
fn copy(to: &Path) -> Result<(), Error> {
    let mut folders = vec![(ARCHIVE.path().join("demo"), to.to_path_buf())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let (from, to) = (
                entry.as_ref().unwrap().path(),
                to.join(entry.unwrap().file_name()),
            );
            if from.is_dir() {
                folders.push((from, to));
            } else {
                fs::copy(from, to).unwrap();
            }
        }
    }
    Ok(())
}

/// Path and hash of every file that is not the catalogue's.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let archive = ArchiveFolder::open(folder).unwrap();
    let mut files = BTreeMap::new();
    archive
        .walk(&mut |path| {
            files.insert(
                path.to_owned(),
                Content::of(&fs::read(folder.join(path)).unwrap()).sha256,
            );
            Ok(())
        })
        .unwrap();
    files
}

#[test]
fn the_same_bytes_come_out_twice() {
    let again = tempfile::tempdir().unwrap();
    fill(again.path(), &DESCRIPTION).unwrap();
    let files = tree(again.path());
    assert_eq!(files, tree(&ARCHIVE.path().join("demo")));
    assert!(files.len() > 50, "{}", files.len());
}

#[test]
fn the_catalogue_agrees_with_the_disk() {
    let folder = ArchiveFolder::open(&ARCHIVE.path().join("demo")).unwrap();
    let catalogue = Catalogue::open(&folder).unwrap();
    let report = verify::verify(&folder, &catalogue, &|_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(
        (8_000_000..25_000_000).contains(&report.bytes),
        "{} bytes",
        report.bytes
    );
    let totals = catalogue.totals().unwrap();
    assert_eq!((totals.items, totals.images), (12, 14));
    assert_eq!(totals.files, report.intact);
}

#[test]
fn everything_expected_is_there_and_nothing_else() {
    let expected = crate::expected::of(&DESCRIPTION).unwrap();
    let mut names: Vec<String> = expected["files"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    for (folder, series) in expected["series"].as_object().unwrap() {
        for uid in series["instances"].as_array().unwrap() {
            names.push(format!("{folder}/{}.dcm", uid.as_str().unwrap()));
        }
    }
    names.sort();
    assert_eq!(
        names,
        tree(&ARCHIVE.path().join("demo"))
            .into_keys()
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_header_file_names_its_data_file_as_the_platform_does() {
    let folder = ARCHIVE.path().join("demo");
    let path = tree(&folder)
        .into_keys()
        .find(|path| path.ends_with(".mhd"))
        .unwrap();
    let header = fs::read_to_string(folder.join(&path)).unwrap();
    assert!(
        header.ends_with("ElementDataFile = phantom.zraw\n"),
        "{header}"
    );
    assert!(folder.join(path.replace(".mhd", ".zraw")).is_file());
}

#[test]
fn a_complete_archive_is_left_alone_and_a_damaged_one_is_made_anew() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    generate_with(&folder, copy).unwrap();
    let catalogue = folder.join(".gcapi/catalogue.sqlite");
    let made = fs::metadata(&catalogue).unwrap().modified().unwrap();
    generate_with(&folder, copy).unwrap();
    assert_eq!(fs::metadata(&catalogue).unwrap().modified().unwrap(), made);

    let victim = tree(&folder)
        .into_keys()
        .find(|path| path.ends_with(".tif"))
        .unwrap();
    fs::write(folder.join(&victim), b"cut short").unwrap();
    generate_with(&folder, copy).unwrap();
    assert_eq!(tree(&folder), tree(&ARCHIVE.path().join("demo")));
    let beside: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside, ["demo"]);
}

#[test]
fn a_folder_with_other_things_is_not_touched() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.txt"), "mine").unwrap();
    assert!(matches!(
        generate(place.path()),
        Err(Error::Occupied { .. })
    ));
    assert_eq!(
        fs::read_to_string(place.path().join("thesis.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn an_archive_of_another_version_is_replaced() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    fs::create_dir_all(folder.join(".gcapi")).unwrap();
    fs::write(folder.join(".gcapi/demo.txt"), "gcapi-demo 0").unwrap();
    generate_with(&folder, copy).unwrap();
    assert_eq!(
        fs::read_to_string(folder.join(".gcapi/demo.txt")).unwrap(),
        GENERATOR_VERSION
    );
}

#[test]
fn a_run_that_dies_leaves_nothing_under_the_final_name() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    let died = generate_with(&folder, |making| {
        copy(making)?;
        fs::remove_file(making.join(".gcapi/demo.txt")).unwrap();
        Err(Error::encode("nothing", "killed"))
    });
    assert!(died.is_err());
    assert!(!folder.exists());
    // What it left beside it does not stand in the way of the next run.
    generate_with(&folder, copy).unwrap();
    assert_eq!(tree(&folder), tree(&ARCHIVE.path().join("demo")));
}

#[test]
fn several_at_a_time_agree_on_one() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| generate_with(&folder, copy).unwrap());
        }
    });
    assert_eq!(tree(&folder), tree(&ARCHIVE.path().join("demo")));
    let beside: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
    assert_eq!(beside.len(), 1);
}
