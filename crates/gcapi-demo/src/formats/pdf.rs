//! PDF: a report of one page, in the fonts that every reader has.
//!
//! Format: ISO 32000-1. Text is in Helvetica with `WinAnsiEncoding`, which
//! has the letters of Western Europe; others are shown as a question mark.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// What the report says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// Name and number of the patient.
    pub patient: String,
    /// What was found, one paragraph a line.
    pub lines: Vec<String>,
    /// A table: name and value.
    pub table: Vec<(String, String)>,
    /// Diameter of the tumour over time, in millimetres, for the drawing.
    pub diameters_mm: Vec<f32>,
}

const REGULAR: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");
const LEFT: f32 = 64.0;

impl Report {
    /// The PDF file: A4, one page.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [catalog, pages, page, content, regular, bold, information] =
            [1, 2, 3, 4, 5, 6, 7].map(Ref::new);
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        let mut sheet = pdf.page(page);
        sheet.media_box(Rect::new(0.0, 0.0, 595.0, 842.0));
        sheet.parent(pages);
        sheet.contents(content);
        sheet
            .resources()
            .fonts()
            .pair(REGULAR, regular)
            .pair(BOLD, bold);
        sheet.finish();
        let encoding = Name(b"WinAnsiEncoding");
        pdf.type1_font(regular)
            .base_font(Name(b"Helvetica"))
            .encoding_predefined(encoding);
        pdf.type1_font(bold)
            .base_font(Name(b"Helvetica-Bold"))
            .encoding_predefined(encoding);
        pdf.stream(content, &self.page());
        pdf.document_info(information).title(TextStr(&self.title));
        pdf.finish()
    }

    fn page(&self) -> Vec<u8> {
        let mut page = Content::new();
        page.set_fill_rgb(0.11, 0.31, 0.47)
            .rect(0.0, 786.0, 595.0, 56.0)
            .fill_nonzero();
        page.set_fill_rgb(1.0, 1.0, 1.0);
        write(&mut page, BOLD, 17.0, LEFT, 807.0, &self.title);
        page.set_fill_rgb(0.1, 0.1, 0.1);
        write(&mut page, BOLD, 11.0, LEFT, 756.0, &self.patient);
        let mut y = 730.0;
        for line in &self.lines {
            write(&mut page, REGULAR, 11.0, LEFT, y, line);
            y -= 17.0;
        }
        y -= 14.0;
        for (row, (name, value)) in self.table.iter().enumerate() {
            if row % 2 == 0 {
                page.set_fill_rgb(0.93, 0.95, 0.97)
                    .rect(LEFT - 8.0, y - 6.0, 483.0, 19.0)
                    .fill_nonzero();
                page.set_fill_rgb(0.1, 0.1, 0.1);
            }
            write(&mut page, REGULAR, 10.5, LEFT, y, name);
            write(&mut page, BOLD, 10.5, LEFT + 270.0, y, value);
            y -= 19.0;
        }
        self.drawing(&mut page, y - 210.0);
        page.set_fill_rgb(0.45, 0.45, 0.45);
        let note = "Made by rule for demonstration. No patient is behind this report.";
        write(&mut page, REGULAR, 8.5, LEFT, 40.0, note);
        page.finish().into_vec()
    }

    /// The course of the diameter as a line over its axes.
    fn drawing(&self, page: &mut Content, bottom: f32) {
        let (width, height) = (467.0, 150.0);
        write(
            page,
            BOLD,
            10.5,
            LEFT,
            bottom + height + 14.0,
            "Diameter over time (mm)",
        );
        page.set_stroke_rgb(0.6, 0.6, 0.6).set_line_width(0.7);
        page.move_to(LEFT, bottom + height)
            .line_to(LEFT, bottom)
            .line_to(LEFT + width, bottom)
            .stroke();
        let most = self.diameters_mm.iter().copied().fold(1.0, f32::max) * 1.2;
        let steps = self.diameters_mm.len().saturating_sub(1).max(1);
        let step = width / u16::try_from(steps).map_or(1.0, f32::from);
        page.set_stroke_rgb(0.75, 0.22, 0.17).set_line_width(1.8);
        let mut x = LEFT;
        let mut points = Vec::with_capacity(self.diameters_mm.len());
        for diameter in &self.diameters_mm {
            let y = bottom + height * diameter / most;
            if points.is_empty() {
                page.move_to(x, y);
            } else {
                page.line_to(x, y);
            }
            points.push((x, y, diameter));
            x += step;
        }
        page.stroke();
        page.set_fill_rgb(0.75, 0.22, 0.17);
        for (x, y, diameter) in points {
            page.rect(x - 2.5, y - 2.5, 5.0, 5.0).fill_nonzero();
            write(
                page,
                REGULAR,
                9.0,
                x - 6.0,
                y + 7.0,
                &format!("{diameter:.1}"),
            );
        }
    }
}

fn write(page: &mut Content, font: Name<'_>, size: f32, x: f32, y: f32, text: &str) {
    page.begin_text().set_font(font, size).next_line(x, y);
    page.show(Str(&western(text))).end_text();
}

/// The code of `WinAnsiEncoding`, which is that of Unicode for Latin letters.
fn western(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| match character {
            '–' => 0x96,
            ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(character).unwrap_or(b'?'),
            _ => b'?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_a_beginning_an_end_and_its_words() {
        let report = Report {
            title: "Befund".to_owned(),
            patient: "Müller".to_owned(),
            lines: vec!["ohne Auffälligkeit".to_owned()],
            table: vec![("Größe".to_owned(), "8 mm".to_owned())],
            diameters_mm: vec![12.0, 8.0],
        };
        let file = report.encode();
        assert!(file.starts_with(b"%PDF-1.7"));
        assert!(file.trim_ascii_end().ends_with(b"%%EOF"));
        // What is not ASCII is written in hexadecimal digits.
        for word in ["(Befund)", "<4DFC6C6C6572>", "(8 mm)"] {
            assert!(
                file.windows(word.len()).any(|part| part == word.as_bytes()),
                "{word}"
            );
        }
    }

    #[test]
    fn letters_the_font_lacks_become_question_marks() {
        assert_eq!(western("Größe – 日"), b"Gr\xf6\xdfe \x96 ?");
    }
}
