//! W11: every file of an archive of images is decoded to its end.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::peers::script;
use super::report::{Goal, Row, Section, Table};
use super::{Bench, Measured, disk};
use crate::{project, run};

/// Bytes of all files.
const BYTES: u64 = 10 << 30;

/// Of the files of one item, at most.
const OF_AN_ITEM: u64 = 1 << 30;

/// Who reads the files, ours first.
const READERS: [&str; 3] = [
    "gcapi verify --deep",
    "gcapi verify",
    "sha256sum, xargs -P2",
];

/// Runs the work; the archive is removed afterwards.
pub(crate) fn run(bench: &Bench) -> Result<Section, String> {
    disk::has_room(&bench.folder, BYTES + 2 * OF_AN_ITEM)?;
    let archive = bench.folder.join("images-archive");
    disk::remove(&archive)?;
    let section = made(bench, &archive, BYTES).and_then(|made| compared(bench, &archive, made));
    disk::remove(&archive)?;
    section
}

/// What the archive has.
#[derive(Debug)]
struct Made {
    items: u64,
    files: u64,
    bytes: u64,
}

/// Makes the files of one item, if they are not there, and copies them into an archive.
fn made(bench: &Bench, archive: &Path, bytes: u64) -> Result<Made, String> {
    let images = bench.folder.join("images");
    if !images.join("images.json").exists() {
        disk::remove(&images)?;
        let mut make = Command::new(&bench.interpreter);
        run::done(make.arg(script("bench_images.py")).arg(&images))?;
    }
    let mut copy = Command::new(project::target().join("release").join("image_archive"));
    copy.args([archive, &images]).arg(bytes.to_string());
    let line = run::asked(&mut copy).ok_or("the archive of images could not be made")?;
    let made: Value = serde_json::from_str(line.trim())
        .map_err(|error| format!("the archive of images is unknown: {error}"))?;
    let number = |name: &str| made.get(name).and_then(Value::as_u64).unwrap_or_default();
    Ok(Made {
        items: number("items"),
        files: number("files"),
        bytes: number("bytes"),
    })
}

fn compared(bench: &Bench, archive: &Path, made: Made) -> Result<Section, String> {
    let warm = medians(bench, archive, false)?;
    let cold = medians(bench, archive, true)?;
    let times = |measured: &[Measured], other: usize| {
        let seconds = |place: usize| measured.get(place).map(|one| one.wall_seconds);
        seconds(0)
            .zip(seconds(other))
            .map(|(ours, theirs)| ours / theirs)
    };
    let deep = cold.first();
    Ok(Section {
        id: "W11",
        title: format!(
            "{:.1} GiB of images, {} files, decoded to their end",
            made.bytes as f64 / f64::from(1 << 30),
            made.files
        ),
        notes: format!(
            "{} items with the same six images: a CT volume of 512 x 512 x 256 samples of 16 bits as \
             MetaImage (128 MiB), the same compressed, its organs of 8 bits compressed, 128 slices \
             of it as a DICOM image set, the same in lossless JPEG 2000, and a slide of 12,288 x \
             12,288 pixels of RGB as a TIFF pyramid of JPEG tiles. Each file is a copy, so that the \
             disk has all of them. gcapi verify computes the SHA-256 of every file; with --deep it \
             decodes each as well and compares it with the record of its image. sha256sum has the \
             same files, two processes at a time. Warm: each file was read just before, and stays \
             in memory where that has room. Cold: the system was told to forget the files before \
             each run.",
            made.items
        ),
        goals: vec![
            Goal::at_most("times the time of sha256sum: gcapi verify, warm", 1.0, {
                let seconds = |place: usize| warm.get(place).map(|one| one.wall_seconds);
                seconds(1)
                    .zip(seconds(2))
                    .map(|(ours, theirs)| ours / theirs)
            }),
            Goal::none("times the time of sha256sum: --deep, warm", times(&warm, 2)),
            Goal::none("times the time of sha256sum: --deep, cold", times(&cold, 2)),
            Goal::none(
                "times the time of gcapi verify: --deep, warm",
                times(&warm, 1),
            ),
            Goal::at_most(
                "MiB of memory at the peak of --deep",
                1024.0,
                deep.map(Measured::peak_mib),
            ),
        ],
        tables: vec![table("Warm", &warm), table("Cold", &cold)],
    })
}

fn table(caption: &str, measured: &[Measured]) -> Table {
    let rows = READERS.iter().zip(measured);
    Table {
        caption: caption.to_owned(),
        rows: rows
            .map(|(reader, measured)| Row {
                program: (*reader).to_owned(),
                measured: Ok(*measured),
            })
            .collect(),
        shows_bytes: false,
    }
}

/// What each reader took.
fn medians(bench: &Bench, archive: &Path, is_cold: bool) -> Result<Vec<Measured>, String> {
    let hash = format!(
        "find '{}' -name .gcapi -prune -o -type f -print0 | xargs -0 -n8 -P2 sha256sum",
        archive.display()
    );
    let program = bench.program.display().to_string();
    let out = archive.display().to_string();
    let commands: [Vec<&str>; 3] = [
        vec![&program, "--quiet", "verify", "--deep", &out],
        vec![&program, "--quiet", "verify", &out],
        vec!["sh", "-c", &hash],
    ];
    let mut runs: [Vec<Measured>; 3] = Default::default();
    // In turns, so that what else goes on meets everybody.
    for _ in 0..bench.runs {
        for (command, (reader, runs)) in commands.iter().zip(READERS.iter().zip(&mut runs)) {
            prepare(bench, archive, is_cold)?;
            let command: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
            let measured = bench.measure_alone(&command)??;
            println!(
                "{reader}, {}: {measured}",
                if is_cold { "cold" } else { "warm" }
            );
            runs.push(measured);
        }
    }
    Ok(runs.iter().map(|runs| Measured::median(runs)).collect())
}

/// Has the system hold the files in memory, or forget them.
fn prepare(bench: &Bench, archive: &Path, is_cold: bool) -> Result<(), String> {
    let mut command = if is_cold {
        let mut evict = Command::new(&bench.interpreter);
        evict.arg(script("bench_images.py")).arg("evict");
        evict
    } else {
        let mut read = Command::new("sh");
        read.args(["-c", "find \"$0\" -type f -exec cat {} + > /dev/null"]);
        read
    };
    run::done(command.arg(archive)).map(drop)
}
