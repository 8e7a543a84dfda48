//! What one socket of an item holds, as far as it can be told without fetching it whole.

use std::sync::Arc;

use gcapi::{Client, Image, SocketValue, SuperKind, Url};
use gcapi_inspect::html::Shown;
use gcapi_transfer::{
    Error as TransferError, Looked, NotRead, RemoteFiles, RemoteSource, Silent, is_fatal,
};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::drawing::{Drawn, Facts, NoPicture, draw, images, too_much};

/// Characters of a Value that are shown.
const SHOWN: usize = 400;

/// Looks at socket values.
pub(crate) struct Looker<'a> {
    client: &'a Client,
    files: RemoteFiles,
    /// Bytes that are read of one image.
    most: u64,
    with_pictures: bool,
}

/// A socket value that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Seen {
    pub(crate) socket: String,
    pub(crate) super_kind: String,
    pub(crate) kind: String,
    /// The value, where it is in the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Uuid>,
    /// What the platform calls the image or file.
    pub(crate) name: String,
    /// How an image was taken.
    pub(crate) modality: Option<String>,
    /// Instances of a DICOM image set, of which one was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instances: Option<u64>,
    /// What the header of an image says.
    pub(crate) header: Option<Facts>,
    /// Bytes of its files that came.
    pub(crate) received_bytes: u64,
    /// Bytes of its files as far as they were looked into.
    pub(crate) stored_bytes: u64,
    /// Why there is no picture, where nothing is wrong.
    pub(crate) not_shown: Option<String>,
    /// What is wrong.
    pub(crate) failure: Option<String>,
    #[serde(skip)]
    pub(crate) shown: Shown,
}

impl Seen {
    fn new(value: &SocketValue, shown: String) -> Self {
        Self {
            socket: value.socket.slug.clone(),
            super_kind: value.socket.super_kind.to_string(),
            kind: value.socket.kind.clone(),
            value: None,
            image: None,
            name: String::new(),
            modality: None,
            instances: None,
            header: None,
            received_bytes: 0,
            stored_bytes: 0,
            not_shown: None,
            failure: None,
            shown: Shown::Text(shown),
        }
    }

    pub(crate) fn is_image(&self) -> bool {
        SuperKind::from(self.super_kind.as_str()) == SuperKind::Image
    }

    pub(crate) fn has_picture(&self) -> bool {
        matches!(self.shown, Shown::Thumbnail(_))
    }

    fn failed(mut self, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        self.shown = Shown::Failed(reason.clone());
        self.failure = Some(reason);
        self
    }

    fn not_shown(mut self, reason: String) -> Self {
        self.shown = Shown::Text(reason.clone());
        self.not_shown = Some(reason);
        self
    }

    /// Counts what it took; what came of it, unless bytes are missing.
    fn took<T>(&mut self, looked: Looked<T>) -> Result<T, NotRead> {
        self.received_bytes = looked.received;
        self.stored_bytes = looked.stored;
        self.instances = Some(looked.instances).filter(|instances| *instances > 0);
        looked.failure.map_or(Ok(looked.found), Err)
    }
}

impl<'a> Looker<'a> {
    /// Reads at most so many bytes of each image over at most so many connections.
    pub(crate) fn new(client: &'a Client, jobs: usize, most: u64, with_pictures: bool) -> Self {
        Self {
            client,
            files: RemoteFiles::new(client, jobs, &(Arc::new(Silent) as _)),
            most,
            with_pictures,
        }
    }

    /// Looks at a value, of which an image may have several to show. Fails only where every other one
    /// would fail as well.
    pub(crate) async fn look(&self, value: &SocketValue) -> Result<Vec<Seen>, TransferError> {
        match &value.socket.super_kind {
            SuperKind::Value => {
                let mut seen = Seen::new(value, shortened(value.value.get()));
                seen.value = Some(value.value.clone());
                Ok(vec![seen])
            }
            SuperKind::File => Ok(vec![self.file(value).await?]),
            SuperKind::Image => self.image(value).await,
            other => Ok(vec![Seen::new(value, String::new()).failed(format!(
                "the super kind {other} is not known to this program"
            ))]),
        }
    }

    async fn file(&self, value: &SocketValue) -> Result<Seen, TransferError> {
        let mut seen = Seen::new(value, value.socket.kind.clone());
        let Some(url) = &value.file else {
            return Ok(seen.failed("the value has no file: its import failed or is under way"));
        };
        let url = match Url::parse(url) {
            Ok(url) => url,
            Err(error) => return Ok(seen.failed(format!("{url:?} is not a URL: {error}"))),
        };
        let source = RemoteSource::Files(gcapi_transfer::named(vec![url]));
        first_name(&source)
            .unwrap_or_default()
            .clone_into(&mut seen.name);
        let looked = self
            .files
            .look(&source, &value.socket.slug, self.most, |files| {
                files
                    .names()
                    .map(|name| files.length(name))
                    .collect::<Vec<_>>()
            })
            .await?;
        Ok(match seen.took(looked) {
            Ok(_) => seen,
            Err(reason) => seen.failed(reason),
        })
    }

    async fn image(&self, value: &SocketValue) -> Result<Vec<Seen>, TransferError> {
        let mut seen = Seen::new(value, String::new());
        let Some(pk) = value.image_pk() else {
            let reason = "the value has no image: its import failed or is under way";
            return Ok(vec![seen.failed(reason)]);
        };
        seen.image = Some(pk);
        let image = match self.client.images().detail(&pk.to_string()).await {
            Ok(image) => image.value,
            Err(error) if is_fatal(&error) => return Err(error.into()),
            Err(error) => return Ok(vec![seen.failed(error)]),
        };
        seen.name.clone_from(&image.name);
        seen.modality = image.modality.as_ref().map(|found| found.modality.clone());
        let sources = match sources(&image) {
            Ok(sources) => sources,
            Err(reason) => return Ok(vec![seen.failed(reason)]),
        };
        let are_several = sources.len() > 1;
        let mut all = Vec::with_capacity(sources.len());
        for source in sources {
            let mut seen = seen.clone();
            if are_several && let Some(name) = first_name(&source) {
                name.clone_into(&mut seen.name);
            }
            all.push(self.source(seen, &source).await?);
        }
        Ok(all)
    }

    async fn source(&self, mut seen: Seen, source: &RemoteSource) -> Result<Seen, TransferError> {
        let (with_pictures, most) = (self.with_pictures, self.most);
        let draw = move |files| draw(files, with_pictures, most);
        let looked = self.files.look(source, &seen.socket, most, draw).await?;
        let Drawn { facts, picture } = match seen.took(looked) {
            Ok(drawn) => drawn,
            Err(NotRead::TooMuch { most }) => return Ok(seen.not_shown(too_much(None, most))),
            Err(reason) => return Ok(seen.failed(reason)),
        };
        seen.header = facts;
        Ok(match picture {
            None => seen,
            Some(Ok(picture)) => {
                seen.shown = Shown::Thumbnail(picture);
                seen
            }
            Some(Err(NoPicture::NotShown(reason))) => seen.not_shown(reason),
            Some(Err(NoPicture::Failed(reason))) => seen.failed(reason),
        })
    }
}

/// Where the files of an image are. The tiles behind a `.dzi` are of no use here.
fn sources(image: &Image) -> Result<Vec<RemoteSource>, String> {
    if image.dicom_image_set.is_some() {
        return Ok(vec![RemoteSource::MiddleInstance { image: image.pk }]);
    }
    let is_deep_zoom = |kind: &str| kind.eq_ignore_ascii_case("DZI");
    let files = image
        .files
        .iter()
        .filter(|file| !file.image_type.as_deref().is_some_and(is_deep_zoom));
    let urls: Vec<Url> = files
        .map(|file| {
            Url::parse(&file.file).map_err(|error| format!("{:?} is not a URL: {error}", file.file))
        })
        .collect::<Result<_, _>>()?;
    if urls.is_empty() {
        return Err("the image has no files: its import failed or is under way".to_owned());
    }
    Ok(images(gcapi_transfer::named(urls))
        .into_iter()
        .map(RemoteSource::Files)
        .collect())
}

fn first_name(source: &RemoteSource) -> Option<&str> {
    match source {
        RemoteSource::Files(files) => files.first().map(|(name, _)| name.as_str()),
        RemoteSource::MiddleInstance { .. } => None,
    }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
