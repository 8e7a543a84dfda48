//! Why a request of the viewer is not answered.

use axum::http::{StatusCode, header};

use crate::answer::Answer;
use crate::json_object::text;

/// Why a request of the viewer is not answered.
#[derive(Debug)]
pub(super) enum Refused {
    /// The catalogue does not have it, or it is not on the disk any more.
    NotFound,
    /// It is no picture, or one that cannot be shown.
    Image(gcapi_image::Error),
    /// It cannot be shown in this form.
    Form(&'static str),
    /// The catalogue cannot be read now.
    Archive(gcapi_archive::Error),
}

impl From<gcapi_archive::Error> for Refused {
    fn from(error: gcapi_archive::Error) -> Self {
        Self::Archive(error)
    }
}

impl From<gcapi_image::Error> for Refused {
    fn from(error: gcapi_image::Error) -> Self {
        Self::Image(error)
    }
}

impl Refused {
    /// What is wrong, for the person in front of the page.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::NotFound => "This is not in the folder, or not in its catalogue.".to_owned(),
            // The page says which file it is: the path of this machine is nobody's business.
            Self::Image(error) => format!("It {}", error.problem),
            Self::Form(reason) => (*reason).to_owned(),
            Self::Archive(error) => error.to_string(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Image(_) | Self::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Archive(gcapi_archive::Error::Busy(_) | gcapi_archive::Error::Held { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Archive(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer: JSON, which the scripts of the page show.
    pub(super) fn answer(&self) -> Answer {
        let answer =
            Answer::json(format!(r#"{{"error":{}}}"#, text(&self.reason()))).status(self.status());
        match self.status() {
            // A download holds the catalogue: the page comes again.
            StatusCode::SERVICE_UNAVAILABLE => answer.header(header::RETRY_AFTER, "2".to_owned()),
            _ => answer,
        }
    }
}
