//! What keeps a file from being read to its end.

use std::io;

use gcapi_archive::verify::Problem;
use gcapi_image::Problem as ImageProblem;

/// What to do about a file that the platform itself has in this state.
const SERVED_SO: &str = "it is what the platform served: tell the archive's editors, and run gcapi \
                         download again when they have replaced it";

/// What to do where a file and the record of its image disagree.
const RECORD_DIFFERS: &str = "the file and the platform's record of it disagree: look at the image \
                              before you rely on either, and tell the archive's editors";

/// Why a file was not read to its end as it should be.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It breaks the rules of its format.
    Defect {
        expected: String,
        found: String,
        next_step: &'static str,
    },
    /// It may be fine.
    Undecoded(String),
    /// The system did not give it.
    Unreadable(String),
}

impl Trouble {
    /// A file that breaks the rules of its format.
    pub(super) fn defect(expected: &str, found: String) -> Self {
        Self::Defect {
            expected: expected.to_owned(),
            found,
            next_step: SERVED_SO,
        }
    }

    /// A file that is not what the record of its image says.
    pub(super) fn other_than_recorded(expected: String, found: String) -> Self {
        Self::Defect {
            expected,
            found,
            next_step: RECORD_DIFFERS,
        }
    }

    /// What a reader of images says.
    pub(super) fn of_image(problem: &ImageProblem) -> Self {
        match problem {
            ImageProblem::Read(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Self::Unreadable(error.to_string())
            }
            ImageProblem::Unsupported(_)
            | ImageProblem::TooLarge { .. }
            | ImageProblem::NoMemory(_)
            | ImageProblem::Unrecognized => Self::Undecoded(format!("it {problem}")),
            _ => Self::defect("an image that is whole", format!("one that {problem}")),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Defect {
                expected,
                found,
                next_step,
            } => Self::Defect {
                expected,
                found,
                next_step: next_step.to_owned(),
            },
            Trouble::Undecoded(reason) => Self::Undecoded { reason },
            Trouble::Unreadable(reason) => Self::Unreadable { reason },
        }
    }
}
