//! A client for the REST API of [grand-challenge.org](https://grand-challenge.org).
//!
//! # A tour
//!
//! A [`Client`] is built once, is cheap to clone, and hands out an [`Endpoint`] for each group of
//! the API. An endpoint gives single objects ([`detail`](Endpoint::detail),
//! [`find`](Endpoint::find)), single pages ([`page`](Endpoint::page)), or a stream over everything
//! ([`stream_all`](Endpoint::stream_all)). Every object comes as a [`Record`]: the typed value, and
//! the JSON exactly as it was served.
//!
//! Files are fetched in two hops. [`Client::resolve_media`] asks the platform, which answers with a
//! signed address of an object store; [`Client::get_object`] reads from there, without the token,
//! as often and in as many ranges as needed.
//!
//! ```no_run
//! use futures_util::{StreamExt, pin_mut};
//! use gcapi::{Client, Filters, Token, Url};
//!
//! # async fn tour() -> Result<(), gcapi::Error> {
//! let client = Client::builder()
//!     .token(Some(Token::parse("your-token")?))
//!     .build()?;
//!
//! // One archive, by the only name it has outside the API.
//! let archive = client
//!     .archives()
//!     .find(&Filters::new().with("slug", "my-archive"))
//!     .await?;
//!
//! // All its items. One broken item is an error of its own; the others still arrive.
//! let items = client
//!     .archive_items()
//!     .stream_all(Filters::new().with("archive", archive.pk.to_string()));
//! pin_mut!(items);
//! while let Some(item) = items.next().await {
//!     let item = item?;
//!     for value in item.values.iter().flatten() {
//!         let Some(address) = &value.file else { continue };
//!         let request = client.resolve_media(&client.media_url(address)?).await?;
//!         let body = client.get_object(&request, None, None).await?.into_stream();
//!         pin_mut!(body);
//!         while let Some(bytes) = body.next().await {
//!             let _bytes = bytes?;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! # let _ = Url::parse("https://grand-challenge.org");
//! ```
//!
//! # Failures
//!
//! Every failure is an [`Error`] that names a situation; match on [`Error::kind`]. What may pass by
//! itself is tried again under one [`RetryPolicy`] of count and time, and `Retry-After` is honoured.
//! A body that breaks midway is the caller's to resume: it knows where the bytes went. A
//! [`RetryContext`] gives such a loop the same manners.
//!
//! # What this crate will not do
//!
//! * Send the token anywhere but to the scheme, host and port of its base URL, or over plain HTTP.
//! * Follow a redirect unasked.
//! * Read the environment, or print.
//! * Put a token or a signed address into an error, a log line or a `Debug` text.
//! * De-duplicate: lists of archive items have no stable order, so a walk may repeat or miss
//!   objects while the archive changes. Compare with [`Page::count`].

mod builder;
mod checksums;
mod client;
mod endpoint;
mod error;
mod exchange;
mod filters;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod groups;
mod media;
pub mod models;
mod object;
mod origin;
mod page;
mod range;
mod record;
mod redact;
mod response;
mod retry;
mod secret;
mod transport;

pub use builder::ClientBuilder;
pub use bytes::Bytes;
pub use checksums::Checksums;
pub use client::{Client, Statistics};
pub use endpoint::{Endpoint, MAXIMUM_PAGE};
pub use error::{Error, ErrorKind, GaveUp, HttpContext, MalformedContext, UrlRole};
pub use exchange::{Exchange, ExchangeRequest};
pub use filters::Filters;
pub use groups::EndpointGroup;
pub use media::ObjectRequest;
pub use models::{
    Archive, ArchiveItem, DicomImageSet, DicomInstance, DicomInstanceList, Image, ImageFile,
    MalformedValue, Modality, PlatformVersion, SignedRequest, Socket, SocketValue, SuperKind,
};
pub use object::Object;
pub use page::Page;
pub use range::{ByteRange, ContentRange};
pub use record::Record;
pub use redact::redact;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Version};
pub use response::RawResponse;
pub use retry::{RetryContext, RetryPolicy};
pub use secret::Token;
pub use url::Url;
pub use uuid::Uuid;
