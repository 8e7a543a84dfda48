//! The images of the archive, one by one.

use super::identifiers::pk;
use super::images::{Image, ImageKey, Imaging, Source};
use crate::formats::{Coding, Pyramid, Series};
use crate::geometry::Geometry;
use crate::phantom::{
    Lesion, Patient, Site, SlideStyle, Torso, brain, computed_tomography, lesion_likelihood,
    segmentation, slide, torso,
};

/// The settings of a CT scan.
const CT: Imaging = Imaging {
    modality: Some("CT"),
    window: Some((40.0, 400.0)),
    patient_id: "",
    labels: false,
};

/// The settings of a segmentation.
const LABELS: Imaging = Imaging {
    modality: None,
    window: None,
    patient_id: "",
    labels: true,
};

/// A patient with or without a tumour.
fn scanned(
    number: u64,
    tumour: Option<(Site, f64)>,
    geometry: Geometry,
    centre_mm: [f64; 3],
) -> Torso {
    let lesion = tumour.map(|(site, diameter_mm)| Lesion { site, diameter_mm });
    torso(&Patient::new(number, lesion), &geometry, centre_mm)
}

/// The same body with the voxels of each slice stored in the opposite order,
/// from the patient's left to the right and from the back to the front, and
/// with axes that say so.
fn half_turned(mut torso: Torso) -> Torso {
    let [_, height, width] = torso.geometry.shape;
    for slice in torso.tissues.chunks_exact_mut((height * width).max(1)) {
        slice.reverse();
    }
    let [x, y, z] = torso.geometry.origin_mm;
    torso.geometry = torso
        .geometry
        .with_axes([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
        .with_origin([-x, -y, z]);
    torso
}

/// All images.
pub(super) fn all() -> Vec<Image> {
    use ImageKey as Key;
    let single = |volume| Source::SingleFiles(vec![volume]);
    let liver = scanned(
        1,
        Some((Site::Liver, 34.0)),
        Geometry::axial([60, 144, 192], [1.95, 1.95, 4.0]),
        [0.0; 3],
    );
    let healthy = scanned(
        2,
        None,
        Geometry::axial([48, 144, 176], [2.1, 2.1, 5.0]),
        [0.0, 0.0, -10.0],
    );
    let nodule = scanned(
        3,
        Some((Site::RightLung, 8.0)),
        Geometry::axial([64, 136, 184], [2.0, 2.0, 3.0]),
        [0.0, 0.0, 60.0],
    );
    let turned = half_turned(scanned(
        4,
        Some((Site::LeftLung, 38.0)),
        Geometry::axial([52, 140, 188], [2.0, 2.0, 4.0]),
        [0.0, 0.0, 40.0],
    ));
    let earlier = scanned(
        1,
        Some((Site::Liver, 41.2)),
        Geometry::axial([40, 112, 152], [2.5, 2.5, 6.0]),
        [0.0; 3],
    );
    let series = scanned(
        5,
        Some((Site::Spleen, 28.0)),
        Geometry::axial([24, 128, 128], [2.9, 2.9, 5.0]),
        [0.0, 0.0, -20.0],
    );
    let series = Torso {
        geometry: series.geometry.with_origin([-184.15, -184.15, -1057.5]),
        ..series
    };
    let retest = |number| {
        let geometry = Geometry::axial([20, 80, 112], [3.2, 3.2, 8.0]);
        computed_tomography(&Torso {
            seed: number,
            ..scanned(6, None, geometry, [0.0, 0.0, 20.0])
        })
    };
    let head = Geometry::axial([56, 128, 112], [1.7, 1.7, 2.4])
        // Tilted about the x axis, as a plane through the skull base is.
        .with_axes([[1.0, 0.0, 0.0], [0.0, 0.96, 0.28], [0.0, -0.28, 0.96]])
        .with_origin([-94.35, -86.5, -94.0]);
    let he = |seed, size, glands, nuclei| {
        slide(&SlideStyle {
            seed,
            size,
            glands,
            nuclei,
        })
    };
    let wide = Pyramid::new(he(12, 2048, 420, 5200), 0.5, Coding::Lossless);
    let core = Pyramid::new(he(77, 1024, 120, 1900), 0.25, Coding::Jpeg { quality: 88 });
    let patient = |patient_id, imaging: Imaging| Imaging {
        patient_id,
        ..imaging
    };
    vec![
        Image::new(
            Key::LiverScan,
            "case_001.mha",
            single(computed_tomography(&liver)),
            patient("PH-0001", CT),
        ),
        Image::new(
            Key::LiverOrgans,
            "organs.mha",
            single(segmentation(&liver)),
            LABELS,
        ),
        Image::new(
            Key::LiverLikelihood,
            "likelihood.mha",
            single(lesion_likelihood(&liver, [0.0; 3])),
            Imaging::default(),
        ),
        Image::new(
            Key::HealthyScan,
            "case_001.mha",
            single(computed_tomography(&healthy)),
            patient("PH-0002", CT),
        ),
        Image::new(
            Key::NoduleScan,
            "Thorax/Größe 8 mm.mha",
            single(computed_tomography(&nodule)),
            Imaging {
                window: Some((-500.0, 1500.0)),
                ..patient("PH-0003", CT)
            },
        ),
        Image::new(
            Key::NoduleOrgans,
            "second reader.mha",
            single(segmentation(&nodule)),
            LABELS,
        ),
        Image::new(
            Key::TurnedScan,
            "症例04.mha",
            single(computed_tomography(&turned)),
            patient("PH-0004", CT),
        ),
        Image::new(
            Key::TurnedOrgans,
            "症例04_臓器.mha",
            single(segmentation(&turned)),
            LABELS,
        ),
        Image::new(
            Key::Series,
            "CT abdomen",
            Source::Dicom(dicom_series(), computed_tomography(&series)),
            patient("PH-0005", CT),
        ),
        Image::new(
            Key::Slide,
            "slide.tif",
            Source::Slide(wide),
            Imaging {
                modality: Some("HP"),
                ..Imaging::default()
            },
        ),
        Image::new(
            Key::Biopsy,
            "core.tif",
            Source::Slide(core),
            Imaging {
                modality: Some("HP"),
                ..Imaging::default()
            },
        ),
        Image::new(
            Key::Head,
            "t1.mha",
            single(brain(9, &head)),
            Imaging {
                modality: Some("MR"),
                window: Some((400.0, 900.0)),
                ..patient("PH-0008", CT)
            },
        ),
        Image::new(
            Key::Earlier,
            "phantom.mhd",
            Source::HeaderAndData(computed_tomography(&earlier), "phantom.zraw"),
            patient("PH-0001", CT),
        ),
        Image::new(
            Key::Retest,
            "test_retest",
            Source::SingleFiles(vec![retest(61), retest(62)]),
            patient("PH-0006", CT),
        ),
    ]
}

fn dicom_series() -> Series {
    Series {
        namespace: pk("dicom"),
        patient_name: "Fantôme^Élodie".to_owned(),
        patient_id: "PH-0005".to_owned(),
        patient_sex: "F",
        patient_age: "061Y",
        study_date: "20240930",
        study_description: "Abdomen supérieur".to_owned(),
        series_description: "5 mm, portal venous".to_owned(),
        window: (40, 400),
    }
}
