//! Single files, wherever they are wanted: no archive folder, no catalogue.
//!
//! They come as the files of an archive do, in parts and with all tries, into a
//! part file beside their place that is gone when it did not become whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use gcapi::{Client, Url};
use gcapi_archive::{Content, Error as ArchiveError, RelativePath, layout};
use uuid::Uuid;

use super::instance_list::InstanceList;
use super::object::Transfer;
use super::remote::{Origin, Remote};
use super::{Counters, FetchError, FileFetcher, ReadAhead};
use crate::budget::Share;
use crate::catalogue::blocking;
use crate::part::{self, Part};
use crate::{DownloadRequest, Error, Observer};

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct WantedFile {
    /// The media URL.
    pub url: Url,
    /// Where it goes. Folders above it are made.
    pub path: PathBuf,
}

/// A file that is whole under its final name.
#[derive(Clone, Debug)]
pub struct FetchedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size and SHA-256.
    pub content: Content,
}

/// How single files are fetched.
#[derive(Clone)]
pub struct FileOptions {
    /// Connections at a time at most, at least 1.
    pub jobs: usize,
    /// Whether files that are there are replaced. Otherwise one that is there
    /// is an error of the whole, before anything is fetched.
    pub replace: bool,
    /// Where files may be already that were expected to be asked for.
    pub ahead: Option<Arc<ReadAhead>>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for FileOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FileOptions")
            .field("jobs", &self.jobs)
            .field("replace", &self.replace)
            .finish_non_exhaustive()
    }
}

/// Fetches files, many at a time, and gives what became of each in the order
/// they were given. Dropping the future stops it and leaves only whole files.
///
/// # Errors
/// [`Error::Exists`] for a file that is there and may not be replaced;
/// otherwise what every other file would meet as well.
pub async fn fetch_files(
    client: &Client,
    wanted: Vec<WantedFile>,
    options: &FileOptions,
) -> Result<Vec<Result<FetchedFile, Error>>, Error> {
    let files = wanted
        .into_iter()
        .map(|file| (Single::Media(file.url), file.path))
        .collect();
    many(client, files, options).await
}

/// Fetches every instance of a DICOM image set into a folder, each as
/// `<SOP instance UID>.dcm`, and gives what became of each.
///
/// # Errors
/// As for [`fetch_files`]; and a list of instances that cannot be had.
pub async fn fetch_dicom_image_set(
    client: &Client,
    image: Uuid,
    folder: &Path,
    options: &FileOptions,
) -> Result<Vec<Result<FetchedFile, Error>>, Error> {
    let set = Arc::new(InstanceList::new(image));
    let uids = set.uids(client).await.map_err(FetchError::into_error)?;
    let mut files = Vec::with_capacity(uids.len());
    for uid in uids {
        let name = layout::dicom_instance_path(&RelativePath::root(), &uid)
            .map_err(|refused| Error::Archive(refused.into()))?;
        let path = name.below(folder);
        files.push((Single::Instance(Arc::clone(&set), uid), path));
    }
    many(client, files, options).await
}

/// Where one file comes from.
enum Single {
    Media(Url),
    Instance(Arc<InstanceList>, String),
}

impl Single {
    fn origin(&self) -> Origin<'_> {
        match self {
            Self::Media(url) => Origin::Media(url),
            Self::Instance(set, sop_instance_uid) => Origin::Instance {
                set,
                sop_instance_uid,
            },
        }
    }

    /// What tells it from other files.
    fn name(&self) -> String {
        match self {
            Self::Media(url) => format!("url {}", url.path()),
            Self::Instance(_, uid) => format!("instance {uid}"),
        }
    }
}

/// Fetches files, some at a time.
async fn many(
    client: &Client,
    files: Vec<(Single, PathBuf)>,
    options: &FileOptions,
) -> Result<Vec<Result<FetchedFile, Error>>, Error> {
    let paths = files.iter().map(|(_, path)| path.clone()).collect();
    refuse_existing(paths, options).await?;
    let request = DownloadRequest {
        jobs: options.jobs.max(1),
        ..DownloadRequest::new("")
    };
    let counters = Arc::new(Counters::default());
    let fetcher = FileFetcher::new(client, &request, &options.observer, &counters);
    stream::iter(&files)
        .map(|(from, path)| fetcher.single(from, path, options))
        .buffered(request.jobs)
        .map(|fetched| match fetched {
            Err(error) if error.is_fatal() => Err(error.into_error()),
            fetched => Ok(fetched.map_err(FetchError::into_error)),
        })
        .try_collect()
        .await
}

impl FileFetcher {
    /// One file under its final name.
    async fn single(
        &self,
        from: &Single,
        path: &Path,
        options: &FileOptions,
    ) -> Result<FetchedFile, FetchError> {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let scratch = Scratch::beside(path);
        blocking(move || {
            fs::create_dir_all(&folder).map_err(|source| ArchiveError::writing(&folder, source))
        })
        .await??;
        let transfer = Transfer {
            remote: Remote::new(from.origin()),
            place: path.display().to_string(),
            source: from.name(),
            part_path: scratch.0.clone(),
            share: Share::default(),
        };
        let part = match self.expected(from, &scratch.0, options).await {
            Some(part) => part,
            None => self.whole(&transfer).await?.0,
        };
        let content = part.content.clone();
        let (place, replace) = (path.to_path_buf(), options.replace);
        blocking(move || publish(&part, &place, replace)).await??;
        Ok(FetchedFile {
            path: path.to_path_buf(),
            content,
        })
    }

    /// The part file of something that was expected and is here already. What is wrong with that
    /// is no error: it is fetched then.
    async fn expected(&self, from: &Single, part: &Path, options: &FileOptions) -> Option<Part> {
        let (Some(ahead), Single::Media(url)) = (&options.ahead, from) else {
            return None;
        };
        let answer = ahead.take(url).await?;
        let (path, checksums) = (part.to_path_buf(), answer.checksums());
        let length = u64::try_from(answer.length()).ok();
        let pieces = stream::iter(answer.body.into_iter().map(Ok));
        part::write_stream(path, length, checksums, pieces, async |_| {})
            .await
            .ok()
    }
}

/// A part file that goes when nobody wants it any more. Its name is its own,
/// so that two who fetch the same file are not in each other's way.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Self {
        let name = format!(".{}.part", Uuid::new_v4().simple());
        Self(path.with_file_name(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        part::discard(&self.0);
        // It is not there where it became the file itself.
        let _ = fs::remove_file(&self.0);
    }
}

async fn refuse_existing(paths: Vec<PathBuf>, options: &FileOptions) -> Result<(), Error> {
    if options.replace {
        return Ok(());
    }
    let there = blocking(move || {
        let mut paths = paths.into_iter();
        paths.find(|path| fs::symlink_metadata(path).is_ok())
    })
    .await?;
    there.map_or(Ok(()), |path| Err(Error::Exists(path)))
}

/// Makes the bytes durable, then gives them their name.
fn publish(part: &Part, path: &Path, replace: bool) -> Result<(), Error> {
    let failed = |source| Error::Archive(ArchiveError::writing(path, source));
    File::open(&part.path)
        .and_then(|file| file.sync_data())
        .map_err(failed)?;
    if replace {
        return fs::rename(&part.path, path).map_err(failed);
    }
    // A second name is made only where there is none, which renaming is not.
    match fs::hard_link(&part.path, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::Exists(path.to_path_buf()))
        }
        // Not every file system knows second names.
        Err(_) if fs::symlink_metadata(path).is_ok() => Err(Error::Exists(path.to_path_buf())),
        Err(_) => fs::rename(&part.path, path).map_err(failed),
    }
}
