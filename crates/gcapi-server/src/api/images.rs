//! `cases/images/`: images of which something is here.

use gcapi_archive::{Catalogue, ImageRecord};
use uuid::Uuid;

use super::handler::{Answered, Asked};
use super::{filters, lists};
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::Visitor;
use crate::json_object::{JsonObject, array, text};
use crate::stored;

/// Filters that hold a text of the record against the query.
const TEXT_FILTERS: [&str; 10] = [
    "patient_id",
    "patient_name",
    "patient_birth_date",
    "patient_age",
    "patient_sex",
    "study_date",
    "study_instance_uid",
    "series_instance_uid",
    "study_description",
    "series_description",
];

/// Filters by what is not in an archive on disk: nothing matches them.
const FOREIGN_FILTERS: [&str; 4] = ["job_input", "job_output", "reader_study", "origin"];

/// The URL of an image in the API.
pub(super) fn url(state: &ServerState, image: Uuid) -> String {
    format!("{}/api/v1/cases/images/{image}/", state.origin())
}

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    let archives = [asked.state.archive().pk];
    let filtered = filters::several(asked, "archive", &archives).and_then(|()| {
        FOREIGN_FILTERS
            .iter()
            .try_for_each(|name| filters::several(asked, name, &[]))
    });
    if let Err(answer) = filtered {
        return Ok(answer);
    }
    let is_hidden = asked.visitor == Visitor::Anonymous;
    lists::page(asked, is_hidden, |catalogue, page| {
        let pks = matching(asked, catalogue)?;
        let mut images = Vec::new();
        for pk in page.of_slice(&pks) {
            if let Some(image) = catalogue.image(*pk)? {
                images.push(render(asked.state, catalogue, &image)?);
            }
        }
        Ok((lists::length(&pks), images))
    })
}

pub(super) fn detail(asked: &Asked<'_>, pk: &str) -> Answered {
    match shown(asked, pk)? {
        Ok(image) => asked
            .state
            .ask(|catalogue| render(asked.state, catalogue, &image))
            .map(Answer::json),
        Err(answer) => Ok(answer),
    }
}

/// The image with this pk, or the answer if this visitor sees none.
pub(super) fn shown(
    asked: &Asked<'_>,
    pk: &str,
) -> Result<Result<ImageRecord, Answer>, gcapi_archive::Error> {
    let pk = match filters::pk(pk) {
        Ok(pk) => pk,
        Err(answer) => return Ok(Err(answer)),
    };
    let image = match asked.visitor {
        Visitor::Anonymous => None,
        Visitor::Member => asked.state.ask(|catalogue| {
            if catalogue.is_image_here(pk)? {
                catalogue.image(pk)
            } else {
                Ok(None)
            }
        })?,
    };
    Ok(image.ok_or_else(|| Answer::no_such("Image")))
}

/// The pks of the images that pass the filters.
fn matching(asked: &Asked<'_>, catalogue: &Catalogue) -> Result<Vec<Uuid>, gcapi_archive::Error> {
    let wanted = |name| asked.query.last(name).filter(|text| !text.is_empty());
    let name = wanted("name");
    let texts: Vec<_> = TEXT_FILTERS
        .into_iter()
        .filter_map(|filter| Some((filter, wanted(filter)?)))
        .collect();
    let mut pks = Vec::new();
    for (pk, known) in &asked.state.index(catalogue)?.images {
        if name.is_some_and(|name| name != known) {
            continue;
        }
        // The record is read only where a filter needs it.
        if !texts.is_empty() {
            let Some(image) = catalogue.image(*pk)? else {
                continue;
            };
            let record = JsonObject::parse(&image.record).unwrap_or_default();
            let mut texts = texts.iter();
            if !texts.all(|(name, text)| record.get_text(name).as_deref() == Some(*text)) {
                continue;
            }
        }
        pks.push(*pk);
    }
    Ok(pks)
}

fn render(
    state: &ServerState,
    catalogue: &Catalogue,
    image: &ImageRecord,
) -> Result<String, gcapi_archive::Error> {
    let files = stored::image_files(catalogue, image)?;
    let files = files.iter().map(|stored| {
        let url = format!(
            "{}/media/{}",
            state.origin(),
            stored.key(image.pk).to_path()
        );
        format!(
            r#"{{"pk":"{}","image":"{}","file":{},"image_type":{}}}"#,
            stored.file.pk,
            image.pk,
            text(&url),
            stored
                .file
                .image_type
                .as_deref()
                .map_or_else(|| "null".to_owned(), text),
        )
    });
    let mut record = JsonObject::parse(&image.record).unwrap_or_default();
    record.set_default("pk", || text(&image.pk.to_string()));
    record.set_default("name", || text(&image.name));
    record.set("files", array(files));
    record.set("api_url", text(&url(state, image.pk)));
    Ok(record.to_json())
}
