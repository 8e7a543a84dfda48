//! `archives/items/`: items with those of their values that are here.

use std::collections::HashMap;

use gcapi_archive::{Catalogue, ItemRecord, SocketRecord, ValueRecord};

use super::handler::{Answered, Asked};
use super::{archives, filters, images};
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::Visitor;
use crate::index::ImageIndex;
use crate::json_object::{JsonObject, array, text};
use crate::media_key::{MediaKey, last_segment};
use crate::page::Page;
use crate::stored;

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    if let Err(answer) = filters::one_archive(asked) {
        return Ok(answer);
    }
    let page = Page::of(&asked.query);
    let hidden = asked.visitor == Visitor::Anonymous || asked.state.images_only();
    let (count, results) = if hidden {
        (0, "[]".to_owned())
    } else {
        let index = asked.state.index()?;
        asked.state.ask(|catalogue| {
            let count = match catalogue.last_listing()? {
                Some(listing) => catalogue.seen_in(listing.number)?.0,
                None => 0,
            };
            let mut renderer = Renderer::new(asked.state, catalogue, &index);
            let items = catalogue.items(page.offset, page.limit)?;
            let rendered: Result<Vec<_>, _> =
                items.iter().map(|item| renderer.item(item)).collect();
            Ok((count, array(rendered?)))
        })?
    };
    Ok(Answer::json(page.envelope(
        &asked.url,
        &asked.query,
        count,
        &results,
    )))
}

pub(super) fn detail(asked: &Asked<'_>, pk: &str) -> Answered {
    let pk = match filters::pk(pk) {
        Ok(pk) => pk,
        Err(answer) => return Ok(answer),
    };
    if asked.visitor == Visitor::Anonymous || asked.state.images_only() {
        return Ok(Answer::no_such("ArchiveItem"));
    }
    let index = asked.state.index()?;
    asked.state.ask(|catalogue| {
        let Some(item) = catalogue.item(pk)? else {
            return Ok(Answer::no_such("ArchiveItem"));
        };
        let mut renderer = Renderer::new(asked.state, catalogue, &index);
        Ok(Answer::json(renderer.item(&item)?))
    })
}

/// Renders items and remembers their sockets, which repeat.
struct Renderer<'a> {
    state: &'a ServerState,
    catalogue: &'a Catalogue,
    index: &'a ImageIndex,
    sockets: HashMap<i64, SocketRecord>,
}

impl<'a> Renderer<'a> {
    fn new(state: &'a ServerState, catalogue: &'a Catalogue, index: &'a ImageIndex) -> Self {
        Self {
            state,
            catalogue,
            index,
            sockets: HashMap::new(),
        }
    }

    fn item(&mut self, item: &ItemRecord) -> Result<String, gcapi_archive::Error> {
        let (state, catalogue, index) = (self.state, self.catalogue, self.index);
        let mut values = Vec::with_capacity(item.values.len());
        for value in &item.values {
            let Some(socket) = self.socket(value.socket)? else {
                continue;
            };
            let is_image_here = |image| index.contains(image);
            if stored::is_here(catalogue, item.pk, value, socket, is_image_here)? {
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
