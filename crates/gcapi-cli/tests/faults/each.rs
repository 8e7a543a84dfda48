//! Every fault alone, and all of them together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gcapi_archive::Content;
use gcapi_testkit::{Chaos, Fault, Interference, Platform, Wire, trees};

use crate::program::Workspace;
use crate::promise::{Reference, download, the_promise_holds};

/// Runs with faults at a rate, of a thousand requests, and says how many there
/// were.
fn with_faults(archive: &Reference, seed: u64, per_mille: u64, faults: &[Fault]) -> u64 {
    let how = format!("{}, seed {seed}, {per_mille} ‰ of {faults:?}", archive.slug);
    with(archive, Chaos::new(seed, per_mille, faults), &how)
}

fn with(archive: &Reference, chaos: Chaos, how: &str) -> u64 {
    let workspace = Workspace::new();
    let chaos = Arc::new(chaos);
    let its = Arc::clone(&chaos);
    let platform = Platform::behind_a_wire(&archive.served, move |seen| its.interfere(seen));
    let run = download(&workspace, &platform, archive.slug);
    the_promise_holds(archive, &workspace, &run, how);
    chaos.faults_so_far()
}

/// Runs with one fault until it has happened some times.
fn alone(archive: &Reference, first_seed: u64) {
    for (seed, fault) in (first_seed..).step_by(10).zip(Fault::ALL) {
        let per_mille = if fault.is_of_lists() { 600 } else { 250 };
        let mut happened = 0;
        for seed in seed..seed + 8 {
            happened += with_faults(archive, seed, per_mille, &[fault]);
            if happened >= 3 {
                break;
            }
        }
        assert!(happened > 0, "{fault:?} never happened");
    }
}

#[test]
fn each_fault_alone_in_the_demo_archive() {
    alone(Reference::demo(), 1000);
}

#[test]
fn each_fault_alone_in_files_of_several_parts() {
    alone(Reference::mixed(), 2000);
}

#[test]
fn a_later_part_that_is_not_what_was_asked_for_is_not_taken() {
    let archive = Reference::mixed();
    for wrong in [
        (|| Interference::OtherRange) as fn() -> Interference,
        || Interference::WrongContentRange,
        || Interference::WithoutRange,
        || Interference::Wire(Wire::Longer(5000)),
        || Interference::Wire(Wire::Cut(100_000)),
    ] {
        let (workspace, met) = (Workspace::new(), Arc::new(AtomicU64::new(0)));
        let its = Arc::clone(&met);
        let platform = Platform::behind_a_wire(&archive.served, move |seen| {
            let range = seen.headers.get("range");
            let is_later = range.is_some_and(|range| !range.as_bytes().starts_with(b"bytes=0-"));
            if is_later && its.fetch_add(1, Ordering::SeqCst) == 0 {
                wrong()
            } else {
                Interference::Pass
            }
        });
        download(&workspace, &platform, archive.slug).expect(0);
        let difference = trees::compare(&archive.tree, workspace.out());
        assert!(difference.is_empty(), "{:?}\n{difference}", wrong());
        assert!(met.load(Ordering::SeqCst) > 0);
    }
}

#[test]
fn all_faults_together() {
    for seed in 3000..3004 {
        with_faults(Reference::demo(), seed, 50, &Fault::ALL);
        with_faults(Reference::mixed(), seed, 50, &Fault::ALL);
    }
}

#[test]
fn lists_of_many_pages_that_change_between_them() {
    let faults: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| fault.is_of_lists())
        .collect();
    let mut happened = 0;
    for seed in 5000..5008 {
        let chaos = Chaos::new(seed, 300, &faults).with_pages_of(3);
        let how = format!("seed {seed}, pages of 3");
        happened += with(Reference::demo(), chaos, &how);
    }
    assert!(happened > 8, "{happened} faults");
}

#[test]
fn files_that_change_under_way_with_everything_else_going_wrong() {
    let archive = Reference::mixed();
    let old = trees::digests(&archive.tree);
    let new: BTreeMap<String, Content> = old
        .keys()
        .map(|path| {
            let mut bytes = std::fs::read(archive.tree.join(path)).unwrap();
            bytes.iter_mut().for_each(|byte| *byte ^= 1);
            (path.clone(), Content::of(&bytes))
        })
        .collect();
    for (seed, moment) in (4000..).zip([10, 15, 20, 25, 30, 40]) {
        let workspace = Workspace::new();
        let chaos = Chaos::new(seed, 100, &Fault::ALL).changing_at(moment);
        let platform = Platform::behind_a_wire(&archive.served, move |seen| chaos.interfere(seen));
        let run = download(&workspace, &platform, archive.slug);
        let how = format!("seed {seed}\n{}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{how}");
        assert!(matches!(run.code, 0 | 1 | 7), "{how}");
        let of_one_version = || {
            for (path, content) in trees::digests(workspace.out()) {
                assert!(
                    content == old[&path] || content == new[&path],
                    "{path} is of neither version: {how}"
                );
            }
        };
        if workspace.out().exists() {
            of_one_version();
        }
        // From now on the store only has the new one.
        let chaos = Chaos::new(seed, 0, &[]).changing_at(0);
        let platform = Platform::misbehaving(&archive.served, move |seen| chaos.interfere(seen));
        download(&workspace, &platform, archive.slug).expect(0);
        of_one_version();
        assert_eq!(trees::digests(workspace.out()).len(), old.len(), "{how}");
    }
}
