//! A DICOM image set: listed when it is its turn, then fetched instance by
//! instance.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{TryStreamExt, stream};
use gcapi_archive::{
    ArchiveFolder, Catalogue, Error as ArchiveError, FileOrigin, PathRefused, layout,
};
use uuid::Uuid;

use super::instance_list::InstanceList;
use super::remote::Origin;
use super::{Brought, FetchError, Fetcher, places};
use crate::plan::Destination;
use crate::{Error, Event, Existing};

impl Fetcher {
    /// Every instance of a set; those that are here are left alone.
    pub(super) async fn dicom_image_set(
        &self,
        image: Uuid,
        image_set_id: &str,
        folders: Vec<Destination>,
    ) -> Result<Brought, FetchError> {
        let Some(first) = folders.first() else {
            return Ok(Brought::All);
        };
        let folder = first.path.to_string();
        let set = InstanceList::new(image);
        let uids = set.uids(&self.files.client).await?;
        let (count, id) = (uids.len() as u64, image_set_id.to_owned());
        self.catalogue
            .run(move |catalogue| catalogue.put_dicom_image_set(image, &id, count))
            .await?;
        let failed = &AtomicBool::new(false);
        let mut instances = Vec::with_capacity(uids.len());
        for uid in uids {
            match instance_paths(&folders, &uid) {
                Ok(destinations) => instances.push((uid, destinations)),
                Err(refused) => {
                    failed.store(true, Ordering::Relaxed);
                    let place = format!("{folder}/{uid}");
                    self.settle(vec![place], Err(ArchiveError::from(refused).into()))
                        .await?;
                }
            }
        }
        let instances = self.without_held(instances).await?;
        for folder in &folders {
            let here = |destination: &&Destination| {
                (destination.item, destination.value) == (folder.item, folder.value)
            };
            let destinations = instances.iter().flat_map(|(_, destinations)| destinations);
            self.files.observer.on_event(&Event::DicomImageSet {
                path: folder.path.to_string(),
                instances: destinations.filter(here).count() as u64,
            });
        }
        let set = &set;
        stream::iter(instances.into_iter().map(Ok::<_, Error>))
            .try_for_each_concurrent(self.jobs, |(sop_instance_uid, destinations)| async move {
                let places = places(&destinations);
                let origin = FileOrigin::DicomInstance {
                    image,
                    sop_instance_uid: sop_instance_uid.clone(),
                };
                let from = Origin::Instance {
                    set,
                    sop_instance_uid: &sop_instance_uid,
                };
                let result = self.file(from, origin, &[], destinations).await;
                failed.fetch_or(result.is_err(), Ordering::Relaxed);
                self.settle(places, result.map(drop)).await
            })
            .await?;
        Ok(match failed.load(Ordering::Relaxed) {
            true => Brought::Some,
            false => Brought::All,
        })
    }

    /// The instances with the destinations at which they are not what the
    /// catalogue says; without those that are everywhere.
    async fn without_held(
        &self,
        instances: Vec<(String, Vec<Destination>)>,
    ) -> Result<Vec<(String, Vec<Destination>)>, FetchError> {
        if self.existing == Existing::Overwrite {
            return Ok(instances);
        }
        let folder = self.folder.clone();
        let missing = self
            .catalogue
            .run(move |catalogue| {
                let mut missing = Vec::new();
                for (uid, mut destinations) in instances {
                    let mut error = None;
                    destinations.retain(|destination| {
                        match is_held(catalogue, &folder, destination) {
                            Ok(held) => !held,
                            Err(found) => {
                                error = Some(found);
                                true
                            }
                        }
                    });
                    match error {
                        Some(error) => return Err(error),
                        None if destinations.is_empty() => {}
                        None => missing.push((uid, destinations)),
                    }
                }
                Ok(missing)
            })
            .await?;
        Ok(missing)
    }
}

/// Where one instance of a set goes, below the folders of the set.
fn instance_paths(
    folders: &[Destination],
    sop_instance_uid: &str,
) -> Result<Vec<Destination>, PathRefused> {
    folders
        .iter()
        .map(|folder| {
            let path = layout::dicom_instance_path(&folder.path, sop_instance_uid)?;
            Ok(Destination {
                path,
                ..folder.clone()
            })
        })
        .collect()
}

/// Whether a file is there with the size and time the catalogue says.
fn is_held(
    catalogue: &Catalogue,
    folder: &ArchiveFolder,
    destination: &Destination,
) -> Result<bool, ArchiveError> {
    let Some(record) = catalogue.file(&destination.path)? else {
        return Ok(false);
    };
    let on_disk = match folder.look(&destination.path) {
        Ok(on_disk) => on_disk,
        Err(ArchiveError::InTheWay { .. }) => None,
        Err(error) => return Err(error),
    };
    let expected = (record.written.size, record.modified_ns);
    Ok(record.value == destination.value
        && on_disk.is_some_and(|on_disk| (on_disk.size, on_disk.modified_ns) == expected))
}
