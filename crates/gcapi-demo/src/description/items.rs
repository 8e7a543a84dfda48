//! The items of the archive and their values.

use serde_json::{Value, json};
use uuid::Uuid;

use super::files;
use super::identifiers::{archive_url, pk, value_file_url};
use super::images::ImageKey;
use super::sockets::{self, SuperKind};

/// What a socket value holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// JSON text, digit for digit and key for key as it is served.
    Value(&'static str),
    /// A file.
    File {
        /// The name it is served under, before it is escaped.
        name: &'static str,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// An image.
    Image(ImageKey),
}

/// A value of a socket in an item.
#[derive(Debug, Clone, PartialEq)]
pub struct SocketValue {
    /// Primary key. Two items that hold the same value share it.
    pub pk: i64,
    /// Slug of the socket.
    pub socket: &'static str,
    /// What it holds.
    pub content: Content,
}

impl SocketValue {
    /// The media URL of a file.
    #[must_use]
    pub fn file_url(&self) -> Option<String> {
        match &self.content {
            Content::File { name, .. } => Some(value_file_url(self.pk, name)),
            _ => None,
        }
    }
}

/// An archive item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Primary key.
    pub pk: Uuid,
    /// Title, may be empty.
    pub title: &'static str,
    /// Its values: JSON first, then files, then images, each by slug.
    pub values: Vec<SocketValue>,
}

impl Item {
    /// The item as the API gives it, without its values.
    #[must_use]
    pub fn record(&self) -> Value {
        json!({
            "pk": self.pk,
            "title": self.title,
            "archive": archive_url(),
            "hanging_protocol": null,
            "optional_hanging_protocols": [],
            "view_content": {},
        })
    }
}

/// A value before it has a primary key: the slug of its socket, what it holds,
/// and a name if other items hold the same.
type Draft = (&'static str, Content, Option<&'static str>);

fn value(socket: &'static str, json: &'static str) -> Draft {
    (socket, Content::Value(json), None)
}

fn image(socket: &'static str, key: ImageKey) -> Draft {
    (socket, Content::Image(key), None)
}

fn file(socket: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Draft {
    (
        socket,
        Content::File {
            name,
            bytes: bytes.into(),
        },
        None,
    )
}

/// The protocol, one value held by several items.
fn protocol() -> Draft {
    let bytes = files::PROTOCOL.into();
    (
        "acquisition-protocol",
        Content::File {
            name: "protocol.json",
            bytes,
        },
        Some("protocol"),
    )
}

/// All items.
pub(super) fn all() -> Vec<Item> {
    let kinds = sockets::all();
    let kind = |slug: &str| {
        kinds
            .iter()
            .find(|socket| socket.slug == slug)
            .map_or(SuperKind::Value, |socket| socket.super_kind)
    };
    let mut next_pk = 5000;
    let mut shared: Vec<(&str, i64)> = Vec::new();
    drafts()
        .into_iter()
        .zip(1..)
        .map(|((title, drafts), number)| {
            let mut values: Vec<SocketValue> = drafts
                .into_iter()
                .map(|(socket, content, name)| {
                    let known = shared
                        .iter()
                        .find(|(other, _)| Some(*other) == name)
                        .map(|(_, pk)| *pk);
                    let pk = known.unwrap_or_else(|| {
                        next_pk += 1;
                        shared.extend(name.map(|name| (name, next_pk)));
                        next_pk
                    });
                    SocketValue {
                        pk,
                        socket,
                        content,
                    }
                })
                .collect();
            values.sort_by_key(|value| (kind(value.socket), value.socket));
            Item {
                pk: pk(&format!("item {number}")),
                title,
                values,
            }
        })
        .collect()
}

fn drafts() -> Vec<(&'static str, Vec<Draft>)> {
    use ImageKey as Key;
    vec![
        (
            "Fall 01 – Leberläsion (Größe 34 mm)",
            vec![
                value("diagnosis", r#""Metastase, teilweise Rückbildung""#),
                value("lesion-count", "1"),
                value("lesion-diameter-mm", "34.0"),
                value("follow-up-required", "true"),
                value("structured-finding", files::STRUCTURED_FINDING),
                file(
                    "radiology-report",
                    "Befund_Größe_final.pdf",
                    files::report(),
                ),
                file("measurements", "measurements.csv", files::MEASUREMENTS),
                file("lesion-contour", "contour.json", files::CONTOUR),
                image("computed-tomography", Key::LiverScan),
                image("organ-segmentation", Key::LiverOrgans),
                image("generic-overlay", Key::LiverLikelihood),
            ],
        ),
        (
            "Fall 02 – ohne Befund",
            vec![
                value("diagnosis", r#""""#),
                value("lesion-count", "0"),
                value("follow-up-required", "false"),
                value("previous-diagnosis", "null"),
                image("generic-medical-image", Key::HealthyScan),
            ],
        ),
        (
            "Fall 03 – Lungenknoten (Größe 8 mm)",
            vec![
                value("lesion-diameter-mm", "8.0"),
                value("growth-rate", "0.10"),
                value("malignancy", r#""Probably benign""#),
                value(
                    "lesion-position",
                    r#"{"name": "Lungenknoten", "type": "Point", "point": [-84.5, 20.4, 9.25], "version": {"major": 1, "minor": 0}}"#,
                ),
                file("radiology-report", "report (2).pdf", files::chest_report()),
                image("computed-tomography", Key::NoduleScan),
                image("second-opinion", Key::NoduleOrgans),
            ],
        ),
        (
            "症例 04 – 肺腫瘤",
            vec![
                value("diagnosis", r#""肺腫瘤の疑い""#),
                value("growth-rate", "1e-3"),
                file("raw-findings", "所見.json", files::RAW_FINDINGS),
                image("computed-tomography", Key::TurnedScan),
                image("organ-segmentation", Key::TurnedOrgans),
            ],
        ),
        (
            "Série 05 « DICOM » : foie",
            vec![
                value("keywords", r#"["CT","abdomen","Étage supérieur"]"#),
                protocol(),
                image("ct-series", Key::Series),
            ],
        ),
        (
            "Slide 06, H&E <40x>",
            vec![
                value("cell-count", "1180591620717411303424"),
                value("keywords", "[]"),
                image("histopathology-slide", Key::Slide),
            ],
        ),
        (
            r#"Core biopsy 07 "B" \ JPEG/YCbCr"#,
            vec![
                value("cell-count", "-7"),
                value("malignancy", "null"),
                image("histopathology-slide", Key::Biopsy),
            ],
        ),
        (
            "Schädel 08 – schräge Schichten",
            vec![
                value("diagnosis", r#""unauffällig\nkeine Blutung\t(T1)""#),
                image("head-mr-t1", Key::Head),
            ],
        ),
        (
            "Fall 09 – Verlauf zu Fall 01",
            vec![
                value("lesion-diameter-mm", "41.20"),
                protocol(),
                image("earlier-examination", Key::Earlier),
                image("computed-tomography", Key::LiverScan),
            ],
        ),
        (
            "Case 10: test and retest",
            vec![
                value("growth-rate", "1.0"),
                image("test-retest", Key::Retest),
            ],
        ),
        (
            "",
            vec![
                value(
                    "previous-diagnosis",
                    r#"{"z":1,"a":"late","ä":[true,false,null,0,-0.0,"",{}]}"#,
                ),
                value(
                    "structured-finding",
                    r#""only a string, and that is all right""#,
                ),
                file("raw-findings", "empty.json", "{}"),
            ],
        ),
        ("Fall 12 – noch leer", vec![]),
    ]
}
