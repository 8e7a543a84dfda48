//! Instances that lie about what they need: errors, within bounds.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::tests::{Folder, number, slice};
use crate::{Error, Limits, Problem, Samples, open, open_within};

/// An element with a length of four bytes and explicit type.
fn element(group: u16, element: u16, vr: &[u8; 2], length: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&group.to_le_bytes());
    bytes.extend_from_slice(&element.to_le_bytes());
    bytes.extend_from_slice(vr);
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes
}

/// The beginning of an item of implicit or explicit type.
fn item(length: u32) -> Vec<u8> {
    [&b"\xfe\xff\0\xe0"[..], &length.to_le_bytes()].concat()
}

impl Folder {
    /// An instance, and behind its meta group whatever there is to be.
    fn raw(&self, syntax: &str, data: &[u8]) -> PathBuf {
        let path = self.put("raw.dcm", InMemDicomObject::new_empty());
        let mut file = fs::read(&path).unwrap();
        let uid = uids::EXPLICIT_VR_LITTLE_ENDIAN.as_bytes();
        let at = file.windows(uid.len()).position(|bytes| bytes == uid);
        let at = at.unwrap();
        // The length of the element and that of the group follow.
        let mut syntax = syntax.as_bytes().to_vec();
        syntax.resize(syntax.len().next_multiple_of(2), 0);
        let before = uid.len().next_multiple_of(2);
        file[at - 2] = syntax.len() as u8;
        file[140] = file[140] - before as u8 + syntax.len() as u8;
        file.splice(at..at + before, syntax);
        file.extend_from_slice(data);
        fs::write(&path, file).unwrap();
        path
    }
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// The data set of an instance, without its meta group.
fn data_set(object: InMemDicomObject) -> Vec<u8> {
    let folder = Folder::new();
    let empty = fs::read(folder.put("a.dcm", InMemDicomObject::new_empty())).unwrap();
    let whole = fs::read(folder.put("b.dcm", object)).unwrap();
    whole[empty.len()..].to_vec()
}

fn samples(path: &Path) -> Result<Samples, Error> {
    let limits = Limits {
        header_bytes: 1 << 20,
        sample_bytes: 1 << 24,
        ..Limits::default()
    };
    open_within(path, &limits).and_then(|image| image.samples())
}

#[test]
fn deflated_data_sets_are_read() {
    let folder = Folder::new();
    let expected = open(&folder.put("plain.dcm", slice(0.0, 7))).unwrap();
    let data = deflated(&data_set(slice(0.0, 7)));
    let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &data);
    let image = open(&path).unwrap();
    image.check().unwrap();
    assert_eq!(image.samples().unwrap(), expected.samples().unwrap());
    for length in 0..data.len() - 1 {
        let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &data[..length]);
        assert!(samples(&path).is_err(), "{length}");
    }
}

#[test]
fn bombs_stop_at_the_limit_of_a_header() {
    let folder = Folder::new();
    let zeros = vec![0; 64 << 20];
    let one_value = [element(9, 0x1010, b"OB", zeros.len() as u32), zeros.clone()].concat();
    let many_values = element(9, 0x1010, b"OB", 0).repeat(1 << 20);
    for data in [&one_value, &many_values, &zeros] {
        let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &deflated(data));
        assert!(fs::metadata(&path).unwrap().len() < 100_000);
        samples(&path).unwrap_err();
    }
}

#[test]
fn pixels_beyond_the_frames_are_not_inflated() {
    let folder = Folder::new();
    let mut data = data_set(slice(0.0, 7));
    let pixels = data.len() - 8;
    data[pixels - 4..pixels].copy_from_slice(&(64_u32 << 20).to_le_bytes());
    data.resize(pixels + (64 << 20), 0);
    let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &deflated(&data));
    let problem = samples(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
    // Sizes that would need more than is allowed are not tried.
    let mut huge = slice(0.0, 7);
    number(&mut huge, tags::ROWS, u16::MAX);
    number(&mut huge, tags::COLUMNS, u16::MAX);
    let data = deflated(&data_set(huge));
    let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &data);
    let problem = samples(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::TooLarge { .. }), "{problem}");
}

#[test]
fn sequences_without_end_are_refused_in_every_form() {
    const DEEP: usize = 100_000;
    let undefined = u32::MAX;
    let of_type = |vr: &[u8; 2]| [element(8, 0x1140, vr, undefined), item(undefined)].concat();
    // Inside of an unknown type, types are implicit.
    let implicit = [&b"\x08\0\x40\x11\xff\xff\xff\xff"[..], &item(undefined)].concat();
    let mut defined = Vec::new();
    for level in (0..DEEP as u32).rev() {
        let inner = level * 20;
        defined.extend(element(8, 0x1140, b"SQ", inner + 8));
        defined.extend(item(inner));
    }
    let forms = [
        of_type(b"SQ").repeat(DEEP),
        of_type(b"UN").repeat(DEEP),
        [of_type(b"UN"), implicit.repeat(DEEP)].concat(),
        defined,
    ];
    let folder = Folder::new();
    for (form, data) in forms.iter().enumerate() {
        let path = folder.raw(uids::EXPLICIT_VR_LITTLE_ENDIAN, data);
        let problem = open(&path).unwrap_err().problem;
        assert!(
            !matches!(problem, Problem::Unsupported(_)),
            "{form}: {problem}"
        );
        let path = folder.raw(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &deflated(data));
        let problem = open(&path).unwrap_err().problem;
        assert!(
            !matches!(problem, Problem::Unsupported(_)),
            "{form}: {problem}"
        );
    }
    let path = folder.raw(uids::IMPLICIT_VR_LITTLE_ENDIAN, &implicit.repeat(DEEP));
    open(&path).unwrap_err();
    // Without a preamble nobody would have looked how deep it is.
    let deep = fs::read(folder.raw(uids::EXPLICIT_VR_LITTLE_ENDIAN, &forms[0])).unwrap();
    let path = folder.0.path().join("bare.dcm");
    fs::write(&path, &deep[128..]).unwrap();
    open(&path).unwrap_err();
}

#[test]
fn items_longer_than_the_file_take_no_memory() {
    let folder = Folder::new();
    let mut data = element(0x7fe0, 0x10, b"OB", u32::MAX);
    data.extend(item(0));
    data.extend(item(0xffff_fff0));
    let mut object = slice(0.0, 1);
    object.remove_element(tags::PIXEL_DATA);
    let data = [data_set(object), data].concat();
    let path = folder.raw(uids::JPEG_BASELINE8_BIT, &data);
    let problem = samples(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
}

#[test]
fn what_is_no_image_is_not_called_damaged() {
    let folder = Folder::new();
    for (class, is_image) in [
        (uids::BASIC_TEXT_SR_STORAGE, false),
        (uids::RT_PLAN_STORAGE, false),
        (uids::CT_IMAGE_STORAGE, true),
    ] {
        let path = folder.put_of_class(class, "a.dcm", InMemDicomObject::new_empty());
        let problem = open(&path).unwrap_err().problem;
        assert_eq!(
            matches!(problem, Problem::Malformed(_)),
            is_image,
            "{problem}"
        );
    }
    let path = folder.raw(uids::JPIP_REFERENCED_DEFLATE, &data_set(slice(0.0, 1)));
    let problem = open(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::Unsupported(_)), "{problem}");
}

/// The reader leaves half a number at the end of a value, and reads it as the beginning of an element.
#[test]
fn values_of_half_a_number_hide_nothing() {
    let folder = Folder::new();
    let sequence = [element(8, 0x1140, b"SQ", u32::MAX), item(u32::MAX)].concat();
    for (vr, half) in [(b"US", 1), (b"UL", 2), (b"AT", 3), (b"FD", 4)] {
        // What is behind it is skipped by who believes its length.
        let hidden = element(9, 0x1010, b"OB", 0x7000_0000).repeat(8);
        let deep = [&sequence.repeat(2_000)[..], &hidden].concat();
        for hidden in [&hidden, &deep] {
            let mut data = b"\x08\0\x01\0".to_vec();
            data.extend_from_slice(vr);
            data.extend_from_slice(&8_u16.wrapping_add(half).to_le_bytes());
            data.extend_from_slice(&[0; 8]);
            data.extend_from_slice(hidden);
            let path = folder.raw(uids::EXPLICIT_VR_LITTLE_ENDIAN, &data);
            let problem = open(&path).unwrap_err().problem;
            assert!(problem.to_string().contains("numbers have"), "{problem}");
        }
    } // The same behind the pixels, where the reader looks whether they are the last.
    let mut object = slice(0.0, 1);
    object.remove_element(tags::PIXEL_DATA);
    let mut data = data_set(object);
    data.extend(element(0x7fe0, 0x10, b"OW", 9));
    data.extend([0; 8]);
    data.extend(element(9, 0x1010, b"OB", 0x7000_0000));
    let problem = samples(&folder.raw(uids::EXPLICIT_VR_LITTLE_ENDIAN, &data)).unwrap_err();
    assert!(problem.to_string().contains("numbers have"), "{problem}");
}
