use std::time::{SystemTime, UNIX_EPOCH};

use super::taking::successor;
use super::*;

fn folder() -> (tempfile::TempDir, ArchiveFolder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
    (temporary, folder)
}

fn left(folder: &ArchiveFolder) -> Vec<String> {
    fs::read_dir(folder.lease_path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn hold(folder: &ArchiveFolder, owner: &Owner, ago: Duration) {
    let path = folder.lease_path();
    fs::write(&path, serde_json::to_vec(owner).unwrap()).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::now() - ago).unwrap();
}

#[test]
fn one_at_a_time_and_the_next_when_it_is_released() {
    let (_temporary, folder) = folder();
    let lease = Lease::acquire(&folder).unwrap();
    let error = Lease::acquire(&folder).unwrap_err();
    let Error::Held { pid, since, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(pid, std::process::id());
    assert!(since > 0);
    drop(lease);
    assert!(!folder.lease_path().exists());
    drop(Lease::acquire(&folder).unwrap());
    assert_eq!(left(&folder), ["parts"]);
}

#[test]
fn a_dead_owner_of_this_machine_is_taken_over_at_once() {
    let (_temporary, folder) = folder();
    let us = Owner::this_process();
    for dead in [
        Owner {
            pid: u32::MAX / 2,
            ..us.clone()
        },
        Owner {
            started: "another moment".into(),
            ..us.clone()
        },
    ] {
        hold(&folder, &dead, Duration::ZERO);
        drop(Lease::acquire(&folder).unwrap());
    }
}

#[test]
fn another_machine_holds_it_as_long_as_it_renews() {
    let (_temporary, folder) = folder();
    let other = Owner {
        host: "node17".into(),
        ..Owner::this_process()
    };
    hold(&folder, &other, Duration::from_secs(20));
    let error = Lease::acquire(&folder).unwrap_err();
    assert!(error.to_string().contains("node17"), "{error}");
    hold(&folder, &other, Duration::from_secs(120));
    drop(Lease::acquire(&folder).unwrap());
    // As does one that only seems to be this one.
    let twin = Owner {
        boot: "another run".into(),
        pid: u32::MAX / 2,
        ..Owner::this_process()
    };
    hold(&folder, &twin, Duration::from_secs(20));
    assert!(matches!(Lease::acquire(&folder), Err(Error::Held { .. })));
}

#[test]
fn of_many_heirs_one_succeeds() {
    let (_temporary, folder) = folder();
    let dead = Owner {
        pid: u32::MAX / 2,
        ..Owner::this_process()
    };
    hold(&folder, &dead, Duration::ZERO);
    // An heir that died before it came to its own.
    let heir = Owner {
        nonce: "heir".into(),
        ..dead.clone()
    };
    let held = fs::read(folder.lease_path()).unwrap();
    let after = successor(&folder.lease_path(), &held);
    fs::write(&after, serde_json::to_vec(&heir).unwrap()).unwrap();
    let start = std::sync::Barrier::new(8);
    let leases: Vec<_> = thread::scope(|scope| {
        let heirs: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    Lease::acquire(&folder)
                })
            })
            .collect();
        heirs.into_iter().map(|heir| heir.join().unwrap()).collect()
    });
    let succeeded = leases.iter().filter(|lease| lease.is_ok()).count();
    assert_eq!(succeeded, 1, "{leases:?}");
    drop(leases);
    assert_eq!(left(&folder), ["parts"]);
}

#[test]
fn who_was_taken_for_dead_is_told() {
    let (_temporary, folder) = folder();
    let lease = Lease::acquire(&folder).unwrap();
    lease.check().unwrap();
    let other = Owner {
        host: "node17".into(),
        ..Owner::this_process()
    };
    hold(&folder, &other, Duration::ZERO);
    // It was asleep for a while.
    lease.held.seen.store(0, Ordering::Relaxed);
    let error = lease.check().unwrap_err();
    assert!(error.to_string().contains("node17"), "{error}");
    drop(lease);
    assert!(folder.lease_path().exists(), "it is the other's");
}

#[test]
fn a_renewal_sets_the_time_and_nothing_else() {
    let (_temporary, folder) = folder();
    let lease = Lease::acquire(&folder).unwrap();
    let path = folder.lease_path();
    let content = fs::read(&path).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(UNIX_EPOCH).unwrap();
    lease.held.renew();
    let renewed = fs::metadata(&path).unwrap().modified().unwrap();
    assert!(renewed.elapsed().unwrap() < PATIENCE);
    assert_eq!(fs::read(&path).unwrap(), content);
}

#[test]
fn a_lease_nobody_can_read_counts_for_a_while() {
    let (_temporary, folder) = folder();
    fs::write(folder.lease_path(), "{").unwrap();
    assert!(matches!(Lease::acquire(&folder), Err(Error::Held { .. })));
    let file = fs::File::options()
        .write(true)
        .open(folder.lease_path())
        .unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(100))
        .unwrap();
    drop(Lease::acquire(&folder).unwrap());
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_ended_and_was_not_waited_for_is_dead() {
    let (_temporary, folder) = folder();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let stat = format!("/proc/{}/stat", child.id());
    while !fs::read_to_string(&stat).unwrap().contains(") Z ") {
        thread::sleep(Duration::from_millis(5));
    }
    let started = fs::read_to_string(&stat).unwrap();
    let fields: Vec<&str> = started
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let zombie = Owner {
        pid: child.id(),
        started: fields[19].to_owned(),
        ..Owner::this_process()
    };
    hold(&folder, &zombie, Duration::ZERO);
    drop(Lease::acquire(&folder).unwrap());
    child.wait().unwrap();
}

#[test]
fn what_the_killed_left_is_swept_away() {
    let (_temporary, folder) = folder();
    let mine = folder.lease_path();
    let old = mine.with_extension("0123.new");
    let young = mine.with_extension("4567.new");
    fs::write(&old, "{}").unwrap();
    fs::write(&young, "{}").unwrap();
    let file = fs::File::options().write(true).open(&old).unwrap();
    file.set_modified(SystemTime::now() - 2 * PATIENCE).unwrap();
    drop(Lease::acquire(&folder).unwrap());
    assert!(!old.exists() && young.exists());
}
