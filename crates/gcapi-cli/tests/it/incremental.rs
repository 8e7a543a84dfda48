//! Next month's run.

use std::fs;

use gcapi_testkit::{Interference, Platform, demo, trees};
use serde_json::Value;

use crate::program::{Workspace, run};

/// A platform whose page of items is changed.
fn changed(change: impl Fn(&mut Vec<Value>) + Clone + Send + Sync + 'static) -> Platform {
    Platform::misbehaving(&demo().folder, move |seen| {
        let change = change.clone();
        if !seen.is_list("archives/items/") {
            return Interference::Pass;
        }
        Interference::json(move |page| {
            let items = page["results"].as_array_mut().unwrap();
            change(items);
            page["count"] = items.len().into();
        })
    })
}

/// Runs `change` on every value of a socket.
fn of_socket(items: &mut [Value], socket: &str, change: impl Fn(&mut Value)) {
    for item in items {
        for value in item["values"].as_array_mut().unwrap() {
            if value["socket"]["slug"] == socket {
                change(value);
            }
        }
    }
}

#[test]
fn a_value_that_changed_replaces_the_old_file_and_no_other() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let before = trees::digests(workspace.out());
    let platform = changed(|items| {
        of_socket(items, "diagnosis", |value| {
            value["pk"] = (value["pk"].as_i64().unwrap() + 100_000).into();
            value["value"] = "another one".into();
        });
    });
    let summary = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    let after = trees::digests(workspace.out());
    let differs: Vec<_> = after
        .iter()
        .filter(|(path, content)| before[*path] != **content)
        .collect();
    assert_eq!(summary["fetched"], 4, "{summary}");
    assert_eq!(differs.len(), 4, "{differs:?}");
    assert!(
        differs
            .iter()
            .all(|(path, _)| path.ends_with("/diagnosis.json"))
    );
    assert_eq!(
        fs::read_to_string(workspace.out().join(differs[0].0)).unwrap(),
        "\"another one\""
    );
}

#[test]
fn what_left_the_archive_is_removed_when_asked_and_nothing_else() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let before = trees::digests(workspace.out());
    // An item is gone, and a socket of all others; the user keeps notes.
    let gone = before.keys().find(|path| path.ends_with(".zraw")).unwrap();
    let gone = gone.split('/').next().unwrap().to_owned();
    fs::write(workspace.out().join(&gone).join("notes.txt"), "mine").unwrap();
    let left = gone.clone();
    let platform = changed(move |items| {
        items.retain(|item| item["pk"] != left.as_str());
        for item in items {
            let values = item["values"].as_array_mut().unwrap();
            values.retain(|value| value["socket"]["slug"] != "diagnosis");
        }
    });
    let is_gone = |path: &str| path.starts_with(&gone) || path.ends_with("/diagnosis.json");
    let expected = before.keys().filter(|path| is_gone(path)).count();

    workspace.download(&platform, &[]).expect(0);
    assert_eq!(
        trees::digests(workspace.out()).len(),
        before.len() + 1,
        "only when asked"
    );
    let shown = workspace
        .download(&platform, &["--dry-run", "--prune"])
        .expect(0);
    let removals = shown
        .stdout
        .lines()
        .filter(|line| line.starts_with("remove"))
        .count();
    assert_eq!(removals, expected, "{}", shown.stdout);
    assert_eq!(
        trees::digests(workspace.out()).len(),
        before.len() + 1,
        "a dry run removes nothing"
    );

    // With a gap in the listing nothing is removed: it may only seem gone.
    let gap = changed(|items| {
        items.truncate(3);
        items[0] = serde_json::json!({"pk": 5});
    });
    let summary = workspace
        .download(&gap, &["--prune", "--json"])
        .expect(1)
        .summary();
    assert_eq!(summary["removed"], 0, "{summary}");
    workspace
        .download(&platform, &["--prune", "--item", "Fall*"])
        .expect(2)
        .says(&["only a part of it is asked for", "--exclude-socket"]);

    let summary = workspace
        .download(&platform, &["--prune", "--json"])
        .expect(0)
        .summary();
    assert_eq!(summary["removed"], expected, "{summary}");
    let after = trees::digests(workspace.out());
    let mut kept: Vec<String> = before
        .keys()
        .filter(|path| !is_gone(path))
        .cloned()
        .collect();
    kept.push(format!("{gone}/notes.txt"));
    kept.sort();
    assert_eq!(after.keys().cloned().collect::<Vec<_>>(), kept);
    run(workspace.command().args(["verify", "out"])).expect(0);
    let summary = workspace
        .download(&platform, &["--prune", "--json"])
        .expect(0)
        .summary();
    assert_eq!(
        (&summary["removed"], &summary["fetched"]),
        (&0.into(), &0.into()),
        "{summary}"
    );
}

#[test]
fn a_file_that_left_and_was_changed_by_hand_is_left_alone() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let digests = trees::digests(workspace.out());
    let path = digests
        .keys()
        .find(|path| path.ends_with("/diagnosis.json"))
        .unwrap();
    fs::write(workspace.out().join(path), "edited by hand").unwrap();
    let platform = changed(|items| {
        for item in items {
            let values = item["values"].as_array_mut().unwrap();
            values.retain(|value| value["socket"]["slug"] != "diagnosis");
        }
    });
    workspace
        .download(&platform, &["--prune"])
        .expect(1)
        .says(&["it was not removed", path]);
    assert_eq!(
        fs::read_to_string(workspace.out().join(path)).unwrap(),
        "edited by hand"
    );
}

#[test]
fn what_a_walk_missed_is_not_taken_for_gone() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let before = trees::digests(workspace.out());
    // An item moves up into the place of one that was deleted meanwhile: the
    // number of rows is right, and it did not come.
    let first = std::sync::atomic::AtomicBool::new(true);
    let platform = Platform::misbehaving(&demo().folder, move |seen| {
        if !seen.is_list("archives/items/") {
            return Interference::Pass;
        }
        let missing = first.swap(false, std::sync::atomic::Ordering::SeqCst);
        Interference::json(move |page| {
            if missing {
                page["results"].as_array_mut().unwrap().pop();
                page["count"] = (page["count"].as_u64().unwrap() - 1).into();
            }
        })
    });
    let summary = workspace
        .download(&platform, &["--prune", "--json"])
        .expect(0)
        .summary();
    assert_eq!(summary["removed"], 0, "{summary}");
    assert!(trees::digests(workspace.out()) == before);
}

#[test]
fn what_moves_is_not_gone_before_it_is_there() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let before = trees::digests(workspace.out());
    let moved = |gone: bool| {
        Platform::misbehaving(&demo().folder, move |seen| {
            if gone && seen.path.starts_with("/media/") {
                return Interference::status(404, "{}");
            }
            if !seen.is_list("archives/items/") {
                return Interference::Pass;
            }
            Interference::json(|page| {
                let items = page["results"].as_array_mut().unwrap();
                of_socket(items, "measurements", |value| {
                    value["socket"]["relative_path"] = "tables/all.csv".into();
                    value["interface"] = value["socket"].clone();
                });
            })
        })
    };
    workspace.download(&moved(true), &["--prune"]).expect(1);
    assert!(trees::digests(workspace.out()) == before);

    let summary = workspace
        .download(&moved(false), &["--prune", "--json"])
        .expect(0)
        .summary();
    assert_eq!(summary["fetched"], summary["removed"], "{summary}");
    let after = trees::digests(workspace.out());
    assert_eq!(after.len(), before.len());
    assert!(after.keys().any(|path| path.ends_with("tables/all.csv")));
}

#[test]
fn a_value_whose_path_changed_moves() {
    let workspace = Workspace::new();
    workspace.download(&changed(|_| {}), &[]).expect(0);
    let before = trees::digests(workspace.out());
    // The folder was copied since: times of change are others.
    let copied = std::process::Command::new("cp")
        .args(["-r", "out", "copy"])
        .current_dir(workspace.path(""))
        .status();
    assert!(copied.unwrap().success());
    fs::remove_dir_all(workspace.out()).unwrap();
    fs::rename(workspace.path("copy"), workspace.out()).unwrap();

    let platform = changed(|items| {
        of_socket(items, "diagnosis", |value| {
            value["socket"]["relative_path"] = "verdict/final.json".into();
            value["interface"] = value["socket"].clone();
        });
    });
    let shown = workspace
        .download(&platform, &["--prune", "--dry-run"])
        .expect(0)
        .says(&["4 files to fetch", "4 to remove"]);
    assert!(shown.stdout.contains("remove     "), "{}", shown.stdout);
    let summary = workspace
        .download(&platform, &["--prune", "--json"])
        .expect(0)
        .summary();
    assert_eq!(
        (&summary["fetched"], &summary["removed"]),
        (&4.into(), &4.into()),
        "{summary}"
    );
    let moved: std::collections::BTreeMap<_, _> = before
        .into_iter()
        .map(|(path, content)| {
            (
                path.replace("/diagnosis.json", "/verdict/final.json"),
                content,
            )
        })
        .collect();
    assert!(trees::digests(workspace.out()) == moved);
}

#[test]
fn images_that_left_are_removed_in_image_only_mode() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &["--images"]).expect(0);
    let before = trees::digests(workspace.out());
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if !seen.is_list("cases/images/") {
            return Interference::Pass;
        }
        Interference::json(|page| {
            let images = page["results"].as_array_mut().unwrap();
            images.retain(|image| image["dicom_image_set"].is_null());
            page["count"] = images.len().into();
        })
    });
    let run = workspace
        .download(&platform, &["--images", "--prune"])
        .expect(0)
        .says(&["left the archive and is removed", " removed"]);
    assert!(run.stderr.contains(".dcm"), "{}", run.stderr);
    let mut expected = before.clone();
    expected.retain(|path, _| !path.ends_with(".dcm"));
    assert!(expected.len() < before.len());
    assert!(trees::digests(workspace.out()) == expected);
    let folders = fs::read_dir(workspace.out())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), 1, "only .gcapi is left of the folders");
}
