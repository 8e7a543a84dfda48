//! The bodies of the fuzz targets, run over their seeds and mutations of them:
//! a fuzzer finds more, and this is what every run of the tests does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::random::Random;
use crate::targets::{IMAGES, TARGETS, Target};

/// Mutations of each target unless `GCAPI_MUTATIONS` says otherwise.
const MUTATIONS: u64 = 4_000;

/// Pieces that a mutation of single bytes would take long to come by.
const PIECES: [&[u8]; 24] = [
    b"..",
    b"/",
    b"\\",
    b"\0",
    b"\n",
    b"\"",
    b"\\u",
    b"\\ud800",
    b"null",
    b"{}",
    b"[",
    b"]",
    b"-",
    b"1e999",
    b"18446744073709551615",
    b"18446744073709551616",
    b"\xff\xfe",
    "ß".as_bytes(),
    "İ".as_bytes(),
    b".gcapi",
    b"nul",
    b":",
    b"%2F",
    b"ElementDataFile=",
];

#[test]
fn no_target_falls_over_its_seeds_or_what_is_close_to_them() {
    let mutations = crate::random::number("GCAPI_MUTATIONS", MUTATIONS);
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                // Images are written to files and decoded: a tenth takes as long.
                let images = IMAGES.iter().map(|target| (target, mutations / 10));
                let targets = TARGETS.iter().map(|target| (target, mutations));
                for (target, mutations) in targets.chain(images).skip(half).step_by(2) {
                    let started = std::time::Instant::now();
                    run(target, mutations);
                    println!("{}: {:?}", target.name, started.elapsed());
                }
            });
        }
    });
}

fn run(target: &Target, mutations: u64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target.name);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    for seed in &seeds {
        holds(target, seed);
    }
    let mut random = Random::new(mutations);
    for _ in 0..mutations {
        let mut input = seeds[random.index(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &seeds, &mut random);
        }
        holds(target, &input);
    }
}

fn holds(target: &Target, input: &[u8]) {
    let held = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    assert!(
        held.is_ok(),
        "{} does not hold for {}",
        target.name,
        input.escape_ascii()
    );
}

fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.index(input.len() + 1);
    let end = (at + random.index(16)).min(input.len());
    match random.below(7) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.below(256).to_le_bytes()[0],
        2 => drop(input.drain(at..end)),
        3 => {
            let copied = input[at..end].to_vec();
            input.splice(at..at, copied);
        }
        4 => {
            // The beginning of this one and the end of another.
            let other = &seeds[random.index(seeds.len())];
            input.truncate(at);
            input.extend_from_slice(&other[random.index(other.len() + 1)..]);
        }
        5 => input.truncate(at),
        _ => {
            let piece = PIECES[random.index(PIECES.len())];
            input.splice(at..at, piece.iter().copied());
        }
    }
}
