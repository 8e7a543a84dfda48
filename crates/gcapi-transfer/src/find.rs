//! From what a user calls an archive to the archive.

use std::convert::Infallible;
use std::str::FromStr;

use gcapi::{Archive, Client, ErrorKind, Filters, Record};
use url::Url;
use uuid::Uuid;

use crate::Error;

/// What a user calls an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveReference {
    /// Its slug.
    Slug(String),
    /// Its primary key.
    Pk(Uuid),
    /// Its API URL, or the URL of its page.
    Url(Url),
}

impl FromStr for ArchiveReference {
    type Err = Infallible;

    /// A UUID is a pk, something with `://` a URL, the rest a slug.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(pk) = Uuid::parse_str(text) {
            return Ok(Self::Pk(pk));
        }
        match Url::parse(text) {
            Ok(url) if text.contains("://") => Ok(Self::Url(url)),
            _ => Ok(Self::Slug(text.to_owned())),
        }
    }
}

/// Finds an archive.
///
/// # Errors
/// [`Error::NoSuchArchive`]; [`Error::Reference`] for a URL that is not one
/// of an archive on this platform or a slug that cannot be one;
/// [`Error::Platform`] for everything else.
pub async fn find_archive(
    client: &Client,
    reference: &ArchiveReference,
) -> Result<Record<Archive>, Error> {
    let archives = client.archives();
    let (found, text) = match reference {
        ArchiveReference::Pk(pk) => (archives.detail(&pk.to_string()).await, pk.to_string()),
        ArchiveReference::Slug(slug) => (by_slug(client, slug).await?, slug.clone()),
        ArchiveReference::Url(url) => match page_slug(client.base_url(), url) {
            Some(slug) => (by_slug(client, slug).await?, slug.to_owned()),
            None => {
                let pk = archive_pk(client.base_url(), url)?;
                (archives.detail(&pk.to_string()).await, pk.to_string())
            }
        },
    };
    found.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NoneFound => Error::NoSuchArchive {
            reference: text,
            base_url: client.base_url().to_string(),
        },
        _ => Error::Platform(error),
    })
}

async fn by_slug(
    client: &Client,
    slug: &str,
) -> Result<Result<Record<Archive>, gcapi::Error>, Error> {
    check_slug(slug)?;
    let filters = Filters::from_iter([("slug".to_owned(), slug.to_owned())]);
    Ok(client.archives().find(&filters).await)
}

/// The slug in the address of an archive's page, as a browser shows it.
fn page_slug<'a>(base_url: &Url, url: &'a Url) -> Option<&'a str> {
    if url.origin() != base_url.origin() {
        return None;
    }
    url.path()
        .strip_prefix("/archives/")?
        .split('/')
        .next()
        .filter(|slug| !slug.is_empty())
}

/// The platform ignores a filter it cannot read and then answers with every
/// archive, so a slug that cannot be one is not sent.
fn check_slug(slug: &str) -> Result<(), Error> {
    let fine = !slug.is_empty()
        && slug
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if fine {
        return Ok(());
    }
    Err(Error::Reference {
        reference: slug.to_owned(),
        reason: "a slug has letters, digits, - and _ only; give the last part of the archive's \
                 page address, its pk, or its API URL"
            .to_owned(),
    })
}

fn archive_pk(base_url: &Url, url: &Url) -> Result<Uuid, Error> {
    let wrong = |reason: String| Error::Reference {
        reference: url.to_string(),
        reason,
    };
    if url.origin() != base_url.origin() {
        return Err(wrong(format!(
            "it is not on {}",
            base_url.origin().ascii_serialization()
        )));
    }
    let expected = format!("{}archives/", base_url.path());
    url.path()
        .strip_prefix(&expected)
        .map(|rest| rest.trim_end_matches('/'))
        .and_then(|pk| Uuid::parse_str(pk).ok())
        .ok_or_else(|| {
            wrong(format!(
                "the API URL of an archive is {base_url}archives/<pk>/"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_apart() {
        let parse = |text: &str| text.parse::<ArchiveReference>().unwrap();
        assert_eq!(
            parse("my-archive"),
            ArchiveReference::Slug("my-archive".into())
        );
        let pk = "c7038f7e-01f4-465e-90a7-6e90e5c2823c";
        assert_eq!(parse(pk), ArchiveReference::Pk(pk.parse().unwrap()));
        assert!(matches!(
            parse("https://x.org/api/v1/archives/1/"),
            ArchiveReference::Url(_)
        ));
        let base = Url::parse("https://x.org/api/v1/").unwrap();
        let page = Url::parse("https://x.org/archives/my-archive/items/").unwrap();
        assert_eq!(page_slug(&base, &page), Some("my-archive"));
        assert!(check_slug("../../x").is_err() && check_slug("").is_err());
    }

    #[test]
    fn only_the_api_url_of_an_archive_on_this_platform_is_taken() {
        let base = Url::parse("https://x.org/api/v1/").unwrap();
        let pk = "c7038f7e-01f4-465e-90a7-6e90e5c2823c";
        let check = |text: String| archive_pk(&base, &Url::parse(&text).unwrap());
        assert!(check(format!("https://x.org/api/v1/archives/{pk}/")).is_ok());
        for wrong in [
            format!("https://y.org/api/v1/archives/{pk}/"),
            format!("https://x.org/api/v1/archives/items/{pk}/"),
            format!("https://x.org/api/v1/cases/images/{pk}/"),
            "https://x.org/archives/slug/".to_owned(),
        ] {
            assert!(check(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
