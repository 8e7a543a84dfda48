//! The works of the Python module: the documented loop with only its import
//! changed, and a whole archive in one call.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::peers::Peer;
use super::report::Goal;
use super::work::{Work, ratio, wall};
use crate::{run, wheel};

/// The works that need the module.
pub(crate) const WORKS: [&str; 3] = ["W8", "W9", "W10"];

/// Builds the module as it is given out, and installs it beside its peers.
pub(crate) fn install(interpreter: &Path) -> Result<(), String> {
    let wheel = wheel::build(Path::new("python3"), &["--release"])?;
    let options = "-m pip install --disable-pip-version-check --quiet --force-reinstall --no-deps";
    run::done(
        Command::new(interpreter)
            .args(options.split_whitespace())
            .arg(wheel),
    )
    .map(drop)
}

/// Those on which programs compete.
pub(crate) fn works() -> [Work; 2] {
    [documented_loop(), whole_archive()]
}

fn documented_loop() -> Work {
    Work {
        id: "W8",
        title: "The documented loop over 100 items of 4 values of 64 KB, 50 ms before every answer",
        notes: "The very same script, with only the import changed. The last row is what it would \
            be with one call instead of the loop.",
        order: json!({"items": 100, "files": 3, "images": 1, "size": 64_000, "latency_ms": 50}),
        nginx: None,
        peers: vec![Peer::ModuleLoop, Peer::Python(1), Peer::ModuleArchive],
        bytes: 100 * 4 * 64_000,
        goals: |rows| {
            vec![Goal::at_least(
                "times the speed of the Python client",
                3.0,
                ratio(rows, Peer::Python(1), Peer::ModuleLoop, wall),
            )]
        },
    }
}

fn whole_archive() -> Work {
    Work {
        id: "W9",
        title: "A whole archive from Python: 40 files of 64 MiB",
        notes: "The module against the program; both have the same engine.",
        order: json!({"items": 40, "files": 1, "size": 64_u64 << 20}),
        nginx: Some("0"),
        peers: vec![Peer::ModuleArchive, Peer::Ours],
        bytes: 40 * (64 << 20),
        goals: |rows| {
            vec![Goal::at_most(
                "times the time of the program",
                1.1,
                ratio(rows, Peer::ModuleArchive, Peer::Ours, wall),
            )]
        },
    }
}
