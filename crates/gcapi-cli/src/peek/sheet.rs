//! The contact sheet: one page with a section for each item.

use std::fmt::Write as _;

use gcapi_inspect::html::{self, Cell, Shown, escaped};
use uuid::Uuid;

use super::{Choice, Seen};
use crate::human;

/// An item that was looked at.
#[derive(Debug)]
pub(crate) struct SeenItem {
    pub(crate) pk: Uuid,
    pub(crate) title: String,
    pub(crate) values: Vec<Seen>,
    /// Values that could not be read, and why.
    pub(crate) malformed: Vec<String>,
}

/// What the page is made of.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) title: &'a str,
    /// Address of the API.
    pub(crate) platform: String,
    pub(crate) choice: &'a Choice,
    pub(crate) items: &'a [SeenItem],
    /// Requests that it took.
    pub(crate) requests: u64,
}

impl Sheet<'_> {
    fn sum(&self, number: impl Fn(&Seen) -> u64) -> u64 {
        let values = self.items.iter().flat_map(|item| &item.values);
        values.map(number).sum()
    }

    /// Values with a picture.
    pub(crate) fn pictures(&self) -> u64 {
        self.sum(|seen| u64::from(seen.has_picture()))
    }

    /// Values without, that nothing is wrong with.
    pub(crate) fn not_shown(&self) -> u64 {
        self.sum(|seen| u64::from(seen.not_shown.is_some()))
    }

    /// Rows of the list and values that something is wrong with.
    pub(crate) fn failures(&self) -> u64 {
        let malformed = self.items.iter().map(|item| item.malformed.len());
        let rows = malformed.sum::<usize>() + self.choice.failures.len();
        self.sum(|seen| u64::from(seen.failure.is_some())) + rows as u64
    }

    /// Bytes of files that came.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.sum(|seen| seen.received_bytes)
    }

    /// Bytes of the same files whole.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.sum(|seen| seen.stored_bytes)
    }

    /// What it took, in words.
    pub(crate) fn cost(&self) -> String {
        format!(
            "{} of {}, in {}",
            human::bytes(self.received_bytes()),
            human::bytes(self.stored_bytes()),
            human::count(self.requests, "request")
        )
    }

    /// The page.
    pub(crate) fn html(&self) -> String {
        let shown = self.items.len() as u64;
        let choice = if shown < self.choice.of {
            format!("{shown} of {}, spread evenly over the list", self.choice.of)
        } else {
            shown.to_string()
        };
        let mut body = html::facts([
            ("Platform", self.platform.clone()),
            ("Items", choice),
            ("Pictures", self.pictures().to_string()),
            ("Read of the files", self.cost()),
        ]);
        for failure in &self.choice.failures {
            let _ = writeln!(body, "<p class=\"failed\">{}</p>", escaped(failure));
        }
        for item in self.items {
            let pk = item.pk.to_string();
            let title = if item.title.is_empty() {
                &pk
            } else {
                &item.title
            };
            let _ = writeln!(body, "<h2>{}</h2>", escaped(title));
            if *title != pk {
                let _ = writeln!(body, "<p class=\"faint\">{pk}</p>");
            }
            for reason in &item.malformed {
                let _ = writeln!(body, "<p class=\"failed\">{}</p>", escaped(reason));
            }
            if item.values.is_empty() {
                body += "<p class=\"faint\">It has no value of these sockets.</p>\n";
            }
            let (images, others): (Vec<_>, Vec<_>) =
                item.values.iter().partition(|seen| seen.is_image());
            if !images.is_empty() {
                let cells: Vec<Cell> = images.into_iter().map(cell).collect();
                body += &html::cells(&cells);
            }
            if !others.is_empty() {
                body += &html::facts(others.into_iter().map(row));
            }
        }
        html::page(self.title, &body)
    }
}

/// A value by its beginning, a file by name and size.
fn row(seen: &Seen) -> (&str, String) {
    let text = match &seen.shown {
        Shown::Failed(reason) => format!("failed: {reason}"),
        _ if seen.value.is_none() => {
            let size = human::bytes(seen.stored_bytes);
            format!("{} ({}, {size})", seen.name, seen.kind)
        }
        Shown::Text(value) => value.clone(),
        Shown::Thumbnail(_) => String::new(),
    };
    (&seen.socket, text)
}

/// An image with what is known of it.
fn cell(seen: &Seen) -> Cell {
    let modality = seen.modality.iter().filter(|modality| !modality.is_empty());
    let mut lines = Vec::new();
    if let Some(header) = &seen.header {
        let samples = match header.channels {
            1 => header.element.to_owned(),
            channels => format!("{channels} x {}", header.element),
        };
        let format = format!("{}, {samples}", header.format);
        let what: Vec<String> = modality.cloned().chain([format]).collect();
        lines.push(what.join(", "));
        let size: Vec<String> = header.size.iter().map(u64::to_string).collect();
        let spacing: Vec<String> = header.spacing.iter().map(|mm| rounded(*mm)).collect();
        lines.push(size.join(" x "));
        lines.push(format!("{} mm", spacing.join(" x ")));
        if header.levels > 1 {
            lines.push(human::count(header.levels as u64, "level"));
        }
    } else {
        lines.extend(modality.cloned());
    }
    if let Some(instances) = seen.instances {
        lines.push(format!("1 of {}", human::count(instances, "instance")));
    }
    if !seen.name.is_empty() {
        lines.push(seen.name.clone());
    }
    if seen.stored_bytes > 0 {
        let (received, stored) = (seen.received_bytes, seen.stored_bytes);
        lines.push(format!(
            "{} of {} read",
            human::bytes(received),
            human::bytes(stored)
        ));
    }
    Cell {
        shown: seen.shown.clone(),
        heading: seen.socket.clone(),
        lines,
    }
}

/// A length as people read it.
fn rounded(length: f64) -> String {
    let digits = format!("{length:.4}");
    let short = digits.trim_end_matches('0').trim_end_matches('.');
    if short == "0" {
        format!("{length:.3e}")
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_readable() {
        assert_eq!(rounded(1.25), "1.25");
        assert_eq!(rounded(2.0), "2");
        assert_eq!(rounded(0.000_25), "0.0003");
        assert_eq!(rounded(0.000_001), "1.000e-6");
    }
}
