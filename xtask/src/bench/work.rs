//! The works on which programs compete, and what is to be reached.

use serde_json::{Value, json};

use super::peers::Peer;
use super::report::Goal;
use super::report::Row;

/// One work.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What has to be known to judge the numbers.
    pub(crate) notes: &'static str,
    /// For the platform.
    pub(crate) order: Value,
    /// The cap of each connection, where nginx is the store.
    pub(crate) nginx: Option<&'static str>,
    pub(crate) peers: Vec<Peer>,
    /// Bytes of all files.
    pub(crate) bytes: u64,
    pub(crate) goals: fn(&[Row]) -> Vec<Goal>,
}

const NO_API: &str = "curl and aria2 are given ready URLs: they list and resolve nothing, and hash \
    nothing.";
const RCLONE: &str = "curl, aria2 and rclone are given ready URLs: they list and resolve nothing, \
    and hash nothing.";

/// All of them.
pub(crate) fn all() -> Vec<Work> {
    let mut works = vec![many_small(), one_large(), many_large(), capped(), dicom()];
    works.extend(super::module::works());
    works
}

fn many_small() -> Work {
    Work {
        id: "W1",
        title: "200 items of 4 values of 64 KB, 50 ms before every answer",
        notes: NO_API,
        order: json!({"items": 200, "files": 3, "images": 1, "size": 64_000, "latency_ms": 50}),
        nginx: None,
        peers: vec![
            Peer::Ours,
            Peer::Python(1),
            Peer::Python(10),
            Peer::Curl(50),
            Peer::Aria2(50, 1),
        ],
        bytes: 200 * 4 * 64_000,
        goals: |rows| {
            vec![
                Goal::at_least(
                    "times the speed of the Python client's loop",
                    40.0,
                    ratio(rows, Peer::Python(1), Peer::Ours, wall),
                ),
                Goal::at_most(
                    "times the time of curl --parallel-max 50",
                    1.0,
                    ratio(rows, Peer::Ours, Peer::Curl(50), wall),
                ),
            ]
        },
    }
}

fn one_large() -> Work {
    Work {
        id: "W2",
        title: "One file of 4 GiB",
        notes: "curl, aria2 and rclone are given ready URLs and hash nothing. The Python client is \
            left out: it holds a file twice in memory.",
        order: json!({"items": 1, "files": 1, "size": 4_u64 << 30}),
        nginx: Some("0"),
        peers: vec![
            Peer::Ours,
            Peer::Curl(1),
            Peer::CurlDurable(1),
            Peer::Aria2(1, 16),
            Peer::Aria2(1, 4),
            Peer::Rclone(1, 4),
        ],
        bytes: 4 << 30,
        goals: |rows| large(rows, Peer::Curl(1)),
    }
}

fn many_large() -> Work {
    Work {
        id: "W3",
        title: "40 files of 64 MiB",
        notes: RCLONE,
        order: json!({"items": 40, "files": 1, "size": 64_u64 << 20}),
        nginx: Some("0"),
        peers: vec![
            Peer::Ours,
            Peer::Python(1),
            Peer::Python(10),
            Peer::Curl(8),
            Peer::CurlDurable(8),
            Peer::Aria2(16, 16),
            Peer::Aria2(8, 1),
            Peer::Rclone(8, 1),
        ],
        bytes: 40 * (64 << 20),
        goals: |rows| large(rows, Peer::Curl(8)),
    }
}

fn capped() -> Work {
    Work {
        id: "W5",
        title: "One file of 1 GiB, each connection capped at 20 MB/s",
        notes: RCLONE,
        order: json!({"items": 1, "files": 1, "size": 1_u64 << 30}),
        nginx: Some("20000k"),
        peers: vec![
            Peer::Ours,
            Peer::Curl(1),
            Peer::Aria2(1, 16),
            Peer::Rclone(1, 16),
        ],
        bytes: 1 << 30,
        goals: |rows| {
            vec![Goal::at_least(
                "times the speed of one stream",
                8.0,
                ratio(rows, Peer::Curl(1), Peer::Ours, wall),
            )]
        },
    }
}

fn dicom() -> Work {
    Work {
        id: "W7",
        title: "A DICOM image set of 600 instances of 512 KB, 50 ms before every answer",
        notes: NO_API,
        order: json!({"items": 1, "instances": 600, "size": 512_000, "latency_ms": 50}),
        nginx: None,
        peers: vec![
            Peer::Ours,
            Peer::Python(1),
            Peer::Curl(50),
            Peer::Aria2(50, 1),
        ],
        bytes: 600 * 512_000,
        goals: |rows| {
            vec![Goal::none(
                "times the speed of the Python client",
                ratio(rows, Peer::Python(1), Peer::Ours, wall),
            )]
        },
    }
}

/// What is asked of all large files.
fn large(rows: &[Row], curl: Peer) -> Vec<Goal> {
    let others = rows.iter().filter(|row| row.program != Peer::Ours.name());
    let fastest = others
        .filter(|row| !row.program.contains("Python") && !row.program.contains("sync"))
        .filter_map(|row| row.measured.as_ref().ok())
        .map(|measured| measured.wall_seconds)
        .min_by(f64::total_cmp);
    let ours = wall_of(rows, Peer::Ours);
    vec![
        Goal::at_most(
            "times the time of the fastest of curl, aria2 and rclone",
            1.0,
            ours.zip(fastest).map(|(ours, fastest)| ours / fastest),
        ),
        Goal::at_most(
            "times the CPU time of curl",
            1.3,
            ratio(rows, Peer::Ours, curl, |row| row.cpu_seconds),
        ),
        Goal::at_most(
            "MiB of memory at the peak",
            64.0,
            number(rows, Peer::Ours, super::Measured::peak_mib),
        ),
    ]
}

pub(crate) fn wall(measured: &super::Measured) -> f64 {
    measured.wall_seconds
}

fn wall_of(rows: &[Row], peer: Peer) -> Option<f64> {
    number(rows, peer, wall)
}

fn number(rows: &[Row], peer: Peer, number: fn(&super::Measured) -> f64) -> Option<f64> {
    let row = rows.iter().find(|row| row.program == peer.name())?;
    row.measured.as_ref().ok().map(number)
}

pub(crate) fn ratio(
    rows: &[Row],
    peer: Peer,
    to: Peer,
    of: fn(&super::Measured) -> f64,
) -> Option<f64> {
    Some(number(rows, peer, of)? / number(rows, to, of)?)
}
