//! Holds the files on disk against the catalogue.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{ArchiveFolder, Catalogue, Content, Error, FileOrigin, FileRecord, RelativePath};

/// Records read from the catalogue at a time.
const PAGE: u64 = 1000;

/// Bytes read from a file at a time.
const BUFFER: usize = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files that are what the catalogue says.
    pub intact: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Everything else, in the order of the paths.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether every file is there and what it should be. Files the catalogue
    /// does not know, and formats nobody here reads, do not count against it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        !self
            .findings
            .iter()
            .any(|finding| finding.problem.is_damage())
    }
}

/// One file that is not what the catalogue says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Path below the output folder.
    pub path: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub problem: Problem,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// It is in the catalogue and not on disk.
    Missing,
    /// Its length differs.
    Size {
        /// Bytes according to the catalogue.
        expected: u64,
        /// Bytes on disk.
        found: u64,
    },
    /// Its length is right and its bytes are not.
    Content {
        /// SHA-256 according to the catalogue.
        expected: String,
        /// SHA-256 of what is on disk.
        found: String,
    },
    /// It cannot be read, or a link or folder stands in its place.
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// Its bytes are those that were fetched, and are not what they should be.
    Defect {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
        /// What to do.
        next_step: String,
    },
    /// It may be fine, but what it holds was not looked at.
    Undecoded {
        /// Why not.
        reason: String,
    },
    /// It is on disk and not in the catalogue.
    Unknown,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("it is not there"),
            Self::Size { expected, found } => {
                write!(formatter, "{found} bytes instead of {expected}")
            }
            Self::Content { expected, found } => {
                write!(formatter, "SHA-256 {found} instead of {expected}")
            }
            Self::Unreadable { reason } | Self::Undecoded { reason } => formatter.write_str(reason),
            Self::Defect {
                expected, found, ..
            } => write!(formatter, "expected {expected}; found {found}"),
            Self::Unknown => formatter.write_str("not in the catalogue"),
        }
    }
}

impl Problem {
    /// Whether it counts against the archive.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Undecoded { .. })
    }
}

/// Looks into files that belong together, whose bytes are those that were
/// fetched: the files of an image at one place, or a single file. It is called
/// from several threads.
pub type Look<'a> = dyn Fn(&[FileRecord]) -> Vec<Finding> + Sync + 'a;

/// Reads every file of the catalogue and compares size and SHA-256; then
/// looks for files the catalogue does not know. `progress` is given the bytes
/// of each file done, from several threads.
///
/// Memory does not grow with the files' sizes; findings are kept.
///
/// # Errors
/// [`Error::Catalogue`] or [`Error::CannotRead`] for a folder that cannot be
/// listed. A file that cannot be read is a finding.
pub fn verify(
    folder: &ArchiveFolder,
    catalogue: &Catalogue,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Error> {
    verify_with(folder, catalogue, progress, &|_| Vec::new())
}

/// As [`verify`], and has somebody look into the files that are intact, right
/// after their bytes were read: what fits into the system's cache comes from
/// the disk once.
///
/// # Errors
/// As for [`verify`].
pub fn verify_with(
    folder: &ArchiveFolder,
    catalogue: &Catalogue,
    progress: &(dyn Fn(u64) + Sync),
    look: &Look<'_>,
) -> Result<Report, Error> {
    let check = Check {
        folder,
        progress,
        look,
    };
    let mut report = Report::default();
    let mut after: Option<RelativePath> = None;
    let mut rest: Vec<FileRecord> = Vec::new();
    loop {
        let page = catalogue.files_after(after.as_ref(), PAGE)?;
        let is_last = page.is_empty();
        if let Some(last) = page.last() {
            after = Some(last.path.clone());
        }
        rest.extend(page);
        let mut groups: Vec<Vec<FileRecord>> =
            rest.chunk_by(belong_together).map(<[_]>::to_vec).collect();
        // The last one may go on in the next page.
        rest = if is_last {
            Vec::new()
        } else {
            groups.pop().unwrap_or_default()
        };
        check.all(groups, &mut report);
        if is_last {
            break;
        }
    }
    let mut unknown = Vec::new();
    folder.walk(&mut |path| {
        let known = match RelativePath::parse(path) {
            Ok(path) => catalogue.file(&path)?.is_some(),
            Err(_) => false,
        };
        if !known {
            unknown.push(Finding {
                path: path.to_owned(),
                problem: Problem::Unknown,
            });
        }
        Ok(())
    })?;
    report.findings.append(&mut unknown);
    report.findings.sort();
    Ok(report)
}

/// Whether two files, neighbours by their paths, are of one image at one place.
fn belong_together(one: &FileRecord, other: &FileRecord) -> bool {
    let image = |file: &FileRecord| match file.origin {
        FileOrigin::ImageFile { image, .. } | FileOrigin::DicomInstance { image, .. } => {
            Some((image, file.item, file.socket))
        }
        FileOrigin::Value | FileOrigin::File => None,
    };
    image(one).is_some() && image(one) == image(other)
}

/// What is done with each file.
struct Check<'a> {
    folder: &'a ArchiveFolder,
    progress: &'a (dyn Fn(u64) + Sync),
    look: &'a Look<'a>,
}

impl Check<'_> {
    /// Checks groups of files on as many threads as the machine has.
    fn all(&self, groups: Vec<Vec<FileRecord>>, report: &mut Report) {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let queue = Mutex::new(groups.into_iter());
        let results = Mutex::new(report);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut buffer = vec![0; BUFFER];
                    loop {
                        let next = lock(&queue).next();
                        let Some(group) = next else { break };
                        let findings = self.group(&group, &mut buffer);
                        let mut report = lock(&results);
                        for record in &group {
                            let path = record.path.as_str();
                            let is_damaged = findings
                                .iter()
                                .any(|finding| finding.path == path && finding.problem.is_damage());
                            if !is_damaged {
                                report.intact += 1;
                                report.bytes += record.written.size;
                            }
                        }
                        report.findings.extend(findings);
                    }
                });
            }
        });
    }

    /// What is wrong with files that belong together.
    fn group(&self, group: &[FileRecord], buffer: &mut [u8]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for record in group {
            findings.extend(check(self.folder, record, buffer).map(|problem| Finding {
                path: record.path.to_string(),
                problem,
            }));
        }
        if findings.is_empty() {
            findings = (self.look)(group);
        }
        for record in group {
            (self.progress)(record.written.size);
        }
        findings
    }
}

/// A lock that another thread's panic does not take from us.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn check(folder: &ArchiveFolder, record: &FileRecord, buffer: &mut [u8]) -> Option<Problem> {
    let on_disk = match folder.look(&record.path) {
        Ok(Some(on_disk)) => on_disk,
        Ok(None) => return Some(Problem::Missing),
        Err(error) => {
            return Some(Problem::Unreadable {
                reason: error.to_string(),
            });
        }
    };
    if on_disk.size != record.written.size {
        return Some(Problem::Size {
            expected: record.written.size,
            found: on_disk.size,
        });
    }
    match hash(&folder.absolute(&record.path), buffer, &|| false) {
        Err(error) => Some(Problem::Unreadable {
            reason: error.to_string(),
        }),
        Ok(Some(content)) if content.sha256 != record.written.sha256 => Some(Problem::Content {
            expected: record.written.sha256.clone(),
            found: content.sha256,
        }),
        Ok(_) => None,
    }
}

/// Size and SHA-256 of a file of an archive as it lies on disk.
///
/// # Errors
/// [`Error::CannotRead`]; [`Error::InTheWay`] if there is no plain file.
pub fn content_of(folder: &ArchiveFolder, path: &RelativePath) -> Result<Content, Error> {
    let content = content_unless(folder, path, &|| false)?;
    // Nobody stops it.
    Ok(content.unwrap_or_else(|| Content::of(b"")))
}

/// The same; `None` once `stopped` says so, which is asked now and then: a
/// large file takes minutes.
///
/// # Errors
/// As for [`content_of`].
pub fn content_unless(
    folder: &ArchiveFolder,
    path: &RelativePath,
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Content>, Error> {
    folder.look(path)?;
    let place = folder.absolute(path);
    hash(&place, &mut vec![0; BUFFER], stopped).map_err(|source| Error::reading(&place, source))
}

/// Size and SHA-256 of a file.
fn hash(
    path: &Path,
    buffer: &mut [u8],
    stopped: &dyn Fn() -> bool,
) -> std::io::Result<Option<Content>> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut size = 0;
    while !stopped() {
        let read = file.read(buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(Some(Content::new(size, hasher)));
        };
        hasher.update(bytes);
        size += u64::try_from(read).unwrap_or(u64::MAX);
    }
    Ok(None)
}
