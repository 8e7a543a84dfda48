//! Archives as tables.

use std::collections::BTreeMap;
use std::fs;

use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Platform, demo};
use serde_json::Value;

use crate::program::{Workspace, run};

/// A small archive, whose objects do not all have the same names.
fn small() -> ArchiveBuilder {
    ArchiveBuilder::new("small")
        .value(
            "one",
            "findings",
            r#"{"lesion":{"size":1.50,"side":"left, \"upper\""},"n":1}"#,
        )
        .value("two", "findings", r#"{"n":2,"more":[1, 2]}"#)
        .value("two", "digits", "12345678901234567890123")
        .file("two", "report", b"12345")
}

#[test]
fn a_row_has_every_socket_with_dotted_names_and_all_digits() {
    let workspace = Workspace::new();
    small().build(workspace.out()).unwrap();
    let table = run(workspace
        .command()
        .args(["table", "out", "--format", "json"]))
    .expect(0);
    let rows: BTreeMap<String, Value> = table
        .json()
        .into_iter()
        .map(|row| (row["title"].as_str().unwrap().to_owned(), row))
        .collect();
    let (one, two) = (&rows["one"], &rows["two"]);
    assert_eq!(one["findings.value.lesion.size"], 1.5);
    assert_eq!(one["findings.value.lesion.side"], "left, \"upper\"");
    assert_eq!(one["findings.value.more"], Value::Null);
    assert_eq!(two["findings.value.more"], "[1, 2]");
    assert_eq!(two["findings.value.n"], 2);
    assert_eq!(two["digits.value"], "12345678901234567890123");
    assert_eq!(
        (&two["report.size"], &one["report.path"]),
        (&5.into(), &Value::Null)
    );
    let path = two["report.path"].as_str().unwrap();
    assert_eq!(fs::read(workspace.path(path)).unwrap(), b"12345");

    let csv = run(workspace.command().args(["table", "out"]))
        .expect(0)
        .stdout;
    let names = csv.lines().next().unwrap();
    assert!(names.starts_with("item,title,digits.value,digits.path,digits.size,findings.value,"));
    assert!(csv.contains(r#","left, ""upper""","#), "{csv}");
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn images_have_shape_spacing_and_modality() {
    let workspace = Workspace::new();
    let table = run(workspace
        .command()
        .args(["table", "--format", "json"])
        .arg(&demo().folder));
    let rows = table.expect(0).json();
    assert_eq!(rows.len(), 12);
    let scan = rows
        .iter()
        .find(|row| row["computed-tomography.modality"] == "CT")
        .expect("the demo has one");
    let shape: Vec<u64> =
        serde_json::from_str(scan["computed-tomography.shape"].as_str().unwrap()).unwrap();
    assert_eq!(shape.len(), 3);
    assert!(scan["computed-tomography.voxel_width_mm"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_table_of_a_remote_archive_is_that_of_the_download_without_files() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let remote = ["table", "--remote", "demo", "--format", "json"];
    let remote = run(workspace.at(&platform).args(remote)).expect(0).json();
    assert_eq!(
        platform
            .requests()
            .iter()
            .filter(|seen| seen.path.contains("media"))
            .count(),
        0
    );
    workspace.download(&platform, &[]).expect(0);
    let local = run(workspace
        .command()
        .args(["table", "out", "--format", "json"]));
    let mut local = local.expect(0).json();
    for row in &mut local {
        for (name, cell) in row.as_object_mut().unwrap() {
            if name.ends_with(".path") || name.ends_with(".size") {
                *cell = Value::Null;
            }
        }
    }
    assert_eq!(remote, local);
}

#[test]
fn a_file_is_whole_or_not_there_and_its_name_gives_the_format() {
    let workspace = Workspace::new();
    small().build(workspace.out()).unwrap();
    let write = |name: &str| run(workspace.command().args(["table", "out", "-o", name]));
    write("items.json")
        .expect(0)
        .says(&["2 rows in items.json"]);
    assert_eq!(
        fs::read_to_string(workspace.path("items.json"))
            .unwrap()
            .lines()
            .count(),
        2
    );
    #[cfg(feature = "parquet")]
    {
        write("items.parquet").expect(0);
        let bytes = fs::read(workspace.path("items.parquet")).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    }
    write("absent/items.csv")
        .expect(6)
        .says(&["absent/items.csv"]);
    let kept = fs::read_dir(workspace.path(".")).unwrap();
    assert!(
        kept.flatten()
            .all(|entry| !entry.file_name().to_string_lossy().contains(".part"))
    );
    run(workspace.command().arg("table")).expect(2);
    run(workspace.command().args(["table", "absent"])).expect(4);
}
