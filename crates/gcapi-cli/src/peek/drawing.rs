//! The header and the picture of an image whose files are in the store.

use std::io;
use std::path::Path;
use std::sync::Arc;

use gcapi_image::{Files, Format, Image, Limits, OpenFile, Problem};
use gcapi_inspect::html::Thumbnail;
use gcapi_transfer::RemoteImage;
use serde::Serialize;

use crate::human;

/// Pixels along the longer side of a picture: a cell on a screen with two pixels for one.
const EDGE: u32 = 384;

/// Bytes of samples that a picture may be made from.
const SAMPLES: u64 = 256 << 20;

/// What the header of an image says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    pub(crate) format: &'static str,
    /// Samples along each axis, x first.
    pub(crate) size: Vec<u64>,
    /// Their distance in millimetres; 1 where it is unknown.
    pub(crate) spacing: Vec<f64>,
    pub(crate) element: &'static str,
    pub(crate) channels: u32,
    /// Levels of a pyramid.
    pub(crate) levels: usize,
}

/// Why there is no picture.
#[derive(Debug)]
pub(crate) enum NoPicture {
    /// The image may be fine.
    NotShown(String),
    /// It is not.
    Failed(String),
}

/// What was found in the files of an image.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) facts: Option<Facts>,
    /// `None` where none was wanted.
    pub(crate) picture: Option<Result<Thumbnail, NoPicture>>,
}

/// Reads the header of an image, and draws it if a picture is wanted and takes no more than `most`
/// bytes of its files.
pub(crate) fn draw(image: RemoteImage, with_picture: bool, most: u64) -> Drawn {
    let failed = |facts, reason| Drawn {
        facts,
        picture: Some(Err(reason)),
    };
    let main = image.names().min_by_key(|name| rank(name));
    let Some(main) = main.map(str::to_owned) else {
        let reason = "the image set has no instances".to_owned();
        return failed(None, NoPicture::NotShown(reason));
    };
    let mut limits = Limits::default();
    limits.sample_bytes = SAMPLES;
    limits.header_bytes = limits.header_bytes.min(most);
    let store = Arc::new(Store { image, main });
    let files: Arc<dyn Files> = Arc::clone(&store) as _;
    let opened = gcapi_image::open_from(files, Path::new(&store.main), &limits);
    let image = match opened {
        Ok(image) => image,
        Err(error) => return failed(None, error.problem.into()),
    };
    let facts = Some(Facts::of(&image));
    if !with_picture {
        return Drawn {
            facts,
            picture: None,
        };
    }
    match picture(&image, &store, most) {
        Ok(picture) => Drawn {
            facts,
            picture: Some(Ok(picture)),
        },
        Err(reason) => failed(facts, reason),
    }
}

fn picture(image: &Image, store: &Store, most: u64) -> Result<Thumbnail, NoPicture> {
    let unread = |error: io::Error| NoPicture::Failed(error.to_string());
    let lengths = store.image.names().map(|name| store.image.length(name));
    let stored: u64 = lengths.sum::<io::Result<u64>>().map_err(unread)?;
    let share = gcapi_image::thumbnail_share(image, EDGE);
    let estimate = (stored as f64 * share) as u64;
    // What is not worth beginning is not begun.
    if estimate > most {
        return Err(NoPicture::NotShown(too_much(Some(estimate), most)));
    }
    let drawn = gcapi_image::thumbnail(image, EDGE).map_err(|error| error.problem)?;
    Thumbnail::new(&drawn)
        .ok_or_else(|| NoPicture::NotShown("its picture is too long for a page".to_owned()))
}

/// Why there is no picture of what takes about `estimate` bytes.
pub(super) fn too_much(estimate: Option<u64>, most: u64) -> String {
    let takes = match estimate {
        Some(estimate) => format!("about {}", human::bytes(estimate)),
        None => "more".to_owned(),
    };
    format!(
        "no more than {} are read of an image, and its picture takes {takes}: see \
         --bytes-per-image",
        human::bytes(most)
    )
}

impl From<Problem> for NoPicture {
    fn from(problem: Problem) -> Self {
        let reason = format!("it {problem}");
        match problem {
            Problem::Unsupported(_)
            | Problem::TooLarge { .. }
            | Problem::NoMemory(_)
            | Problem::Unrecognized => Self::NotShown(reason),
            _ => Self::Failed(reason),
        }
    }
}

impl Facts {
    fn of(image: &Image) -> Self {
        Self {
            format: match image.format() {
                Format::MetaImage => "MetaImage",
                Format::Tiff => "TIFF",
                Format::Dicom => "DICOM",
                Format::Nifti => "NIfTI",
                Format::Png => "PNG",
                Format::Jpeg => "JPEG",
                _ => "another format",
            },
            size: image.size().to_vec(),
            spacing: image.spacing().to_vec(),
            element: image.element().name(),
            channels: image.channels(),
            levels: image.levels().len(),
        }
    }
}

/// The files of an image as its reader asks for them.
struct Store {
    image: RemoteImage,
    main: String,
}

impl Files for Store {
    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        let mut others = self.image.names().filter(|other| *other != self.main);
        let file = match self.image.open(name) {
            // Upload names lose spaces and brackets on the way, so the only other file of the image
            // is the one that is meant.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match (others.next(), others.next()) {
                    (Some(only), None) => self.image.open(only)?,
                    _ => return Err(error),
                }
            }
            opened => opened?,
        };
        let length = file.length();
        Ok(OpenFile::new(file, length))
    }
}

/// Groups the files of an image: those that are images by themselves, each with all that are not, such
/// as the data file of a header. The platform has images of several.
pub(super) fn images<T: Clone>(files: Vec<(String, T)>) -> Vec<Vec<(String, T)>> {
    let least = files.iter().map(|(name, _)| rank(name)).min();
    let (main, others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(name, _)| Some(rank(name)) == least);
    let with_others = |file| {
        std::iter::once(file)
            .chain(others.iter().cloned())
            .collect()
    };
    main.into_iter().map(with_others).collect()
}

/// A header goes before its data, and what is an image by its name before what is none.
fn rank(name: &str) -> u8 {
    let name = name.to_ascii_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&[".mha", ".mhd", ".tif", ".tiff", ".dcm", ".nii", ".nii.gz"]) {
        0
    } else if ends(&[".raw", ".zraw"]) {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_goes_with_the_files_that_are_none() {
        let grouped = |names: &[&str]| {
            let files = names.iter().map(|name| ((*name).to_owned(), ()));
            let groups = images(files.collect());
            let names = |group: Vec<(String, ())>| group.into_iter().map(|(name, ())| name);
            let groups = groups
                .into_iter()
                .map(|group| names(group).collect::<Vec<_>>());
            groups.collect::<Vec<_>>()
        };
        assert_eq!(grouped(&["a.zraw", "a.mhd"]), [["a.mhd", "a.zraw"]]);
        assert_eq!(grouped(&["a.mha", "b.MHA"]), [["a.mha"], ["b.MHA"]]);
        assert_eq!(grouped(&["a.raw", "b"]), [["b", "a.raw"]]);
        assert_eq!(grouped(&[]), Vec::<Vec<String>>::new());
    }
}
