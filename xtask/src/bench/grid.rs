//! How soon the grid of the viewer is seen.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Bench;
use super::report::{Goal, Section};
use crate::{browser, project, run};

/// Runs the work.
pub(crate) fn run(bench: &Bench) -> Result<Section, String> {
    let chromium = browser::browser().ok_or("there is no Chromium, and it cannot be installed")?;
    let interpreter = browser::environment()?;
    let script = project::root().join("browser").join("grid_speed.py");
    let archive = bench.folder.join("data").join("grid");
    if !archive.exists() {
        let made = bench.folder.join("data").join("grid.part");
        super::disk::remove(&made)?;
        run::done(
            Command::new(&bench.interpreter)
                .arg(&script)
                .arg("make")
                .arg(&made),
        )?;
        std::fs::rename(&made, &archive)
            .map_err(|error| format!("failed to rename {}: {error}", made.display()))?;
    }
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        let opened = once(bench, &interpreter, &script, &archive, &chromium)?;
        println!("{opened}");
        runs.push(opened);
    }
    let seconds = |text: &str, key: &str, most: Option<f64>| {
        let text = format!("seconds until {text}");
        let found = median(&runs, key);
        match most {
            Some(most) => Goal::at_most(&text, most, found),
            None => Goal::none(&text, found),
        }
    };
    Ok(Section {
        id: "W12",
        title: "The grid of 500 items with an image each, in a browser".to_owned(),
        notes: "450 compressed MetaImages of 128 x 128 x 64 samples of 16 bits and 50 slides in \
            JPEG, of 25 kinds; all files are in memory. Chromium, without a screen, opens the \
            page of a program that was just started, in a window of 1280 x 800; the clock starts \
            when the address is entered. Then it fetches the pictures of all items side by side. \
            It shares the processor with the program."
            .to_owned(),
        goals: vec![
            seconds(
                "500 items are counted and all pictures in sight are drawn",
                "in_sight",
                Some(1.0),
            ),
            seconds("the pictures of all 500 items are there", "all", None),
            seconds("the same in sight, opened again", "again_in_sight", None),
            seconds("the same of all, opened again", "again_all", None),
            Goal::none(
                "MiB of memory at the peak",
                median(&runs, "peak_bytes").map(|bytes| bytes / f64::from(1 << 20)),
            ),
        ],
        tables: Vec::new(),
    })
}

/// Opens the page once.
fn once(
    bench: &Bench,
    interpreter: &Path,
    script: &Path,
    archive: &Path,
    chromium: &Path,
) -> Result<Value, String> {
    let line = run::asked(
        Command::new(interpreter)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(script)
            .arg("open")
            .args([archive, &bench.program, chromium]),
    )
    .ok_or("the page could not be opened")?;
    serde_json::from_str(line.trim())
        .map_err(|error| format!("the measurement is malformed: {error}: {line:?}"))
}

fn median(runs: &[Value], key: &str) -> Option<f64> {
    let mut numbers: Vec<f64> = runs
        .iter()
        .filter_map(|one| one.get(key)?.as_f64())
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
