//! A compressed volume into an array of NumPy.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::peers::script;
use super::report::{Goal, Row, Section, Table};
use super::{Bench, Measured};
use crate::run;

/// Who reads, ours first.
const READERS: [&str; 2] = ["gcapi_rs", "SimpleITK"];

/// Runs the work.
pub(crate) fn run(bench: &Bench) -> Result<Section, String> {
    let path = bench.folder.join("volume-512.mha");
    if !path.exists() {
        run::done(
            Command::new(&bench.interpreter)
                .args([&script("read_image.py"), "make"])
                .arg(&path),
        )?;
    }
    let mut runs: [Vec<Measured>; 2] = Default::default();
    // In turns, so that what else goes on meets everybody.
    for _ in 0..bench.runs {
        let mut digests = Vec::new();
        for (reader, runs) in READERS.iter().zip(&mut runs) {
            let (measured, digest) = once(bench, reader, &path)?;
            println!("{reader}: {measured}");
            runs.push(measured);
            digests.push(digest);
        }
        if digests.iter().any(|digest| digests.first() != Some(digest)) {
            return Err("the readers do not agree on the samples".to_owned());
        }
    }
    let medians = runs.map(|runs| Measured::median(&runs));
    let [ours, theirs] = &medians;
    let goals = vec![Goal::at_most(
        "times the time of SimpleITK",
        1.0,
        Some(ours.wall_seconds / theirs.wall_seconds),
    )];
    let rows = READERS
        .iter()
        .zip(medians)
        .map(|(reader, measured)| Row {
            program: (*reader).to_owned(),
            measured: Ok(measured),
        })
        .collect();
    Ok(Section {
        id: "W10",
        title: "A compressed MetaImage of 512 x 512 x 512 samples of 16 bits into an array"
            .to_owned(),
        notes: "Reading alone, in a Python that has started and imported what it needs; the file \
            is in memory already. Memory is that of the whole process."
            .to_owned(),
        goals,
        tables: vec![Table {
            caption: String::new(),
            rows,
            shows_bytes: false,
        }],
    })
}

/// Reads once: what it took, and the digest of the samples.
fn once(bench: &Bench, reader: &str, path: &Path) -> Result<(Measured, String), String> {
    let line = run::asked(
        Command::new(&bench.interpreter)
            .args([&script("read_image.py"), reader])
            .arg(path),
    )
    .ok_or_else(|| format!("{reader} cannot read {}", path.display()))?;
    let digest = serde_json::from_str::<Value>(line.trim())
        .ok()
        .and_then(|value| Some(value.get("digest")?.as_str()?.to_owned()))
        .ok_or_else(|| format!("no digest in {line:?}"))?;
    Ok((Measured::parse(&line)?, digest))
}
