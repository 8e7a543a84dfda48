//! The first stage: what the archive holds, into the catalogue.
//!
//! Archive items come in no order at all, and while an archive changes a walk
//! from page to page loses some and repeats others, with the count unchanged.
//! So items are keyed by pk (seen twice counts once), the number of distinct
//! ones is held against `count`, and the walk is repeated until they agree.
//! The first walk fetches pages side by side at offsets that assume full
//! pages; every further one goes page by page and advances by what came.

use std::collections::HashMap;
use std::fmt::Display;
use std::pin::pin;

use futures_util::{StreamExt, stream};
use gcapi::{Archive, Client, Endpoint, Error as PlatformError, Filters, Page, Record};
use gcapi_archive::Failure;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::catalogue::{SharedCatalogue, now};
use crate::error::is_fatal;
use crate::event::SharedObserver;
use crate::{DownloadRequest, Error, Event, records};

/// What the platform gives at most; more is cut silently.
const PAGE: u64 = 1000;

/// Pages fetched side by side.
const PAGES_AT_A_TIME: usize = 4;

/// Walks before a difference is reported.
const WALKS: usize = 5;

/// Images fetched one by one side by side, where no list had them.
const DETAILS_AT_A_TIME: usize = 16;

/// What came of listing beside the rows in the catalogue.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) items: u64,
    pub(crate) images: u64,
    /// What could not be listed.
    pub(crate) failures: Vec<Failure>,
    /// Why an image that a value uses is not in the catalogue.
    pub(crate) missing_images: HashMap<Uuid, String>,
}

/// Lists what an archive holds.
pub(crate) async fn list(
    client: &Client,
    archive: &Record<Archive>,
    request: &DownloadRequest,
    catalogue: &SharedCatalogue,
    observer: &SharedObserver,
) -> Result<Listed, Error> {
    let images_only = request.images_only;
    let number = catalogue
        .run(|catalogue| catalogue.start_listing(now()))
        .await?;
    let mut failures = walk(client, archive, images_only, number, catalogue, observer).await?;
    if request.prune && failures.is_empty() && !nothing_gone(number, catalogue).await? {
        // While something is deleted from the archive a walk may miss what
        // moves up into its place, and the number of rows is right all the
        // same. Whoever is to be removed has to be missing twice.
        failures = walk(client, archive, images_only, number, catalogue, observer).await?;
    }
    let missing_images = fetch_unlisted_images(client, number, catalogue).await?;
    let (items, images) = catalogue
        .run(move |catalogue| {
            catalogue.finish_listing(number, now())?;
            catalogue.seen_in(number)
        })
        .await?;
    if (images_only && images == 0 || !images_only && items == 0) && failures.is_empty() {
        return Err(Error::NothingVisible {
            title: archive.value.title.clone(),
            what: if images_only { "images" } else { "items" },
        });
    }
    observer.on_event(&Event::Listed { items, images });
    if request.prune && !failures.is_empty() {
        observer.on_event(&Event::Warning {
            place: archive.value.title.clone(),
            message: "the listing has gaps, so nothing is removed: it may only seem to be gone"
                .to_owned(),
        });
    }
    Ok(Listed {
        items,
        images,
        failures,
        missing_images,
    })
}

/// Whether everything that files are here of was seen.
async fn nothing_gone(number: i64, catalogue: &SharedCatalogue) -> Result<bool, Error> {
    catalogue
        .run(move |catalogue| {
            catalogue.finish_listing(number, now())?;
            Ok(catalogue.files_of_the_gone(None, 1)?.is_empty())
        })
        .await
}

/// Walks through the lists of items and images side by side; gives what could
/// not be listed.
async fn walk(
    client: &Client,
    archive: &Record<Archive>,
    images_only: bool,
    number: i64,
    catalogue: &SharedCatalogue,
    observer: &SharedObserver,
) -> Result<Vec<Failure>, Error> {
    let filters = Filters::from_iter([("archive".to_owned(), archive.value.pk.to_string())]);
    let items = async {
        if images_only {
            return Ok(Vec::new());
        }
        let walk = Walk {
            endpoint: client.archive_items(),
            filters: filters.clone(),
            what: "items",
            observer,
        };
        walk.until_complete(
            |records| {
                let mut converted: Vec<_> = records.iter().map(records::item).collect();
                let failures = converted
                    .iter_mut()
                    .flat_map(|item| std::mem::take(&mut item.failures));
                let failures: Vec<_> = failures.collect();
                let store = catalogue.run(move |catalogue| {
                    let sockets: Vec<_> = converted
                        .iter()
                        .flat_map(|item| item.sockets.iter().cloned())
                        .collect();
                    catalogue.put_sockets(&distinct(sockets))?;
                    let items: Vec<_> = converted.into_iter().map(|item| item.item).collect();
                    catalogue.put_items(number, &items)
                });
                async move { store.await.map(|()| failures) }
            },
            || async move {
                Ok(catalogue
                    .run(move |catalogue| catalogue.seen_in(number))
                    .await?
                    .0)
            },
        )
        .await
    };
    let images = async {
        let walk = Walk {
            endpoint: client.images(),
            filters: filters.clone(),
            what: "images",
            observer,
        };
        walk.until_complete(
            |records| {
                let images: Vec<_> = records.iter().map(records::image).collect();
                let store = catalogue.run(move |catalogue| catalogue.put_images(number, &images));
                async move { store.await.map(|()| Vec::new()) }
            },
            || async move {
                Ok(catalogue
                    .run(move |catalogue| catalogue.seen_in(number))
                    .await?
                    .1)
            },
        )
        .await
    };
    let (mut failures, image_failures) = futures_util::try_join!(items, images)?;
    failures.extend(image_failures);
    Ok(failures)
}

/// The sockets without those that come again: on a page nearly all do.
fn distinct(mut sockets: Vec<gcapi_archive::SocketRecord>) -> Vec<gcapi_archive::SocketRecord> {
    sockets.sort_by_key(|socket| socket.pk);
    sockets.dedup_by_key(|socket| socket.pk);
    sockets
}

/// An image a value uses may be missing from the list of the archive's images
/// (it may be granted by another way). Those few are asked for one by one.
async fn fetch_unlisted_images(
    client: &Client,
    listing: i64,
    catalogue: &SharedCatalogue,
) -> Result<HashMap<Uuid, String>, Error> {
    let unlisted = catalogue
        .run(move |catalogue| catalogue.unlisted_images(listing))
        .await?;
    let mut missing = HashMap::new();
    let mut answers = stream::iter(unlisted)
        .map(|pk| async move { (pk, client.images().detail(&pk.to_string()).await) })
        .buffer_unordered(DETAILS_AT_A_TIME);
    while let Some((pk, answer)) = answers.next().await {
        match answer {
            Ok(image) => {
                let image = records::image(&image);
                catalogue
                    .run(move |catalogue| catalogue.put_images(listing, &[image]))
                    .await?;
            }
            Err(error) if is_fatal(&error) => return Err(error.into()),
            Err(error) => {
                missing.insert(pk, error.to_string());
            }
        }
    }
    Ok(missing)
}

/// One walk, or several, through a list.
struct Walk<'a, T> {
    endpoint: Endpoint<T>,
    filters: Filters,
    what: &'static str,
    observer: &'a SharedObserver,
}

/// What one walk brought beside the rows.
#[derive(Default)]
struct Progress {
    /// Rows that came, repeated ones included.
    rows: u64,
    /// How many there are, as the last page said.
    count: u64,
    /// Rows that came and could not be read.
    unreadable: u64,
    lost_pages: u64,
    failures: Vec<Failure>,
}

impl<T: DeserializeOwned + Send + 'static> Walk<'_, T> {
    /// Walks until as many distinct rows were stored as the platform counts,
    /// and gives what is wrong if that never happens.
    async fn until_complete<S, SF, D, DF>(
        self,
        store: S,
        distinct: D,
    ) -> Result<Vec<Failure>, Error>
    where
        S: Fn(Vec<Record<T>>) -> SF,
        SF: Future<Output = Result<Vec<Failure>, Error>>,
        D: Fn() -> DF,
        DF: Future<Output = Result<u64, Error>>,
    {
        let mut walks = 0;
        loop {
            walks += 1;
            let progress = if walks == 1 {
                self.side_by_side(&store).await?
            } else {
                self.page_by_page(&store).await?
            };
            let seen = distinct().await?;
            let short = seen + progress.unreadable < progress.count;
            if !short && progress.lost_pages == 0 {
                return Ok(progress.failures);
            }
            if walks == WALKS {
                let mut failures = progress.failures;
                if short {
                    failures.push(Failure {
                        place: format!("the list of {}", self.what),
                        reason: format!(
                            "the platform counts {} {}, and {seen} came in {WALKS} walks",
                            progress.count, self.what
                        ),
                        next_step: "the archive may be changing: run again later".to_owned(),
                    });
                }
                return Ok(failures);
            }
            tracing::debug!(
                what = self.what,
                seen,
                count = progress.count,
                "walking again"
            );
        }
    }

    /// The first page, then the others several at a time.
    async fn side_by_side<S, SF>(&self, store: &S) -> Result<Progress, Error>
    where
        S: Fn(Vec<Record<T>>) -> SF,
        SF: Future<Output = Result<Vec<Failure>, Error>>,
    {
        // Without a first page there is nothing to go on from.
        let first = self.endpoint.page(&self.filters, 0, PAGE).await?;
        let step = first.results.len() as u64;
        let last = if first.next.is_some() && step > 0 {
            first.count
        } else {
            0
        };
        let offsets = (1..)
            .map(|page| page * step)
            .take_while(move |offset| *offset < last);
        // Pages come while those before them are stored.
        let (sender, mut pages) = mpsc::channel(1);
        let fetching = async {
            let mut pages = stream::iter(offsets)
                .map(|offset| async move {
                    let page = self.endpoint.page(&self.filters, offset, step).await;
                    (offset, page)
                })
                .buffered(PAGES_AT_A_TIME);
            while let Some(page) = pages.next().await {
                if sender.send(page).await.is_err() {
                    break;
                }
            }
            drop(sender);
        };
        let storing = async move {
            let mut progress = Progress::default();
            self.take(first, 0, store, &mut progress).await?;
            while let Some((offset, page)) = pages.recv().await {
                match page {
                    Ok(page) => self.take(page, offset, store, &mut progress).await?,
                    Err(error) => self.lost(error, offset, step, &mut progress)?,
                }
            }
            Ok(progress)
        };
        let mut storing = pin!(storing);
        tokio::select! {
            // What cannot be stored need not be fetched.
            stored = &mut storing => return stored,
            () = fetching => {}
        }
        storing.await
    }

    /// Every page after the one before, advancing by what came.
    async fn page_by_page<S, SF>(&self, store: &S) -> Result<Progress, Error>
    where
        S: Fn(Vec<Record<T>>) -> SF,
        SF: Future<Output = Result<Vec<Failure>, Error>>,
    {
        let mut progress = Progress::default();
        let mut offset = 0;
        loop {
            match self.endpoint.page(&self.filters, offset, PAGE).await {
                Ok(page) => {
                    let came = page.results.len() as u64;
                    let more = page.next.is_some() && came > 0;
                    self.take(page, offset, store, &mut progress).await?;
                    if !more {
                        return Ok(progress);
                    }
                    offset += came;
                }
                Err(error) => {
                    self.lost(error, offset, PAGE, &mut progress)?;
                    offset += PAGE;
                    if offset >= progress.count {
                        return Ok(progress);
                    }
                }
            }
        }
    }

    async fn take<S, SF>(
        &self,
        page: Page<T>,
        offset: u64,
        store: &S,
        progress: &mut Progress,
    ) -> Result<(), Error>
    where
        S: Fn(Vec<Record<T>>) -> SF,
        SF: Future<Output = Result<Vec<Failure>, Error>>,
    {
        progress.count = page.count;
        progress.rows += page.results.len() as u64;
        let mut readable = Vec::with_capacity(page.results.len());
        for (index, row) in (1..).zip(page.results) {
            match row {
                Ok(record) => readable.push(record),
                Err(error) => {
                    progress.unreadable += 1;
                    let place = format!("row {} of the list of {}", offset + index, self.what);
                    progress.failures.push(malformed(place, &error));
                }
            }
        }
        progress.failures.extend(store(readable).await?);
        self.observer.on_event(&Event::Listing {
            what: self.what,
            seen: progress.rows,
            count: progress.count,
        });
        Ok(())
    }

    /// A page that did not come does not take the others with it.
    fn lost(
        &self,
        error: PlatformError,
        offset: u64,
        step: u64,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        if is_fatal(&error) {
            return Err(error.into());
        }
        progress.lost_pages += 1;
        let place = format!(
            "the page with {} {} to {}",
            self.what,
            offset + 1,
            offset + step
        );
        progress.failures.push(malformed(place, &error));
        Ok(())
    }
}

fn malformed(place: String, error: &dyn Display) -> Failure {
    Failure {
        place,
        reason: error.to_string(),
        next_step: "run again; if it stays so, report it to the platform".to_owned(),
    }
}
