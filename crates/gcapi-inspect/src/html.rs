//! Pages that are one file: no script, nothing asked for from anywhere, light or dark as the reader
//! has it.
//!
//! Text that came from somewhere else goes through [`escaped`]; [`Cell`] and [`facts`] do so
//! themselves. The policy of the page is the second line: a browser neither runs nor fetches
//! anything, whatever a title holds.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gcapi_image::Picture;
use jpeg_encoder::{ColorType, Encoder};

const STYLE: &str = include_str!("html.css");

/// Pictures come as `data:` URLs, and styles are in the page; there is nothing else.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// Quality of the JPEG files, of 100.
const QUALITY: u8 = 82;

/// Text as it may stand in an element or in a quoted attribute.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Parsers replace or refuse them.
            _ if character.is_control() && !character.is_whitespace() => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

/// A whole page. The title is text and becomes the first heading; `body` is HTML.
#[must_use]
pub fn page(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// A table of names and values, both text.
#[must_use]
pub fn facts<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut table = String::from("<table>\n");
    for (name, value) in rows {
        let (name, value) = (escaped(name), escaped(&value));
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
        );
    }
    table + "</table>\n"
}

/// Cells beside each other, as many in a row as the window has room for.
#[must_use]
pub fn cells<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> String {
    let mut grid = String::from("<div class=\"cells\">\n");
    for cell in cells {
        grid += &cell.html();
    }
    grid + "</div>\n"
}

/// A picture, or the reason why there is none, with what it is. All of it is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What is shown.
    pub shown: Shown,
    /// The name below the picture.
    pub heading: String,
    /// Facts below the name, a line each.
    pub lines: Vec<String>,
}

/// What a [`Cell`] shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A picture.
    Thumbnail(Thumbnail),
    /// Text in its place: a value, or what kind of file it is.
    Text(String),
    /// Why there is no picture although there should be one.
    Failed(String),
}

impl Cell {
    fn html(&self) -> String {
        let heading = escaped(&self.heading);
        let mut html = match &self.shown {
            Shown::Thumbnail(Thumbnail { url, width, height }) => format!(
                "<figure><img src=\"{url}\" width=\"{width}\" height=\"{height}\" alt=\"{heading}\">"
            ),
            Shown::Text(text) => {
                format!("<figure><div class=\"empty\">{}</div>", escaped(text))
            }
            Shown::Failed(reason) => {
                format!(
                    "<figure><div class=\"empty failed\">{}</div>",
                    escaped(reason)
                )
            }
        };
        let _ = write!(html, "<figcaption><b>{heading}</b>");
        for line in &self.lines {
            let _ = write!(html, "<span>{}</span>", escaped(line));
        }
        html + "</figcaption></figure>\n"
    }
}

/// A picture inside the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// A `data:` URL of a JPEG.
    url: String,
    width: u16,
    height: u16,
}

impl Thumbnail {
    /// Encodes a picture. `None` for one without pixels or with more than 65 535 along a side, which
    /// a JPEG cannot have.
    #[must_use]
    pub fn new(picture: &Picture) -> Option<Self> {
        let colors = match picture.channels {
            1 => ColorType::Luma,
            3 => ColorType::Rgb,
            _ => return None,
        };
        let (width, height) = (
            u16::try_from(picture.width).ok()?,
            u16::try_from(picture.height).ok()?,
        );
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, QUALITY)
            .encode(&picture.pixels, width, height, colors)
            .ok()?;
        let url = format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg));
        Some(Self { url, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert('&\"')</script>\u{0}";
    const HARMLESS: &str = "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\u{fffd}";

    #[test]
    fn text_stays_text_wherever_it_stands() {
        let cell = |shown| Cell {
            shown,
            heading: HOSTILE.to_owned(),
            lines: vec![HOSTILE.to_owned()],
        };
        let picture = Picture {
            width: 1,
            height: 2,
            channels: 1,
            pixels: vec![0, 255],
        };
        let shown = [
            Shown::Thumbnail(Thumbnail::new(&picture).unwrap()),
            Shown::Text(HOSTILE.to_owned()),
            Shown::Failed(HOSTILE.to_owned()),
        ]
        .map(cell);
        let body = facts([(HOSTILE, HOSTILE.to_owned())]) + &cells(&shown);
        let page = page(HOSTILE, &body);
        assert!(!page.contains("<script") && !page.contains('\u{0}'));
        // Title and first heading, a row, three cells with a heading and a line, of which one has
        // the heading as its alternative text and two have a text in place of the picture.
        assert_eq!(page.matches(HARMLESS).count(), 2 + 2 + 6 + 1 + 2);
        assert!(page.contains("src=\"data:image/jpeg;base64,/9j/"));
    }

    #[test]
    fn what_is_no_jpeg_is_no_thumbnail() {
        let picture = |width, channels, bytes| Picture {
            width,
            height: 1,
            channels,
            pixels: vec![0; bytes],
        };
        assert!(Thumbnail::new(&picture(1, 3, 3)).is_some());
        assert_eq!(Thumbnail::new(&picture(0, 1, 0)), None);
        assert_eq!(Thumbnail::new(&picture(2, 1, 1)), None);
        assert_eq!(Thumbnail::new(&picture(1 << 16, 1, 1 << 16)), None);
        assert_eq!(Thumbnail::new(&picture(1, 2, 2)), None);
    }
}
