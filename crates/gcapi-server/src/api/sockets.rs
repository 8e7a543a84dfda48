//! `components/interfaces/`: the sockets the archive uses.

use gcapi_archive::SocketRecord;

use super::handler::{Answered, Asked};
use super::lists;
use crate::answer::Answer;

/// Sockets read from the catalogue at a time.
const READ_AT_A_TIME: u64 = 1000;

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    let wanted = asked.query.last("slug").filter(|slug| !slug.is_empty());
    lists::page(asked, false, |catalogue, page| {
        // An archive has tens of sockets, the whole platform some thousands.
        let mut sockets: Vec<SocketRecord> = Vec::new();
        loop {
            let read = catalogue.sockets(lists::length(&sockets), READ_AT_A_TIME)?;
            if read.is_empty() {
                break;
            }
            sockets.extend(read);
        }
        sockets.retain(|socket| wanted.is_none_or(|slug| slug == socket.slug));
        let shown = page.of_slice(&sockets).iter();
        let records = shown.map(|socket| socket.record.clone()).collect();
        Ok((lists::length(&sockets), records))
    })
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
