//! `cases/images/`: images of which something is here.

use gcapi_archive::{Catalogue, ImageRecord};
use uuid::Uuid;

use super::filters;
use super::handler::{Answered, Asked};
use crate::ServerState;
use crate::answer::Answer;
use crate::authentication::Visitor;
use crate::index::ImageIndex;
use crate::json_object::{JsonObject, array, text};
use crate::page::Page;
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
    let page = Page::of(&asked.query);
    let (count, results) = if asked.visitor == Visitor::Anonymous {
        (0, "[]".to_owned())
    } else {
        let index = asked.state.index()?;
        asked.state.ask(|catalogue| {
            let pks = matching(asked, catalogue, &index)?;
            let mut images = Vec::new();
            for pk in page.of_slice(&pks) {
                if let Some(image) = catalogue.image(*pk)? {
                    images.push(render(asked.state, catalogue, &image)?);
                }
            }
            Ok((u64::try_from(pks.len()).unwrap_or(u64::MAX), array(images)))
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
    if asked.visitor == Visitor::Member
        && asked.state.index()?.contains(pk)
        && let Some(image) = asked.state.ask(|catalogue| catalogue.image(pk))?
    {
        return Ok(Ok(image));
    }
    Ok(Err(Answer::no_such("Image")))
}

/// The pks of the images that pass the filters.
fn matching(
    asked: &Asked<'_>,
    catalogue: &Catalogue,
    index: &ImageIndex,
) -> Result<Vec<Uuid>, gcapi_archive::Error> {
    let wanted = |name| asked.query.last(name).filter(|text| !text.is_empty());
    let name = wanted("name");
    let texts: Vec<_> = TEXT_FILTERS
        .into_iter()
        .filter_map(|filter| Some((filter, wanted(filter)?)))
        .collect();
    let mut pks = Vec::new();
    for image in &index.images {
        if name.is_some_and(|name| name != image.name) {
            continue;
        }
        // The record is read only where a filter needs it.
        if !texts.is_empty() {
            let Some(image) = catalogue.image(image.pk)? else {
                continue;
            };
            let record = JsonObject::parse(&image.record).unwrap_or_default();
            let mut texts = texts.iter();
            if !texts.all(|(name, text)| record.get_text(name).as_deref() == Some(*text)) {
                continue;
            }
        }
        pks.push(image.pk);
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
