//! `gcapi status`

use std::path::Path;

use gcapi_archive::{ArchiveFolder, Catalogue};

use super::Done;
use crate::failure::SOME_FAILED;
use crate::human;
use crate::output::Output;

pub(super) fn run(folder: &Path, output: Output) -> Done {
    let catalogue = Catalogue::open(&ArchiveFolder::open(folder)?)?;
    let archive = catalogue.archive()?;
    let settings = catalogue.settings()?;
    let totals = catalogue.totals()?;
    let listing = catalogue.last_listing()?;
    let failures = catalogue.failures()?;
    let code = if failures.is_empty() { 0 } else { SOME_FAILED };
    if output.json {
        output.json(&serde_json::json!({
            "event": "status",
            "archive": archive.as_ref().map(|archive| serde_json::json!({
                "pk": archive.pk,
                "slug": archive.slug,
                "title": archive.title,
            })),
            "settings": settings,
            "listing": listing,
            "totals": totals,
            "failures": failures,
        }));
        return Ok(code);
    }
    if let Some(archive) = &archive {
        output.data(&format!(
            "{}  {}  {}",
            output.bold(&human::printable(&archive.title)),
            archive.slug.as_deref().unwrap_or("-"),
            archive.pk
        ));
    }
    if let Some(settings) = &settings {
        let what = if settings.images_only {
            "images only"
        } else {
            "archive items"
        };
        output.data(&format!(
            "from     {} ({what}, layout {})",
            settings.base_url, settings.layout
        ));
    }
    match &listing {
        Some(listing) => {
            let ago = age(listing.finished_at);
            output.data(&format!("listed   {ago} ago, walk {}", listing.number));
        }
        None => output.data("listed   never to the end: run gcapi download again"),
    }
    output.data(&format!(
        "holds    {}, {}, {}, {} ({})",
        human::count(totals.items, "item"),
        human::count(totals.values, "value"),
        human::count(totals.images, "image"),
        human::count(totals.files, "file"),
        human::bytes(totals.bytes)
    ));
    if failures.is_empty() {
        output.data("missing  nothing that the last run knew of");
    }
    for failure in &failures {
        output.data(&format!("missing  {}", human::printable(&failure.place)));
        output.data(&format!("         {}", human::printable(&failure.reason)));
        output.data(&format!("         next step: {}", failure.next_step));
    }
    Ok(code)
}

/// How long ago a moment in seconds since 1970 was.
fn age(moment: Option<i64>) -> String {
    let now = crate::moment::now();
    let since = now.saturating_sub(moment.unwrap_or(now));
    human::duration(std::time::Duration::from_secs(
        u64::try_from(since).unwrap_or(0),
    ))
}
