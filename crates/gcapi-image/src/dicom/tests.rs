//! Sets of instances, and what is refused. Compressed pixels are tried against other readers in
//! `interoperability`.

use std::fs;
use std::path::PathBuf;

use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use tempfile::TempDir;

use crate::{Element, Problem, Samples, open, open_dicom_set};

pub(super) struct Folder(pub(super) TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(super) fn put(&self, name: &str, object: InMemDicomObject) -> PathBuf {
        self.put_as(uids::EXPLICIT_VR_LITTLE_ENDIAN, name, object)
    }

    pub(super) fn put_as(&self, syntax: &str, name: &str, object: InMemDicomObject) -> PathBuf {
        self.put_of(syntax, uids::CT_IMAGE_STORAGE, name, object)
    }

    pub(super) fn put_of_class(
        &self,
        class: &str,
        name: &str,
        object: InMemDicomObject,
    ) -> PathBuf {
        self.put_of(uids::EXPLICIT_VR_LITTLE_ENDIAN, class, name, object)
    }

    fn put_of(&self, syntax: &str, class: &str, name: &str, object: InMemDicomObject) -> PathBuf {
        let path = self.0.path().join(name);
        object
            .with_meta(
                FileMetaTableBuilder::new()
                    .transfer_syntax(syntax)
                    .media_storage_sop_class_uid(class)
                    .media_storage_sop_instance_uid("1.2.3"),
            )
            .unwrap()
            .write_to_file(&path)
            .unwrap();
        path
    }

    fn refused(&self, name: &str, object: InMemDicomObject) -> Problem {
        let path = self.put(name, object);
        open(&path)
            .and_then(|image| image.samples())
            .unwrap_err()
            .problem
    }
}

pub(super) fn number(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

fn pixels(object: &mut InMemDicomObject, bytes: Vec<u8>) {
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OB,
        PrimitiveValue::from(bytes),
    ));
}

/// A slice of 2 x 2 at a height, with 12 bits of which one is set and rescaled by -1024.
pub(super) fn slice(z: f64, value: u16) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    for (tag, value) in [
        (tags::ROWS, 2),
        (tags::COLUMNS, 2),
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 12),
        (tags::HIGH_BIT, 11),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        number(&mut object, tag, value);
    }
    for (tag, vr, value) in [
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        (tags::PIXEL_SPACING, VR::DS, "0.5\\0.25"),
        (tags::SLICE_THICKNESS, VR::DS, "9"),
        (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
        (tags::RESCALE_SLOPE, VR::DS, "1"),
        (tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
    ] {
        text(&mut object, tag, vr, value);
    }
    let position = format!("-1.5\\2\\{z}");
    text(&mut object, tags::IMAGE_POSITION_PATIENT, VR::DS, &position);
    let words = [value, value + 1, 0xf000 | value, value];
    pixels(
        &mut object,
        words.iter().flat_map(|word| word.to_le_bytes()).collect(),
    );
    object
}

#[test]
fn a_set_is_sorted_by_position_and_rescaled() {
    let folder = Folder::new();
    folder.put("a.dcm", slice(5.0, 30));
    folder.put("b.DCM", slice(-1.0, 10));
    folder.put("c.dcm", slice(2.0, 20));
    fs::write(folder.0.path().join("notes.txt"), "x").unwrap();
    for image in [open(folder.0.path()), open_dicom_set(folder.0.path())] {
        let image = image.unwrap();
        assert_eq!(image.size(), [2, 2, 3]);
        assert_eq!(image.element(), Element::I16);
        assert_eq!(image.spacing(), [0.25, 0.5, 3.0]);
        assert_eq!(image.origin(), [-1.5, 2.0, -1.0]);
        assert_eq!(image.direction(), crate::header::identity(3));
        // The four bits above the twelve do not count.
        let expected =
            [10, 20, 30].map(|value| [value - 1024, value - 1023, value - 1024, value - 1024]);
        assert_eq!(image.samples().unwrap(), Samples::I16(expected.concat()));
        assert_eq!(image.slice(1).unwrap(), Samples::I16(expected[1].to_vec()));
        image.check().unwrap();
    }
}

#[test]
fn what_is_brightest_without_a_value_is_shown_so() {
    let folder = Folder::new();
    let shown = |photometric: &str| {
        let mut object = slice(0.0, 0);
        let tag = tags::PHOTOMETRIC_INTERPRETATION;
        text(&mut object, tag, VR::CS, photometric);
        let image = open(&folder.put("a.dcm", object)).unwrap();
        // The samples are the same.
        let expected = Samples::I16(vec![-1024, -1023, -1024, -1024]);
        assert_eq!(image.samples().unwrap(), expected);
        crate::thumbnail(&image, 2).unwrap().pixels
    };
    assert_eq!(shown("MONOCHROME2").len(), 2);
    let inverted: Vec<u8> = shown("MONOCHROME2").iter().map(|pixel| !pixel).collect();
    assert_eq!(shown("MONOCHROME1"), inverted);
}

#[test]
fn a_missing_slice_is_found_by_the_check() {
    let folder = Folder::new();
    for (name, z) in [("a.dcm", 0.0), ("b.dcm", 1.0), ("c.dcm", 3.0)] {
        folder.put(name, slice(z, 1));
    }
    let image = open(folder.0.path()).unwrap();
    assert!(image.samples().is_ok());
    let error = image.check().unwrap_err();
    assert!(matches!(error.problem, Problem::Malformed(_)), "{error}");
}

#[test]
fn slices_that_make_no_volume_are_refused() {
    let other_size = |object: &mut InMemDicomObject| number(object, tags::ROWS, 1);
    let same_place = |object: &mut InMemDicomObject| {
        text(object, tags::IMAGE_POSITION_PATIENT, VR::DS, "-1.5\\2\\0");
    };
    let other_direction = |object: &mut InMemDicomObject| {
        text(
            object,
            tags::IMAGE_ORIENTATION_PATIENT,
            VR::DS,
            "0\\1\\0\\0\\0\\1",
        );
    };
    let other_spacing =
        |object: &mut InMemDicomObject| text(object, tags::PIXEL_SPACING, VR::DS, "1\\1");
    let changes: [&dyn Fn(&mut InMemDicomObject); 4] =
        [&other_size, &same_place, &other_direction, &other_spacing];
    for change in changes {
        let folder = Folder::new();
        folder.put("a.dcm", slice(0.0, 1));
        let mut second = slice(1.0, 1);
        change(&mut second);
        folder.put("b.dcm", second);
        let error = open(folder.0.path()).unwrap_err();
        assert_eq!(error.path, folder.0.path());
    }
    let empty = Folder::new();
    assert!(open(empty.0.path()).is_err());
}

#[test]
fn one_bit_is_unpacked_across_frames_and_thirty_two_are_read() {
    let folder = Folder::new();
    let mut mask = slice(0.0, 0);
    for (tag, value) in [
        (tags::ROWS, 1),
        (tags::COLUMNS, 3),
        (tags::BITS_ALLOCATED, 1),
        (tags::BITS_STORED, 1),
        (tags::HIGH_BIT, 0),
    ] {
        number(&mut mask, tag, value);
    }
    text(&mut mask, tags::NUMBER_OF_FRAMES, VR::IS, "3");
    text(&mut mask, tags::RESCALE_INTERCEPT, VR::DS, "0");
    pixels(&mut mask, vec![0b1010_0110, 1]);
    let image = open(&folder.put("mask.dcm", mask)).unwrap();
    let bits = vec![0, 1, 1, 0, 0, 1, 0, 1, 1];
    assert_eq!(image.samples().unwrap(), Samples::U8(bits));
    assert_eq!(image.slice(1).unwrap(), Samples::U8(vec![0, 0, 1]));

    let mut dose = slice(0.0, 0);
    for (tag, value) in [
        (tags::ROWS, 1),
        (tags::COLUMNS, 1),
        (tags::BITS_ALLOCATED, 32),
        (tags::BITS_STORED, 32),
        (tags::HIGH_BIT, 31),
    ] {
        number(&mut dose, tag, value);
    }
    text(&mut dose, tags::RESCALE_INTERCEPT, VR::DS, "0");
    text(&mut dose, tags::RESCALE_SLOPE, VR::DS, "0.5");
    pixels(&mut dose, 0xffff_fffe_u32.to_le_bytes().to_vec());
    let image = open(&folder.put("dose.dcm", dose)).unwrap();
    assert_eq!(
        image.samples().unwrap(),
        Samples::F64(vec![2_147_483_647.0])
    );
}

#[test]
fn planes_of_colours_are_put_beside_each_other() {
    let folder = Folder::new();
    let mut colour = slice(0.0, 0);
    for (tag, value) in [
        (tags::ROWS, 1),
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PLANAR_CONFIGURATION, 1),
    ] {
        number(&mut colour, tag, value);
    }
    text(&mut colour, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
    text(&mut colour, tags::RESCALE_INTERCEPT, VR::DS, "0");
    pixels(&mut colour, vec![1, 4, 2, 5, 3, 6]);
    let image = open(&folder.put("a.dcm", colour)).unwrap();
    assert_eq!(
        image.samples().unwrap(),
        Samples::U8(vec![1, 2, 3, 4, 5, 6])
    );
}

#[test]
fn what_cannot_be_shown_right_is_refused() {
    let folder = Folder::new();
    for photometric in ["RGB", "YBR_FULL", "XYZ"] {
        let mut object = slice(0.0, 0);
        text(
            &mut object,
            tags::PHOTOMETRIC_INTERPRETATION,
            VR::CS,
            photometric,
        );
        let problem = folder.refused("a.dcm", object);
        assert!(matches!(problem, Problem::Unsupported(_)), "{problem}");
    }
    let mut short = slice(0.0, 0);
    pixels(&mut short, vec![0; 6]);
    let problem = folder.refused("a.dcm", short);
    assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
    let mut lying = slice(0.0, 0);
    text(&mut lying, tags::NUMBER_OF_FRAMES, VR::IS, "2000000000");
    let problem = folder.refused("a.dcm", lying);
    assert!(matches!(problem, Problem::TooLarge { .. }), "{problem}");
    for (tag, value) in [
        (tags::ROWS, 0),
        (tags::BITS_STORED, 17),
        (tags::HIGH_BIT, 16),
    ] {
        let mut object = slice(0.0, 0);
        number(&mut object, tag, value);
        let problem = folder.refused("a.dcm", object);
        assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
    }
}

#[test]
fn sequences_without_end_are_refused() {
    let folder = Folder::new();
    let path = folder.put("a.dcm", InMemDicomObject::new_empty());
    let mut file = fs::read(&path).unwrap();
    // A sequence and an item, both of unknown length, and the next one in it.
    let level = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    file.extend_from_slice(&level.repeat(200_000));
    fs::write(&path, file).unwrap();
    let problem = open(&path).unwrap_err().problem;
    assert!(problem.to_string().contains("deep"), "{problem}");
}

#[test]
fn values_longer_than_the_file_take_no_memory() {
    let folder = Folder::new();
    let path = folder.put("a.dcm", InMemDicomObject::new_empty());
    let mut file = fs::read(&path).unwrap();
    file.extend_from_slice(b"\x09\0\x10\x10OB\0\0\xf0\xff\xff\xff");
    fs::write(&path, file).unwrap();
    let problem = open(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
    // The same in the group before all others, for whose types there are two widths of a length.
    let path = folder.put("b.dcm", slice(0.0, 1));
    let whole = fs::read(&path).unwrap();
    for (at, wrong) in [
        (140, b"\xff\xff\xff\x7f"),
        (162, b"XX\xff\xff"),
        (162, b"UN\0\0"),
    ] {
        let mut file = whole.clone();
        file[at..at + 4].copy_from_slice(wrong);
        fs::write(&path, file).unwrap();
        let problem = open(&path).unwrap_err().problem;
        assert!(matches!(problem, Problem::Malformed(_)), "{at}: {problem}");
    }
}

/// 8 x 8 samples of 16 bits with a sign, reversibly coded as HTJ2K in the order that the platform's
/// store gives out: `40 x² + 300 y - 1500`.
const HTJ2K: &str = "ff4fff5100294000000000080000000800000000000000000000000800000008000000000000000000018f\
    0101ff50000800020000000bff52000c00020001000104044001ff5c00072090909098ff64001600014f70656e4a504820566572\
    20302e392e302eff90000a0000000000590001ff93c00016e8df7bf9a7defbed8b7698f427b13f11e027e25b87e300a722320170\
    b800c00016c4000156cff3f93cf184030e3ccfe7f3c4130e38f00ce2e388b1b700565ab162e5c04201ecb600ffd9";

fn bytes_of(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn high_throughput_jpeg_2000_is_decoded_with_its_sign() {
    let folder = Folder::new();
    let mut object = slice(0.0, 0);
    for (tag, value) in [
        (tags::ROWS, 8),
        (tags::COLUMNS, 8),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 1),
    ] {
        number(&mut object, tag, value);
    }
    text(&mut object, tags::RESCALE_INTERCEPT, VR::DS, "0");
    let mut frame = bytes_of(HTJ2K);
    frame.push(0);
    object.put(DataElement::new(
        tags::PIXEL_DATA,
        VR::OB,
        PixelFragmentSequence::new_fragments(vec![frame]),
    ));
    let path = folder.put_as("1.2.840.10008.1.2.4.202", "a.dcm", object);
    let expected = (0..64)
        .map(|index| 40 * (index % 8) * (index % 8) + 300 * (index / 8) - 1500)
        .collect();
    assert_eq!(
        open(&path).unwrap().samples().unwrap(),
        Samples::I16(expected)
    );
}

#[test]
fn no_truncation_gives_a_picture() {
    let folder = Folder::new();
    let path = folder.put("a.dcm", slice(0.0, 10));
    let whole = open(&path).unwrap().samples().unwrap();
    let file = fs::read(&path).unwrap();
    for length in 0..file.len() {
        fs::write(&path, &file[..length]).unwrap();
        if let Ok(samples) = open(&path).and_then(|image| image.samples()) {
            assert_eq!(samples, whole, "{length}");
        }
    }
}
