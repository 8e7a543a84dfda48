//! `cases/images/{pk}/dicom/instances/`: requests, signed in their headers,
//! for the instances of a DICOM image set.

use std::time::SystemTime;

use axum::http::StatusCode;

use super::handler::{Answered, Asked};
use super::images;
use crate::amz_date;
use crate::answer::Answer;
use crate::json_object::{JsonObject, array, text};
use crate::signature::HeaderSigned;
use crate::store::DicomKey;

/// The instances lie here as they came, in whatever transfer syntax.
const ACCEPT: &str = "application/dicom; transfer-syntax=*";

pub(super) fn instances(asked: &Asked<'_>, pk: &str) -> Answered {
    let image = match images::shown(asked, pk)? {
        Ok(image) => image,
        Err(answer) => return Ok(answer),
    };
    let Some(image_set_id) = &image.dicom_image_set else {
        return Ok(Answer::detail(
            StatusCode::NOT_FOUND,
            "This image does not have a DICOM Image Set.",
        ));
    };
    let record = JsonObject::parse(&image.record).unwrap_or_default();
    let uid = |name| record.get_text(name).unwrap_or_default();
    let (study, series) = (uid("study_instance_uid"), uid("series_instance_uid"));
    let state = asked.state;
    let store = state.store_origin();
    let host = store.strip_prefix("https://").unwrap_or(store);
    // The whole list is signed at once, as the platform does.
    let now = amz_date::seconds(SystemTime::now());
    let set = state.dicom_set(image.pk)?;
    let entries = set.keys().map(|sop_instance_uid| {
        let key = DicomKey {
            image: image.pk,
            sop_instance_uid: sop_instance_uid.clone(),
        };
        let path_and_query = key.to_path(&study, &series, image_set_id);
        let (date, authorization) = state.signer().headers(
            HeaderSigned {
                method: "GET",
                path_and_query: &path_and_query,
                accept: ACCEPT,
                host,
            },
            now,
        );
        format!(
            r#"{{"sop_instance_uid":{},"get_instance":{{"url":{},"method":"GET","data":null,"headers":{{"Accept":{},"X-Amz-Date":{},"Authorization":{}}}}}}}"#,
            text(&key.sop_instance_uid),
            text(&format!("{store}{path_and_query}")),
            text(ACCEPT),
            text(&date),
            text(&authorization),
        )
    });
    Ok(Answer::json(format!(
        r#"{{"image_set_id":{},"instances":{}}}"#,
        text(image_set_id),
        array(entries)
    )))
}
