//! The files of the archive that are no images.

use crate::formats::Report;

/// A table of measurements, with a quoted comma, an umlaut and CRLF line ends.
pub(super) const MEASUREMENTS: &str = "visit,date,diameter_mm,volume_ml,remark\r\n\
    1,2024-01-15,41.2,36.6,\"first visit, contrast agent given\"\r\n\
    2,2024-04-18,38.0,28.7,\r\n\
    3,2024-07-22,34.0,20.6,\"kleiner, weiterhin hypodens (Ödem?)\"\r\n";

/// JSON that no program writes twice: numbers in four manners, an integer of
/// 34 digits, letters as they are and escaped, odd white space, no newline at
/// the end. A copy of it has to be exact to the byte.
pub(super) const RAW_FINDINGS: &str = "{ \"scale\":1e3,\t\"threshold\" : 0.10, \"exact\":1.0,\
    \"negative zero\":-0.0,\n\n    \"identifier\":1234567890123456789012345678901234,\
    \"befund\":\"Gr\u{f6}\u{df}e unver\u{e4}ndert\",\"escaped\":\"Gr\\u00f6\\u00dfe\",\
    \"slash\":\"a\\/b\",\"日本語\":[ ],\"empty\":{ } }";

/// How the scans were made: indented with tabs, CRLF line ends.
pub(super) const PROTOCOL: &str = "{\r\n\t\"kvp\": 120,\r\n\t\"contrast\": {\"agent\": \"iodine\", \
    \"ml\": 100.0, \"phase\": \"portal venous\"},\r\n\t\"kernel\": \"I30f\\u2013soft\"\r\n}\r\n";

/// Points of a contour, in the schema of the platform.
pub(super) const CONTOUR: &str = r#"{"name": "Lesion contour", "type": "Multiple points", "points": [
  {"point": [-86.2, -30.5, -36.25], "name": "anterior"},
  {"point": [-69.2, -13.5, -36.25], "name": "left"},
  {"point": [-86.2, 3.5, -36.25], "name": "posterior"},
  {"point": [-103.2, -13.5, -36.25], "name": "right"}
], "version": {"major": 1, "minor": 0}}
"#;

/// A JSON value with everything that is lost easily: the order of the keys,
/// `1.0`, a long decimal, letters beyond ASCII, quotes, an emoji.
pub(super) const STRUCTURED_FINDING: &str = r#"{"organ":"Leber","zuletzt":{"größe_mm":34.0,"dichte":[52,-3,1e2]},"a":{"b":[1,2.0,{"c":null}]},"confidence":0.30000000000000004,"notes":"hypodense \"target\" sign <ö> 肝臓 🩺","empty":[],"Z":{},"big":12345678901234567890}"#;

/// The report on the liver.
pub(super) fn report() -> Vec<u8> {
    let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Report {
        title: "Radiology report – CT of the abdomen".to_owned(),
        patient: "Phantom, Größe  ·  born 1963  ·  number PH-0001  ·  2024-07-22".to_owned(),
        lines: [
            "Clinical question: course of a known lesion of the liver.",
            "Finding: hypodense lesion with a central necrosis in the right lobe (segment VIII),",
            "smaller than in the examination before. No further lesion. Spleen and kidneys normal.",
            "Beurteilung: teilweise Rückbildung, Größe 34 mm. Kontrolle in drei Monaten.",
        ]
        .map(str::to_owned)
        .to_vec(),
        table: vec![
            row("Diameter", "34.0 mm"),
            row("Volume", "20.6 ml"),
            row("Attenuation", "52 HU"),
            row("Change since first visit", "-17 %"),
        ],
        diameters_mm: vec![41.2, 38.0, 34.0],
    }
    .encode()
}

/// The report on the chest.
pub(super) fn chest_report() -> Vec<u8> {
    Report {
        title: "Radiology report – CT of the chest".to_owned(),
        patient: "Phantom, Drei  ·  born 1957  ·  number PH-0003  ·  2024-05-03".to_owned(),
        lines: [
            "Finding: solid nodule of the right lower lobe, smooth margin, no calcification.",
            "Pleura und Mediastinum unauffällig. No enlarged lymph nodes.",
        ]
        .map(str::to_owned)
        .to_vec(),
        table: vec![("Diameter".to_owned(), "8.0 mm".to_owned())],
        diameters_mm: vec![7.8, 8.0],
    }
    .encode()
}
