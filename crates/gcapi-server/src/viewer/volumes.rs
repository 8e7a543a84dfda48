//! Volumes as NIfTI, which is what the viewer in the page reads without mistakes: its own
//! readers of other formats lose orientation and sample types.

use axum::http::header;

use super::images;
use super::refused::Refused;
use super::state::ViewerState;
use crate::answer::Answer;

/// The volume in world coordinates. It is in memory twice while it is written.
pub(super) fn answer(state: &ViewerState, path: &str) -> Result<Answer, Refused> {
    let found = images::find(state, path)?;
    let image = images::open_volume(&found)?;
    let mut volume = Vec::new();
    gcapi_image::nifti::write(&image, &mut volume)?;
    Ok(Answer::of("application/octet-stream", volume)
        .header(header::CACHE_CONTROL, "private, max-age=300".to_owned()))
}
