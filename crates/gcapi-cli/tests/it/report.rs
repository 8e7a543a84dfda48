//! An archive on one page.

use std::fs;

use gcapi_archive::{ArchiveFolder, Catalogue, Failure};
use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Platform, demo};

use crate::program::{Workspace, run};

fn report(workspace: &Workspace) -> String {
    run(workspace.command().args(["report", "out"])).expect(0);
    fs::read_to_string(workspace.path("report.html")).unwrap()
}

/// An archive with a file that is no JSON.
fn small() -> ArchiveBuilder {
    ArchiveBuilder::new("small")
        .at("table", "table.json")
        .file("one", "table", b"{<")
        .value("one", "score", "1.5")
        .value("two", "score", "2.5")
}

#[track_caller]
fn shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part:?} in\n{page:.20000}");
    }
}

#[test]
fn the_page_has_numbers_plots_and_pictures_and_asks_for_nothing() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let page = report(&workspace);
    shows(
        &page,
        &[
            "<th scope=\"row\">items</th><td>12</td>",
            "<th scope=\"row\">could not be fetched</th><td>0</td>",
            platform.base_url(),
            "computed-tomography.modality",
            "computed-tomography.shape",
            "computed-tomography.voxel_width_mm",
            "computed-tomography.size",
            "data:image/jpeg;base64,",
            "not since",
        ],
    );
    for part in [
        "<script",
        "src=\"http",
        "href=\"http",
        "@import",
        "url(",
        "class=\"failed\">",
    ] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    // Where the archive lies on this machine is nobody's business.
    let folder = workspace.path("").display().to_string();
    assert!(!page.contains(folder.trim_end_matches('/')));

    run(workspace.command().args(["verify", "--deep", "out"])).expect(0);
    let verified = report(&workspace);
    shows(&verified, &["files intact and decoded"]);
    assert!(!verified.contains("not since") && !verified.contains("Damaged"));
}

#[test]
fn nothing_of_the_archive_is_taken_for_a_part_of_the_page() {
    let workspace = Workspace::new();
    let hostile = "</td></style><script>alert(1)</script>";
    let json = serde_json::json!({ hostile: hostile }).to_string();
    let archive = ArchiveBuilder::new(hostile)
        .at(hostile, "images/hostile")
        .value(hostile, "finding", &json)
        .image(hostile, hostile, &[("a.mha", b"<script>")]);
    archive.build(workspace.out()).unwrap();
    let page = report(&workspace);
    assert!(!page.contains("<script"), "{page}");
    // Of the archive, in the title and as a heading; of the item and the socket of the picture; the
    // name and the text of the value.
    assert!(page.matches("&lt;script&gt;").count() >= 6, "{page}");
    assert_eq!(page.matches("</style>").count(), 1, "{page}");
}

#[test]
fn what_failed_is_damaged_or_is_not_here_is_on_the_page() {
    let workspace = Workspace::new();
    small().build(workspace.out()).unwrap();
    assert!(!report(&workspace).contains("class=\"failed\""));
    run(workspace.command().args(["verify", "--deep", "out"])).expect(5);
    let page = report(&workspace);
    shows(
        &page,
        &[
            "Damaged, as the verification found: 1",
            "table.json</td><td>expected",
        ],
    );
    shows(&page, &["1 findings of damage", "<td>1.5</td>"]);

    let lost = gcapi_testkit::small::item_pk("small", "two");
    fs::remove_file(workspace.out().join(lost.to_string()).join("score.json")).unwrap();
    run(workspace.command().args(["verify", "out"])).expect(5);
    shows(&report(&workspace), &["score.json</td><td>it is not there"]);
}

#[test]
fn however_much_failed_the_page_has_a_bound() {
    let workspace = Workspace::new();
    small().build(workspace.out()).unwrap();
    let failures: Vec<Failure> = (0..1000)
        .map(|number| Failure {
            place: format!("{number:04}"),
            reason: "long ".repeat(1000),
            next_step: "run it again".to_owned(),
        })
        .collect();
    let folder = ArchiveFolder::open(workspace.out()).unwrap();
    let mut catalogue = Catalogue::create(&folder).unwrap();
    catalogue.put_failures(&failures, 1).unwrap();
    drop(catalogue);
    let page = report(&workspace);
    shows(
        &page,
        &["in the last run: 1000", "<td>0199</td>", "and 800 more"],
    );
    assert!(!page.contains("<td>0200</td>"));
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn images_alone_have_pictures_as_well() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &["--images"]).expect(0);
    let page = report(&workspace);
    shows(&page, &["(images only, layout", "data:image/jpeg;base64,"]);
}
