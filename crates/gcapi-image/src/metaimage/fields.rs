//! The lines of a header.

use std::str::FromStr;

use crate::error::Problem;

/// The last field of a header.
const LAST: &str = "ElementDataFile";

/// The fields of a header.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fields {
    fields: Vec<(String, String)>,
    /// What follows the line of `ElementDataFile`, as far as it is text: the names of a list.
    pub(crate) rest: Vec<String>,
    /// Where the line after `ElementDataFile` starts.
    pub(crate) end: u64,
}

impl Fields {
    /// Reads the fields; `None` if the last one, or its names of files, may be beyond these bytes.
    pub(crate) fn parse(bytes: &[u8], is_whole_file: bool) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut position = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            position += line.len();
            if !line.ends_with(b"\n") && !is_whole_file {
                return None;
            }
            let line = String::from_utf8_lossy(line);
            let Some((key, value)) = line.split_once(['=', ':']) else {
                // Numbers that did not fit into the line before.
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            };
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            let last = key == LAST;
            let listed = last && is_list(&value);
            fields.push((key, value));
            if !last {
                continue;
            }
            if listed && !is_whole_file {
                return None;
            }
            let rest = bytes
                .get(position..)
                .filter(|_| listed)
                .map(String::from_utf8_lossy)
                .unwrap_or_default();
            return Some(Self {
                fields,
                rest: rest
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned)
                    .collect(),
                end: position as u64,
            });
        }
        None
    }

    /// The value of a field that has several names. If there are several, the last counts.
    pub(crate) fn text(&self, names: &[&str]) -> Option<&str> {
        self.fields
            .iter()
            .rev()
            .find(|(key, _)| names.contains(&key.as_str()))
            .map(|(_, value)| value.as_str())
    }

    /// What `ElementDataFile` says.
    pub(crate) fn data_file(&self) -> &str {
        self.text(&[LAST]).unwrap_or_default()
    }

    /// `True` or `False`, of which the first letter counts.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<bool> {
        let value = self.text(names)?;
        Some(value.starts_with(['T', 't', '1', 'Y', 'y']))
    }

    /// Numbers; as many as wanted have to be there.
    pub(crate) fn numbers<T: FromStr>(
        &self,
        names: &[&str],
        count: usize,
    ) -> Result<Option<Vec<T>>, Problem> {
        let Some(value) = self.text(names) else {
            return Ok(None);
        };
        let numbers: Vec<T> = value
            .split_ascii_whitespace()
            .take(count)
            .map_while(|number| number.parse().ok())
            .collect();
        if numbers.len() == count {
            return Ok(Some(numbers));
        }
        let name = names.first().copied().unwrap_or_default();
        Err(Problem::malformed(format!(
            "{name} is {value:?}, where {count} numbers are expected"
        )))
    }
}

/// Whether the data are in files that are listed below.
pub(crate) fn is_list(value: &str) -> bool {
    value.split_ascii_whitespace().next() == Some("LIST")
}
