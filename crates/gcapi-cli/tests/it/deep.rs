//! Files that are what was served, and not what they should be.

use std::fs;
use std::path::Path;

use gcapi_archive::{ArchiveFolder, Catalogue, FileOrigin};
use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Interference, Platform, demo};

use crate::program::{Run, Workspace, run};

fn verify(workspace: &Workspace, more: &[&str]) -> Run {
    run(workspace.command().args(["verify", "out"]).args(more))
}

/// Downloads an archive that was built by hand and gives what `verify --deep` finds, after making
/// sure that `verify` finds nothing.
fn found_in(archive: &ArchiveBuilder) -> (Workspace, String) {
    let (workspace, served) = (Workspace::new(), tempfile::tempdir().unwrap());
    archive.build(served.path()).unwrap();
    let platform = Platform::start(served.path());
    let mut download = workspace.at(&platform);
    run(download.args(["download", "small", "-o", "out"])).expect(0);
    verify(&workspace, &[]).expect(0);
    let found = verify(&workspace, &["--deep"])
        .expect(5)
        .says(&["1 file is not what it should be"])
        .stdout;
    (workspace, found)
}

#[track_caller]
fn names(found: &str, parts: &[&str]) {
    for part in parts {
        assert!(found.contains(part), "no {part:?} in\n{found}");
    }
    assert_eq!(found.matches("defect").count(), 1, "{found}");
}

fn metaimage(size: &str, more: &str, data: &[u8]) -> Vec<u8> {
    let header = format!(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = {size}\n{more}\
         ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    );
    [header.as_bytes(), data].concat()
}

/// The bytes of the first file of the demo archive with this suffix.
fn of_the_demo(suffix: &str) -> Vec<u8> {
    let folder = ArchiveFolder::open(&demo().folder).unwrap();
    let files = Catalogue::open(&folder).unwrap().files_after(None, 10_000);
    let file = files
        .unwrap()
        .into_iter()
        .find(|file| file.path.as_str().ends_with(suffix));
    fs::read(folder.absolute(&file.expect("the demo has one").path)).unwrap()
}

#[test]
fn everything_of_the_demo_is_whole_and_what_the_platform_says() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let verified = verify(&workspace, &["--deep"])
        .expect(0)
        .says(&["intact and decoded"]);
    assert_eq!(verified.stdout, "");
}

#[test]
fn a_compressed_stream_that_ends_early_is_found() {
    // A zlib stream of one byte that has lost its last byte, the end of the checksum.
    let stream = [0x78, 0x9c, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00];
    let image = metaimage("1 1 1", "CompressedData = True\n", &stream);
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &image)]);
    let (workspace, found) = found_in(&archive);
    names(
        &found,
        &[
            ".mha: expected",
            "next step: it is what the platform served",
        ],
    );
    let objects = verify(&workspace, &["--deep", "--json"]).expect(5).json();
    let finding = &objects[0]["findings"][0];
    assert_eq!(finding["problem"], "defect");
    for part in ["path", "expected", "found", "next_step"] {
        assert!(finding[part].is_string(), "{finding}");
    }
}

#[test]
fn a_header_with_more_voxels_than_there_are_is_found() {
    let image = metaimage("1 1 1", "", &[]);
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &image)]);
    names(&found_in(&archive).1, &[".mha: expected", "incomplete"]);
}

#[test]
fn another_size_than_the_platform_says_is_found() {
    let image = metaimage("2 3 4", "", &[0; 24]);
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &image)]);
    names(
        &found_in(&archive).1,
        &[
            "expected 1 x 1 x 1 samples; found 2 x 3 x 4 samples",
            "disagree",
        ],
    );
}

#[test]
fn broken_json_is_found() {
    let archive = ArchiveBuilder::new("small").at("table", "table.json").file(
        "one",
        "table",
        b"{\"a\": [1, 2",
    );
    names(&found_in(&archive).1, &["table.json: expected JSON", "EOF"]);
}

#[test]
fn a_pdf_that_ends_early_is_found() {
    let whole = of_the_demo(".pdf");
    let broken = &whole[..whole.len() - 20];
    let archive = ArchiveBuilder::new("small")
        .at("report", "report.pdf")
        .file("one", "report", broken);
    names(
        &found_in(&archive).1,
        &["report.pdf: expected a PDF", "incomplete"],
    );
    let archive = ArchiveBuilder::new("small")
        .at("report", "report.pdf")
        .file("one", "report", b"<html>not found</html>");
    names(&found_in(&archive).1, &["report.pdf: expected a PDF"]);
}

/// A TIFF of one tile of 16 x 16 grey pixels, which lies at byte 8 and is said to lie elsewhere.
fn tiff(tile_at: u32) -> Vec<u8> {
    let entries: [(u16, u32); 10] = [
        (256, 16),
        (257, 16),
        (258, 8),
        (259, 1),
        (262, 1),
        (277, 1),
        (322, 16),
        (323, 16),
        (324, tile_at),
        (325, 256),
    ];
    let mut bytes = b"II*\0".to_vec();
    bytes.extend((8_u32 + 256).to_le_bytes());
    bytes.extend([7; 256]);
    bytes.extend(10_u16.to_le_bytes());
    for (tag, value) in entries {
        bytes.extend(tag.to_le_bytes());
        // One LONG.
        bytes.extend([4, 0, 1, 0, 0, 0]);
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn a_tile_outside_its_file_is_found() {
    let slides = |second: u32| {
        ArchiveBuilder::new("small")
            .at("slide", "slide.tif")
            .file("whole", "slide", &tiff(8))
            .file("broken", "slide", &tiff(second))
    };
    for place in [1 << 20, 8 + 200] {
        let (_, found) = found_in(&slides(place));
        names(&found, &["slide.tif: expected an image that is whole"]);
    }
}

#[test]
fn another_spacing_than_the_platform_says_is_found() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("cases/images/") {
            Interference::json(|page| {
                let images = page["results"].as_array_mut().unwrap();
                let volume = images
                    .iter_mut()
                    .find(|image| image["depth"].as_u64() > Some(1))
                    .expect("the demo has one");
                let spacing = volume["voxel_depth_mm"].as_f64().unwrap();
                volume["voxel_depth_mm"] = (spacing * 1.1).into();
            })
        } else {
            Interference::Pass
        }
    });
    workspace.download(&platform, &[]).expect(0);
    verify(&workspace, &[]).expect(0);
    let found = verify(&workspace, &["--deep"]).expect(5).stdout;
    assert!(found.contains("expected a spacing of"), "{found}");
}

#[test]
fn a_dicom_image_set_without_one_of_its_instances_is_found() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let folder = ArchiveFolder::open(workspace.out()).unwrap();
    {
        let mut catalogue = Catalogue::create(&folder).unwrap();
        let files = catalogue.files_after(None, 10_000).unwrap();
        let instance = files
            .into_iter()
            .find(|file| matches!(file.origin, FileOrigin::DicomInstance { .. }));
        let path = instance.expect("the demo has one").path;
        fs::remove_file(folder.absolute(&path)).unwrap();
        catalogue.forget_files(&[path]).unwrap();
    }
    verify(&workspace, &[]).expect(0);
    let found = verify(&workspace, &["--deep"]).expect(5).stdout;
    names(
        &found,
        &[
            "instances, as the platform listed",
            "run the gcapi download",
        ],
    );
    workspace.download(&platform, &[]).expect(0);
    verify(&workspace, &["--deep"]).expect(0);
}

#[test]
fn what_changed_on_disk_is_named_before_it_is_decoded() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let image = find(workspace.out(), "mha");
    fs::write(&image, b"NDims = 3").unwrap();
    let verified = verify(&workspace, &["--deep"]).expect(5);
    assert!(
        verified.stdout.starts_with("changed"),
        "{}",
        verified.stdout
    );
    verified.says(&["1 file is not what was fetched"]);
}

fn find(folder: &Path, suffix: &str) -> std::path::PathBuf {
    let mut places = vec![folder.to_path_buf()];
    let mut found = None;
    while let Some(place) = places.pop().filter(|_| found.is_none()) {
        if place.is_dir() {
            let entries = fs::read_dir(place).unwrap();
            places.extend(entries.map(|entry| entry.unwrap().path()));
        } else if place.extension().is_some_and(|found| found == suffix) {
            found = Some(place);
        }
    }
    found.expect("there is a file with that suffix")
}
