//! Filters by primary key, which the platform checks before it looks.

use std::collections::HashSet;

use uuid::Uuid;

use super::handler::Asked;
use crate::answer::Answer;

/// The pk in a path; `Err` with the answer if it cannot be one.
pub(super) fn pk(text: &str) -> Result<Uuid, Answer> {
    Uuid::parse_str(text).map_err(|_| Answer::not_found())
}

/// `?archive=` of a list that takes one archive: the last one counts.
pub(super) fn one_archive(asked: &Asked<'_>) -> Result<(), Answer> {
    let Some(text) = asked.query.last("archive").filter(|text| !text.is_empty()) else {
        return Ok(());
    };
    if filter_pk("archive", text)? == asked.state.archive().pk {
        return Ok(());
    }
    let message = "Select a valid choice. That choice is not one of the available choices.";
    Err(Answer::bad_filter("archive", message))
}

/// A filter of a list that takes several pks, of which those in `known`
/// exist.
pub(super) fn several(asked: &Asked<'_>, name: &str, known: &[Uuid]) -> Result<(), Answer> {
    let pks = asked
        .query
        .all(name)
        .map(|text| filter_pk(name, text))
        .collect::<Result<HashSet<_>, _>>()?;
    match pks.into_iter().find(|pk| !known.contains(pk)) {
        None => Ok(()),
        Some(pk) => {
            let message =
                format!("Select a valid choice. {pk} is not one of the available choices.");
            Err(Answer::bad_filter(name, &message))
        }
    }
}

fn filter_pk(name: &str, text: &str) -> Result<Uuid, Answer> {
    Uuid::parse_str(text)
        .map_err(|_| Answer::bad_filter(name, &format!("“{text}” is not a valid UUID.")))
}
