//! An object of the API in both its forms.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// An object: typed, and as it was served.
///
/// The typed form reads what this client needs and is lenient about the rest; the JSON loses
/// nothing, not even the spelling of numbers.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// The typed form. `Record` also dereferences to it.
    pub value: T,
    /// The JSON text as served.
    pub json: Box<RawValue>,
}

impl<T: DeserializeOwned> Record<T> {
    /// Reads an object from its JSON text.
    ///
    /// # Errors
    ///
    /// When the JSON does not have the shape of a `T`.
    pub fn from_json(json: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let value = serde_json::from_str(json.get())?;
        Ok(Self { value, json })
    }
}

impl<T> Deref for Record<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
