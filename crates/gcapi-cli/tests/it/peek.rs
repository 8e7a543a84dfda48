//! The contact sheet of an archive that is not downloaded.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use gcapi_inspect::html::{self, Cell, Shown, Thumbnail};
use gcapi_testkit::small::{ArchiveBuilder, item_pk};
use gcapi_testkit::{Interference, Platform, Seen, Side, demo};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Run, Workspace, finish, run, signal};

/// Pixels along the longer side of a picture.
const EDGE: u32 = 384;

fn served(archive: &ArchiveBuilder) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    archive.build(folder.path()).unwrap();
    folder
}

fn peek(workspace: &Workspace, platform: &Platform, more: &[&str]) -> Run {
    run(workspace.at(platform).args(["peek", "small"]).args(more))
}

/// Peeks with a sheet and with facts; gives both.
fn sheet(workspace: &Workspace, platform: &Platform, code: i32, more: &[&str]) -> (String, Run) {
    let json = ["--json", "-o", "sheet.html"];
    let run = peek(workspace, platform, &[&json, more].concat()).expect(code);
    let sheet = fs::read_to_string(workspace.path("sheet.html")).unwrap();
    for secret in [platform.token(), "Signature="] {
        assert!(!sheet.contains(secret), "{secret} is in the sheet");
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    }
    (sheet, run)
}

fn value<'a>(objects: &'a [Value], socket: &str) -> &'a Value {
    let mut values = objects.iter().filter(|object| object["event"] == "value");
    values
        .find(|object| object["socket"] == socket)
        .expect("there is such a value")
}

/// The picture of a file on this disk, as it stands in a page.
fn picture(path: &Path) -> String {
    let drawn = gcapi_image::thumbnail(&gcapi_image::open(path).unwrap(), EDGE).unwrap();
    let cell = Cell {
        shown: Shown::Thumbnail(Thumbnail::new(&drawn).unwrap()),
        heading: String::new(),
        lines: Vec::new(),
    };
    let cells = html::cells(&[cell]);
    let start = cells.find("data:image/jpeg").unwrap();
    let length = cells[start..].find('"').unwrap();
    cells[start..start + length].to_owned()
}

fn picture_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mha");
    fs::write(&path, bytes).unwrap();
    picture(&path)
}

fn metaimage(size: [usize; 3], more: &str, data: &[u8]) -> Vec<u8> {
    let [x, y, z] = size;
    let header = format!(
        "ObjectType = Image\nNDims = 3\nDimSize = {x} {y} {z}\n{more}\
         ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    );
    [header.as_bytes(), data].concat()
}

/// Samples of which every slice is another picture.
fn samples([x, y, z]: [usize; 3]) -> Vec<u8> {
    let slice = |z: usize| (0..x * y).map(move |at| ((at % x) * (z + 1) + at / x) as u8);
    (0..z).flat_map(slice).collect()
}

/// A zlib stream without compression.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> = data.chunks(65_535).collect();
    for (number, block) in blocks.iter().enumerate() {
        stream.push(u8::from(number + 1 == blocks.len()));
        let length = block.len() as u16;
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(*block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

#[test]
fn a_sheet_has_a_picture_of_every_image_of_the_demo() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    platform.forget_requests();
    let shown = run(workspace.at(&platform).args(["peek", "demo", "-n", "1000"])).expect(0);
    assert_eq!(shown.stdout, "peek-demo.html\n");
    let sheet = fs::read_to_string(workspace.path("peek-demo.html")).unwrap();
    assert!(
        !sheet.contains(platform.token()),
        "the token is in the sheet"
    );
    assert!(!sheet.contains("X-Amz-") && !sheet.contains("<script"));
    let json = run(workspace.at(&platform).args([
        "peek",
        "demo",
        "-n",
        "1000",
        "--json",
        "-o",
        "other.html",
    ]));
    let json = json.expect(0);
    let summary = json.summary();
    assert_eq!(summary["failed"], 0);
    assert_eq!(summary["items"], summary["of_items"]);
    let pictures = summary["pictures"].as_u64().unwrap();
    assert!(pictures > 10, "{summary}");
    assert_eq!(sheet.matches("<img ").count() as u64, pictures);
    let mut compared = 0;
    for path in images(workspace.out()) {
        let Ok(image) = gcapi_image::open(&path) else {
            continue;
        };
        if gcapi_image::thumbnail(&image, EDGE).is_ok() {
            compared += 1;
            assert!(sheet.contains(&picture(&path)), "no {}", path.display());
        }
    }
    assert!(compared > 10, "{compared}");
    let objects = json.json();
    let set = objects.iter().find(|object| !object["instances"].is_null());
    let set = set.expect("the demo has a DICOM image set");
    assert_eq!(set["header"]["format"], "DICOM");
    let number = |of: &Value, field: &str| of[field].as_u64().unwrap();
    let of_all = number(set, "received_bytes") * number(set, "instances");
    assert_eq!(number(set, "stored_bytes"), of_all);
    let has_levels = |object: &&Value| object["header"]["levels"].as_u64() == Some(4);
    let slide = objects.iter().find(has_levels).expect("the demo has one");
    assert!(number(slide, "received_bytes") * 4 < number(slide, "stored_bytes"));
}

/// Files of images, but for the instances of DICOM image sets.
fn images(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut places = vec![folder.to_path_buf()];
    let mut found = Vec::new();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            let entries = fs::read_dir(place).unwrap();
            places.extend(entries.map(|entry| entry.unwrap().path()));
        } else if ["mha", "mhd", "tif"]
            .iter()
            .any(|suffix| place.extension().is_some_and(|found| found == *suffix))
        {
            found.push(place);
        }
    }
    found
}

#[test]
fn of_an_uncompressed_volume_the_header_and_a_slice_are_read() {
    let size = [512, 512, 256];
    let volume = metaimage(size, "ElementSpacing = 1 1 2.5\n", &samples(size));
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &volume)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    let (sheet, run) = sheet(&workspace, &platform, 0, &[]);
    assert!(sheet.contains(&picture_of(&volume)));
    let summary = run.summary();
    let served = platform.served_bytes();
    assert!(served < 1 << 20, "the store sent {served} bytes");
    assert_eq!(summary["received_bytes"], served);
    assert_eq!(summary["stored_bytes"], volume.len());
    assert_eq!(summary["requests"], platform.requests().len());
    let objects = run.json();
    let header = &value(&objects, "scan")["header"];
    assert_eq!(header["size"], serde_json::json!(size));
    assert_eq!(header["spacing"], serde_json::json!([1.0, 1.0, 2.5]));
    // Without a sheet the header is enough.
    let before = platform.served_bytes();
    let run = peek(&workspace, &platform, &["--json"]).expect(0);
    assert_eq!(run.summary()["output"], Value::Null);
    assert!(platform.served_bytes() - before <= 64 << 10);
    let files = fs::read_dir(workspace.path(".")).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["sheet.html"], "nothing else is written");
}

#[test]
fn a_header_and_its_data_file_are_read_together() {
    let size = [8, 8, 5];
    let local = metaimage(size, "", &samples(size));
    let header = metaimage(size, "CompressedData = True\n", b"");
    let header = String::from_utf8(header)
        .unwrap()
        .replace("LOCAL", "my scan (1).zraw");
    let files: [(&str, &[u8]); 2] = [
        // The platform calls it otherwise than the header does.
        ("my_scan_1.zraw", &zlib(&samples(size))),
        ("my_scan_1.mhd", header.as_bytes()),
    ];
    let archive = ArchiveBuilder::new("small").image("one", "scan", &files);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let (sheet, _) = sheet(&workspace, &Platform::start(folder.path()), 0, &[]);
    assert!(sheet.contains(&picture_of(&local)));
}

#[test]
fn of_a_nifti_as_little_is_read() {
    let size = [256, 256, 40];
    let volume = metaimage(size, "", &samples(size));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mha");
    fs::write(&path, &volume).unwrap();
    let mut nifti = Vec::new();
    gcapi_image::nifti::write(&gcapi_image::open(&path).unwrap(), &mut nifti).unwrap();
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.nii", &nifti)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    let (sheet, run) = sheet(&workspace, &platform, 0, &[]);
    assert!(sheet.contains(&picture_of(&volume)));
    assert_eq!(value(&run.json(), "scan")["header"]["format"], "NIfTI");
    assert!(platform.served_bytes() <= (64 << 10) + 256 * 256);
}

#[test]
fn a_set_whose_instances_cannot_be_listed_is_a_cell_with_the_reason() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.path.ends_with("/dicom/instances/") {
            Interference::status(404, "{\"detail\": \"Not found.\"}")
        } else {
            Interference::Pass
        }
    });
    let run = run(workspace.at(&platform).args(["peek", "demo", "--json"])).expect(1);
    let summary = run.summary();
    assert_eq!(
        (&summary["failed"], &summary["items"]),
        (&1.into(), &12.into())
    );
    let objects = run.json();
    let failed = objects.iter().find(|object| object["failure"].is_string());
    let failed = failed.expect("one failed");
    assert_eq!(failed["kind"], "DICOM Image Set");
    assert!(failed["failure"].to_string().contains("404"), "{failed}");
}

#[test]
fn an_image_of_two_volumes_has_two_pictures() {
    let (one, other) = ([8, 8, 2], [4, 8, 2]);
    let image = |size| metaimage(size, "", &samples(size));
    let files: [(&str, &[u8]); 2] = [("a.mha", &image(one)), ("b.mha", &image(other))];
    let archive = ArchiveBuilder::new("small").image("one", "scan", &files);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let (sheet, _) = sheet(&workspace, &Platform::start(folder.path()), 0, &[]);
    for (name, size) in [("a.mha", one), ("b.mha", other)] {
        assert!(sheet.contains(name) && sheet.contains(&picture_of(&image(size))));
    }
}

#[test]
fn of_a_compressed_volume_no_more_is_read_than_may_be() {
    let size = [256, 256, 64];
    let volume = metaimage(size, "CompressedData = True\n", &zlib(&samples(size)));
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &volume)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    let (whole, run) = sheet(&workspace, &platform, 0, &[]);
    assert!(whole.contains(&picture_of(&volume)));
    let received = run.summary()["received_bytes"].as_u64().unwrap();
    let half = volume.len() as u64 / 2;
    assert!((half..half + (2 << 20)).contains(&received), "{received}");
    let before = platform.served_bytes();
    let (none, run) = sheet(&workspace, &platform, 0, &["--bytes-per-image", "1MiB"]);
    assert!(!none.contains("<img ") && none.contains("no more than 1.05 MB are read"));
    assert_eq!(run.summary()["not_shown"], 1);
    assert!(
        platform.served_bytes() - before <= 64 << 10,
        "it was not begun"
    );
}

#[test]
fn a_store_without_ranges_is_read_as_far_as_may_be() {
    let (small, large) = ([64, 64, 8], [512, 512, 128]);
    let image = |size| metaimage(size, "", &samples(size));
    let archive = ArchiveBuilder::new("small")
        .image("one", "small", &[("a.mha", &image(small))])
        .image("one", "large", &[("b.mha", &image(large))]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::misbehaving(folder.path(), |seen| match seen.side {
        Side::Store => Interference::NoRanges,
        Side::Api => Interference::Pass,
    });
    let (sheet, run) = sheet(&workspace, &platform, 0, &[]);
    assert!(sheet.contains(&picture_of(&image(small))));
    assert_eq!(sheet.matches("<img ").count(), 1);
    let objects = run.json();
    let reason = value(&objects, "large")["not_shown"].to_string();
    assert!(reason.contains("takes more"), "{reason}");
    let received = run.summary()["received_bytes"].as_u64().unwrap();
    assert!(received < 1 << 20, "{received}");
}

#[test]
fn an_expired_url_is_renewed_and_a_broken_answer_asked_for_again() {
    let size = [512, 512, 16];
    let volume = metaimage(size, "", &samples(size));
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &volume)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let asked = Mutex::new(0);
    let platform = Platform::misbehaving(folder.path(), move |seen| {
        if seen.side == Side::Api {
            return Interference::Pass;
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match *asked {
            2 => Interference::expired(),
            3 => Interference::Truncate(1000),
            4 => Interference::status(503, "{}"),
            _ => Interference::Pass,
        }
    });
    let (sheet, _) = sheet(&workspace, &platform, 0, &[]);
    assert!(sheet.contains(&picture_of(&volume)));
    let resolved = platform.requests();
    let resolved = resolved
        .iter()
        .filter(|seen| seen.path.starts_with("/media/"));
    assert_eq!(resolved.count(), 2);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_no_picture() {
    let size = [512, 512, 16];
    let volume = metaimage(size, "", &samples(size));
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &volume)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let is_first = |seen: &Seen| seen.headers.get("if-range").is_none();
    let platform = Platform::misbehaving(folder.path(), move |seen| match seen.side {
        Side::Store if !is_first(seen) => Interference::Version(7),
        _ => Interference::Pass,
    });
    let (sheet, run) = sheet(&workspace, &platform, 1, &[]);
    assert!(!sheet.contains("<img "));
    let objects = run.json();
    let failure = value(&objects, "scan")["failure"].to_string();
    assert!(failure.contains("changed in the store"), "{failure}");
}

#[test]
fn what_cannot_be_shown_is_a_cell_with_the_reason_and_the_others_are_there() {
    let size = [4, 4, 3];
    let good = metaimage(size, "", &samples(size));
    let lying = metaimage([4000, 4000, 4000], "", &samples(size));
    let archive = ArchiveBuilder::new("small")
        .image("one", "truncated", &[("a.mha", &good[..good.len() - 20])])
        .image("one", "lying", &[("b.mha", &lying)])
        .image("one", "unknown", &[("c.xyz", b"what is this")])
        .image("one", "empty", &[("d.mha", b"")])
        .image("two", "hidden", &[("e.mha", &good)])
        .image("two", "good", &[("f.mha", &good)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::misbehaving(folder.path(), |seen| {
        if seen.path.starts_with("/media/") && seen.path.ends_with("e.mha") {
            Interference::status(403, "{}")
        } else {
            Interference::Pass
        }
    });
    let (sheet, run) = sheet(&workspace, &platform, 1, &[]);
    assert_eq!(sheet.matches("<img ").count(), 1);
    assert!(sheet.contains(&picture_of(&good)));
    let objects = run.json();
    let reason = |socket: &str, field: &str| {
        let reason = value(&objects, socket)[field].as_str().unwrap_or_default();
        assert!(sheet.contains(&html::escaped(reason)), "{reason}");
        reason.to_owned()
    };
    assert!(reason("truncated", "failure").contains("incomplete"));
    assert!(reason("lying", "failure").contains("incomplete"));
    assert!(reason("unknown", "not_shown").contains("none of MetaImage"));
    assert!(reason("empty", "failure").contains("damaged"));
    assert!(reason("hidden", "failure").contains("403"));
    assert_eq!(run.summary()["failed"], 4);
    run.says(&["(truncated)", "(hidden)"]);
}

#[test]
fn text_of_the_platform_stays_text() {
    const TITLE: &str = "<script>alert('&\"')</script>";
    const TEXT: &str = "\"</div><img src=x onerror=alert(1)>\"";
    let archive = ArchiveBuilder::new("small")
        .value(TITLE, "note", TEXT)
        .at("table", "table.csv")
        .file(TITLE, "table", b"a,b\n1,2\n");
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    let (sheet, run) = sheet(&workspace, &platform, 0, &[]);
    assert!(!sheet.contains("<script") && !sheet.contains("<img "));
    assert!(sheet.contains(&html::escaped(TITLE)) && sheet.contains(&html::escaped(TEXT)));
    // A file comes by name and size, for which one byte is enough.
    assert!(sheet.contains("table.csv") && sheet.contains("8 B"));
    let objects = run.json();
    assert_eq!(value(&objects, "table")["stored_bytes"], 8);
    assert_eq!(platform.served_bytes(), 1);
}

#[test]
fn items_are_spread_over_the_list_for_a_request_each() {
    let title = |number: u32| format!("Case {number}.");
    let archive = (0..150).fold(ArchiveBuilder::new("small"), |archive, number| {
        archive.value(&title(number), "number", &number.to_string())
    });
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    let (spread, run) = sheet(&workspace, &platform, 0, &["-n", "3"]);
    let summary = run.summary();
    assert_eq!(
        (&summary["items"], &summary["of_items"]),
        (&3.into(), &150.into())
    );
    assert!(spread.contains("3 of 150, spread evenly over the list"));
    let pages = platform.requests();
    let pages = pages.iter().filter(|seen| seen.is_list("archives/items/"));
    assert_eq!(pages.count(), 2);
    let objects = run.json();
    let chosen: Vec<_> = objects
        .iter()
        .filter(|object| object["event"] == "value")
        .collect();
    assert_eq!(chosen.len(), 3);
    let (some, _) = sheet(
        &workspace,
        &platform,
        0,
        &["-n", "2", "--item", "Case 14?."],
    );
    assert!(some.contains("2 of 10, spread evenly"));
    let pk = item_pk("small", "Case 7.").to_string();
    let (one, _) = sheet(&workspace, &platform, 0, &["--item", &pk]);
    assert!(one.contains("Case 7.") && one.matches("<h2>").count() == 1);
    peek(&workspace, &platform, &["--item", "Nobody"]).expect(4);
    let (none, _) = sheet(&workspace, &platform, 0, &["-n", "1", "--socket", "other"]);
    assert!(none.contains("It has no value of these sockets."));
}

#[test]
fn a_sheet_that_cannot_be_written_is_known_before_anything_is_read() {
    let archive = ArchiveBuilder::new("small").value("one", "number", "1");
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::start(folder.path());
    peek(&workspace, &platform, &["-o", "missing/sheet.html"]).expect(6);
    peek(&workspace, &platform, &["-o", "."]).expect(6);
    let lists = platform.requests();
    assert!(!lists.iter().any(|seen| seen.is_list("archives/items/")));
    run(workspace.at(&platform).args(["peek", "nowhere"])).expect(4);
    let left = fs::read_dir(workspace.path(".")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn nothing_is_left_of_a_sheet_that_was_interrupted() {
    let size = [4, 4, 3];
    let volume = metaimage(size, "", &samples(size));
    let archive = ArchiveBuilder::new("small").image("one", "scan", &[("a.mha", &volume)]);
    let (workspace, folder) = (Workspace::new(), served(&archive));
    let platform = Platform::misbehaving(folder.path(), |seen| match seen.side {
        Side::Store => Interference::Delay(Duration::from_secs(60)),
        Side::Api => Interference::Pass,
    });
    let mut command = workspace.at(&platform);
    let child = command
        .args(["peek", "small"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !platform
        .requests()
        .iter()
        .any(|seen| seen.side == Side::Store)
    {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "nothing was asked for"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fs::read_dir(workspace.path(".")).unwrap().count(), 1);
    signal(&child, "-INT");
    finish(child).expect(130);
    assert!(started.elapsed() < Duration::from_secs(50));
    assert_eq!(fs::read_dir(workspace.path(".")).unwrap().count(), 0);
}
