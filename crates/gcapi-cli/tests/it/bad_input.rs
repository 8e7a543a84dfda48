//! Every bad input: a clear error with its exit code, the other files still
//! arrive, and nothing is left under a final name that is not whole.

use std::fs;
use std::path::Path;

use gcapi_testkit::{Interference, Platform, Seen, demo, trees};
use serde_json::{Value, json};

use crate::program::{Run, Workspace, demo_through_a_test, run};

/// Whatever is under its final name is what the platform stores, but for the
/// header that was rewritten.
#[track_caller]
fn nothing_is_broken(workspace: &Workspace) -> trees::Difference {
    nothing_differs_from(&demo().folder, workspace)
}

/// The same where a test changed the page of items.
#[track_caller]
fn nothing_else_is_broken(workspace: &Workspace) -> trees::Difference {
    nothing_differs_from(demo_through_a_test(), workspace)
}

#[track_caller]
fn nothing_differs_from(expected: &Path, workspace: &Workspace) -> trees::Difference {
    let difference = trees::compare(expected, workspace.out());
    let broken: Vec<_> = difference
        .different
        .iter()
        .filter(|path| !path.ends_with(".mhd"))
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(difference.extra.is_empty(), "{difference}");
    difference
}

/// Downloads from a platform that changes every value of one socket.
fn with_changed_values(
    socket: &'static str,
    change: impl Fn(&mut Value) + Clone + Send + Sync + 'static,
) -> (Workspace, Run) {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, move |seen: &Seen| {
        let change = change.clone();
        if !seen.is_list("archives/items/") {
            return Interference::Pass;
        }
        Interference::json(move |page| {
            for item in page["results"].as_array_mut().unwrap() {
                for value in item["values"].as_array_mut().unwrap() {
                    if value["socket"]["slug"] == socket {
                        change(value);
                        value["interface"] = value["socket"].clone();
                    }
                }
            }
        })
    });
    let run = workspace.download(&platform, &[]);
    (workspace, run)
}

#[test]
fn an_unknown_slug() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    run(workspace
        .at(&platform)
        .args(["download", "no-such-archive"]))
    .expect(4)
    .says(&["no-such-archive", "next step", "access"]);
    run(workspace.at(&platform).args(["download", "not a slug"]))
        .expect(2)
        .says(&["slug"]);
}

#[test]
fn a_pk_or_url_of_another_kind() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    // An item's pk is not an archive's.
    let item = fs::read_dir(&demo().folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.len() == 36)
        .unwrap();
    run(workspace.at(&platform).args(["download", &item]))
        .expect(4)
        .says(&[&item]);
    let url = format!("{}archives/items/{item}/", platform.base_url());
    run(workspace.at(&platform).args(["download", &url]))
        .expect(2)
        .says(&["archives/<pk>/"]);
    let elsewhere = format!("https://elsewhere.invalid/api/v1/archives/{item}/");
    run(workspace.at(&platform).args(["download", &elsewhere]))
        .expect(2)
        .says(&["it is not on https://localhost"]);
}

#[test]
fn an_archive_whose_items_are_not_visible() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("archives/items/") || seen.is_list("cases/images/") {
            Interference::json(|page| {
                *page = json!({"count": 0, "next": null, "previous": null, "results": []});
            })
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(3)
        .says(&["none of its items", "request it"]);
    run(workspace.at(&platform).args(["archives", "demo"]))
        .expect(3)
        .says(&["request it"]);
}

#[test]
fn a_base_url_that_cannot_be_one() {
    let workspace = Workspace::new();
    for base_url in [
        "not a url",
        "http://localhost/api/v1/",
        "https://localhost/",
        "https://localhost/api/v2/",
        "https://user:secret@localhost/api/v1/",
    ] {
        let run = run(workspace
            .command()
            .env("GRAND_CHALLENGE_AUTHORIZATION", "abc")
            .args(["--base-url", base_url, "archives"]))
        .expect(2)
        .says(&["next step", "https://grand-challenge.org/api/v1/"]);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
}

#[test]
fn a_token_that_is_missing_wrong_or_malformed() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let with = |token: &str| {
        run(workspace
            .at(&platform)
            .env("GRAND_CHALLENGE_AUTHORIZATION", token)
            .args(["download", "demo"]))
    };
    with("").expect(3).says(&[
        "there is no token",
        "api-tokens",
        "gcapi login",
        "--token-file",
    ]);
    let wrong = "f".repeat(64);
    let run = with(&wrong)
        .expect(3)
        .says(&["Invalid token", "next step", "make a new one"]);
    assert!(!run.stderr.contains(&wrong), "{}", run.stderr);
    let run = with("two words\n").expect(2).says(&["not a token"]);
    assert!(!run.stderr.contains("two words"), "{}", run.stderr);
}

#[test]
fn a_certificate_nobody_vouches_for() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    run(workspace
        .at(&platform)
        .env_remove("GCAPI_CA_CERT")
        .args(["download", "demo"]))
    .expect(7)
    .says(&["certificate", "--ca-cert"]);
    run(workspace.at(&platform).env_remove("GCAPI_CA_CERT").args([
        "download",
        "demo",
        "--insecure",
        "--item",
        "Fall 02*",
    ]))
    .expect(0)
    .says(&["certificates are not checked"]);
    run(workspace
        .at(&platform)
        .args(["--ca-cert", "no-such-file.pem", "archives"]))
    .expect(2)
    .says(&["no-such-file.pem"]);
}

#[test]
fn nobody_listens() {
    let workspace = Workspace::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let base_url = format!("https://localhost:{port}/api/v1/");
    run(workspace
        .command()
        .env("GRAND_CHALLENGE_AUTHORIZATION", "abc")
        .args([
            "--base-url",
            &base_url,
            "--max-retries",
            "1",
            "download",
            "demo",
        ]))
    .expect(7)
    .says(&["localhost", "next step"]);
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    fs::write(workspace.path("file"), "").unwrap();
    run(workspace
        .at(&platform)
        .args(["download", "demo", "-o", "file/out"]))
    .expect(6)
    .says(&["failed to write", "file/out", "next step"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    fs::create_dir(workspace.path("small")).unwrap();
    // A file system of 6 MB, in a namespace of its own.
    let inside = |script: &str| {
        let mut command = workspace.at(&platform);
        let program = command.get_program().to_owned();
        let mut shell = std::process::Command::new("unshare");
        shell
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg(format!("mount -t tmpfs -o size=6m none small && {script}"));
        shell
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("GCAPI", program);
        shell.current_dir(workspace.path("")).envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
        );
        command = shell;
        run(&mut command)
    };
    if inside("true").code != 0 {
        eprintln!("skipped: this machine does not let a test mount a file system");
        return;
    }
    let run = inside(
        "\"$GCAPI\" download demo -o small/out; code=$?; \
         test -f small/out/.gcapi/catalogue.sqlite && cp -r small/out . ; exit $code",
    )
    .expect(6)
    .says(&["no space left", "make room", "goes on from here"]);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    nothing_is_broken(&workspace);
    // On a larger disk the same command finishes the job.
    workspace.download(&platform, &[]).expect(0);
    assert!(nothing_is_broken(&workspace).missing.is_empty());
}

#[test]
fn an_unknown_super_kind() {
    let (workspace, run) = with_changed_values("measurements", |value| {
        value["socket"]["super_kind"] = "Hologram".into();
    });
    run.expect(1)
        .says(&["Hologram", "measurements", "newer version"]);
    let difference = nothing_else_is_broken(&workspace);
    assert_eq!(difference.missing.len(), 1, "{difference}");
    assert!(difference.missing[0].ends_with(".csv"));
}

#[test]
fn a_relative_path_that_leaves_its_item() {
    for path in [
        "../../../escaped.csv",
        "/tmp/escaped.csv",
        "a/../../b.csv",
        "C:\\x.csv",
        "nul",
    ] {
        let (workspace, run) = with_changed_values("measurements", move |value| {
            value["socket"]["relative_path"] = path.into();
        });
        run.expect(1).says(&["is refused", "measurements"]);
        assert_eq!(nothing_else_is_broken(&workspace).missing.len(), 1);
        assert!(!Path::new("/tmp/escaped.csv").exists());
        let names: Vec<_> = fs::read_dir(workspace.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            names.iter().all(|name| name == "out" || name == "home"),
            "{names:?}"
        );
    }
}

#[test]
fn two_paths_that_a_disk_would_merge() {
    let (workspace, run) = with_changed_values("radiology-report", |value| {
        value["socket"]["relative_path"] = "TABLES/measurements.CSV".into();
    });
    run.expect(1).says(&["cannot lie beside"]);
    // One item has both, and gets neither; another has only the first.
    let difference = trees::compare(demo_through_a_test(), workspace.out());
    let missing = |name: &str| {
        difference
            .missing
            .iter()
            .filter(|path| path.ends_with(name))
            .count()
    };
    assert_eq!(
        (missing("measurements.csv"), missing("report.pdf")),
        (1, 2),
        "{difference}"
    );
    assert_eq!(difference.extra.len(), 1, "{difference}");
}

#[test]
fn a_value_with_neither_image_nor_file() {
    let (workspace, run) = with_changed_values("measurements", |value| value["file"] = Value::Null);
    run.expect(1).says(&["takes a File", "measurements"]);
    assert_eq!(nothing_else_is_broken(&workspace).missing.len(), 1);
    let (workspace, run) =
        with_changed_values("organ-segmentation", |value| value["image"] = Value::Null);
    run.expect(1)
        .says(&["takes an Image", "organ-segmentation"]);
    assert_eq!(nothing_else_is_broken(&workspace).missing.len(), 2);
}

#[test]
fn a_value_of_the_wrong_shape() {
    let (workspace, run) =
        with_changed_values("measurements", |value| value["pk"] = "seven".into());
    run.expect(1).says(&["malformed"]);
    assert_eq!(nothing_else_is_broken(&workspace).missing.len(), 1);
}

#[test]
fn a_file_on_another_origin() {
    let (workspace, run) = with_changed_values("measurements", |value| {
        value["file"] = "https://elsewhere.invalid/media/x.csv".into();
    });
    run.expect(1)
        .says(&["elsewhere.invalid", "nothing was sent there"]);
    assert_eq!(nothing_else_is_broken(&workspace).missing.len(), 1);
}

#[test]
fn an_image_without_files() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if !seen.is_list("cases/images/") {
            return Interference::Pass;
        }
        Interference::json(|page| {
            for image in page["results"].as_array_mut().unwrap() {
                if image["files"]
                    .as_array()
                    .is_some_and(|files| files.len() == 2)
                {
                    image["files"] = json!([]);
                }
            }
        })
    });
    workspace
        .download(&platform, &[])
        .expect(1)
        .says(&["has no files", "run again later"]);
    nothing_is_broken(&workspace);
}

#[test]
fn a_page_that_is_no_json() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("archives/items/") {
            Interference::Body(Box::new(|mut body| {
                body.truncate(body.len() / 2);
                body
            }))
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(7)
        .says(&["archives/items/", "next step"]);
    assert!(trees::digests(workspace.out()).is_empty());
}

#[test]
fn an_api_that_redirects_elsewhere() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("archives/items/") {
            Interference::redirect("https://elsewhere.invalid/api/v1/archives/items/")
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(7)
        .says(&["elsewhere.invalid", "was not sent there"]);
}

#[test]
fn one_file_that_fails_does_not_take_the_others_with_it() {
    type Hook = fn() -> Interference;
    let ways: [(&str, Hook); 4] = [
        ("404", || {
            Interference::status(404, r#"{"detail":"Not found."}"#)
        }),
        ("403", || Interference::status(403, "{}")),
        ("http", || Interference::redirect("http://localhost/plain")),
        ("elsewhere.invalid", || {
            Interference::redirect("https://elsewhere.invalid/x")
        }),
    ];
    for (says, how) in ways {
        let workspace = Workspace::new();
        let platform = Platform::misbehaving(&demo().folder, move |seen| {
            if seen.path.starts_with("/media/") && seen.path.ends_with(".csv") {
                how()
            } else {
                Interference::Pass
            }
        });
        let run = workspace.download(&platform, &["--max-retries", "0"]);
        if says == "elsewhere.invalid" {
            // No store can be reached there: the network gave up.
            run.expect(7).says(&[says]);
            nothing_is_broken(&workspace);
            continue;
        }
        run.expect(1).says(&[says, "next step"]);
        let difference = nothing_is_broken(&workspace);
        assert_eq!(difference.missing.len(), 1, "{difference}");

        // What failed is kept for later, and a run that brings it clears it.
        let status = crate::program::run(workspace.command().args(["status", "out"])).expect(1);
        assert!(status.stdout.contains(".csv") && status.stdout.contains("next step"));
        let good = Platform::start(&demo().folder);
        let summary = workspace.download(&good, &["--json"]).expect(0).summary();
        assert_eq!(summary["fetched"], 1);
        crate::program::run(workspace.command().args(["status", "out"])).expect(0);
    }
}

#[test]
fn a_body_that_always_breaks_off() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.path.ends_with(".tif") && seen.query.contains("X-Amz") {
            Interference::Truncate(1000)
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &["--max-retries", "2"])
        .expect(1)
        .says(&[".tif"]);
    let difference = nothing_is_broken(&workspace);
    assert!(
        difference.missing.iter().all(|path| path.ends_with(".tif")),
        "{difference}"
    );
}

#[test]
fn an_item_that_is_no_item() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("archives/items/") {
            Interference::json(|page| page["results"][3] = json!({"pk": 5}))
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(1)
        .says(&["row 4 of the list of items"]);
    assert!(trees::digests(workspace.out()).len() > 30);
    nothing_else_is_broken(&workspace);
}

#[test]
fn a_shared_image_that_fails_is_named_at_every_place() {
    let workspace = Workspace::new();
    let whole = trees::digests(&demo().folder);
    // The image that two items of the demo share, by its file in both.
    let names: Vec<_> = whole
        .keys()
        .filter(|path| path.contains("/images/ct/"))
        .collect();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let shared = names
        .iter()
        .map(|path| name(path))
        .find(|one| names.iter().filter(|path| path.ends_with(one)).count() == 2)
        .unwrap();
    let file = shared.clone();
    let platform = Platform::misbehaving(&demo().folder, move |seen| {
        if seen.path.starts_with("/media/") && seen.path.ends_with(&file) {
            Interference::status(404, "{}")
        } else {
            Interference::Pass
        }
    });
    let summary = workspace
        .download(&platform, &["--json"])
        .expect(1)
        .summary();
    assert_eq!(summary["failed"], 2, "{summary}");
    let places: Vec<_> = whole
        .keys()
        .filter(|path| path.ends_with(&shared))
        .collect();
    let status = run(workspace.command().args(["status", "out"])).expect(1);
    assert!(
        places.iter().all(|path| status.stdout.contains(*path)),
        "{}",
        status.stdout
    );
    assert_eq!(nothing_is_broken(&workspace).missing.len(), 2);
}
