//! Helpers for reading what may be missing, `null` or new.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads `null` as the default. Together with `#[serde(default)]` this covers missing fields too.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The JSON text `null`.
pub(super) fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// The last segment of a path or address that is not empty.
pub(super) fn last_segment(address: &str) -> Option<&str> {
    let path = address.split(['?', '#']).next()?;
    path.rsplit('/').find(|segment| !segment.is_empty())
}
