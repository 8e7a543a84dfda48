//! `archives/items/`: items with those of their values that are here.

use std::collections::HashMap;

use gcapi_archive::{Catalogue, ItemRecord, SocketRecord, ValueRecord};

use super::handler::{Answered, Asked};
use super::{archives, filters, images, lists};
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::Visitor;
use crate::json_object::{JsonObject, array, text};
use crate::media_key::{MediaKey, last_segment};
use crate::stored;

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    if let Err(answer) = filters::one_archive(asked) {
        return Ok(answer);
    }
    let is_hidden = asked.visitor == Visitor::Anonymous || asked.state.images_only();
    lists::page(asked, is_hidden, |catalogue, page| {
        let count = match catalogue.last_listing()? {
            Some(listing) => catalogue.seen_in(listing.number)?.0,
            None => 0,
        };
        let mut renderer = Renderer::new(asked.state, catalogue);
        let items = catalogue.items(page.offset, page.limit)?;
        let rendered: Result<Vec<_>, _> = items.iter().map(|item| renderer.item(item)).collect();
        Ok((count, rendered?))
    })
}

pub(super) fn detail(asked: &Asked<'_>, pk: &str) -> Answered {
    let pk = match filters::pk(pk) {
        Ok(pk) => pk,
        Err(answer) => return Ok(answer),
    };
    if asked.visitor == Visitor::Anonymous || asked.state.images_only() {
        return Ok(Answer::no_such("ArchiveItem"));
    }
    asked.state.ask(|catalogue| {
        let Some(item) = catalogue.item(pk)? else {
            return Ok(Answer::no_such("ArchiveItem"));
        };
        let mut renderer = Renderer::new(asked.state, catalogue);
        Ok(Answer::json(renderer.item(&item)?))
    })
}

/// Renders items and remembers their sockets, which repeat.
struct Renderer<'a> {
    state: &'a ServerState,
    catalogue: &'a Catalogue,
    sockets: HashMap<i64, SocketRecord>,
}

impl<'a> Renderer<'a> {
    fn new(state: &'a ServerState, catalogue: &'a Catalogue) -> Self {
        Self {
            state,
            catalogue,
            sockets: HashMap::new(),
        }
    }

    fn item(&mut self, item: &ItemRecord) -> Result<String, gcapi_archive::Error> {
        let (state, catalogue) = (self.state, self.catalogue);
        let mut values = Vec::with_capacity(item.values.len());
        for value in &item.values {
            let Some(socket) = self.socket(value.socket)? else {
                continue;
            };
            if stored::is_here(catalogue, item.pk, value, socket)? {
                values.push(render_value(state, value, socket));
            }
        }
        let mut record = JsonObject::parse(&item.record).unwrap_or_default();
        record.set_default("pk", || text(&item.pk.to_string()));
        record.set_default("title", || text(&item.title));
        record.set("archive", text(&archives::url(self.state)));
        record.set_behind("archive", "values", array(values));
        record.set_default("hanging_protocol", || "null".to_owned());
        record.set_default("optional_hanging_protocols", || "[]".to_owned());
        record.set_default("view_content", || "{}".to_owned());
        Ok(record.to_json())
    }

    fn socket(&mut self, pk: i64) -> Result<Option<&SocketRecord>, gcapi_archive::Error> {
        if !self.sockets.contains_key(&pk)
            && let Some(socket) = self.catalogue.socket(pk)?
        {
            self.sockets.insert(pk, socket);
        }
        Ok(self.sockets.get(&pk))
    }
}

/// A value, with its socket under the name that clients of today read and
/// under the one that older ones do.
fn render_value(state: &ServerState, value: &ValueRecord, socket: &SocketRecord) -> String {
    let file = value.file.as_ref().map(|url| {
        let key = MediaKey::Value {
            pk: value.pk,
            name: last_segment(url),
        };
        format!("{}/media/{}", state.origin(), key.to_path())
    });
    let image = value.image.map(|image| images::url(state, image));
    let optional = |url: Option<String>| url.map_or_else(|| "null".to_owned(), |url| text(&url));
    format!(
        r#"{{"socket":{socket},"interface":{socket},"value":{value},"file":{file},"image":{image},"pk":{pk}}}"#,
        socket = socket.record,
        value = value.value.as_deref().unwrap_or("null"),
        file = optional(file),
        image = optional(image),
        pk = value.pk,
    )
}
