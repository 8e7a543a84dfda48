//! Random sequences of what can happen to a download, against a model that
//! says what must be there in the end: exactly what the platform has.
//!
//! `GCAPI_SEQUENCES=2000` draws more of them, `GCAPI_SEED=77` begins at
//! another one. Every sequence follows from its seed, which is printed when it
//! fails; what a kill meets does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Interference, Platform, Seen, Side, trees};

use crate::program::{Run, Workspace, run};
use crate::promise::{PART, noise};
use crate::random::{Random, number};

/// Sequences drawn unless told otherwise.
const SEQUENCES: u64 = 200;

/// Threads that draw them.
const THREADS: u64 = 4;

/// Of how much less than it needs a full disk has room.
const SHORT_OF: u64 = 6 << 20;

/// Files by their paths.
type Tree = BTreeMap<String, gcapi_archive::Content>;

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The command runs to its end.
    Run,
    /// It is killed once the store has answered so many requests, and some
    /// milliseconds later.
    Kill { answers: u64, then: u64 },
    /// It runs on a disk that is full before its end.
    FullDisk,
    /// The end of something in flight is torn off.
    TruncatePart(u64),
    /// A byte of something in flight changes.
    CorruptPart(u64),
    /// The platform has a new value with new bytes for every file.
    ChangeOnTheServer,
    /// A published file is deleted.
    DeleteFile(u64),
    /// A byte of a published file changes.
    CorruptFile(u64),
}

/// Two to five steps. Where there is nothing in flight nothing can be spoilt,
/// so a kill comes before that.
fn draw(random: &mut Random) -> Vec<Step> {
    let length = 2 + random.index(4);
    let mut steps: Vec<Step> = Vec::new();
    while steps.len() < length {
        let kill = Step::Kill {
            answers: 2 + random.below(4),
            then: random.below(80),
        };
        let choice = random.below(14);
        let spoils = (2..6).contains(&choice);
        if spoils && !matches!(steps.last(), Some(Step::Kill { .. })) {
            steps.push(kill);
            continue;
        }
        steps.push(match choice {
            0 => Step::Run,
            1 => Step::FullDisk,
            2 | 3 => Step::TruncatePart(random.below(1 << 30)),
            4 | 5 => Step::CorruptPart(random.below(1 << 30)),
            6 => Step::ChangeOnTheServer,
            7 => Step::Kill {
                answers: 0,
                then: random.below(150),
            },
            8 => Step::DeleteFile(random.below(1 << 30)),
            9 => Step::CorruptFile(random.below(1 << 30)),
            _ => kill,
        });
    }
    steps
}

/// What happened in all sequences together.
#[derive(Default)]
struct Met {
    kills: AtomicU64,
    parts: AtomicU64,
    full: AtomicU64,
    reused: AtomicU64,
}

/// The platform of all sequences of one thread: which version it has, and
/// whether it takes its time, are the sequence's to say.
struct World {
    platform: Platform,
    version: Arc<AtomicU8>,
    slow: Arc<AtomicBool>,
    archive: PathBuf,
    /// What there is of each version.
    versions: Mutex<Vec<Tree>>,
    disks: bool,
    _temporary: tempfile::TempDir,
}

impl World {
    fn new(disks: bool) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let archive = temporary.path().join("archive");
        ArchiveBuilder::new("sequence")
            .value("One", "score", "[1,2]")
            .file("One", "report", &noise(1, 100_000))
            .file("One", "slide", &noise(2, PART + 3_000_000))
            .image("Two", "ct", &[("a.mha", &noise(3, 700_000))])
            .file("Two", "report", &noise(4, 3_000_000))
            .build(&archive)
            .unwrap();
        let (version, slow) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicBool::new(false)));
        let (its_version, its_slow) = (Arc::clone(&version), Arc::clone(&slow));
        let platform = Platform::misbehaving(&archive, move |seen: &Seen| {
            let version = its_version.load(Ordering::SeqCst);
            match seen.side {
                // A new value has a new pk; the store knows only the old ones.
                Side::Api if version > 0 && seen.is_list("archives/items/") => renumbered(version),
                Side::Store if version > 0 => Interference::Version(version),
                // Parts behind the first come late, so that a kill finds some.
                Side::Store if its_slow.load(Ordering::SeqCst) => {
                    Interference::Delay(Duration::from_millis(if is_later_part(seen) {
                        200
                    } else {
                        0
                    }))
                }
                _ => Interference::Pass,
            }
        });
        Self {
            platform,
            version,
            slow,
            archive,
            versions: Mutex::default(),
            disks,
            _temporary: temporary,
        }
    }

    fn play(&self, seed: u64, met: &Met) {
        let mut random = Random::new(seed);
        let steps = draw(&mut random);
        let how = format!("GCAPI_SEED={seed} GCAPI_SEQUENCES=1, {steps:?}");
        let workspace = Workspace::new();
        self.version.store(0, Ordering::SeqCst);
        self.slow.store(true, Ordering::SeqCst);
        // What the test itself broke and no run has looked at since.
        let mut spoilt = BTreeSet::new();
        for step in &steps {
            match *step {
                Step::Run => {
                    let run = self.download(&workspace);
                    assert_eq!(run.code, 0, "{how}\n{}", run.stderr);
                    self.agrees(&workspace, &how);
                    spoilt.clear();
                }
                Step::Kill { answers, then } => {
                    self.kill(&workspace, answers, then);
                    met.kills.fetch_add(1, Ordering::SeqCst);
                }
                Step::FullDisk if self.disks => {
                    let run = self.on_a_full_disk(&workspace);
                    assert!(!run.stderr.contains("panicked"), "{how}\n{}", run.stderr);
                    // What is there already may leave nothing to be fetched.
                    assert!(
                        matches!(run.code, 0 | 6),
                        "{how}: {}\n{}",
                        run.code,
                        run.stderr
                    );
                    met.full
                        .fetch_add(u64::from(run.code == 6), Ordering::SeqCst);
                }
                Step::FullDisk => {}
                Step::TruncatePart(at) => {
                    let met = &met.parts;
                    change_part(&workspace, at, met, |bytes, at| bytes.truncate(at));
                }
                Step::CorruptPart(at) => change_part(&workspace, at, &met.parts, |bytes, at| {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 0x10;
                    }
                }),
                Step::ChangeOnTheServer => drop(self.version.fetch_add(1, Ordering::SeqCst)),
                Step::DeleteFile(which) => {
                    if let Some(path) = published(&workspace, which) {
                        std::fs::remove_file(workspace.out().join(path)).unwrap();
                    }
                }
                Step::CorruptFile(which) => {
                    if let Some(path) = published(&workspace, which) {
                        let place = workspace.out().join(&path);
                        let mut bytes = std::fs::read(&place).unwrap();
                        let at = usize::try_from(which).unwrap() % bytes.len();
                        bytes[at] ^= 0x10;
                        std::fs::write(place, bytes).unwrap();
                        spoilt.insert(path);
                    }
                }
            }
            self.nothing_is_broken(&workspace, &spoilt, &how);
        }
        self.slow.store(false, Ordering::SeqCst);
        let run = self.download(&workspace);
        assert_eq!(run.code, 0, "{how}\n{}", run.stderr);
        let reused = run.summary()["bytes_reused"].as_u64().unwrap();
        met.reused
            .fetch_add(u64::from(reused > 0), Ordering::SeqCst);
        self.agrees(&workspace, &how);
    }

    fn command(&self, workspace: &Workspace, out: &str) -> Command {
        let mut command = workspace.at(&self.platform);
        command.args(["download", "sequence", "-o", out, "--json"]);
        command
    }

    fn download(&self, workspace: &Workspace) -> Run {
        let run = run(&mut self.command(workspace, "out"));
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    fn kill(&self, workspace: &Workspace, answers: u64, then: u64) {
        self.platform.forget_requests();
        let mut child = self
            .command(workspace, "out")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let of_the_store = || {
            let requests = self.platform.requests();
            requests
                .iter()
                .filter(|seen| seen.side == Side::Store)
                .count() as u64
        };
        while of_the_store() < answers && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(then));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The output folder is moved to a disk of its size and somewhat more, the
    /// command run there, and the folder moved back.
    fn on_a_full_disk(&self, workspace: &Workspace) -> Run {
        let needed: u64 = trees::digests(&self.archive)
            .values()
            .map(|content| content.size)
            .sum();
        let script = format!(
            "mkdir -p small && mount -t tmpfs -o size={} none small || exit 99\n\
             if [ -e out ]; then cp -a out small/out || exit 6; fi\n\
             \"$@\"; code=$?\n\
             if [ -e small/out ]; then rm -rf out && cp -a small/out out; fi\n\
             exit $code",
            needed + 400_000 - SHORT_OF
        );
        let program = self.command(workspace, "small/out");
        run(&mut on_a_disk(&program, &script, workspace))
    }

    /// What is under a final name is whole, of one version or another.
    fn nothing_is_broken(&self, workspace: &Workspace, spoilt: &BTreeSet<String>, how: &str) {
        if !workspace.out().exists() {
            return;
        }
        let newest = self.version.load(Ordering::SeqCst);
        let versions: Vec<_> = (0..=newest).map(|version| self.expected(version)).collect();
        for (path, content) in trees::digests(workspace.out()) {
            let whole = versions
                .iter()
                .any(|version| version.get(&path) == Some(&content));
            assert!(
                whole || spoilt.contains(&path),
                "{how}: {path} is of no version"
            );
        }
    }

    /// The model: every file of the platform's version now, no other, and
    /// nothing in flight.
    fn agrees(&self, workspace: &Workspace, how: &str) {
        let expected = self.expected(self.version.load(Ordering::SeqCst));
        assert_eq!(trees::digests(workspace.out()), expected, "{how}");
        let parts = std::fs::read_dir(workspace.out().join(".gcapi/parts")).unwrap();
        assert_eq!(parts.count(), 0, "{how}");
    }

    fn expected(&self, version: u8) -> Tree {
        let mut versions = self.versions.lock().unwrap();
        while versions.len() <= usize::from(version) {
            let version = u8::try_from(versions.len()).unwrap();
            let mut tree = trees::digests(&self.archive);
            for (path, content) in &mut tree {
                // Values are in the listing and do not change.
                if version > 0 && !path.ends_with(".json") {
                    let mut bytes = std::fs::read(self.archive.join(path)).unwrap();
                    bytes.iter_mut().for_each(|byte| *byte ^= version);
                    *content = gcapi_archive::Content::of(&bytes);
                }
            }
            versions.push(tree);
        }
        versions[usize::from(version)].clone()
    }
}

/// One of the files under their final names.
fn published(workspace: &Workspace, which: u64) -> Option<String> {
    if !workspace.out().exists() {
        return None;
    }
    let mut paths: Vec<String> = trees::digests(workspace.out()).into_keys().collect();
    let which = usize::try_from(which).unwrap() % paths.len().max(1);
    (which < paths.len()).then(|| paths.swap_remove(which))
}

fn is_later_part(seen: &Seen) -> bool {
    let range = seen.headers.get("range");
    range.is_some_and(|range| !range.as_bytes().starts_with(b"bytes=0-"))
}

/// A page whose values have other pks.
fn renumbered(version: u8) -> Interference {
    Interference::Body(Box::new(move |body| {
        let mut page: serde_json::Value = serde_json::from_slice(&body).unwrap();
        for item in page["results"].as_array_mut().unwrap() {
            for value in item["values"].as_array_mut().unwrap() {
                let pk = value["pk"].as_i64().unwrap();
                value["pk"] = (pk + i64::from(version) * 1_000_000).into();
            }
        }
        page.to_string().into_bytes()
    }))
}

/// A command in a name space of its own, where it may mount a file system.
fn on_a_disk(program: &Command, script: &str, workspace: &Workspace) -> Command {
    let mut shell = Command::new("unshare");
    shell
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ])
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir(workspace.path(""))
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
        );
    shell
}

/// Whether this machine lets a test mount a file system.
fn may_mount() -> bool {
    let workspace = Workspace::new();
    let script = "mkdir small && mount -t tmpfs -o size=1m none small";
    let mut command = on_a_disk(&Command::new("true"), script, &workspace);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Changes one of the things in flight, journals included.
fn change_part(
    workspace: &Workspace,
    at: u64,
    met: &AtomicU64,
    change: impl FnOnce(&mut Vec<u8>, usize),
) {
    let parts = workspace.out().join(".gcapi/parts");
    let mut paths: Vec<_> = std::fs::read_dir(parts)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let at = usize::try_from(at).unwrap();
    let Some(path) = paths.get(at % paths.len().max(1)) else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    let place = at % bytes.len().max(1);
    change(&mut bytes, place);
    std::fs::write(path as &Path, bytes).unwrap();
    met.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn whatever_happens_the_same_command_ends_with_what_the_platform_has() {
    let (sequences, first) = (
        number("GCAPI_SEQUENCES", SEQUENCES),
        number("GCAPI_SEED", 1),
    );
    let disks = cfg!(target_os = "linux") && may_mount();
    if !disks {
        eprintln!("left out: full disks, which this machine does not let a test mount");
    }
    let met = Met::default();
    std::thread::scope(|scope| {
        for thread in 0..THREADS.min(sequences) {
            let met = &met;
            scope.spawn(move || {
                let world = World::new(disks);
                let seeds =
                    (first + thread..first + sequences).step_by(usize::try_from(THREADS).unwrap());
                for seed in seeds {
                    world.play(seed, met);
                }
            });
        }
    });
    let count = |what: &AtomicU64| what.load(Ordering::SeqCst);
    let (kills, parts, full, reused) = (
        count(&met.kills),
        count(&met.parts),
        count(&met.full),
        count(&met.reused),
    );
    println!(
        "{sequences} sequences: {kills} kills, {parts} parts spoilt, {full} full disks, {reused} resumed"
    );
    // Otherwise this would prove less than it says.
    if sequences >= SEQUENCES {
        assert!(
            kills > 100 && parts > 20 && reused > 20,
            "{kills} {parts} {reused}"
        );
        assert!(full > 10 || !disks, "{full} full disks");
    }
}
