//! What of a plan is on disk already.

use gcapi_archive::layout;
use gcapi_archive::{Catalogue, Error as ArchiveError, FileOrigin, FileRecord, verify};
use uuid::Uuid;

use super::{Destination, Kept, Planned, Planner};
use crate::Existing;

/// What the catalogue knows of files, those of one item read at once: most
/// destinations of an item are its own.
pub(super) struct Known<'a> {
    pub(super) catalogue: &'a Catalogue,
    item: Option<Uuid>,
    /// In the order of their path.
    files: Vec<FileRecord>,
}

impl<'a> Known<'a> {
    /// What is known while this item is planned, or while none is.
    pub(super) fn of(catalogue: &'a Catalogue, item: Option<Uuid>) -> Result<Self, ArchiveError> {
        let files = match item {
            Some(item) => catalogue.single_files_of_item(item)?,
            None => Vec::new(),
        };
        Ok(Self {
            catalogue,
            item,
            files,
        })
    }

    /// The file at a destination.
    fn file(&self, destination: &Destination) -> Result<Option<FileRecord>, ArchiveError> {
        if self.item.is_none() || destination.item != self.item {
            return self.catalogue.file(&destination.path);
        }
        let index = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(destination.path.as_str()));
        Ok(index.ok().and_then(|index| self.files.get(index)).cloned())
    }
}

impl Planner<'_> {
    /// The destinations at which something is not here yet; the others are
    /// kept.
    pub(super) fn missing(
        &self,
        known: &Known<'_>,
        origin: &FileOrigin,
        destinations: Vec<Destination>,
        planned: &mut Planned,
    ) -> Result<Vec<Destination>, ArchiveError> {
        let mut missing = Vec::new();
        for destination in destinations {
            let held = known.file(&destination)?.filter(|record| {
                record.origin == *origin
                    && (record.item, record.value) == (destination.item, destination.value)
            });
            match held {
                Some(record) if self.is_here(&record, planned)? => planned.kept.push(Kept {
                    path: destination.path,
                    files: 1,
                    bytes: record.written.size,
                }),
                _ => missing.push(destination),
            }
        }
        Ok(missing)
    }

    /// The same for DICOM image sets, whose destinations are folders: a set
    /// is here when as many of its instances are as it was listed to have.
    pub(super) fn missing_sets(
        &self,
        catalogue: &Catalogue,
        image: Uuid,
        image_set_id: &str,
        destinations: Vec<Destination>,
        planned: &mut Planned,
    ) -> Result<Vec<Destination>, ArchiveError> {
        let instances = catalogue.dicom_instance_count(image, image_set_id)?;
        let held = catalogue.files_of_image(image)?;
        let mut missing = Vec::new();
        for destination in destinations {
            let mut kept = Kept {
                path: destination.path.clone(),
                files: 0,
                bytes: 0,
            };
            for record in &held {
                let FileOrigin::DicomInstance {
                    sop_instance_uid, ..
                } = &record.origin
                else {
                    continue;
                };
                let expected = layout::dicom_instance_path(&destination.path, sop_instance_uid)?;
                if record.path == expected
                    && record.value == destination.value
                    && self.is_here(record, planned)?
                {
                    kept.files += 1;
                    kept.bytes += record.written.size;
                }
            }
            if Some(kept.files) == instances {
                planned.kept.push(kept);
            } else {
                missing.push(destination);
            }
        }
        Ok(missing)
    }

    /// Whether a file is what the catalogue says. Its size and time of change
    /// are enough; where only the time differs (a folder that was copied, or
    /// a file that was changed) the bytes decide.
    fn is_here(&self, record: &FileRecord, planned: &mut Planned) -> Result<bool, ArchiveError> {
        if self.existing == Existing::Overwrite {
            return Ok(false);
        }
        let on_disk = match self.folder.look(&record.path) {
            Ok(Some(on_disk)) if on_disk.size == record.written.size => on_disk,
            // What stands in the way is reported when a file is published.
            Ok(_) | Err(ArchiveError::InTheWay { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        if on_disk.modified_ns == record.modified_ns {
            return Ok(true);
        }
        let stopped = || self.stop.reason().is_some();
        let same = verify::content_unless(self.folder, &record.path, &stopped)
            .is_ok_and(|content| content.as_ref() == Some(&record.written));
        if same {
            planned.touched.push(FileRecord {
                modified_ns: on_disk.modified_ns,
                ..record.clone()
            });
        }
        Ok(same)
    }
}
