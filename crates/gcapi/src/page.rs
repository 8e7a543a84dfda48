//! One page of a list.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use url::Url;

use crate::error::{Error, UrlRole};
use crate::origin;
use crate::record::Record;
use crate::response::RawResponse;

/// A page as the platform served it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    /// How many objects the whole list has, at the time of this page.
    pub count: u64,
    /// The address of the next page, on the API's own origin.
    pub next: Option<Url>,
    /// The address of the page before, on the API's own origin.
    pub previous: Option<Url>,
    /// The objects. One that cannot be read is an error of its own ([`Error::Malformed`]).
    pub results: Vec<Result<Record<T>, Error>>,
}

/// The envelope, with the objects left unread.
#[derive(Deserialize)]
struct Envelope<'body> {
    count: u64,
    #[serde(default)]
    next: Option<String>,
    #[serde(default)]
    previous: Option<String>,
    #[serde(borrow)]
    results: Vec<&'body RawValue>,
}

impl<T: DeserializeOwned> Page<T> {
    pub(crate) fn parse(response: &RawResponse, base: &Url) -> Result<Self, Error> {
        response.require_json("the page")?;
        let envelope: Envelope<'_> = serde_json::from_slice(&response.body)
            .map_err(|error| response.malformed("the page", &error.to_string(), &response.body))?;
        let link = |text: Option<String>| {
            text.map(|text| origin::parse_on_origin(base, &text, UrlRole::PageLink))
                .transpose()
        };
        Ok(Self {
            count: envelope.count,
            next: link(envelope.next)?,
            previous: link(envelope.previous)?,
            results: envelope
                .results
                .iter()
                .enumerate()
                .map(|(index, json)| read(response, index, json))
                .collect(),
        })
    }
}

fn read<T: DeserializeOwned>(
    response: &RawResponse,
    index: usize,
    json: &RawValue,
) -> Result<Record<T>, Error> {
    Record::from_json(json.to_owned()).map_err(|error| {
        let place = match pk_of(json) {
            Some(pk) => format!("results[{index}] (pk {pk})"),
            None => format!("results[{index}]"),
        };
        response.malformed(&place, &error.to_string(), json.get().as_bytes())
    })
}

/// The identity of an object that cannot be read otherwise.
fn pk_of(json: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Identity<'json> {
        #[serde(borrow)]
        pk: &'json RawValue,
    }
    let identity: Identity<'_> = serde_json::from_str(json.get()).ok()?;
    // An object or list in this place would only make the message long.
    let scalar = serde_json::from_str::<Vec<IgnoredAny>>(identity.pk.get()).is_err()
        && !identity.pk.get().starts_with('{');
    scalar.then(|| crate::redact::tidy(identity.pk.get().trim_matches('"'), 60))
}
