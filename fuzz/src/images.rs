//! Images of every format: whatever a file says, it is an image of that size, or an error.

use std::path::Path;

use gcapi_image::{Error, Image, Limits, Problem, nifti, open_within, thumbnail};

use super::{Target, one_line, target};

/// A target for each format.
pub const TARGETS: [Target; 6] = [
    target("image_metaimage", |data| file(data, "image.mha")),
    target("image_tiff", |data| file(data, "image.tif")),
    target("image_dicom", |data| file(data, "image.dcm")),
    target("image_nifti", |data| file(data, "image.nii")),
    target("image_png", |data| file(data, "image.png")),
    target("image_jpeg", |data| file(data, "image.jpg")),
];

fn file(data: &[u8], name: &str) {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let path = folder.path().join(name);
    std::fs::write(&path, data).expect("there is room for a file");
    let mut limits = Limits::default();
    limits.sample_bytes = 1 << 22;
    limits.header_bytes = 1 << 20;
    limits.parts = 64;
    match open_within(&path, &limits) {
        Ok(image) => {
            samples_are_what_is_said(&image);
            can_be_shown(&image);
        }
        Err(error) => fit_to_print(&error),
    }
    // A header whose data are elsewhere may not bring about anything there.
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder is there")
        .collect();
    assert_eq!(names.len(), 1);
}

fn samples_are_what_is_said(image: &Image) {
    let count = image.size().iter().product::<u64>() * u64::from(image.channels());
    let axes = image.size().len();
    assert_eq!((image.spacing().len(), image.origin().len()), (axes, axes));
    assert_eq!(image.direction().len(), axes * axes);
    let samples = image.samples();
    match &samples {
        Ok(samples) => {
            assert_eq!(samples.len() as u64, count);
            assert_eq!(samples.element(), image.element());
            let first = image.slice(0).expect("all of them could be read");
            assert!(samples.as_bytes().starts_with(first.as_bytes()));
            let last = image
                .slice(image.slices() - 1)
                .expect("all of them could be read");
            assert!(samples.as_bytes().ends_with(last.as_bytes()));
        }
        Err(error) => fit_to_print(error),
    }
    assert!(image.slice(image.slices()).is_err());
    match (image.check(), &samples) {
        (Ok(_), Ok(_)) => {}
        (Ok(_), Err(error)) => assert!(
            matches!(
                error.problem,
                Problem::TooLarge { .. } | Problem::NoMemory(_)
            ),
            "{error}, but the check found nothing"
        ),
        (Err(error), _) => fit_to_print(&error),
    }
}

fn can_be_shown(image: &Image) {
    match thumbnail(image, 16) {
        Ok(picture) => {
            assert!((1..=16).contains(&picture.width) && (1..=16).contains(&picture.height));
            let pixels = picture.width * picture.height * u32::from(picture.channels);
            assert_eq!(picture.pixels.len() as u32, pixels);
        }
        Err(error) => fit_to_print(&error),
    }
    stored_tiles_are_whole(image);
    let mut written = Vec::new();
    if nifti::write(image, &mut written).is_ok() {
        let folder = tempfile::tempdir().expect("there is room for a file");
        let path = folder.path().join("copy.nii");
        std::fs::write(&path, written).expect("there is room for a file");
        same(image, &path);
    }
}

/// What is given out without being decoded has a start and an end at least.
fn stored_tiles_are_whole(image: &Image) {
    let Some((width, height)) = image.tile_size() else {
        return;
    };
    for level in 0..image.levels().len() {
        match image.jpeg(level, 0, 0, width, height) {
            Ok(Some(stream)) => {
                assert!(stream.starts_with(b"\xff\xd8") && stream.ends_with(b"\xff\xd9"));
            }
            Ok(None) => {}
            Err(error) => fit_to_print(&error),
        }
    }
}

/// A copy has the samples of the original, if directions that are none did not spoil it.
fn same(image: &Image, copy: &Path) {
    let Ok(copy) = gcapi_image::open(copy) else {
        return;
    };
    let bytes = |image: &Image| {
        let samples = image.samples().expect("it was written");
        samples.as_bytes().to_vec()
    };
    assert_eq!(bytes(image), bytes(&copy));
}

fn fit_to_print(error: &Error) {
    one_line(&error.problem.to_string());
}
