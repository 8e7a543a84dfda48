//! `components/interfaces/`: the sockets the archive uses.

use gcapi_archive::SocketRecord;

use super::handler::{Answered, Asked};
use crate::answer::Answer;
use crate::json_object::array;
use crate::page::Page;

/// Sockets read from the catalogue at a time.
const READ_AT_A_TIME: u64 = 1000;

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    let page = Page::of(&asked.query);
    let wanted = asked.query.last("slug").filter(|slug| !slug.is_empty());
    // An archive has tens of sockets, the whole platform some thousands.
    let mut sockets: Vec<SocketRecord> = Vec::new();
    asked.state.ask(|catalogue| {
        loop {
            let offset = u64::try_from(sockets.len()).unwrap_or(u64::MAX);
            let read = catalogue.sockets(offset, READ_AT_A_TIME)?;
            if read.is_empty() {
                return Ok(());
            }
            sockets.extend(read);
        }
    })?;
    sockets.retain(|socket| wanted.is_none_or(|slug| slug == socket.slug));
    let count = u64::try_from(sockets.len()).unwrap_or(u64::MAX);
    let shown = page.of_slice(&sockets);
    let results = array(shown.iter().map(|socket| socket.record.clone()));
    Ok(Answer::json(page.envelope(
        &asked.url,
        &asked.query,
        count,
        &results,
    )))
}

pub(super) fn detail(asked: &Asked<'_>, pk: &str) -> Answered {
    let Ok(pk) = pk.parse::<i64>() else {
        return Ok(Answer::not_found());
    };
    let socket = asked.state.ask(|catalogue| catalogue.socket(pk))?;
    Ok(socket.map_or_else(
        || Answer::no_such("ComponentInterface"),
        |socket| Answer::json(socket.record),
    ))
}
