//! The second stage: from what the archive holds to jobs.
//!
//! A plan is made item by item from the catalogue and the disk, and changes
//! neither. Paths are decided here and nowhere else (`place.rs`), so what is
//! wrong with one is found before its first byte is fetched; what is on disk
//! already is found in `held.rs`; `stage.rs` runs it on a thread of its own.

mod held;
mod item;
mod job;
mod place;
mod stage;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use gcapi_archive::layout::{ImagePlace, Layout};
use gcapi_archive::{
    ArchiveFolder, Catalogue, Error as ArchiveError, Failure, FileOrigin, FileRecord, ImageRecord,
    ItemRecord, RelativePath, SocketRecord,
};
use uuid::Uuid;

pub use item::{PlannedItem, PlannedValue};
pub use job::{Destination, Job, Sibling, Source};
pub(crate) use place::served_name;
pub(crate) use stage::Planning;

use crate::event::{Action, Event};
use crate::listing::Listed;
use crate::{DownloadRequest, Existing, Selection, Stop};
use held::Known;
use place::{Content, Placed, PlacedImage};

/// What came of planning one item or image.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// The item, if it is one and selected.
    pub(crate) item: Option<PlannedItem>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) failures: Vec<Failure>,
    /// Files whose time of change differs while their bytes do not.
    pub(crate) touched: Vec<FileRecord>,
    /// Files of the catalogue that are of nothing any more.
    pub(crate) stale: Vec<FileRecord>,
}

/// A file, or a DICOM image set, that is here already.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: RelativePath,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Makes the plan; knows what it needs beside the catalogue.
#[derive(Debug)]
pub(crate) struct Planner<'a> {
    folder: &'a ArchiveFolder,
    layout: Layout,
    selection: &'a Selection,
    existing: Existing,
    prune: bool,
    stop: &'a Stop,
    listed: &'a Listed,
    /// What is used more than once and was planned with its first use.
    shared: HashSet<Shared>,
    /// Sockets met so far.
    sockets: HashMap<i64, Rc<SocketRecord>>,
}

/// Something several values may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shared {
    Image(Uuid),
    FileValue(i64),
}

/// A value of some item.
struct Use {
    item: Uuid,
    placed: Placed,
}

impl Use {
    fn destination(&self, path: RelativePath) -> Destination {
        Destination {
            path,
            item: Some(self.item),
            socket: Some(self.placed.socket),
            value: Some(self.placed.value),
        }
    }
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        folder: &'a ArchiveFolder,
        request: &'a DownloadRequest,
        listed: &'a Listed,
    ) -> Self {
        Self {
            folder,
            layout: request.layout,
            selection: &request.selection,
            existing: request.existing,
            // With a gap in the listing something would only seem to be gone.
            prune: request.prune && listed.failures.is_empty(),
            stop: &request.stop,
            listed,
            shared: HashSet::new(),
            sockets: HashMap::new(),
        }
    }

    /// Plans one item.
    pub(crate) fn item(
        &mut self,
        catalogue: &Catalogue,
        item: &ItemRecord,
    ) -> Result<Planned, ArchiveError> {
        let mut planned = Planned::default();
        if !self.selection.has_item(&item.pk.to_string(), &item.title) {
            return Ok(planned);
        }
        let all_placed = self.place(catalogue, item, &mut planned.failures)?;
        let known = Known::of(catalogue, Some(item.pk))?;
        planned.item = Some(PlannedItem::new(item, &all_placed));
        if self.prune && planned.failures.is_empty() {
            planned.stale = stale(catalogue.files_of_item(item.pk)?, &all_placed);
        }
        for placed in all_placed {
            let this = Use {
                item: item.pk,
                placed,
            };
            let shared = match &this.placed.content {
                Content::Value { .. } => None,
                Content::File { .. } => Some(Shared::FileValue(this.placed.value)),
                Content::Image(image) => Some(Shared::Image(image.image)),
                Content::DicomImageSet { image, .. } => Some(Shared::Image(*image)),
            };
            let uses = match shared {
                None => vec![this],
                Some(shared) => self.with_other_uses(catalogue, shared, this)?,
            };
            self.plan(&known, &uses, &mut planned)?;
        }
        planned.replace_what_moves();
        Ok(planned)
    }

    /// Plans one image in image-only mode.
    pub(crate) fn image(
        &self,
        catalogue: &Catalogue,
        image: &ImageRecord,
    ) -> Result<Planned, ArchiveError> {
        let mut planned = Planned::default();
        let known = Known::of(catalogue, None)?;
        let destination = |path| Destination {
            path,
            item: None,
            socket: None,
            value: None,
        };
        let content = self.image_content(ImagePlace::Root, image);
        if self.prune
            && let Ok(content) = &content
        {
            planned.stale = catalogue
                .files_of_image(image.pk)?
                .into_iter()
                .filter(|record| record.item.is_none() && !content.has(record))
                .collect();
        }
        match content {
            Err(refusal) => planned.failures.push(refusal.at(image.pk.to_string())),
            Ok(Content::DicomImageSet {
                image,
                image_set_id,
                folder,
            }) => {
                let folders = vec![destination(folder)];
                self.plan_dicom_image_set(&known, image, &image_set_id, folders, &mut planned)?;
            }
            Ok(Content::Image(image)) => {
                self.plan_image(&known, &[(&image, &destination)], &mut planned)?;
            }
            Ok(Content::Value { .. } | Content::File { .. }) => {}
        }
        Ok(planned)
    }

    /// This use of something and all others; none at all if it was planned
    /// with an earlier one.
    fn with_other_uses(
        &mut self,
        catalogue: &Catalogue,
        shared: Shared,
        this: Use,
    ) -> Result<Vec<Use>, ArchiveError> {
        if self.shared.contains(&shared) {
            return Ok(Vec::new());
        }
        let others = match shared {
            Shared::Image(image) => catalogue.uses_of_image(image)?,
            Shared::FileValue(value) => catalogue.uses_of_file_value(value)?,
        };
        if others.len() < 2 {
            return Ok(vec![this]);
        }
        self.shared.insert(shared);
        let here = (this.item, this.placed.position);
        let mut uses = vec![this];
        for other in others {
            if (other.item, other.position) == here {
                continue;
            }
            let Some(item) = catalogue.item(other.item)? else {
                continue;
            };
            if !self.selection.has_item(&item.pk.to_string(), &item.title) {
                continue;
            }
            // What is wrong with that item is reported when it is its turn.
            let placed = self.place(catalogue, &item, &mut Vec::new())?;
            let placed = placed
                .into_iter()
                .find(|placed| placed.position == other.position);
            uses.extend(placed.map(|placed| Use {
                item: item.pk,
                placed,
            }));
        }
        Ok(uses)
    }

    /// Plans something at all its uses, which have the same kind of content.
    fn plan(
        &self,
        known: &Known<'_>,
        uses: &[Use],
        planned: &mut Planned,
    ) -> Result<(), ArchiveError> {
        let Some(first) = uses.first() else {
            return Ok(());
        };
        match &first.placed.content {
            Content::Value { json, path } => {
                let destinations = vec![first.destination(path.clone())];
                let missing = self.missing(known, &FileOrigin::Value, destinations, planned)?;
                push(planned, Source::Value { json: json.clone() }, missing);
            }
            Content::File { url, .. } => {
                let destinations = uses.iter().filter_map(|one| match &one.placed.content {
                    Content::File { path, .. } => Some(one.destination(path.clone())),
                    _ => None,
                });
                let destinations = destinations.collect();
                let missing = self.missing(known, &FileOrigin::File, destinations, planned)?;
                push(planned, Source::File { url: url.clone() }, missing);
            }
            Content::DicomImageSet {
                image,
                image_set_id,
                ..
            } => {
                let folders = uses.iter().filter_map(|one| match &one.placed.content {
                    Content::DicomImageSet { folder, .. } => Some(one.destination(folder.clone())),
                    _ => None,
                });
                let folders = folders.collect();
                self.plan_dicom_image_set(known, *image, image_set_id, folders, planned)?;
            }
            Content::Image(_) => {
                let destinations: Vec<_> = uses
                    .iter()
                    .map(|one| |path| one.destination(path))
                    .collect();
                let images: Vec<ImageUse<'_>> = uses
                    .iter()
                    .zip(&destinations)
                    .filter_map(|(one, destination)| match &one.placed.content {
                        Content::Image(image) => {
                            Some((image, destination as &dyn Fn(RelativePath) -> Destination))
                        }
                        _ => None,
                    })
                    .collect();
                self.plan_image(known, &images, planned)?;
            }
        }
        Ok(())
    }

    fn plan_dicom_image_set(
        &self,
        known: &Known<'_>,
        image: Uuid,
        image_set_id: &str,
        folders: Vec<Destination>,
        planned: &mut Planned,
    ) -> Result<(), ArchiveError> {
        if !self.selection.has_image_type(Some("DICOM")) {
            return Ok(());
        }
        let missing = self.missing_sets(known.catalogue, image, image_set_id, folders, planned)?;
        let image_set_id = image_set_id.to_owned();
        push(
            planned,
            Source::DicomImageSet {
                image,
                image_set_id,
            },
            missing,
        );
        Ok(())
    }

    /// One job for each selected file of an image, for all its uses at once.
    fn plan_image(
        &self,
        known: &Known<'_>,
        uses: &[ImageUse<'_>],
        planned: &mut Planned,
    ) -> Result<(), ArchiveError> {
        let Some((first, _)) = uses.first() else {
            return Ok(());
        };
        for (index, file) in first
            .files
            .iter()
            .enumerate()
            .filter(|(_, file)| file.selected)
        {
            let origin = FileOrigin::ImageFile {
                image: first.image,
                image_file: file.pk,
            };
            let is_header =
                gcapi_archive::layout::suffix(file.path.as_str()).eq_ignore_ascii_case("mhd");
            // A header names its data file, which is called otherwise in
            // other places of the flat layout: one job for each such name.
            let mut groups: Vec<(Vec<Sibling>, Vec<Destination>)> = Vec::new();
            for (image, destination) in uses {
                let Some(there) = image.files.get(index) else {
                    continue;
                };
                let siblings = if is_header {
                    image.siblings_of(file.pk)
                } else {
                    Vec::new()
                };
                let destination = destination(there.path.clone());
                match groups.iter_mut().find(|(names, _)| *names == siblings) {
                    Some((_, destinations)) => destinations.push(destination),
                    None => groups.push((siblings, vec![destination])),
                }
            }
            for (siblings, destinations) in groups {
                let missing = self.missing(known, &origin, destinations, planned)?;
                let source = Source::ImageFile {
                    image: first.image,
                    image_file: file.pk,
                    url: file.url.clone(),
                    siblings,
                };
                push(planned, source, missing);
            }
        }
        Ok(())
    }
}

/// An image at one place, and how a path there becomes a destination.
type ImageUse<'a> = (&'a PlacedImage, &'a dyn Fn(RelativePath) -> Destination);

/// The files of an item that no value of it has any more.
fn stale(held: Vec<FileRecord>, placed: &[Placed]) -> Vec<FileRecord> {
    let is_placed = |record: &FileRecord| placed.iter().any(|value| value.content.has(record));
    held.into_iter()
        .filter(|record| !is_placed(record))
        .collect()
}

fn push(planned: &mut Planned, source: Source, destinations: Vec<Destination>) {
    if !destinations.is_empty() {
        planned.jobs.push(Job {
            source,
            destinations,
            replaces: Vec::new(),
        });
    }
}

impl Planned {
    /// Lets what is stale go with the job that brings its value to another
    /// path, so that it is not gone before the other is there.
    fn replace_what_moves(&mut self) {
        let wanted: Vec<RelativePath> = self
            .jobs
            .iter()
            .flat_map(|job| &job.destinations)
            .map(|destination| destination.path.clone())
            .collect();
        let mut stale = Vec::new();
        for record in std::mem::take(&mut self.stale) {
            let is_in_the_way = wanted.iter().any(|path| path.collides_with(&record.path));
            let brings = |job: &&mut Job| {
                job.destinations.iter().any(|destination| {
                    (destination.item, destination.socket) == (record.item, record.socket)
                })
            };
            // The last one, where an image has several files.
            match self.jobs.iter_mut().rfind(brings) {
                Some(job) if !is_in_the_way => job.replaces.push(record),
                _ => stale.push(record),
            }
        }
        self.stale = stale;
    }

    /// What the observer is told of this part of the plan.
    pub(crate) fn events(&self) -> impl Iterator<Item = Event> + '_ {
        let jobs = self.jobs.iter().flat_map(|job| {
            let files = u64::from(!matches!(job.source, Source::DicomImageSet { .. }));
            job.destinations
                .iter()
                .map(move |destination| Event::Planned {
                    path: destination.path.to_string(),
                    action: Action::Fetch,
                    files,
                    bytes: 0,
                })
        });
        let kept = self.kept.iter().map(|kept| Event::Planned {
            path: kept.path.to_string(),
            action: Action::Keep,
            files: kept.files,
            bytes: kept.bytes,
        });
        let replaced = self.jobs.iter().flat_map(|job| &job.replaces);
        let stale = self
            .stale
            .iter()
            .chain(replaced)
            .map(|record| Event::Planned {
                path: record.path.to_string(),
                action: Action::Remove,
                files: 1,
                bytes: record.written.size,
            });
        let whole = self.item.clone().map(Event::ItemPlanned);
        jobs.chain(kept).chain(stale).chain(whole)
    }
}
