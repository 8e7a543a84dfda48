//! An image against what the platform says of it.

use gcapi_image::{Format, Image};

use super::Trouble;
use crate::ImageFacts;

/// How much two spacings may differ, relative to the larger: writers round to six digits, and TIFF
/// has fractions of whole numbers.
const TOLERANCE: f64 = 1e-3;

/// Everything in which an image differs from the record of it.
pub(super) fn differences(image: &Image, facts: &ImageFacts) -> Vec<Trouble> {
    [
        size(image, facts),
        channels(image, facts),
        spacing(image, facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn size(image: &Image, facts: &ImageFacts) -> Option<Trouble> {
    let expected = facts.size();
    // The platform leaves axes of one sample out in some records and not in others.
    let differs = without_thin_axes(&expected) != without_thin_axes(image.size());
    (!expected.is_empty() && differs).then(|| {
        Trouble::other_than_recorded(
            format!("{} samples", product(&expected)),
            format!("{} samples", product(image.size())),
        )
    })
}

fn without_thin_axes(size: &[u64]) -> &[u64] {
    let end = size.iter().rposition(|samples| *samples != 1);
    size.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

fn channels(image: &Image, facts: &ImageFacts) -> Option<Trouble> {
    let expected = facts.channels()?;
    let found = u64::from(image.channels());
    let name = facts.color_space.as_deref().unwrap_or("no colour space");
    (expected != found).then(|| {
        Trouble::other_than_recorded(
            format!("{expected} channels ({name})"),
            format!("{found} channels"),
        )
    })
}

fn spacing(image: &Image, facts: &ImageFacts) -> Option<Trouble> {
    let found = image.spacing();
    let may_have_none = matches!(image.format(), Format::Tiff | Format::Png | Format::Jpeg);
    if may_have_none && found.iter().all(|spacing| *spacing == 1.0) {
        return None;
    }
    let axes = facts.spacing.iter().zip(found).zip(image.size());
    let differs = axes
        // The distance of one slice to none is anything.
        .filter(|(_, samples)| **samples > 1)
        .any(|((expected, found), _)| expected.is_some_and(|expected| differ(expected, *found)));
    let known: Vec<_> = facts.spacing.iter().map_while(|spacing| *spacing).collect();
    differs.then(|| {
        Trouble::other_than_recorded(
            format!("a spacing of {} mm", product(&known)),
            format!("a spacing of {} mm", product(found)),
        )
    })
}

fn differ(one: f64, other: f64) -> bool {
    (one - other).abs() > TOLERANCE * one.abs().max(other.abs())
}

fn product(numbers: &[impl ToString]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(record: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.mha");
        let header = "NDims = 3\nDimSize = 3 2 1\nElementSpacing = 0.5 0.5 9\n\
                      ElementType = MET_UCHAR\nElementDataFile = LOCAL\nabcdef";
        std::fs::write(&path, header).unwrap();
        let image = gcapi_image::open(&path).unwrap();
        format!("{:?}", differences(&image, &ImageFacts::parse(record)))
    }

    #[test]
    fn what_agrees_and_what_is_not_known_is_fine() {
        for record in [
            "{}",
            r#"{"shape_without_color":[2,3],"shape":[2,3],"color_space":"GRAY"}"#,
            r#"{"shape_without_color":[1,2,3],"shape":[1,2,3,1]}"#,
            r#"{"voxel_width_mm":0.50001,"voxel_height_mm":null,"voxel_depth_mm":1.0}"#,
            r#"{"width":3,"height":2,"depth":null,"color_space":""}"#,
        ] {
            assert_eq!(found(record), "[]", "{record}");
        }
    }

    #[test]
    fn what_differs_is_named_with_both_sides() {
        for (record, expected, other) in [
            (
                r#"{"shape_without_color":[3,2]}"#,
                "2 x 3 samples",
                "3 x 2 x 1 samples",
            ),
            (r#"{"color_space":"RGB"}"#, "3 channels (RGB)", "1 channels"),
            (
                r#"{"voxel_width_mm":0.5,"voxel_height_mm":0.51}"#,
                "0.5 x 0.51 mm",
                "0.5 x 0.5 x 9 mm",
            ),
        ] {
            let found = found(record);
            assert!(found.contains(expected) && found.contains(other), "{found}");
        }
    }
}
