//! DICOM: one CT Image Storage instance for each slice of a volume, explicit
//! VR little endian.
//!
//! Attributes: PS3.3 A.3 (CT Image IOD), file format: PS3.10. All instances of
//! a series share study, series and frame of reference; their UIDs are made
//! from UUIDs under the root 2.25 (PS3.5 B.2), so their order says nothing of
//! the order of the slices: that is in the image positions.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::meta::FileMetaTableBuilder;
use dicom_object::{FileDicomObject, InMemDicomObject};
use uuid::Uuid;

use crate::error::Error;
use crate::raster::{Element, Volume};

/// The stored values are Hounsfield units plus this, so that none is negative
/// in a scan of soft tissue and readers have to apply the intercept.
const STORED_OFFSET: i16 = 1024;

/// What a series says of its patient and study.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// All identifiers are made from this.
    pub namespace: Uuid,
    /// Family name and given name, parted by `^`.
    pub patient_name: String,
    /// The number of the patient.
    pub patient_id: String,
    /// `M`, `F` or `O`.
    pub patient_sex: &'static str,
    /// Age as DICOM writes it: `061Y`.
    pub patient_age: &'static str,
    /// Day of the study: `YYYYMMDD`.
    pub study_date: &'static str,
    /// What was examined.
    pub study_description: String,
    /// How the series was made.
    pub series_description: String,
    /// Middle and width of the window in Hounsfield units.
    pub window: (i16, i16),
}

/// One file of the series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its SOP instance UID.
    pub uid: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Series {
    /// The UID of one thing of this series.
    #[must_use]
    pub fn uid(&self, what: &str) -> String {
        format!(
            "2.25.{}",
            Uuid::new_v5(&self.namespace, what.as_bytes()).as_u128()
        )
    }

    /// The UID of the study.
    #[must_use]
    pub fn study_instance_uid(&self) -> String {
        self.uid("study")
    }

    /// The UID of the series.
    #[must_use]
    pub fn series_instance_uid(&self) -> String {
        self.uid("series")
    }

    /// Writes each slice of a volume of int16 Hounsfield units, from the first
    /// to the last.
    ///
    /// # Errors
    /// [`Error::Encode`] if the volume has other elements or cannot be written.
    pub fn instances(&self, volume: &Volume) -> Result<Vec<Instance>, Error> {
        if volume.element != Element::Int16 {
            let found = volume.element.numpy_name();
            return Err(Error::encode(
                "a DICOM series",
                format!("voxels are {found}, not int16"),
            ));
        }
        volume
            .slices()
            .enumerate()
            .map(|(index, slice)| self.instance(volume, index, slice))
            .collect()
    }

    fn instance(&self, volume: &Volume, index: usize, slice: &[u8]) -> Result<Instance, Error> {
        let uid = self.uid(&format!("instance {index}"));
        let mut elements = self.general(&uid);
        elements.extend(placed(volume, index));
        elements.extend(self.pixels(volume, slice));
        let object = InMemDicomObject::from_element_iter(elements);
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .implementation_class_uid("2.25.262086406829110419931297894772577063974")
            .implementation_version_name("GCAPI_DEMO");
        let object: FileDicomObject<_> = object
            .with_meta(meta)
            .map_err(|source| Error::encode("a DICOM header", source))?;
        let mut bytes = Vec::with_capacity(slice.len() + 4096);
        object
            .write_all(&mut bytes)
            .map_err(|source| Error::encode("a DICOM instance", source))?;
        Ok(Instance { uid, bytes })
    }

    /// Patient, study, series, equipment.
    fn general(&self, uid: &str) -> Vec<DataElement<InMemDicomObject>> {
        vec![
            text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
            DataElement::new(
                tags::IMAGE_TYPE,
                VR::CS,
                many(&["ORIGINAL", "PRIMARY", "AXIAL"]),
            ),
            text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
            text(tags::SOP_INSTANCE_UID, VR::UI, uid),
            text(tags::STUDY_DATE, VR::DA, self.study_date),
            text(tags::STUDY_TIME, VR::TM, "101500"),
            text(tags::ACCESSION_NUMBER, VR::SH, ""),
            text(tags::MODALITY, VR::CS, "CT"),
            text(tags::MANUFACTURER, VR::LO, "Phantom"),
            text(tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
            text(tags::STUDY_DESCRIPTION, VR::LO, &self.study_description),
            text(tags::SERIES_DESCRIPTION, VR::LO, &self.series_description),
            text(tags::PATIENT_NAME, VR::PN, &self.patient_name),
            text(tags::PATIENT_ID, VR::LO, &self.patient_id),
            text(tags::PATIENT_BIRTH_DATE, VR::DA, ""),
            text(tags::PATIENT_SEX, VR::CS, self.patient_sex),
            text(tags::PATIENT_AGE, VR::AS, self.patient_age),
            text(tags::KVP, VR::DS, "120"),
            text(tags::PATIENT_POSITION, VR::CS, "HFS"),
            text(tags::STUDY_INSTANCE_UID, VR::UI, &self.study_instance_uid()),
            text(
                tags::SERIES_INSTANCE_UID,
                VR::UI,
                &self.series_instance_uid(),
            ),
            text(tags::STUDY_ID, VR::SH, "1"),
            text(tags::SERIES_NUMBER, VR::IS, "2"),
            text(
                tags::FRAME_OF_REFERENCE_UID,
                VR::UI,
                &self.uid("frame of reference"),
            ),
            text(tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        ]
    }

    /// Pixels, how to read them and how to show them.
    fn pixels(&self, volume: &Volume, slice: &[u8]) -> Vec<DataElement<InMemDicomObject>> {
        let [_, height, width] = volume.geometry.shape;
        let stored: Vec<u8> = slice
            .chunks_exact(2)
            .flat_map(|pair| match pair {
                [low, high] => i16::from_le_bytes([*low, *high])
                    .saturating_add(STORED_OFFSET)
                    .to_le_bytes(),
                _ => [0, 0],
            })
            .collect();
        let short = |tag: Tag, value: usize| {
            let value = u16::try_from(value).unwrap_or(u16::MAX);
            DataElement::new(tag, VR::US, PrimitiveValue::from(value))
        };
        let (centre, window) = self.window;
        vec![
            short(tags::SAMPLES_PER_PIXEL, 1),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            short(tags::ROWS, height),
            short(tags::COLUMNS, width),
            short(tags::BITS_ALLOCATED, 16),
            short(tags::BITS_STORED, 16),
            short(tags::HIGH_BIT, 15),
            short(tags::PIXEL_REPRESENTATION, 1),
            text(tags::WINDOW_CENTER, VR::DS, &centre.to_string()),
            text(tags::WINDOW_WIDTH, VR::DS, &window.to_string()),
            text(
                tags::RESCALE_INTERCEPT,
                VR::DS,
                &(-STORED_OFFSET).to_string(),
            ),
            text(tags::RESCALE_SLOPE, VR::DS, "1"),
            text(tags::RESCALE_TYPE, VR::LO, "HU"),
            DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::from(stored)),
        ]
    }
}

/// Where this slice lies in the patient.
fn placed(volume: &Volume, index: usize) -> Vec<DataElement<InMemDicomObject>> {
    let geometry = &volume.geometry;
    let [columns, rows, _] = geometry.axes;
    let [x, y, z] = geometry.spacing_mm;
    let position = geometry.slice_origin_mm(index);
    let orientation: Vec<f64> = columns.into_iter().chain(rows).collect();
    vec![
        numbers(tags::SLICE_THICKNESS, &[z]),
        numbers(tags::SPACING_BETWEEN_SLICES, &[z]),
        text(tags::ACQUISITION_NUMBER, VR::IS, "1"),
        text(tags::INSTANCE_NUMBER, VR::IS, &(index + 1).to_string()),
        numbers(tags::IMAGE_POSITION_PATIENT, &position),
        numbers(tags::IMAGE_ORIENTATION_PATIENT, &orientation),
        numbers(tags::SLICE_LOCATION, position.get(2..).unwrap_or_default()),
        // Row spacing first, then column spacing.
        numbers(tags::PIXEL_SPACING, &[y, x]),
    ]
}

fn text(tag: Tag, vr: VR, value: &str) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, PrimitiveValue::from(value))
}

fn many(values: &[&str]) -> PrimitiveValue {
    PrimitiveValue::Strs(values.iter().map(|value| (*value).to_owned()).collect())
}

/// Numbers as decimal strings, which DICOM limits to 16 characters.
fn numbers(tag: Tag, values: &[f64]) -> DataElement<InMemDicomObject> {
    let values: Vec<String> = values.iter().map(|value| decimal(*value)).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    DataElement::new(tag, VR::DS, many(&values))
}

fn decimal(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 16 {
        plain
    } else {
        format!("{value:.9}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    fn series() -> Series {
        Series {
            namespace: Uuid::NAMESPACE_URL,
            patient_name: "Müller^Jörg".to_owned(),
            patient_id: "P1".to_owned(),
            patient_sex: "O",
            patient_age: "061Y",
            study_date: "20250102",
            study_description: "Test".to_owned(),
            series_description: "Test".to_owned(),
            window: (40, 400),
        }
    }

    #[test]
    fn a_written_instance_can_be_read_again() {
        let geometry = Geometry::axial([3, 4, 6], [0.5, 0.75, 2.5]);
        let volume = Volume::from_i16(geometry, &(-36..36).collect::<Vec<i16>>());
        let instances = series().instances(&volume).unwrap();
        assert_eq!(instances.len(), 3);
        let last = dicom_object::from_reader(instances[2].bytes.as_slice()).unwrap();
        assert_eq!(
            last.meta().media_storage_sop_instance_uid(),
            instances[2].uid
        );
        let value = |tag| last.element(tag).unwrap().to_str().unwrap().into_owned();
        assert_eq!(value(tags::PATIENT_NAME), "Müller^Jörg");
        assert_eq!(value(tags::PIXEL_SPACING), "0.75\\0.5");
        assert_eq!(value(tags::IMAGE_POSITION_PATIENT), "-1.25\\-1.125\\2.5");
        let pixels = last.element(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
        let first = i16::from_le_bytes([pixels[0], pixels[1]]);
        assert_eq!(first - STORED_OFFSET, -36 + 2 * 24);
    }

    #[test]
    fn other_voxels_are_refused() {
        let geometry = Geometry::axial([1, 1, 1], [1.0; 3]);
        let volume = Volume::from_u8(geometry, vec![0]);
        assert!(matches!(
            series().instances(&volume),
            Err(Error::Encode { .. })
        ));
    }

    #[test]
    fn identifiers_and_decimal_strings_are_short_enough() {
        assert!(series().study_instance_uid().len() <= 64);
        assert!(decimal(1.0 / 3.0).len() <= 16);
        assert!(decimal(-1234.0 / 7.0).len() <= 16);
    }
}
