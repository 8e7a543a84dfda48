//! `gcapi view`, as far as it goes without a browser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use gcapi_testkit::{Platform, demo};

use crate::program::{Workspace, finish, run, signal};

#[test]
fn the_link_opens_the_archive_and_the_program_ends_when_asked() {
    let workspace = Workspace::new();
    workspace
        .download(&Platform::start(&demo().folder), &["--item", "Fall 02*"])
        .expect(0);
    let mut viewer = workspace
        .command()
        .args(["view", "out", "--no-open", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(viewer.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let link = said["url"].as_str().unwrap();
    let (host, path) = link
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    assert!(host.starts_with("127.0.0.1:"), "{link}");
    assert!(answer(host, "/view/").starts_with("HTTP/1.1 401"));
    let welcome = answer(host, &format!("/{path}"));
    assert!(welcome.starts_with("HTTP/1.1 200"), "{welcome}");
    assert!(welcome.to_lowercase().contains("set-cookie: gcapi-view-"));
    // It was used.
    assert!(answer(host, &format!("/{path}")).starts_with("HTTP/1.1 403"));
    signal(&viewer, "-TERM");
    finish(viewer).expect(0);
}

fn answer(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn other_machines_are_not_let_in() {
    let workspace = Workspace::new();
    workspace
        .download(&Platform::start(&demo().folder), &["--item", "Fall 02*"])
        .expect(0);
    run(workspace
        .command()
        .args(["view", "out", "--no-open", "--listen", "0.0.0.0:0"]))
    .expect(2)
    .says(&["this machine only", "SSH tunnel"]);
}
