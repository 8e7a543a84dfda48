//! The main job.

use std::collections::BTreeMap;
use std::fs;

use gcapi_testkit::{Interference, Platform, Side, demo, trees};

use crate::program::{Workspace, files_with, run};

/// The demo archive's header that has to follow its renamed data file is the
/// only file that differs from what the platform stores.
fn only_the_header_differs(difference: &trees::Difference) -> bool {
    difference.missing.is_empty()
        && difference.extra.is_empty()
        && difference.different.len() == 1
        && difference.different[0].ends_with(".mhd")
}

#[test]
fn the_whole_archive_arrives_as_the_platform_stores_it() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let run = workspace.download(&platform, &[]).expect(0);
    assert_eq!(
        run.stdout, "",
        "data goes to standard output, and there is none"
    );
    let difference = trees::compare(&demo.folder, workspace.out());
    assert!(only_the_header_differs(&difference), "{difference}");

    let header = workspace.out().join(&difference.different[0]);
    let data = header.with_extension("zraw");
    let text = fs::read_to_string(&header).unwrap();
    let name = data.file_name().unwrap().to_str().unwrap();
    assert!(
        text.contains(&format!("ElementDataFile = {name}")),
        "{text}"
    );
    assert!(data.is_file());
    assert_eq!(
        fs::read_dir(workspace.out().join(".gcapi/parts"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn no_request_is_made_that_a_listing_answers_and_no_file_is_fetched_twice() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let run = workspace.download(&platform, &["--json"]).expect(0);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for seen in platform.requests() {
        let kind = match (seen.side, seen.path.as_str()) {
            (Side::Api, path) if path.starts_with("/media/") => path.to_owned(),
            (Side::Api, path) if path.contains("/dicom/") => "dicom list".to_owned(),
            (Side::Api, path) => path.to_owned(),
            (Side::Store, path) => format!("store {path}"),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let repeated: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
    assert!(
        !counts
            .keys()
            .any(|path| path.starts_with("/api/v1/cases/images/") && path.len() > 30)
    );
    assert_eq!(run.summary()["requests"], platform.requests().len());
}

#[test]
fn a_second_run_asks_for_the_lists_only() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let first = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    platform.forget_requests();
    let second = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    assert_eq!(second["fetched"], 0);
    assert_eq!(second["kept"], first["fetched"]);
    let mut paths: Vec<_> = platform
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "/api/v1/archives/",
            "/api/v1/archives/items/",
            "/api/v1/cases/images/",
            "/api/v1/gcapi/"
        ]
    );
}

#[test]
fn what_was_deleted_or_corrupted_is_named_and_repaired() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    workspace.download(&platform, &[]).expect(0);
    let before = trees::digests(workspace.out());
    let of_suffix = |suffix: &str| {
        before
            .keys()
            .find(|path| path.ends_with(suffix))
            .expect("the demo has one")
            .clone()
    };
    let (deleted, changed, touched, rotten) = (
        of_suffix(".pdf"),
        of_suffix(".tif"),
        of_suffix(".csv"),
        of_suffix(".mha"),
    );
    fs::remove_file(workspace.out().join(&deleted)).unwrap();
    let at = |path: &str| workspace.out().join(path);
    // Damaged with the length kept; touched without being changed; and one
    // whose bytes rotted without anybody touching it.
    let damage = |path: &str, keep_time: bool| {
        let time = fs::metadata(at(path)).unwrap().modified().unwrap();
        let mut bytes = fs::read(at(path)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(at(path), bytes).unwrap();
        if keep_time {
            fs::File::options()
                .write(true)
                .open(at(path))
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
    };
    damage(&changed, false);
    damage(&rotten, true);
    fs::File::options()
        .write(true)
        .open(at(&touched))
        .unwrap()
        .set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    fs::write(at("notes.txt"), "mine").unwrap();

    let verified = run(workspace.command().args(["verify", "out"])).expect(5);
    assert!(
        verified.stdout.contains(&format!("missing   {deleted}")),
        "{}",
        verified.stdout
    );
    assert!(
        verified.stdout.contains(&format!("changed   {changed}")),
        "{}",
        verified.stdout
    );
    assert!(
        verified.stdout.contains(&format!("changed   {rotten}")),
        "{}",
        verified.stdout
    );
    assert!(
        verified.stdout.contains("unknown   notes.txt"),
        "{}",
        verified.stdout
    );
    assert!(!verified.stdout.contains(&touched), "{}", verified.stdout);

    let summary = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    assert_eq!(summary["fetched"], 3, "{summary}");
    assert_eq!(fs::read_to_string(at("notes.txt")).unwrap(), "mine");
    fs::remove_file(at("notes.txt")).unwrap();
    assert_eq!(trees::digests(workspace.out()), before);
    run(workspace.command().args(["verify", "out"])).expect(0);
}

#[test]
fn a_folder_that_was_copied_is_kept() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    workspace.download(&platform, &[]).expect(0);
    let status = std::process::Command::new("cp")
        .args(["-r", "out", "copy"])
        .current_dir(workspace.path(""))
        .status()
        .unwrap();
    assert!(status.success());
    let again = || {
        run(workspace
            .at(&platform)
            .args(["download", "demo", "-o", "copy", "--json"]))
    };
    let summary = again().expect(0).summary();
    assert_eq!(summary["fetched"], 0, "{summary}");
}

#[test]
fn images_only_lie_in_the_folder_itself() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    workspace.download(&platform, &["--images"]).expect(0);
    let digests = trees::digests(workspace.out());
    assert!(
        digests
            .keys()
            .all(|path| { path.split('/').count() == if path.ends_with(".dcm") { 2 } else { 1 } })
    );
    // Every image of the platform is here once, whatever uses it.
    let stored: std::collections::BTreeSet<_> = trees::digests(&demo.folder)
        .into_iter()
        .filter(|(path, _)| path.contains(".mha") || path.ends_with(".tif"))
        .map(|(_, content)| content.sha256)
        .collect();
    let found: Vec<_> = digests
        .iter()
        .filter(|(path, _)| path.contains(".mha") || path.ends_with(".tif"))
        .map(|(_, content)| content.sha256.clone())
        .collect();
    assert_eq!(found.len(), stored.len());
    assert!(found.iter().all(|sha256| stored.contains(sha256)));
}

#[test]
fn the_flat_layout_puts_images_beside_the_other_files() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    workspace
        .download(&platform, &["--layout", "flat"])
        .expect(0);
    let digests = trees::digests(workspace.out());
    assert!(digests.keys().any(|path| path.ends_with("/images/ct.mha")));
    assert!(
        digests
            .keys()
            .any(|path| path.ends_with("/generic-medical-image.mha"))
    );
    let header = digests.keys().find(|path| path.ends_with(".mhd")).unwrap();
    let text = fs::read_to_string(workspace.out().join(header)).unwrap();
    let data = std::path::Path::new(header).with_extension("zraw");
    let name = data.file_name().unwrap().to_str().unwrap();
    assert!(
        text.contains(&format!("ElementDataFile = {name}")),
        "{text}"
    );
    // Another layout does not go into the same folder.
    workspace
        .download(&platform, &[])
        .expect(2)
        .says(&["layout flat"]);
}

#[test]
fn a_selection_brings_what_was_asked_for() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let titled = ["--item", "Fall 01*", "--exclude-socket", "computed-*"];
    workspace.download(&platform, &titled).expect(0);
    let digests = trees::digests(workspace.out());
    let items: std::collections::BTreeSet<_> = digests
        .keys()
        .map(|path| path.split('/').next().unwrap())
        .collect();
    assert_eq!(items.len(), 1);
    assert!(!digests.keys().any(|path| path.contains("images/ct/")));
    assert!(digests.keys().any(|path| path.ends_with("report.pdf")));

    // A later run may ask for more.
    let summary = workspace
        .download(&platform, &["--json", "--item", "Fall 0[12]*"])
        .expect(0)
        .summary();
    assert_eq!(summary["kept"], digests.len());

    let types = Workspace::new();
    types
        .download(&platform, &["--images", "--image-type", "TIFF"])
        .expect(0);
    let digests = trees::digests(types.out());
    assert!(!digests.is_empty() && digests.keys().all(|path| path.ends_with(".tif")));
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let run = workspace.download(&platform, &["--dry-run"]).expect(0);
    assert!(!workspace.out().exists());
    let planned = run
        .stdout
        .lines()
        .filter(|line| line.starts_with("fetch"))
        .count();
    assert!(planned > 40, "{}", run.stdout);
    assert!(
        run.stdout
            .lines()
            .any(|line| line.starts_with("fetch set") && line.contains("ct-series"))
    );
    assert!(
        platform
            .requests()
            .iter()
            .all(|seen| !seen.path.starts_with("/media/"))
    );

    workspace.download(&platform, &[]).expect(0);
    let catalogue = fs::read(workspace.out().join(".gcapi/catalogue.sqlite")).unwrap();
    let run = workspace.download(&platform, &["--dry-run"]).expect(0);
    assert!(
        run.stdout.lines().all(|line| line.starts_with("keep")),
        "{}",
        run.stdout
    );
    assert_eq!(
        fs::read(workspace.out().join(".gcapi/catalogue.sqlite")).unwrap(),
        catalogue
    );
}

#[test]
fn existing_files_are_treated_as_asked() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let first = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    workspace
        .download(&platform, &["--existing", "error"])
        .expect(2)
        .says(&["is not empty"]);
    let again = workspace
        .download(&platform, &["--json", "--existing", "overwrite"])
        .expect(0)
        .summary();
    assert_eq!(again["fetched"], first["fetched"]);

    let foreign = Workspace::new();
    fs::create_dir(foreign.out()).unwrap();
    fs::write(foreign.out().join("thesis.tex"), "years").unwrap();
    foreign.download(&platform, &[]).expect(2).says(&[
        "was not made by gcapi",
        "next step",
        "--existing overwrite",
    ]);
    assert_eq!(trees::digests(foreign.out()).len(), 1);
    foreign
        .download(&platform, &["--existing", "overwrite"])
        .expect(0);
    assert_eq!(
        fs::read_to_string(foreign.out().join("thesis.tex")).unwrap(),
        "years"
    );
}

#[test]
fn an_archive_is_named_by_slug_pk_api_url_or_page() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let origin = platform.base_url().strip_suffix("/api/v1/").unwrap();
    let names = [
        demo.pk.to_string(),
        format!("{}archives/{}/", platform.base_url(), demo.pk),
        format!("{origin}/archives/{}/", demo.slug),
        demo.slug.to_owned(),
    ];
    for (number, name) in names.iter().enumerate() {
        let out = format!("out{number}");
        let arguments = ["download", name, "-o", &out, "--item", "Fall 02*"];
        run(workspace.at(&platform).args(arguments)).expect(0);
        assert!(!trees::digests(&workspace.path(&out)).is_empty());
    }
    // Without -o the folder is called like the archive.
    run(workspace
        .at(&platform)
        .args(["download", demo.slug, "--item", "Fall 02*"]))
    .expect(0);
    assert!(workspace.path(demo.slug).join(".gcapi").is_dir());
}

#[test]
fn the_token_goes_to_the_api_only_and_is_written_nowhere() {
    let (workspace, demo) = (Workspace::new(), demo());
    let platform = Platform::start(&demo.folder);
    let run = run(workspace
        .at(&platform)
        .args(["download", "demo", "-o", "out", "-vv"]))
    .expect(0);
    assert!(!run.stderr.contains(platform.token()));
    assert!(!run.stderr.contains("X-Amz-Signature=") || run.stderr.contains("X-Amz-Signature=***"));
    assert!(files_with(&workspace.path(""), platform.token()).is_empty());
    for seen in platform
        .requests()
        .iter()
        .filter(|seen| seen.side == Side::Store)
    {
        for value in seen.headers.values() {
            assert!(!String::from_utf8_lossy(value.as_bytes()).contains(platform.token()));
        }
    }
}

#[test]
fn a_hiccup_is_retried_and_counted() {
    let (workspace, demo) = (Workspace::new(), demo());
    let hiccups = std::sync::Mutex::new(std::collections::HashSet::new());
    // Every request fails the first time, in turn by an answer and by a body
    // that breaks off.
    let platform = Platform::misbehaving(&demo.folder, move |seen| {
        let first = hiccups
            .lock()
            .unwrap()
            .insert((seen.side == Side::Api, seen.path.clone()));
        match (first, seen.side, seen.number % 2) {
            (false, ..) => Interference::Pass,
            (true, Side::Store, 0) => Interference::Truncate(10),
            (true, ..) => Interference::status(503, "{}"),
        }
    });
    let summary = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    assert!(summary["retries"].as_u64().unwrap() > 60, "{summary}");
    let difference = trees::compare(&demo.folder, workspace.out());
    assert!(only_the_header_differs(&difference), "{difference}");
}
