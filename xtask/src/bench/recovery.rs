//! W6: connections that break and URLs that expire.

use serde_json::{Value, json};

use super::contest::Contest;
use super::peers::Peer;
use super::report::{Goal, Row, Section, Table};
use super::server::Server;
use super::{Bench, Measured, disk};

const SIZE: u64 = 1 << 30;

/// Of each connection, so that the work outlasts the URLs.
const RATE: u64 = 40_000_000;

const DROP_EVERY: u64 = 100_000_000;
const LIFETIME_SECONDS: u64 = 3;

/// Runs it.
pub(crate) fn run(bench: &Bench) -> Result<Section, String> {
    disk::has_room(&bench.folder, 3 * SIZE)?;
    let drops = [("drop_every", DROP_EVERY)];
    let expiry = [("lifetime_seconds", LIFETIME_SECONDS)];
    let both = [drops, expiry].concat();
    let mut section = Section {
        id: "W6",
        title: "One file of 1 GiB with what goes wrong".to_owned(),
        notes: "The store is the platform's own, which sends 40 MB/s over each connection. A drop \
            breaks the connection that crosses each 100 MB of all that was sent. An expired URL \
            is refused when it is asked for, not while it is being read. curl and aria2 are given \
            one ready URL, and cannot renew it. The bytes are those the server handed to its \
            connections, so that what was lost on the way counts."
            .to_owned(),
        goals: Vec::new(),
        tables: Vec::new(),
    };
    let mut undisturbed = None;
    for (caption, faults) in [
        ("Undisturbed", [].as_slice()),
        ("A drop every 100 MB", &drops),
        ("URLs that expire after 3 s", &expiry),
        ("Both", &both),
    ] {
        println!("{caption}");
        let rows = rows(bench, faults)?;
        let ours = rows.first().and_then(|row| row.measured.as_ref().ok());
        let bytes = ours.map(|ours| ours.sent_bytes as f64 / SIZE as f64);
        let seconds = ours.map(|ours| ours.wall_seconds);
        if faults.is_empty() {
            undisturbed = seconds;
        } else {
            let goal = format!("times the bytes. {caption}");
            section.goals.push(Goal::at_most(&goal, 1.1, bytes));
            let time = seconds.zip(undisturbed).map(|(this, that)| this / that);
            let goal = format!("times the time of the undisturbed run. {caption}");
            section.goals.push(Goal::none(&goal, time));
        }
        section.tables.push(Table {
            caption: caption.to_owned(),
            rows,
            shows_bytes: true,
        });
    }
    Ok(section)
}

fn rows(bench: &Bench, faults: &[(&str, u64)]) -> Result<Vec<Row>, String> {
    let shape = json!({"items": 1, "files": 1, "size": SIZE});
    let folder = bench.data(&shape);
    let mut order = shape;
    if let Some(order) = order.as_object_mut() {
        order.insert("rate".to_owned(), RATE.into());
        order.extend(
            faults
                .iter()
                .map(|(key, number)| ((*key).to_owned(), Value::from(*number))),
        );
    }
    let server = Server::start(&folder, &order, &bench.tls)?;
    let mut contest = Contest::with(bench, server, None, folder.join("archive"), SIZE);
    let mut rows = Vec::new();
    for peer in [Peer::Ours, Peer::CurlAgain, Peer::Aria2(1, 16)] {
        // The faults decide, not the noise: only ours is repeated.
        let runs = if peer == Peer::Ours { bench.runs } else { 1 };
        let mut all = Vec::new();
        let mut failure = None;
        for _ in 0..runs {
            match contest.once(peer)? {
                Ok(measured) => {
                    println!("{}: {measured}", peer.name());
                    all.push(measured);
                }
                Err(message) => {
                    println!("{}: {message}", peer.name());
                    failure = Some(message);
                    break;
                }
            }
        }
        rows.push(Row {
            program: peer.name(),
            measured: failure.map_or_else(|| Ok(Measured::median(&all)), Err),
        });
    }
    Ok(rows)
}
