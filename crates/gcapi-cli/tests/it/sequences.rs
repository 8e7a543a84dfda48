//! Random sequences of what can happen to a download, against a model that
//! says what must be there in the end: exactly what the platform has.
//!
//! `GCAPI_SEQUENCES=2000` draws more of them, `GCAPI_SEED` others. Every
//! sequence follows from its seed, which is printed when it fails.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Interference, Platform, Seen, Side, trees};

use crate::program::{Workspace, run};

/// Sequences drawn unless told otherwise.
const SEQUENCES: u64 = 200;

/// Threads that draw them.
const THREADS: u64 = 4;

/// A generator that is the same everywhere (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The command runs to its end, if the platform lets it.
    Run,
    /// It is killed after some milliseconds.
    Kill(u64),
    /// The end of something in flight is torn off.
    TruncatePart(u64),
    /// A byte of something in flight changes.
    CorruptPart(u64),
    /// The platform has another version of every file from now on.
    ChangeOnTheServer,
    /// A published file is deleted.
    DeleteFile(u64),
    /// A published file is changed.
    CorruptFile(u64),
}

fn draw(random: &mut Random) -> Vec<Step> {
    let length = 2 + random.below(4);
    (0..length)
        .map(|_| match random.below(10) {
            0 => Step::Run,
            1..=4 => Step::Kill(random.below(250)),
            5 => Step::TruncatePart(random.below(1 << 20)),
            6 => Step::CorruptPart(random.below(1 << 20)),
            7 => Step::ChangeOnTheServer,
            8 => Step::DeleteFile(random.below(100)),
            _ => Step::CorruptFile(random.below(100)),
        })
        .collect()
}

/// The platform of all sequences of one thread: which version it has, and how
/// long a store answer takes, are the sequence's to say.
struct World {
    platform: Platform,
    version: Arc<AtomicU8>,
    delay: Arc<AtomicU64>,
    archive: std::path::PathBuf,
    _temporary: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let archive = temporary.path().join("archive");
        // Some small files, and one of two parts in each of two items.
        let small = Shape {
            items: 2,
            files: 2,
            size: 60_000,
            ..Shape::default()
        };
        synthetic::make(&archive, small).unwrap();
        let (version, delay) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicU64::new(0)));
        let (its_version, its_delay) = (Arc::clone(&version), Arc::clone(&delay));
        let platform = Platform::misbehaving(&archive, move |seen: &Seen| {
            let version = its_version.load(Ordering::SeqCst);
            if seen.is_list("archives/items/") && version > 0 {
                // A changed value has a new pk.
                return Interference::json(move |page| {
                    for item in page["results"].as_array_mut().unwrap() {
                        for value in item["values"].as_array_mut().unwrap() {
                            let pk = value["pk"].as_i64().unwrap() + i64::from(version) * 1_000_000;
                            if !value["file"].is_null() {
                                value["pk"] = pk.into();
                            }
                        }
                    }
                });
            }
            match (seen.side, seen.number % 3, its_delay.load(Ordering::SeqCst)) {
                (Side::Store, ..) if version > 0 => Interference::Version(version),
                (Side::Store, 0, delay) if delay > 0 => {
                    Interference::Delay(Duration::from_millis(delay))
                }
                _ => Interference::Pass,
            }
        });
        Self {
            platform,
            version,
            delay,
            archive,
            _temporary: temporary,
        }
    }

    fn play(&self, seed: u64) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let steps = draw(&mut random);
        let workspace = Workspace::new();
        self.version.store(0, Ordering::SeqCst);
        self.delay.store(random.below(80), Ordering::SeqCst);
        for step in &steps {
            match *step {
                Step::Run => {
                    let code = self.download(&workspace);
                    assert!(
                        matches!(code, 0 | 1),
                        "seed {seed}, {steps:?}: exit code {code}"
                    );
                }
                Step::Kill(after) => self.kill(&workspace, after),
                Step::TruncatePart(at) => change_part(&workspace, |bytes| {
                    bytes.truncate(usize::try_from(at).unwrap() % bytes.len().max(1));
                }),
                Step::CorruptPart(at) => change_part(&workspace, |bytes| flip(bytes, at)),
                Step::ChangeOnTheServer => {
                    self.version.fetch_add(1, Ordering::SeqCst);
                }
                Step::DeleteFile(which) => {
                    if let Some(path) = published(&workspace, which) {
                        std::fs::remove_file(path).unwrap();
                    }
                }
                Step::CorruptFile(which) => {
                    if let Some(path) = published(&workspace, which) {
                        let mut bytes = std::fs::read(&path).unwrap();
                        flip(&mut bytes, which * 7919);
                        std::fs::write(&path, bytes).unwrap();
                    }
                }
            }
        }
        self.delay.store(0, Ordering::SeqCst);
        let code = self.download(&workspace);
        assert_eq!(code, 0, "seed {seed}, {steps:?}");
        self.agrees(&workspace, &format!("seed {seed}, {steps:?}"));
    }

    fn command(&self, workspace: &Workspace) -> std::process::Command {
        let mut command = workspace.at(&self.platform);
        command.args(["download", synthetic::SLUG, "-o", "out", "--quiet"]);
        command
    }

    fn download(&self, workspace: &Workspace) -> i32 {
        let run = run(&mut self.command(workspace));
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run.code
    }

    fn kill(&self, workspace: &Workspace, after: u64) {
        let mut child = self
            .command(workspace)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The model: every file of the platform's version now, and no other.
    fn agrees(&self, workspace: &Workspace, how: &str) {
        let version = self.version.load(Ordering::SeqCst);
        let mut expected = trees::digests(&self.archive);
        for (path, content) in &mut expected {
            // Values are in the listing; only what lies in the store changes.
            if version > 0 && !path.ends_with(".json") {
                let bytes: Vec<u8> = std::fs::read(self.archive.join(path))
                    .unwrap()
                    .into_iter()
                    .map(|byte| byte ^ version)
                    .collect();
                *content = gcapi_archive::Content::of(&bytes);
            }
        }
        assert_eq!(trees::digests(workspace.out()), expected, "{how}");
        let parts = std::fs::read_dir(workspace.out().join(".gcapi/parts"))
            .unwrap()
            .count();
        assert_eq!(parts, 0, "{how}");
    }
}

fn flip(bytes: &mut [u8], at: u64) {
    if !bytes.is_empty() {
        let at = usize::try_from(at).unwrap() % bytes.len();
        bytes[at] ^= 0x10;
    }
}

/// Changes the first thing in flight, journals included.
fn change_part(workspace: &Workspace, change: impl FnOnce(&mut Vec<u8>)) {
    let parts = workspace.out().join(".gcapi/parts");
    let mut paths: Vec<_> = std::fs::read_dir(parts)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    if let Some(path) = paths.first() {
        let mut bytes = std::fs::read(path).unwrap();
        change(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    }
}

fn published(workspace: &Workspace, which: u64) -> Option<std::path::PathBuf> {
    if !workspace.out().exists() {
        return None;
    }
    let digests = trees::digests(workspace.out());
    let paths: Vec<_> = digests.keys().collect();
    let count = u64::try_from(paths.len()).unwrap();
    let path = paths.get(usize::try_from(which % count.max(1)).unwrap())?;
    Some(Path::new(workspace.out()).join(path))
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn whatever_happens_the_same_command_ends_with_what_the_platform_has() {
    let (sequences, first) = (
        number("GCAPI_SEQUENCES", SEQUENCES),
        number("GCAPI_SEED", 1),
    );
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let world = World::new();
                for seed in
                    (first + thread..first + sequences).step_by(usize::try_from(THREADS).unwrap())
                {
                    world.play(seed);
                }
            });
        }
    });
}
