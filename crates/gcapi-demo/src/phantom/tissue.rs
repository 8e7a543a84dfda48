//! What the torso is made of.

/// A tissue, as it is painted into the torso.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tissue {
    /// Around the patient.
    Outside,
    /// The couch.
    Couch,
    /// Under the skin, and between the organs.
    Fat,
    /// Muscle, skin, walls of hollow organs.
    Muscle,
    /// Aerated lung.
    Lung,
    /// Air inside: windpipe, stomach, bowel.
    Gas,
    /// The hard shell of bones.
    Cortex,
    /// Spongy bone.
    Marrow,
    /// Between the vertebrae.
    Disc,
    /// The spinal canal.
    Canal,
    /// The muscle of the heart.
    Myocardium,
    /// Blood with contrast agent.
    Blood,
    /// Liver.
    Liver,
    /// Vessels of the liver.
    Portal,
    /// Spleen.
    Spleen,
    /// Kidney.
    Kidney,
    /// Content of stomach and bowel.
    Chyme,
    /// A tumour.
    Lesion,
    /// The dead core of a large tumour.
    Necrosis,
}

impl Tissue {
    /// Mean X-ray attenuation in Hounsfield units, with contrast agent in the
    /// portal venous phase.
    #[must_use]
    pub fn hounsfield(self) -> i16 {
        match self {
            Self::Outside => -1000,
            Self::Couch => -350,
            Self::Fat => -98,
            Self::Muscle => 58,
            Self::Lung => -845,
            Self::Gas => -985,
            Self::Cortex => 640,
            Self::Marrow => 215,
            Self::Disc => 82,
            Self::Canal => 24,
            Self::Myocardium => 96,
            Self::Blood => 158,
            Self::Liver => 108,
            Self::Portal => 166,
            Self::Spleen => 124,
            Self::Kidney => 182,
            Self::Chyme => 22,
            Self::Lesion => 52,
            Self::Necrosis => 20,
        }
    }

    /// The label of the segmentation, see [`SEGMENTS`].
    #[must_use]
    pub fn label(self) -> u8 {
        match self {
            Self::Lung => 1,
            Self::Liver | Self::Portal => 2,
            Self::Spleen => 3,
            Self::Kidney => 4,
            Self::Cortex | Self::Marrow => 5,
            Self::Lesion | Self::Necrosis => 6,
            _ => 0,
        }
    }
}

/// One label of the segmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The value of its voxels.
    pub label: u8,
    /// Its name.
    pub name: &'static str,
    /// Whether a viewer shows it unasked.
    pub visible: bool,
}

/// The labels of [`segmentation`](super::segmentation).
pub const SEGMENTS: [Segment; 7] = [
    Segment {
        label: 0,
        name: "Background",
        visible: false,
    },
    Segment {
        label: 1,
        name: "Lung",
        visible: true,
    },
    Segment {
        label: 2,
        name: "Liver",
        visible: true,
    },
    Segment {
        label: 3,
        name: "Spleen",
        visible: true,
    },
    Segment {
        label: 4,
        name: "Kidney",
        visible: true,
    },
    Segment {
        label: 5,
        name: "Bone",
        visible: true,
    },
    Segment {
        label: 6,
        name: "Lesion",
        visible: true,
    },
];
