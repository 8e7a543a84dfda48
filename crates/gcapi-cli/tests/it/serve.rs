//! A downloaded folder, served and downloaded again.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use gcapi_testkit::{Platform, demo, trees};

use crate::catalogue::dump;
use crate::program::{Workspace, finish, run, signal};

#[test]
fn what_was_downloaded_is_served_and_downloaded_again() {
    let (first, second) = (Workspace::new(), Workspace::new());
    first
        .download(&Platform::start(&demo().folder), &[])
        .expect(0);
    second
        .download(&Platform::start(first.out()), &[])
        .expect(0);
    let difference = trees::compare(first.out(), second.out());
    assert!(difference.is_empty(), "{difference}");
    assert_eq!(dump(first.out()), dump(second.out()));
    run(second.command().args(["verify", "out"])).expect(0);
}

#[test]
fn an_image_only_folder_is_served_too() {
    let (first, second) = (Workspace::new(), Workspace::new());
    first
        .download(&Platform::start(&demo().folder), &["--images"])
        .expect(0);
    let platform = Platform::start(first.out());
    second.download(&platform, &["--images"]).expect(0);
    let difference = trees::compare(first.out(), second.out());
    assert!(difference.is_empty(), "{difference}");
    // It has no items to give.
    Workspace::new().download(&platform, &[]).expect(3);
}

#[test]
fn the_command_says_how_it_is_reached_and_ends_when_asked() {
    let workspace = Workspace::new();
    workspace
        .download(&Platform::start(&demo().folder), &[])
        .expect(0);
    let mut server = workspace
        .command()
        .args(["serve", "out", "--json"])
        .args(["--listen", "127.0.0.1:0", "--store-listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let reached: serde_json::Value = serde_json::from_str(&line).unwrap();
    let mut command = workspace.command();
    command
        .env("GCAPI_BASE_URL", reached["base_url"].as_str().unwrap())
        .env("GCAPI_CA_CERT", reached["ca_cert"].as_str().unwrap())
        .env(
            "GRAND_CHALLENGE_AUTHORIZATION",
            reached["token"].as_str().unwrap(),
        );
    run(command.args(["download", "demo", "-o", "again"])).expect(0);
    assert!(trees::compare(workspace.out(), &workspace.path("again")).is_empty());

    signal(&server, "-TERM");
    finish(server).expect(0);
}

#[test]
fn a_folder_that_is_no_archive_is_refused() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("empty")).unwrap();
    for command in ["serve", "status", "verify", "view"] {
        run(workspace.command().args([command, "empty"]))
            .expect(4)
            .says(&["is not a downloaded"]);
        run(workspace.command().args([command, "absent"])).expect(4);
    }
}

#[test]
fn an_address_in_use_is_said() {
    let workspace = Workspace::new();
    workspace
        .download(&Platform::start(&demo().folder), &["--item", "Fall 02*"])
        .expect(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(workspace
        .command()
        .args(["serve", "out", "--listen", &address]))
    .expect(2)
    .says(&[&address, "--listen"]);
}
