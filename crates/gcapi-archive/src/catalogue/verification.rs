//! What the last verification found, kept beside the settings of the folder.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::Catalogue;
use crate::verify::{Problem, Report};
use crate::{Error, Failure};

/// The setting that holds it, as JSON.
const SETTING: &str = "verification";

/// Files that are named; the number of all is there.
const MOST_NAMED: usize = 200;

/// One verification of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationRecord {
    /// When it ended, seconds since 1970.
    pub finished_at: i64,
    /// Whether files were decoded as well.
    pub deep: bool,
    /// Files that are what the catalogue says.
    pub intact: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Findings that count against the archive.
    pub damaged: u64,
    /// Files whose bytes are right and that nobody here could look into.
    pub undecoded: u64,
    /// Files on disk that the catalogue does not know.
    pub unknown: u64,
    /// The first of those that count against the archive, by their paths.
    pub named: Vec<Failure>,
}

impl VerificationRecord {
    /// What is to be kept of a report.
    #[must_use]
    pub fn new(report: &Report, deep: bool, finished_at: i64) -> Self {
        let count = |is_such: fn(&Problem) -> bool| {
            let such = report.findings.iter();
            such.filter(|finding| is_such(&finding.problem)).count() as u64
        };
        let damaged = report.findings.iter();
        let damaged = damaged.filter(|finding| finding.problem.is_damage());
        Self {
            finished_at,
            deep,
            intact: report.intact,
            bytes: report.bytes,
            damaged: count(Problem::is_damage),
            undecoded: count(|problem| matches!(problem, Problem::Undecoded { .. })),
            unknown: count(|problem| matches!(problem, Problem::Unknown)),
            named: damaged
                .take(MOST_NAMED)
                .map(|finding| Failure {
                    place: finding.path.clone(),
                    reason: finding.problem.to_string(),
                    next_step: match &finding.problem {
                        Problem::Defect { next_step, .. } => next_step.clone(),
                        _ => "run the gcapi download command of this folder again".to_owned(),
                    },
                })
                .collect(),
        }
    }
}

impl Catalogue {
    /// Writes down what a verification found, in the place of the one before.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_verification(&mut self, verification: &VerificationRecord) -> Result<(), Error> {
        let failed =
            |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
        self.transaction(|transaction| {
            let value = serde_json::to_string(verification).map_err(failed)?;
            transaction.execute(
                "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
                params![SETTING, value],
            )?;
            Ok(())
        })
    }

    /// The last verification; `None` if there was none.
    ///
    /// # Errors
    /// As for every read.
    pub fn verification(&self) -> Result<Option<VerificationRecord>, Error> {
        let Some(text) = self.setting(SETTING)? else {
            return Ok(None);
        };
        let record = serde_json::from_str(&text).map_err(|error| {
            let text = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, text, Box::new(error))
        });
        record.map_err(|error| Error::sqlite(self.path(), error))
    }
}
