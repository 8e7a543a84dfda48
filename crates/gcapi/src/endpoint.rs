//! A group of the API: lists, searches and single objects.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, Stream};
use reqwest::Method;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client::Client;
use crate::error::{Error, UrlRole};
use crate::filters::Filters;
use crate::origin;
use crate::page::Page;
use crate::record::Record;
use crate::redact::redact;
use crate::transport::Call;

/// The largest page the platform serves; it clamps greater limits without a word.
pub const MAXIMUM_PAGE: u64 = 1000;

/// A list endpoint and the objects below it. Made by [`Client`]; holds a clone of it.
pub struct Endpoint<T> {
    client: Client,
    path: String,
    object: PhantomData<fn() -> T>,
}

impl<T> Endpoint<T> {
    pub(crate) fn new(client: Client, path: &str) -> Self {
        Self {
            client,
            path: path.to_owned(),
            object: PhantomData,
        }
    }

    /// The path below the base URL.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The address of the list.
    fn list_url(&self) -> Result<Url, Error> {
        let base = self.client.base_url();
        let invalid = |reason: &str| Error::InvalidUrl {
            role: UrlRole::Api,
            url: self.path.clone(),
            reason: reason.to_owned(),
        };
        let path = self.path.trim_start_matches('/');
        let mut url = base
            .join(path)
            .map_err(|error| invalid(&error.to_string()))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("an endpoint has no query; use filters"));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        if url.origin() != base.origin() || !url.path().starts_with(base.path()) {
            return Err(invalid("it is not below the base URL"));
        }
        Ok(url)
    }

    /// The address of one object; the key becomes one segment of the path whatever it holds.
    fn detail_url(&self, pk: &str) -> Result<Url, Error> {
        let invalid = || Error::InvalidUrl {
            role: UrlRole::Api,
            url: format!("{}{pk}/", self.path),
            reason: "this is not the key of an object".to_owned(),
        };
        // Those would address the list, or something above it.
        if matches!(pk, "" | "." | "..") {
            return Err(invalid());
        }
        let mut url = self.list_url()?;
        url.path_segments_mut()
            .map_err(|()| invalid())?
            .pop_if_empty()
            .push(pk)
            .push("");
        Ok(url)
    }

    /// What an address of such an object is, for messages.
    fn role(&self) -> UrlRole {
        if self.path == "cases/images/" {
            UrlRole::Image
        } else {
            UrlRole::Api
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> Endpoint<T> {
    /// One page of the list: `GET <endpoint>?<filters>&limit=…&offset=…`.
    ///
    /// The platform clamps `limit` to [`MAXIMUM_PAGE`] silently: advance by the number of results,
    /// never by the limit.
    ///
    /// # Errors
    ///
    /// Besides failures of the request: [`Error::Malformed`] when this is not a page, and
    /// [`Error::ForeignOrigin`] when its links lead elsewhere.
    pub async fn page(&self, filters: &Filters, offset: u64, limit: u64) -> Result<Page<T>, Error> {
        let mut url = self.list_url()?;
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(filters.iter());
            query.append_pair("limit", &limit.to_string());
            if offset > 0 {
                query.append_pair("offset", &offset.to_string());
            }
        }
        let call = Call::api(Method::GET, url, UrlRole::Api);
        let response = self.client.transport().fetch(&call).await?;
        Page::parse(&response, self.client.base_url())
    }

    /// Every object of the list, page by page as the stream is read.
    ///
    /// An object that cannot be read is an `Err` item, and the stream goes on; a page that cannot
    /// be had is an `Err` item, and the stream ends. Nothing is de-duplicated: where the platform
    /// has no stable order, changes during the walk may repeat or hide objects.
    pub fn stream_all(
        &self,
        filters: Filters,
    ) -> impl Stream<Item = Result<Record<T>, Error>> + Send + use<T> + 'static {
        let walk = Walk {
            endpoint: self.clone(),
            filters,
            offset: 0,
            waiting: VecDeque::new(),
            ended: false,
        };
        stream::unfold(walk, |mut walk| async move {
            let item = walk.next().await?;
            Some((item, walk))
        })
    }

    /// One object by its key: `GET <endpoint><pk>/`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it does not exist or may not be seen.
    pub async fn detail(&self, pk: &str) -> Result<Record<T>, Error> {
        self.get(self.detail_url(pk)?).await
    }

    /// One object by the address the API gave for it, such as the `image` of a socket value.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignOrigin`], [`Error::InsecureUrl`] or [`Error::InvalidUrl`] without contacting
    /// anyone when the address is not on the API's own origin; else as [`detail`](Self::detail).
    pub async fn detail_by_url(&self, api_url: &str) -> Result<Record<T>, Error> {
        let url = origin::parse_on_origin(self.client.base_url(), api_url, self.role())?;
        self.get(url).await
    }

    /// The one object that the filters select.
    ///
    /// # Errors
    ///
    /// [`Error::NoneFound`] or [`Error::MultipleFound`] when it is not exactly one.
    pub async fn find(&self, filters: &Filters) -> Result<Record<T>, Error> {
        let page = self.page(filters, 0, 2).await?;
        let served = page.results.len() as u64;
        let mut results = page.results.into_iter();
        match (results.next(), served.max(page.count)) {
            (Some(only), 1) => only,
            (Some(_), count) => Err(Error::MultipleFound {
                url: self.search_text(filters)?,
                count,
            }),
            (None, _) => Err(Error::NoneFound {
                url: self.search_text(filters)?,
            }),
        }
    }

    async fn get(&self, url: Url) -> Result<Record<T>, Error> {
        let call = Call::api(Method::GET, url, self.role());
        let response = self.client.transport().fetch(&call).await?;
        let json = response.parse("the object")?;
        Record::from_json(json)
            .map_err(|error| response.malformed("the object", &error.to_string(), &response.body))
    }

    fn search_text(&self, filters: &Filters) -> Result<String, Error> {
        let mut url = self.list_url()?;
        if !filters.is_empty() {
            url.query_pairs_mut().extend_pairs(filters.iter());
        }
        Ok(redact(&url))
    }
}

/// A walk over all pages.
struct Walk<T> {
    endpoint: Endpoint<T>,
    filters: Filters,
    offset: u64,
    waiting: VecDeque<Result<Record<T>, Error>>,
    ended: bool,
}

impl<T: DeserializeOwned + Send + 'static> Walk<T> {
    async fn next(&mut self) -> Option<Result<Record<T>, Error>> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            match self
                .endpoint
                .page(&self.filters, self.offset, MAXIMUM_PAGE)
                .await
            {
                Ok(page) => {
                    // The server may serve fewer than asked for: what came is what counts.
                    self.offset += page.results.len() as u64;
                    self.ended = page.next.is_none() || page.results.is_empty();
                    self.waiting = page.results.into();
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<T> Clone for Endpoint<T> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone(), &self.path)
    }
}

impl<T> fmt::Debug for Endpoint<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("base_url", &self.client.base_url().as_str())
            .field("path", &self.path)
            .finish()
    }
}
