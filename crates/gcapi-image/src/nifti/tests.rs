//! Written and read again, and lies. Geometry and types are tried against other readers in
//! `interoperability`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::write;
use crate::{Element, Image, Problem, Samples, open};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A MetaImage with a place in space.
    fn original(&self) -> Image {
        let header = "NDims = 3\nDimSize = 3 2 2\nElementSpacing = 0.5 0.75 2\nOffset = 1 -2 3\n\
            TransformMatrix = 0 1 0 0 0 1 1 0 0\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
        let data: Vec<u8> = (-6_i16..6).flat_map(i16::to_le_bytes).collect();
        open(&self.put("a.mha", &[header.as_bytes(), &data].concat())).unwrap()
    }

    fn written(&self) -> Vec<u8> {
        let mut file = Vec::new();
        write(&self.original(), &mut file).unwrap();
        file
    }
}

#[test]
fn what_is_written_is_read_again() {
    let folder = Folder::new();
    let file = folder.written();
    let original = folder.original();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&file).unwrap();
    for (name, bytes) in [("b.nii", &file), ("b.nii.gz", &gzip.finish().unwrap())] {
        let image = open(&folder.put(name, bytes)).unwrap();
        assert_eq!(image.size(), original.size());
        assert_eq!(image.spacing(), original.spacing());
        assert_eq!(image.origin(), original.origin());
        assert_eq!(image.direction(), original.direction());
        assert_eq!(image.samples().unwrap(), original.samples().unwrap());
        assert_eq!(image.slice(1).unwrap(), original.slice(1).unwrap());
        image.check().unwrap();
    }
}

#[test]
fn slopes_and_intercepts_are_applied() {
    let folder = Folder::new();
    let mut file = folder.written();
    file[112..116].copy_from_slice(&0.5_f32.to_ne_bytes());
    file[116..120].copy_from_slice(&10_f32.to_ne_bytes());
    let image = open(&folder.put("a.nii", &file)).unwrap();
    assert_eq!(image.element(), Element::F32);
    let expected = (-6..6).map(|value| value as f32 * 0.5 + 10.0).collect();
    assert_eq!(image.samples().unwrap(), Samples::F32(expected));
    for no_slope in [0.0, f32::NAN] {
        file[112..116].copy_from_slice(&no_slope.to_ne_bytes());
        let image = open(&folder.put("a.nii", &file)).unwrap();
        assert_eq!(image.element(), Element::I16);
    }
}

#[test]
fn units_become_millimetres() {
    let folder = Folder::new();
    let mut file = folder.written();
    file[123] = 3;
    let image = open(&folder.put("a.nii", &file)).unwrap();
    assert_eq!(image.spacing(), [0.5e-3, 0.75e-3, 2e-3]);
    assert_eq!(image.origin(), [1e-3, -2e-3, 3e-3]);
}

#[test]
fn headers_that_lie_are_refused() {
    let folder = Folder::new();
    let file = folder.written();
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        open(&folder.put("a.nii", &file))
            .and_then(|image| image.samples())
            .unwrap_err()
            .problem
    };
    for (at, value) in [(40, 0_i16), (40, 9), (42, -1), (42, 0), (70, 1536), (70, 7)] {
        let problem = changed(at, &value.to_ne_bytes());
        assert!(
            matches!(problem, Problem::Malformed(_) | Problem::Unsupported(_)),
            "{at}: {problem}"
        );
    }
    let sizes = [3_i16, 32_000, 32_000, 1000];
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_ne_bytes()).collect();
    let problem = changed(40, &sizes);
    assert!(matches!(problem, Problem::TooLarge { .. }), "{problem}");
    for offset in [-1.0_f32, f32::NAN, 352.5, 1e20] {
        let problem = changed(108, &offset.to_ne_bytes());
        assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
    }
    let problem = changed(280, &f32::INFINITY.to_ne_bytes());
    assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
}

#[test]
fn truncated_and_overlong_files_are_found() {
    let folder = Folder::new();
    let file = folder.written();
    for length in 0..file.len() {
        let image = open(&folder.put("a.nii", &file[..length]));
        assert!(image.and_then(|image| image.samples()).is_err(), "{length}");
    }
    let long = [&file[..], &[0]].concat();
    let problem = open(&folder.put("a.nii", &long))
        .unwrap()
        .check()
        .unwrap_err()
        .problem;
    assert!(matches!(problem, Problem::Excess { .. }), "{problem}");
}
