//! From a path of the catalogue to an image that can be read.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gcapi_archive::{FileOrigin, FileRecord, RelativePath};
use gcapi_image::{Element, Image, Limits, open_within};

use super::refused::Refused;
use super::state::ViewerState;

/// Images that stay open: a slide is asked for tile by tile.
const KEPT_OPEN: usize = 16;

/// Bytes of samples of a slice or a region. They are needed once for each decoder at work.
const REGION_BYTES: u64 = 256 << 20;

/// Bytes of samples of a volume: about what a browser can take.
const VOLUME_BYTES: u64 = 1 << 30;

/// Samples along an axis that graphics hardware takes in three dimensions.
const VOLUME_EDGE: u64 = 2048;

/// A file of the catalogue that is on the disk.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) record: FileRecord,
    /// The file, or of a DICOM image set the folder.
    pub(super) place: PathBuf,
    /// When it changed, nanoseconds since 1970: what was made of it before is of no use.
    pub(super) modified_ns: i64,
}

/// How an image is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// In three planes.
    Volume,
    /// In tiles; those of more than 8 bits with a window.
    Slide,
    /// In one piece, as the server draws it.
    Picture,
}

impl View {
    /// The view that suits an image.
    pub(super) fn of(image: &Image) -> Self {
        let colours = image.channels();
        let is_bytes = image.element() == Element::U8;
        let fits = image.size().iter().take(3).all(|size| *size <= VOLUME_EDGE);
        let has_samples = colours == 1 || (is_bytes && matches!(colours, 3 | 4));
        match image.slices() {
            1 if is_bytes && matches!(colours, 1 | 3 | 4) => Self::Slide,
            _ if fits && has_samples => Self::Volume,
            1 if colours == 1 => Self::Slide,
            _ => Self::Picture,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Slide => "slide",
            Self::Picture => "picture",
        }
    }
}

/// Finds a file by its path. The catalogue has to have it, and no link may lead to it.
pub(super) fn find(state: &ViewerState, path: &str) -> Result<Found, Refused> {
    let path = RelativePath::parse(path).map_err(|_| Refused::NotFound)?;
    let record = state
        .ask(|catalogue| catalogue.file(&path))?
        .ok_or(Refused::NotFound)?;
    found(state, record)
}

/// Looks for the file of a record.
pub(super) fn found(state: &ViewerState, record: FileRecord) -> Result<Found, Refused> {
    let on_disk = match state.folder().look(&record.path) {
        Ok(Some(on_disk)) => on_disk,
        Ok(None) => return Err(Refused::NotFound),
        Err(error) => {
            tracing::error!(%error, "a recorded file cannot be shown");
            return Err(Refused::NotFound);
        }
    };
    let place = state.folder().absolute(&record.path);
    let place = match (&record.origin, place.parent()) {
        (FileOrigin::DicomInstance { .. }, Some(folder)) => folder.to_path_buf(),
        _ => place,
    };
    Ok(Found {
        record,
        place,
        modified_ns: on_disk.modified_ns,
    })
}

/// Opens a file that is sent as it is.
pub(super) fn open_file(state: &ViewerState, found: &Found) -> Result<File, Refused> {
    File::open(state.folder().absolute(&found.record.path)).map_err(|_| Refused::NotFound)
}

/// Opens an image to read all of it.
pub(super) fn open_volume(found: &Found) -> Result<Image, Refused> {
    Ok(open_within(&found.place, &limits(VOLUME_BYTES))?)
}

/// Opens an image to read some of it, or takes one that is open.
pub(super) fn open_region(state: &ViewerState, found: &Found) -> Result<Arc<Image>, Refused> {
    if let Some(image) = state.images().get(&found.place, found.modified_ns) {
        return Ok(image);
    }
    let image = Arc::new(open_within(&found.place, &limits(REGION_BYTES))?);
    state
        .images()
        .put(found.place.clone(), found.modified_ns, &image);
    Ok(image)
}

fn limits(sample_bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.sample_bytes = sample_bytes;
    limits
}

/// The images that were read last.
#[derive(Default)]
pub(super) struct OpenImages(Mutex<VecDeque<(PathBuf, i64, Arc<Image>)>>);

impl OpenImages {
    fn get(&self, place: &Path, modified_ns: i64) -> Option<Arc<Image>> {
        let mut images = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = images
            .iter()
            .position(|(known, modified, _)| known == place && *modified == modified_ns)?;
        let found = images.remove(index)?;
        let image = Arc::clone(&found.2);
        images.push_front(found);
        Some(image)
    }

    fn put(&self, place: PathBuf, modified_ns: i64, image: &Arc<Image>) {
        let mut images = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        images.retain(|(known, ..)| *known != place);
        images.truncate(KEPT_OPEN - 1);
        images.push_front((place, modified_ns, Arc::clone(image)));
    }
}
