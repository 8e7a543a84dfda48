//! `archives/`: the one archive there is.

use super::filters;
use super::handler::Asked;
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::Visitor;
use crate::json_object::{JsonObject, array, text};
use crate::page::Page;

/// The URL of the archive in the API.
pub(super) fn url(state: &ServerState) -> String {
    format!("{}/api/v1/archives/{}/", state.origin(), state.archive().pk)
}

pub(super) fn list(asked: &Asked<'_>) -> Answer {
    let slug = slug(asked.state);
    let wanted = asked.query.last("slug").filter(|text| !text.is_empty());
    let shown = asked.visitor == Visitor::Member && wanted.is_none_or(|wanted| wanted == slug);
    let archives = if shown {
        vec![render(asked.state)]
    } else {
        Vec::new()
    };
    let page = Page::of(&asked.query);
    let results = array(page.of_slice(&archives).iter().cloned());
    let count = if shown { 1 } else { 0 };
    Answer::json(page.envelope(&asked.url, &asked.query, count, &results))
}

pub(super) fn detail(asked: &Asked<'_>, pk: &str) -> Answer {
    match filters::pk(pk) {
        Err(answer) => answer,
        Ok(pk) if asked.visitor == Visitor::Member && pk == asked.state.archive().pk => {
            Answer::json(render(asked.state))
        }
        Ok(_) => Answer::no_such("Archive"),
    }
}

fn slug(state: &ServerState) -> String {
    let archive = state.archive();
    archive
        .slug
        .clone()
        // An archive without a slug still needs a page of its own.
        .unwrap_or_else(|| archive.pk.to_string())
}

fn render(state: &ServerState) -> String {
    let archive = state.archive();
    let mut record = JsonObject::parse(&archive.record).unwrap_or_default();
    record.set_default("pk", || text(&archive.pk.to_string()));
    record.set_default("title", || text(&archive.title));
    record.set_default("logo", || text("/logo"));
    record.set_default("description", || "null".to_owned());
    // The logo was not downloaded: its URL is ours and leads nowhere, rather
    // than out of the machine.
    let logo = record.get_text("logo").unwrap_or_default();
    let path = url::Url::parse(&logo).map_or(logo, |url| url.path().to_owned());
    let logo = format!("{}/{}", state.origin(), path.trim_start_matches('/'));
    record.set("logo", text(&logo));
    record.set("api_url", text(&url(state)));
    let page = format!("{}/archives/{}/", state.origin(), slug(state));
    record.set("url", text(&page));
    record.to_json()
}
