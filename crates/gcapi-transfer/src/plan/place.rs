//! From a value to the paths of its files, or to why it gets none.

use std::collections::HashSet;
use std::rc::Rc;

use gcapi_archive::layout::{self, ImagePlace};
use gcapi_archive::{
    Catalogue, Error as ArchiveError, Failure, FileOrigin, FileRecord, ImageRecord, ItemRecord,
    PathRefused, RelativePath, SocketRecord, ValueRecord,
};
use url::Url;
use uuid::Uuid;

use super::{Planner, Sibling};

/// A selected value of an item with the paths of its files.
pub(super) struct Placed {
    pub(super) position: usize,
    pub(super) value: i64,
    pub(super) socket: i64,
    pub(super) slug: String,
    pub(super) super_kind: String,
    pub(super) content: Content,
}

/// What is to lie where.
pub(super) enum Content {
    Value {
        json: String,
        path: RelativePath,
    },
    File {
        url: Url,
        path: RelativePath,
    },
    Image(PlacedImage),
    DicomImageSet {
        image: Uuid,
        image_set_id: String,
        folder: RelativePath,
    },
}

/// An image and the places of its files.
pub(super) struct PlacedImage {
    pub(super) image: Uuid,
    pub(super) files: Vec<PlacedImageFile>,
}

/// One file of an image and its place.
pub(super) struct PlacedImageFile {
    pub(super) pk: Uuid,
    pub(super) url: Url,
    pub(super) served_name: String,
    pub(super) path: RelativePath,
    /// Whether its image type was asked for.
    pub(super) selected: bool,
}

impl PlacedImage {
    /// The other files of the image, for a header that names one of them.
    pub(super) fn siblings_of(&self, pk: Uuid) -> Vec<Sibling> {
        self.files
            .iter()
            .filter(|file| file.pk != pk)
            .map(|file| Sibling {
                served_name: file.served_name.clone(),
                name: file.path.name().unwrap_or_default().to_owned(),
            })
            .collect()
    }
}

impl Content {
    /// Whether a file on disk is of this. Of a DICOM image set every instance
    /// in its folder is: which ones it has is known only when it is listed.
    pub(super) fn has(&self, record: &FileRecord) -> bool {
        match self {
            Self::Value { path, .. } | Self::File { path, .. } => record.path == *path,
            Self::Image(image) => image.files.iter().any(|file| file.path == record.path),
            Self::DicomImageSet { image, folder, .. } => match &record.origin {
                FileOrigin::DicomInstance {
                    image: of,
                    sop_instance_uid,
                } => {
                    of == image
                        && layout::dicom_instance_path(folder, sop_instance_uid)
                            .is_ok_and(|path| path == record.path)
                }
                _ => false,
            },
        }
    }

    fn paths(&self) -> Vec<RelativePath> {
        match self {
            Self::Value { path, .. } | Self::File { path, .. } => vec![path.clone()],
            Self::Image(image) => image
                .files
                .iter()
                .filter(|file| file.selected)
                .map(|file| file.path.clone())
                .collect(),
            // Its files are not known yet, and its folder may be shared.
            Self::DicomImageSet { .. } => Vec::new(),
        }
    }
}

impl Planner<'_> {
    /// The selected values of an item with their paths. What is wrong with
    /// the others goes to `failures`.
    pub(super) fn place(
        &mut self,
        catalogue: &Catalogue,
        item: &ItemRecord,
        failures: &mut Vec<Failure>,
    ) -> Result<Vec<Placed>, ArchiveError> {
        let mut placed = Vec::new();
        for (position, value) in item.values.iter().enumerate() {
            let Some(socket) = self.socket(catalogue, value.socket)? else {
                continue;
            };
            if !self.selection.has_socket(&socket.slug) {
                continue;
            }
            match self.content(catalogue, item, value, &socket)? {
                Ok(content) => {
                    placed.push(Placed {
                        position,
                        value: value.pk,
                        socket: socket.pk,
                        slug: socket.slug.clone(),
                        super_kind: socket.super_kind.clone(),
                        content,
                    });
                }
                Err(refusal) => {
                    failures.push(refusal.at(format!("{} ({})", item.pk, socket.slug)));
                }
            }
        }
        refuse_conflicts(&mut placed, failures);
        Ok(placed)
    }

    /// A socket, which is asked for once: an archive has few, and every value
    /// has one.
    fn socket(
        &mut self,
        catalogue: &Catalogue,
        pk: i64,
    ) -> Result<Option<Rc<SocketRecord>>, ArchiveError> {
        if let Some(socket) = self.sockets.get(&pk) {
            return Ok(Some(Rc::clone(socket)));
        }
        let socket = catalogue.socket(pk)?.map(Rc::new);
        if let Some(socket) = &socket {
            self.sockets.insert(pk, Rc::clone(socket));
        }
        Ok(socket)
    }

    fn content(
        &self,
        catalogue: &Catalogue,
        item: &ItemRecord,
        value: &ValueRecord,
        socket: &SocketRecord,
    ) -> Result<Result<Content, Refusal>, ArchiveError> {
        let path = || layout::value_path(item.pk, &socket.relative_path).map_err(Refusal::from);
        // Chosen by super kind alone: `null`, `0` and `""` are values too.
        Ok(match socket.super_kind.to_ascii_lowercase().as_str() {
            "value" => path().map(|path| Content::Value {
                json: value.value.clone().unwrap_or_else(|| "null".to_owned()),
                path,
            }),
            "file" => match value.file.as_deref() {
                Some(url) => {
                    media_url(url).and_then(|url| Ok(Content::File { url, path: path()? }))
                }
                None => Err(Refusal::incomplete(
                    "the socket takes a File, and the value has none",
                )),
            },
            "image" => match value.image {
                Some(pk) => match catalogue.image(pk)? {
                    Some(image) => self.image_content(
                        ImagePlace::Socket {
                            item: item.pk,
                            slug: &socket.slug,
                            relative_path: &socket.relative_path,
                            layout: self.layout,
                        },
                        &image,
                    ),
                    None => Err(self.unseen(pk)),
                },
                None => Err(Refusal::incomplete(
                    "the socket takes an Image, and the value has none",
                )),
            },
            _ => Err(Refusal {
                reason: format!(
                    "the super kind {:?} is not known to this program",
                    socket.super_kind
                ),
                next_step: "look for a newer version of gcapi",
            }),
        })
    }

    fn unseen(&self, image: Uuid) -> Refusal {
        let why = self.listed.missing_images.get(&image);
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        Refusal {
            reason: format!("the image {image} cannot be seen{why}"),
            next_step: "ask the archive's editors for access to it, then run again",
        }
    }

    pub(super) fn image_content(
        &self,
        place: ImagePlace<'_>,
        image: &ImageRecord,
    ) -> Result<Content, Refusal> {
        if let Some(image_set_id) = &image.dicom_image_set {
            return Ok(Content::DicomImageSet {
                image: image.pk,
                image_set_id: image_set_id.clone(),
                folder: layout::dicom_folder(place, image.pk)?,
            });
        }
        if image.files.is_empty() {
            return Err(Refusal::incomplete(&format!(
                "the image {} has no files",
                image.pk
            )));
        }
        let mut urls = Vec::with_capacity(image.files.len());
        let mut names = Vec::with_capacity(image.files.len());
        for file in &image.files {
            let url = media_url(&file.url)?;
            names.push((file.pk, served_name(&url)));
            urls.push(url);
        }
        // Names are made from all files, so that what a file is called does
        // not depend on which others were asked for.
        let paths = layout::image_file_paths(place, image.pk, &names)?;
        let files = image
            .files
            .iter()
            .zip(urls)
            .zip(names)
            .zip(paths)
            .map(|(((file, url), (pk, served_name)), path)| PlacedImageFile {
                pk,
                url,
                served_name,
                path,
                selected: self.selection.has_image_type(file.image_type.as_deref()),
            })
            .collect();
        Ok(Content::Image(PlacedImage {
            image: image.pk,
            files,
        }))
    }
}

/// Takes out the values of one item that a disk would merge.
fn refuse_conflicts(placed: &mut Vec<Placed>, failures: &mut Vec<Failure>) {
    let (owners, paths): (Vec<usize>, Vec<RelativePath>) = placed
        .iter()
        .enumerate()
        .flat_map(|(owner, value)| {
            value
                .content
                .paths()
                .into_iter()
                .map(move |path| (owner, path))
        })
        .unzip();
    let mut refused = HashSet::new();
    for (one, other) in layout::conflicts(&paths) {
        let (Some(owner), Some(path), Some(met)) =
            (owners.get(one), paths.get(one), paths.get(other))
        else {
            continue;
        };
        if refused.insert(*owner) {
            failures.push(Failure {
                place: path.to_string(),
                reason: format!("it cannot lie beside {met} on every disk"),
                next_step: "fetch one of the two with --socket, the other into another folder"
                    .to_owned(),
            });
        }
    }
    let mut owner = 0;
    placed.retain(|_| {
        owner += 1;
        !refused.contains(&(owner - 1))
    });
}

/// Why a value gets no path.
pub(super) struct Refusal {
    reason: String,
    next_step: &'static str,
}

impl Refusal {
    fn incomplete(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            next_step: "its import failed or is under way: run again later, or ask the archive's \
                        editors",
        }
    }

    pub(super) fn at(self, place: String) -> Failure {
        Failure {
            place,
            reason: self.reason,
            next_step: self.next_step.to_owned(),
        }
    }
}

impl From<PathRefused> for Refusal {
    fn from(refused: PathRefused) -> Self {
        Self {
            reason: refused.to_string(),
            next_step: "report the path to the platform: a path there should never look so",
        }
    }
}

fn media_url(text: &str) -> Result<Url, Refusal> {
    Url::parse(text).map_err(|error| Refusal {
        reason: format!("{text:?} is not a URL: {error}"),
        next_step: "report it to the platform",
    })
}

/// The last segment of a URL as people read it.
pub(crate) fn served_name(url: &Url) -> String {
    let last = url
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .unwrap_or("");
    percent_encoding::percent_decode_str(last)
        .decode_utf8_lossy()
        .into_owned()
}
