//! Images.

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::null_as_default;

/// An image, with the files it is made of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Image {
    /// The key.
    pub pk: Uuid,
    /// The name of the upload. Not unique, and with any characters, `/` among them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The files, in no particular order. Empty for DICOM image sets and unfinished imports.
    #[serde(default, deserialize_with = "null_as_default")]
    pub files: Vec<ImageFile>,
    /// The image set, for DICOM images; they have no files.
    #[serde(default)]
    pub dicom_image_set: Option<DicomImageSet>,
    /// The width in voxels.
    #[serde(default)]
    pub width: Option<u64>,
    /// The height in voxels.
    #[serde(default)]
    pub height: Option<u64>,
    /// The depth in voxels.
    #[serde(default)]
    pub depth: Option<u64>,
    /// The shape, slowest axis first, colour last.
    #[serde(default, deserialize_with = "null_as_default")]
    pub shape: Vec<u64>,
    /// The shape without the axis of colour.
    #[serde(default, deserialize_with = "null_as_default")]
    pub shape_without_color: Vec<u64>,
    /// `GRAY`, `RGB`, `RGBA`, `YCBCR` or empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub color_space: String,
    /// How the image was taken.
    #[serde(default)]
    pub modality: Option<Modality>,
    /// The width of a voxel in millimetres.
    #[serde(default)]
    pub voxel_width_mm: Option<f64>,
    /// The height of a voxel in millimetres.
    #[serde(default)]
    pub voxel_height_mm: Option<f64>,
    /// The depth of a voxel in millimetres.
    #[serde(default)]
    pub voxel_depth_mm: Option<f64>,
    /// The centre of the display window.
    #[serde(default)]
    pub window_center: Option<f64>,
    /// The width of the display window.
    #[serde(default)]
    pub window_width: Option<f64>,
    /// The labels that occur in a segmentation.
    #[serde(default)]
    pub segments: Option<Vec<i64>>,
    /// The address of this object in the API.
    #[serde(default, deserialize_with = "null_as_default")]
    pub api_url: String,
}

/// One file of an image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ImageFile {
    /// The key.
    pub pk: Uuid,
    /// The key of the image.
    #[serde(default)]
    pub image: Option<String>,
    /// The media address.
    #[serde(default, deserialize_with = "null_as_default")]
    pub file: String,
    /// `MHD`, `TIFF` or `DZI`.
    #[serde(default)]
    pub image_type: Option<String>,
}

/// The image set behind a DICOM image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DicomImageSet {
    /// The key in the DICOM store.
    #[serde(default, deserialize_with = "null_as_default")]
    pub image_set_id: String,
}

/// How an image was taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Modality {
    /// The name, such as `CT`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub modality: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PK: &str = "dae5c1f0-8d96-469b-bf61-d6f9ef144f44";

    #[test]
    fn an_image_with_files_is_read() {
        let image: Image = serde_json::from_str(&format!(
            r#"{{"pk":"{PK}","name":"case_002.mhd","files":[
                {{"pk":"{PK}","image":"{PK}","file":"https://gc.example/media/a.mhd","image_type":"MHD"}},
                {{"pk":"{PK}","image":"{PK}","file":null,"image_type":"NEW"}}],
                "dicom_image_set":null,"width":10,"height":10,"depth":null,"color_space":"GRAY",
                "modality":{{"modality":"CT"}},"shape":[10,10,10],"voxel_width_mm":1.0,"voxel_height_mm":2,
                "patient_id":"","segments":[0,1]}}"#
        ))
        .unwrap();
        assert_eq!(image.files.len(), 2);
        assert_eq!(image.files[1].file, "");
        assert_eq!(
            (image.voxel_width_mm, image.voxel_height_mm),
            (Some(1.0), Some(2.0))
        );
        assert_eq!(image.modality.unwrap().modality, "CT");
    }

    #[test]
    fn only_the_key_of_an_image_is_needed() {
        let image: Image = serde_json::from_str(&format!(
            r#"{{"pk":"{PK}","files":null,"name":null,"dicom_image_set":{{"image_set_id":"0123"}}}}"#
        ))
        .unwrap();
        assert_eq!(image.dicom_image_set.unwrap().image_set_id, "0123");
    }
}
