//! The sockets of the archive.

use serde_json::{Value, json};

use crate::phantom::SEGMENTS;

/// What a socket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuperKind {
    /// JSON that is part of the listing.
    Value,
    /// A file.
    File,
    /// An image.
    Image,
}

impl SuperKind {
    /// The name the API has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "Value",
            Self::File => "File",
            Self::Image => "Image",
        }
    }
}

/// A socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// Primary key.
    pub pk: i64,
    /// Title.
    pub title: &'static str,
    /// Slug.
    pub slug: &'static str,
    /// The label of its kind.
    pub kind: &'static str,
    /// What it holds.
    pub super_kind: SuperKind,
    /// Path below the item's folder.
    pub relative_path: &'static str,
}

impl Socket {
    /// The socket as the API gives it.
    #[must_use]
    pub fn record(&self) -> Value {
        let segments: Vec<Value> = if self.kind == "Segmentation" {
            SEGMENTS
                .iter()
                .map(|s| json!({"name": s.name, "visible": s.visible, "voxel_value": s.label}))
                .collect()
        } else {
            Vec::new()
        };
        json!({
            "title": self.title,
            "description": "",
            "slug": self.slug,
            "kind": self.kind,
            "pk": self.pk,
            "default_value": null,
            "super_kind": self.super_kind.name(),
            "relative_path": self.relative_path,
            "overlay_segments": segments,
            "look_up_table": null,
        })
    }
}

/// All sockets: title, slug, kind, what it holds, path. The first two are
/// built into the platform and have its primary keys.
pub(super) fn all() -> Vec<Socket> {
    use SuperKind::{File, Image, Value};
    [
        (
            "Generic Medical Image",
            "generic-medical-image",
            "Image",
            Image,
            "",
        ),
        (
            "Generic Overlay",
            "generic-overlay",
            "Heat Map",
            Image,
            "images",
        ),
        (
            "Computed Tomography",
            "computed-tomography",
            "Image",
            Image,
            "images/ct",
        ),
        (
            "Organ Segmentation",
            "organ-segmentation",
            "Segmentation",
            Image,
            "images/organ-segmentation",
        ),
        (
            "Second Opinion",
            "second-opinion",
            "Segmentation",
            Image,
            "images/nested/second-opinion",
        ),
        (
            "Head MR, T1-weighted",
            "head-mr-t1",
            "Image",
            Image,
            "images/mr/t1",
        ),
        (
            "CT Series",
            "ct-series",
            "DICOM Image Set",
            Image,
            "images/ct-series",
        ),
        (
            "Histopathology Slide",
            "histopathology-slide",
            "Image",
            Image,
            "images/histopathology-slide",
        ),
        (
            "Earlier Examination",
            "earlier-examination",
            "Image",
            Image,
            "images/earlier-examination",
        ),
        (
            "Test and Retest",
            "test-retest",
            "Image",
            Image,
            "images/test-retest",
        ),
        ("Diagnosis", "diagnosis", "String", Value, "diagnosis.json"),
        (
            "Lesion Count",
            "lesion-count",
            "Integer",
            Value,
            "lesion-count.json",
        ),
        (
            "Cell Count",
            "cell-count",
            "Integer",
            Value,
            "cell-count.json",
        ),
        (
            "Lesion Diameter (mm)",
            "lesion-diameter-mm",
            "Float",
            Value,
            "lesion-diameter-mm.json",
        ),
        (
            "Growth Rate",
            "growth-rate",
            "Float",
            Value,
            "growth-rate.json",
        ),
        (
            "Follow-up Required",
            "follow-up-required",
            "Bool",
            Value,
            "follow-up-required.json",
        ),
        (
            "Previous Diagnosis",
            "previous-diagnosis",
            "Anything",
            Value,
            "previous-diagnosis.json",
        ),
        (
            "Structured Finding",
            "structured-finding",
            "Anything",
            Value,
            "deep/er/nested.json",
        ),
        (
            "Keywords",
            "keywords",
            "Multiple choice",
            Value,
            "keywords.json",
        ),
        (
            "Malignancy",
            "malignancy",
            "Choice",
            Value,
            "malignancy.json",
        ),
        (
            "Lesion Position",
            "lesion-position",
            "Point",
            Value,
            "lesion-position.json",
        ),
        (
            "Radiology Report",
            "radiology-report",
            "PDF file",
            File,
            "documents/reports/report.pdf",
        ),
        (
            "Measurements",
            "measurements",
            "CSV file",
            File,
            "tables/measurements.csv",
        ),
        (
            "Raw Findings",
            "raw-findings",
            "Anything",
            File,
            "files/raw-findings.json",
        ),
        (
            "Acquisition Protocol",
            "acquisition-protocol",
            "Anything",
            File,
            "acquisition-protocol.json",
        ),
        (
            "Lesion Contour",
            "lesion-contour",
            "Multiple points",
            File,
            "lesion-contour.json",
        ),
    ]
    .into_iter()
    .zip(1..)
    .map(
        |((title, slug, kind, super_kind, relative_path), number)| Socket {
            // What a site adds itself comes after what is built in.
            pk: if number <= 2 { number } else { number + 98 },
            title,
            slug,
            kind,
            super_kind,
            relative_path,
        },
    )
    .collect()
}
