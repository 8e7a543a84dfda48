//! What must hold after every run, however it ended.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Platform, demo, trees};

use crate::program::{Run, Workspace, run};
use crate::random::Random;

/// An archive, and what it comes to when nothing goes wrong. The two differ
/// in headers that name a file by the name it had when it was uploaded.
pub(crate) struct Reference {
    pub(crate) slug: &'static str,
    pub(crate) served: PathBuf,
    pub(crate) tree: PathBuf,
    _temporary: Workspace,
}

/// The first request for a file asks for that much; what is larger comes in
/// parts of at least that much.
pub(crate) const PART: usize = 8 << 20;

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes: Vec<u8> = (0..size.div_ceil(4))
        .flat_map(|_| random.below(1 << 31).to_le_bytes().into_iter().take(4))
        .collect();
    bytes.truncate(size);
    bytes
}

impl Reference {
    /// The demo archive.
    pub(crate) fn demo() -> &'static Self {
        static REFERENCE: OnceLock<Reference> = OnceLock::new();
        REFERENCE.get_or_init(|| Self::of(Workspace::new(), "demo", demo().folder))
    }

    /// Files of a few hundred kilobytes, of some megabytes and of several
    /// parts, images of two files, DICOM image sets and values.
    pub(crate) fn mixed() -> &'static Self {
        static REFERENCE: OnceLock<Reference> = OnceLock::new();
        REFERENCE.get_or_init(|| {
            let workspace = Workspace::new();
            let folder = workspace.path("served");
            mixed().build(&folder).unwrap();
            Self::of(workspace, "mixed", folder)
        })
    }

    fn of(workspace: Workspace, slug: &'static str, served: PathBuf) -> Self {
        download(&workspace, &Platform::start(&served), slug).expect(0);
        let reference = Self {
            slug,
            served,
            tree: workspace.out().to_path_buf(),
            _temporary: workspace,
        };
        let difference = trees::compare(&reference.served, &reference.tree);
        let broken = difference
            .different
            .iter()
            .filter(|path| !path.ends_with(".mhd"));
        assert_eq!(broken.count(), 0, "{difference}");
        assert!(
            difference.missing.is_empty() && difference.extra.is_empty(),
            "{difference}"
        );
        reference
    }
}

fn mixed() -> ArchiveBuilder {
    let mut archive = ArchiveBuilder::new("mixed");
    for case in 0..3 {
        let title = format!("Case {case}");
        let (one, other) = (noise(10 + case, 60_000), noise(20 + case, 2_000_000));
        let slices: Vec<(String, Vec<u8>)> = (0..4)
            .map(|slice| (format!("1.2.{case}.{slice}"), noise(30 + slice, 50_000)))
            .collect();
        let slices: Vec<(&str, &[u8])> = slices
            .iter()
            .map(|(uid, bytes)| (uid.as_str(), bytes.as_slice()))
            .collect();
        archive = archive
            .value(&title, "findings", "{\"lesions\":[1.0,2.50]}")
            .file(&title, "report", &noise(case, 300_000))
            .image(
                &title,
                "ct",
                &[("a.mha", one.as_slice()), ("b.mha", &other)],
            )
            .dicom(&title, "mr", &slices);
    }
    archive.file("Case 0", "slide", &noise(40, PART + PART / 2))
}

/// Downloads an archive with few seconds for everything.
pub(crate) fn download(workspace: &Workspace, platform: &Platform, slug: &str) -> Run {
    let arguments = ["download", slug, "-o", "out", "--json", "--timeout", "1"];
    run(workspace
        .at(platform)
        .args(arguments)
        .args(["--max-retries", "8"]))
}

/// Holds that everything under a final name is as it should be, that whatever
/// is missing was named, and that a run without faults brings it.
#[track_caller]
pub(crate) fn the_promise_holds(archive: &Reference, workspace: &Workspace, run: &Run, how: &str) {
    assert!(!run.stderr.contains("panicked"), "{how}\n{}", run.stderr);
    if workspace.out().exists() {
        let difference = trees::compare(&archive.tree, workspace.out());
        assert!(difference.different.is_empty(), "{how}\n{difference}");
        assert!(difference.extra.is_empty(), "{how}\n{difference}");
        if run.code == 0 {
            assert!(
                difference.missing.is_empty(),
                "{how}: exit code 0\n{difference}\n{}",
                run.stderr
            );
        }
        if run.code == 1 {
            let unnamed = unnamed(run, &difference.missing);
            assert!(unnamed.is_empty(), "{how}: {unnamed:?}\n{}", run.stderr);
        }
    }
    // A file that failed, or a platform that could not be reached at all.
    assert!(
        matches!(run.code, 0 | 1 | 7),
        "{how}: exit code {}\n{}",
        run.code,
        run.stderr
    );
    if run.code == 0 {
        return;
    }
    let platform = Platform::start(&archive.served);
    let again = download(workspace, &platform, archive.slug);
    assert_eq!(
        again.code, 0,
        "{how}, then without faults\n{}",
        again.stderr
    );
    let difference = trees::compare(&archive.tree, workspace.out());
    assert!(
        difference.is_empty(),
        "{how}, then without faults\n{difference}"
    );
}

/// What is missing and was not said to be.
fn unnamed<'a>(run: &Run, missing: &'a [String]) -> Vec<&'a String> {
    let failed: BTreeSet<String> = run
        .json()
        .iter()
        .filter(|event| event["event"] == "failed")
        .map(|event| event["place"].as_str().unwrap().to_owned())
        .collect();
    // A list that could not be read to its end may lack anything.
    let lists = failed.iter().any(|place| place.contains("list"));
    missing
        .iter()
        .filter(|_| !lists)
        .filter(|path| {
            // A DICOM image set fails as one, by its folder.
            !failed
                .iter()
                .any(|place| path.as_str() == place || path.starts_with(&format!("{place}/")))
        })
        .collect()
}
