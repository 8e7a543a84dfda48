//! What an image of the archive is: pixels, files, and what the API says of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::identifiers::{image_file_url, image_url, pk};
use crate::error::Error;
use crate::formats::dicom::Instance;
use crate::formats::{Coding, Pyramid, Series, deep_zoom, metaimage};
use crate::phantom::SEGMENTS;
use crate::raster::Volume;

/// Which image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the names say it; `all` shows how each is made"
)]
pub enum ImageKey {
    LiverScan,
    LiverOrgans,
    LiverLikelihood,
    HealthyScan,
    NoduleScan,
    NoduleOrgans,
    TurnedScan,
    TurnedOrgans,
    Series,
    Slide,
    Biopsy,
    Head,
    Earlier,
    Retest,
}

/// The pixels of an image and the format they are stored in.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// One `.mha` file for each volume.
    SingleFiles(Vec<Volume>),
    /// A `.mhd` file and the `.zraw` file of this name that it points to.
    HeaderAndData(Volume, &'static str),
    /// A `.tif` file and a `.dzi` file.
    Slide(Pyramid),
    /// A DICOM image set: no files of its own.
    Dicom(Series, Volume),
}

/// What the API says of how an image was made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Imaging {
    /// Abbreviation of the modality.
    pub modality: Option<&'static str>,
    /// Middle and width of the window, in the units of the voxels.
    pub window: Option<(f64, f64)>,
    /// Number of the patient.
    pub patient_id: &'static str,
    /// Whether the voxels are labels.
    pub labels: bool,
}

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Which one.
    pub key: ImageKey,
    /// Primary key.
    pub pk: Uuid,
    /// Name of the upload it was made from.
    pub name: &'static str,
    /// Pixels and format.
    pub source: Source,
    /// How it was made.
    pub imaging: Imaging,
}

/// One file of an image, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// Primary key.
    pub pk: Uuid,
    /// The name it is served under.
    pub name: String,
    /// `MHD`, `TIFF` or `DZI`.
    pub image_type: &'static str,
}

impl Image {
    pub(super) fn new(key: ImageKey, name: &'static str, source: Source, imaging: Imaging) -> Self {
        Self {
            key,
            pk: pk(&format!("image {key:?}")),
            name,
            source,
            imaging,
        }
    }

    /// The files the API lists; none for a DICOM image set. What the platform
    /// imported itself is named by the image's key.
    #[must_use]
    pub fn files(&self) -> Vec<ImageFile> {
        let names = match &self.source {
            Source::SingleFiles(volumes) if volumes.len() == 1 => {
                vec![(format!("{}.mha", self.pk), "MHD")]
            }
            Source::SingleFiles(volumes) => (1..=volumes.len())
                .map(|number| (format!("scan_{number}.mha"), "MHD"))
                .collect(),
            Source::HeaderAndData(_, data_file) => {
                let header_file = data_file.replace(".zraw", ".mhd");
                vec![(header_file, "MHD"), ((*data_file).to_owned(), "MHD")]
            }
            Source::Slide(_) => vec![
                (format!("{}.tif", self.pk), "TIFF"),
                (format!("{}.dzi", self.pk), "DZI"),
            ],
            Source::Dicom(..) => Vec::new(),
        };
        names
            .into_iter()
            .map(|(name, image_type)| ImageFile {
                pk: pk(&format!("file {:?} {name}", self.key)),
                name,
                image_type,
            })
            .collect()
    }

    /// The bytes of [`Image::files`], in their order.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn encode(&self) -> Result<Vec<Vec<u8>>, Error> {
        match &self.source {
            Source::SingleFiles(volumes) => volumes.iter().map(metaimage::single_file).collect(),
            Source::HeaderAndData(volume, data_file) => {
                let pair = metaimage::header_and_data(volume, data_file)?;
                Ok(vec![pair.header, pair.data])
            }
            Source::Slide(pyramid) => {
                let first = pyramid.levels.first().map(deep_zoom::description);
                Ok(vec![pyramid.encode()?, first.unwrap_or_default()])
            }
            Source::Dicom(..) => Ok(Vec::new()),
        }
    }

    /// The instances of a DICOM image set, in the order of the slices; none
    /// for other images.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn instances(&self) -> Result<Vec<Instance>, Error> {
        match &self.source {
            Source::Dicom(series, volume) => series.instances(volume),
            _ => Ok(Vec::new()),
        }
    }

    /// The identifier of the DICOM image set: 32 hexadecimal digits.
    #[must_use]
    pub fn dicom_image_set(&self) -> Option<String> {
        matches!(self.source, Source::Dicom(..)).then(|| pk("image set").simple().to_string())
    }

    /// The URL of a file of this image.
    #[must_use]
    pub fn file_url(&self, file: &ImageFile) -> String {
        image_file_url(self.pk, file.pk, &file.name)
    }

    /// The image as the API gives it.
    #[must_use]
    pub fn record(&self) -> Value {
        let files: Vec<Value> = self
            .files()
            .iter()
            .map(|file| {
                json!({
                    "pk": file.pk,
                    "image": self.pk,
                    "file": self.file_url(file),
                    "image_type": file.image_type,
                })
            })
            .collect();
        let (depth, height, width, spacing, colour) = self.extent();
        let mut shape: Vec<usize> = depth.into_iter().chain([height, width]).collect();
        let shape_without_color = shape.clone();
        if colour != "GRAY" {
            shape.push(3);
        }
        let [voxel_width, voxel_height, voxel_depth] = spacing;
        let series = match &self.source {
            Source::Dicom(series, _) => Some(series),
            _ => None,
        };
        let labels: Option<Vec<u8>> = self
            .imaging
            .labels
            .then(|| SEGMENTS.iter().map(|segment| segment.label).collect());
        json!({
            "pk": self.pk,
            "name": self.name,
            "files": files,
            "dicom_image_set": self.dicom_image_set().map(|id| json!({"image_set_id": id})),
            "width": width,
            "height": height,
            "depth": depth,
            "color_space": colour,
            "modality": self.imaging.modality.map(|modality| json!({"modality": modality})),
            "eye_choice": "NA",
            "stereoscopic_choice": null,
            "field_of_view": null,
            "shape_without_color": shape_without_color,
            "shape": shape,
            "voxel_width_mm": voxel_width,
            "voxel_height_mm": voxel_height,
            "voxel_depth_mm": voxel_depth,
            "api_url": image_url(self.pk),
            "patient_id": self.imaging.patient_id,
            "patient_name": series.map_or("", |series| series.patient_name.as_str()),
            "patient_birth_date": null,
            "patient_age": series.map_or("", |series| series.patient_age),
            "patient_sex": series.map_or("", |series| series.patient_sex),
            "study_date": series.map(|_| "2024-09-30"),
            "study_instance_uid": series.map(Series::study_instance_uid).unwrap_or_default(),
            "series_instance_uid": series.map(Series::series_instance_uid).unwrap_or_default(),
            "study_description": series.map_or("", |series| series.study_description.as_str()),
            "series_description": series.map_or("", |series| series.series_description.as_str()),
            "window_center": self.imaging.window.map(|(centre, _)| centre),
            "window_width": self.imaging.window.map(|(_, width)| width),
            "segments": labels,
        })
    }

    /// Depth, height, width, size of a voxel (x, y, z in millimetres), colours.
    fn extent(&self) -> (Option<usize>, usize, usize, [Option<f64>; 3], &'static str) {
        let volume = match &self.source {
            Source::SingleFiles(volumes) => volumes.first(),
            Source::HeaderAndData(volume, _) | Source::Dicom(_, volume) => Some(volume),
            Source::Slide(pyramid) => {
                let (width, height) = pyramid
                    .levels
                    .first()
                    .map_or((0, 0), |level| (level.width, level.height));
                let edge = Some(pyramid.pixel_um / 1000.0);
                let colour = if pyramid.coding == Coding::Lossless {
                    "RGB"
                } else {
                    "YCBCR"
                };
                return (None, height, width, [edge, edge, None], colour);
            }
        };
        volume.map_or((None, 0, 0, [None; 3], "GRAY"), |volume| {
            let [depth, height, width] = volume.geometry.shape;
            (
                Some(depth),
                height,
                width,
                volume.geometry.spacing_mm.map(Some),
                "GRAY",
            )
        })
    }
}
