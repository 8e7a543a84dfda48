//! Decodes every file to its end, in memory that does not grow with the files, and holds images
//! against what the platform said of them.
//!
//! | file | what is checked |
//! |---|---|
//! | image | all that [`gcapi_image::Image::check`] checks; size, channels and spacing of the record |
//! | DICOM image set | the same, and that it has as many instances as the platform listed |
//! | `.json` | that it is JSON, in UTF-8 |
//! | `.pdf` | header, end and cross-references |
//!
//! Other formats keep their checksum as their only proof. What is only not supported here is
//! reported and counts as no damage.

mod compare;
mod json;
mod pdf;
mod trouble;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use gcapi_archive::verify::{Finding, Problem, Report, verify_with};
use gcapi_archive::{ArchiveFolder, Catalogue, Error, FileOrigin, FileRecord, ImageRecord, layout};
use gcapi_image::{Image, Limits};
use uuid::Uuid;

use crate::ImageFacts;
use trouble::Trouble;

/// Bytes of samples decoded at once at most, by each thread.
const SAMPLES: u64 = 1 << 30;

/// Reads every file of an archive twice, the second time from the system's cache where it fits: once
/// for its SHA-256 and once to decode it. `progress` is given the bytes of each file done, from
/// several threads.
///
/// # Errors
/// As for [`gcapi_archive::verify::verify`]. What is wrong with a file is a finding.
pub fn verify(
    folder: &ArchiveFolder,
    catalogue: &Catalogue,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Error> {
    let inspector = Inspector {
        folder,
        records: Mutex::new(Catalogue::open(folder)?),
    };
    verify_with(folder, catalogue, progress, &|files| inspector.look(files))
}

/// Looks into files.
struct Inspector<'a> {
    folder: &'a ArchiveFolder,
    /// For all threads: a look-up takes microseconds, and what is looked up is decoded for long.
    records: Mutex<Catalogue>,
}

impl Inspector<'_> {
    fn look(&self, files: &[FileRecord]) -> Vec<Finding> {
        match files {
            [first, ..] => match &first.origin {
                FileOrigin::DicomInstance { image, .. } => self.image_set(*image, files),
                FileOrigin::ImageFile { image, .. } => self.image_files(*image, files),
                FileOrigin::Value => self.json(first),
                FileOrigin::File => self.file(first),
            },
            [] => Vec::new(),
        }
    }

    fn json(&self, file: &FileRecord) -> Vec<Finding> {
        let checked = json::check(&self.folder.absolute(&file.path));
        checked
            .err()
            .map(|trouble| at(file.path.as_str(), trouble))
            .into_iter()
            .collect()
    }

    /// A File has no record beside its name.
    fn file(&self, file: &FileRecord) -> Vec<Finding> {
        let path = self.folder.absolute(&file.path);
        let checked = match suffix(file).as_str() {
            "json" => json::check(&path),
            "pdf" => pdf::check(&path),
            "mha" | "tif" | "tiff" | "nii" | "nii.gz" | "dcm" | "png" | "jpg" | "jpeg" => {
                gcapi_image::open_within(&path, &limits())
                    .and_then(|image| image.check())
                    .map(drop)
                    .map_err(|error| Trouble::of_image(&error.problem))
            }
            _ => Ok(()),
        };
        checked
            .err()
            .map(|trouble| at(file.path.as_str(), trouble))
            .into_iter()
            .collect()
    }

    fn image_files(&self, pk: Uuid, files: &[FileRecord]) -> Vec<Finding> {
        let record = match self.record(pk) {
            Ok(record) => record,
            Err(error) => return unread(files, &error),
        };
        let mut findings = Vec::new();
        for file in files {
            if layout::is_companion(file.path.as_str()) {
                continue;
            }
            let opened = gcapi_image::open_within(&self.folder.absolute(&file.path), &limits());
            let troubles = troubles(opened, record.as_ref());
            findings.extend(troubles.map(|trouble| at(file.path.as_str(), trouble)));
        }
        findings
    }

    fn image_set(&self, pk: Uuid, files: &[FileRecord]) -> Vec<Finding> {
        let looked_up = self.record(pk).and_then(|record| {
            let set = record
                .as_ref()
                .and_then(|record| record.dicom_image_set.clone());
            let listed = match &set {
                Some(set) => self.locked().dicom_instance_count(pk, set)?,
                None => None,
            };
            Ok((record, listed))
        });
        let (record, listed) = match looked_up {
            Ok(found) => found,
            Err(error) => return unread(files, &error),
        };
        let Some(folder) = files
            .first()
            .and_then(|file| file.path.as_str().rsplit_once('/'))
            .map(|(folder, _)| folder)
        else {
            return Vec::new();
        };
        let found = files.len() as u64;
        if let Some(listed) = listed.filter(|listed| *listed != found) {
            // Whether the rest is a volume says nothing of the set.
            let trouble = Trouble::Defect {
                expected: format!("{listed} instances, as the platform listed"),
                found: format!("{found} instances"),
                next_step: "run the gcapi download command of this folder again: it fetches what \
                            is missing",
            };
            return vec![at(folder, trouble)];
        }
        let instances: Vec<PathBuf> = files
            .iter()
            .map(|file| self.folder.absolute(&file.path))
            .collect();
        let place = self.folder.root().join(folder);
        let opened = gcapi_image::open_dicom_instances(&place, instances, &limits());
        let of_one = |error: &gcapi_image::Error| {
            let path = error.path.strip_prefix(self.folder.root()).ok()?;
            let known = files
                .iter()
                .find(|file| std::path::Path::new(file.path.as_str()) == path)?;
            Some(known.path.to_string())
        };
        // The error names the instance where it is one's.
        let opened = opened.and_then(|image| image.check().map(|_| image));
        let path = opened.as_ref().err().and_then(of_one);
        let troubles = match opened {
            Ok(image) => compare::differences(&image, &facts(record.as_ref())),
            Err(error) => vec![Trouble::of_image(&error.problem)],
        };
        let path = path.unwrap_or_else(|| folder.to_owned());
        let troubles = troubles.into_iter();
        troubles.map(|trouble| at(&path, trouble)).collect()
    }

    fn record(&self, pk: Uuid) -> Result<Option<ImageRecord>, Error> {
        self.locked().image(pk)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Catalogue> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is wrong with an image.
fn troubles(
    opened: Result<Image, gcapi_image::Error>,
    record: Option<&ImageRecord>,
) -> impl Iterator<Item = Trouble> {
    let found = match opened {
        Err(error) => vec![Trouble::of_image(&error.problem)],
        Ok(image) => {
            let mut found = compare::differences(&image, &facts(record));
            let undecoded = image.check().err();
            found.extend(undecoded.map(|error| Trouble::of_image(&error.problem)));
            found
        }
    };
    found.into_iter()
}

fn facts(record: Option<&ImageRecord>) -> ImageFacts {
    record.map_or_else(ImageFacts::default, |record| {
        ImageFacts::parse(&record.record)
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.sample_bytes = SAMPLES;
    limits
}

/// What follows the first dot of a compressed NIfTI, and the last one of other names, in lower case.
fn suffix(file: &FileRecord) -> String {
    let name = file.path.name().unwrap_or_default().to_ascii_lowercase();
    if name.ends_with(".nii.gz") {
        return "nii.gz".to_owned();
    }
    name.rsplit_once('.')
        .map_or_else(String::new, |(_, suffix)| suffix.to_owned())
}

fn at(path: &str, trouble: Trouble) -> Finding {
    Finding {
        path: path.to_owned(),
        problem: trouble.into(),
    }
}

/// The catalogue did not answer.
fn unread(files: &[FileRecord], error: &Error) -> Vec<Finding> {
    let problem = Problem::Unreadable {
        reason: error.to_string(),
    };
    files
        .iter()
        .take(1)
        .map(|file| Finding {
            path: file.path.to_string(),
            problem: problem.clone(),
        })
        .collect()
}
