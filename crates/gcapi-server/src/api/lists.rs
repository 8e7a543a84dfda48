//! The form that lists from the catalogue have.

use gcapi_archive::{Catalogue, Error};

use super::handler::{Answered, Asked};
use crate::answer::Answer;
use crate::json_object::array;
use crate::page::Page;

/// Answers with the page that is asked for. `read` gives the length of the
/// whole list and the entries of the page, as JSON. Who may not see the list
/// gets an empty one.
pub(super) fn page(
    asked: &Asked<'_>,
    is_hidden: bool,
    read: impl FnOnce(&Catalogue, Page) -> Result<(u64, Vec<String>), Error>,
) -> Answered {
    let page = Page::of(&asked.query);
    let (count, entries) = if is_hidden {
        (0, Vec::new())
    } else {
        asked.state.ask(|catalogue| read(catalogue, page))?
    };
    let results = array(entries);
    Ok(Answer::json(page.envelope(
        &asked.url,
        &asked.query,
        count,
        &results,
    )))
}

/// The length of a list, as pages count.
pub(super) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
