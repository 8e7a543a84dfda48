//! An archive on one page, to be sent to a colleague: what it is, how and when it came, what it
//! holds, some pictures, and what is missing.
//!
//! The page and the memory it takes have bounds that do not depend on the archive.

mod pictures;
mod plots;
mod statistics;

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use gcapi_archive::{
    ArchiveFolder, Catalogue, Error as ArchiveError, Failure, RelativePath, VerificationRecord,
};
use serde_json::Value;

use crate::html::{cells, escaped, facts, page};
use crate::table::{Error, Table};

/// Failures, findings and sockets that are listed; the number of all is given.
const LISTED: usize = 200;

/// Plots at most.
const PLOTS: usize = 120;

/// Characters of the archive's description.
const DESCRIPTION: usize = 2000;

/// Characters of a title, a place or a reason.
const LINE: usize = 300;

/// Makes the page. `now` is in seconds since 1970.
///
/// # Errors
/// [`Error::Archive`] if the catalogue cannot be read.
pub fn report(catalogue: &Catalogue, folder: &ArchiveFolder, now: i64) -> Result<String, Error> {
    let archive = catalogue.archive()?;
    let title = archive
        .as_ref()
        .map_or("An archive", |archive| &archive.title);
    let verification = catalogue.verification()?;
    let mut body = about(catalogue, verification.as_ref(), now)?;
    body += &missing(catalogue, verification.as_ref())?;
    body += &sockets(catalogue)?;
    let images_only = catalogue
        .settings()?
        .is_some_and(|settings| settings.images_only);
    let pictures = if images_only {
        pictures::first_of_images_only(catalogue, folder)?
    } else {
        pictures::first(catalogue, folder)?
    };
    if !pictures.is_empty() {
        body += "<h2>Some of the images</h2>\n";
        body += &cells(&pictures);
    }
    body += &plots(catalogue, folder)?;
    Ok(page(&beginning(title, LINE), &body))
}

/// What it is, where from, since when.
fn about(
    catalogue: &Catalogue,
    verification: Option<&VerificationRecord>,
    now: i64,
) -> Result<String, ArchiveError> {
    let totals = catalogue.totals()?;
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut description = String::new();
    if let Some(archive) = catalogue.archive()? {
        let record: Value = serde_json::from_str(&archive.record).unwrap_or_default();
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        rows.push(("archive", archive.pk.to_string()));
        rows.push(("page", beginning(text("url"), LINE)));
        let text = beginning(text("description"), DESCRIPTION);
        if !text.is_empty() {
            description = format!("<p>{}</p>\n", escaped(&text));
        }
    }
    if let Some(settings) = catalogue.settings()? {
        let what = if settings.images_only {
            "images only"
        } else {
            "archive items"
        };
        let how = format!("{} ({what}, layout {})", settings.base_url, settings.layout);
        rows.push(("fetched from", how));
    }
    if let Some((first, last)) = catalogue.fetched_between()? {
        rows.push(("fetched", format!("{} to {}", date(first), date(last))));
    }
    rows.push((
        "listed",
        match catalogue
            .last_listing()?
            .and_then(|listing| listing.finished_at)
        {
            Some(moment) => date(moment),
            None => "never to the end".to_owned(),
        },
    ));
    rows.push(("verified", verified(catalogue, verification)?));
    rows.push(("items", totals.items.to_string()));
    rows.push(("values", totals.values.to_string()));
    rows.push(("images", totals.images.to_string()));
    rows.push((
        "files",
        format!("{}, {}", totals.files, bytes(totals.bytes)),
    ));
    rows.push(("could not be fetched", totals.failures.to_string()));
    rows.push((
        "this report",
        format!("{}, gcapi {}", date(now), env!("CARGO_PKG_VERSION")),
    ));
    Ok(description + &facts(rows))
}

fn verified(
    catalogue: &Catalogue,
    verification: Option<&VerificationRecord>,
) -> Result<String, ArchiveError> {
    let Some(verification) = verification else {
        return Ok("length of each file when it was fetched; not since".to_owned());
    };
    let mut text = format!(
        "{}: {} files {}, {}",
        date(verification.finished_at),
        verification.intact,
        if verification.deep {
            "intact and decoded"
        } else {
            "intact by their SHA-256"
        },
        bytes(verification.bytes)
    );
    for (number, what) in [
        (verification.damaged, "findings of damage"),
        (verification.undecoded, "files not decoded"),
        (
            verification.unknown,
            "files that the catalogue does not know",
        ),
        (
            catalogue.fetched_after(verification.finished_at)?,
            "files fetched since",
        ),
    ] {
        if number > 0 {
            let _ = write!(text, "; {number} {what}");
        }
    }
    Ok(text)
}

/// What could not be brought, and what is wrong with what is here.
fn missing(
    catalogue: &Catalogue,
    verification: Option<&VerificationRecord>,
) -> Result<String, ArchiveError> {
    let failures = catalogue.first_failures(LISTED as u64)?;
    let mut html = listed(
        "Could not be fetched in the last run",
        &failures,
        catalogue.totals()?.failures,
    );
    if let Some(verification) = verification {
        let mut named = verification.named.clone();
        for failure in &mut named {
            let file = match RelativePath::parse(&failure.place) {
                Ok(path) => catalogue.file(&path)?,
                Err(_) => None,
            };
            if file.is_some_and(|file| file.fetched_at > verification.finished_at) {
                failure.next_step = "fetched again since".to_owned();
            }
        }
        html += &listed(
            "Damaged, as the verification found",
            &named,
            verification.damaged,
        );
    }
    Ok(html)
}

/// Failures under a heading; nothing if there are none.
fn listed(heading: &str, failures: &[Failure], number: u64) -> String {
    if number == 0 {
        return String::new();
    }
    let mut html = format!("<h2 class=\"failed\">{heading}: {number}</h2>\n<table>\n");
    for failure in failures.iter().take(LISTED) {
        let text = |text: &str| escaped(&beginning(text, LINE));
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}; {}</td></tr>",
            text(&failure.place),
            text(&failure.reason),
            text(&failure.next_step)
        );
    }
    html + "</table>\n" + &more(number, LISTED.min(failures.len()))
}

/// What each socket has, and how much of it is here.
fn sockets(catalogue: &Catalogue) -> Result<String, ArchiveError> {
    let holdings = catalogue.holdings()?;
    if holdings.is_empty() {
        return Ok(String::new());
    }
    let mut html = String::from(
        "<h2>Sockets</h2>\n<div class=\"wide\"><table>\n<tr><th>socket</th><th>kind</th><th>values</th>\
         <th>not here</th><th>files</th><th>size</th></tr>\n",
    );
    for socket in holdings.iter().take(LISTED) {
        let absent = socket.listed.saturating_sub(socket.held);
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td{}>{absent}</td><td>{}</td><td>{}</td></tr>",
            escaped(&beginning(&socket.slug, LINE)),
            escaped(&beginning(&socket.super_kind, LINE)),
            socket.listed,
            if absent > 0 { " class=\"failed\"" } else { "" },
            socket.files,
            bytes(socket.bytes)
        );
    }
    html += "</table></div>\n";
    Ok(html + &more(holdings.len() as u64, LISTED.min(holdings.len())))
}

fn plots(catalogue: &Catalogue, folder: &ArchiveFolder) -> Result<String, Error> {
    let mut table = Table::new(catalogue, folder)?;
    let columns = statistics::columns(&mut table)?;
    if columns.is_empty() {
        return Ok(String::new());
    }
    let rows = catalogue.totals()?.items;
    let mut html = String::from(
        "<h2>What the items hold</h2>\n<p class=\"faint\">Columns have the names that gcapi table \
         gives them. Sizes are in bytes; shapes have their slowest axis first. Texts of many kinds \
         are left out.</p>\n<div class=\"cells\">\n",
    );
    for column in columns.iter().take(PLOTS) {
        html += &plots::figure(column, rows);
    }
    html += "</div>\n";
    Ok(html + &more(columns.len() as u64, PLOTS.min(columns.len())))
}

/// How many are not shown.
fn more(all: u64, shown: usize) -> String {
    match all.saturating_sub(shown as u64) {
        0 => String::new(),
        left => format!("<p class=\"faint\">and {left} more</p>\n"),
    }
}

/// The beginning of a text, of so many characters at most.
fn beginning(text: &str, characters: usize) -> String {
    if text.chars().nth(characters).is_none() {
        return text.to_owned();
    }
    text.chars().take(characters).chain(['…']).collect()
}

fn date(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    // Beyond the year 9999 there is no date to be written.
    let largest = Duration::from_secs(253_402_300_799);
    UNIX_EPOCH
        .checked_add(since.min(largest))
        .map_or_else(String::new, httpdate::fmt_http_date)
}

/// In decimal units, as disks are sold.
fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut size = bytes as f64;
    let mut found = None;
    for unit in units {
        if size < 1000.0 {
            break;
        }
        size /= 1000.0;
        found = Some(unit);
    }
    match found {
        None => format!("{bytes} B"),
        Some(unit) => format!("{size:.2} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_readable() {
        assert_eq!(
            (bytes(999), bytes(1_240_000_000)),
            ("999 B".into(), "1.24 GB".into())
        );
        assert_eq!(bytes(u64::MAX), "18.45 EB");
        assert_eq!(date(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(
            (beginning("größe", 3), beginning("ß", 1)),
            ("grö…".into(), "ß".into())
        );
    }
}
