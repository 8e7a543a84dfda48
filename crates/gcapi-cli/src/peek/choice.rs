//! Which items are looked at.
//!
//! They are spread evenly over the list, one from the middle of each of as many equal parts as items
//! are wanted: the first ones of an archive often are of one kind, or of one centre. The platform
//! gives its list in no order of its own and can be asked for any place in it, so an archive of any
//! size costs one request for the first page and at most one more for each item. Only patterns need
//! the whole list.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gcapi::{Archive, ArchiveItem, Client, Error, Filters, Page, Record};
use gcapi_transfer::{Error as TransferError, Selection, is_fatal};
use uuid::Uuid;

use crate::failure::{Failure, NOT_FOUND};

/// Rows of the first page at least: archives of so many items cost one request.
const FIRST_PAGE: u64 = 100;

/// Rows asked for side by side.
const AT_A_TIME: usize = 8;

/// Chosen items.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// In the order of the list.
    pub(crate) items: Vec<ArchiveItem>,
    /// Their pks.
    taken: HashSet<Uuid>,
    /// Items they were chosen from.
    pub(crate) of: u64,
    /// Why others could not be read.
    pub(crate) failures: Vec<String>,
}

/// Chooses so many items of an archive, or all if there are fewer.
///
/// Fails if nothing of the archive can be seen, or nothing of it is selected.
pub(crate) async fn choose(
    client: &Client,
    archive: &Record<Archive>,
    selection: &Selection,
    has_patterns: bool,
    wanted: u64,
) -> Result<Choice, Failure> {
    let filters = Filters::new().with("archive", archive.value.pk.to_string());
    let choice = if has_patterns {
        matching(client, filters, selection, wanted).await?
    } else {
        spread(client, &filters, wanted).await?
    };
    if choice.items.is_empty() && choice.failures.is_empty() {
        return Err(if has_patterns && choice.of > 0 {
            Failure::new(
                NOT_FOUND,
                format!("none of the {} items is one of those", choice.of),
                "give --item a pk, a title or a pattern with *, in quotes",
            )
        } else {
            let title = archive.value.title.clone();
            TransferError::NothingVisible {
                title,
                what: "items",
            }
            .into()
        });
    }
    Ok(choice)
}

/// From all over the list.
async fn spread(client: &Client, filters: &Filters, wanted: u64) -> Result<Choice, Failure> {
    let items = client.archive_items();
    let first = items.page(filters, 0, wanted.max(FIRST_PAGE)).await?;
    let (count, there) = (first.count, first.results.len() as u64);
    let mut choice = Choice {
        of: count,
        ..Choice::default()
    };
    let chosen: HashSet<u64> = places(count, wanted).collect();
    let rows = (0..).zip(first.results);
    choice.take(
        rows.filter(|(place, _)| chosen.contains(place))
            .map(|(_, row)| row),
    );
    let elsewhere = places(count, wanted).filter(|place| *place >= there);
    let pages: Vec<(u64, Result<Page<ArchiveItem>, Error>)> = stream::iter(elsewhere)
        .map(|place| {
            let page = items.page(filters, place, 1);
            async move { (place, page.await) }
        })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    for (place, page) in pages {
        match page {
            Ok(page) => choice.take(page.results),
            Err(error) if is_fatal(&error) => return Err(error.into()),
            Err(error) => choice.failures.push(format!("item {}: {error}", place + 1)),
        }
    }
    Ok(choice)
}

/// From those of the whole list that are selected.
async fn matching(
    client: &Client,
    filters: Filters,
    selection: &Selection,
    wanted: u64,
) -> Result<Choice, Failure> {
    let mut rows = std::pin::pin!(client.archive_items().stream_all(filters));
    let (mut matching, mut all) = (Choice::default(), 0);
    loop {
        match rows.try_next().await {
            Ok(None) => break,
            Ok(Some(item)) => {
                all += 1;
                if selection.has_item(&item.pk.to_string(), &item.title) {
                    matching.take([Ok(item)]);
                }
            }
            Err(error) if error.kind() == gcapi::ErrorKind::Malformed => {
                matching.failures.push(error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let count = matching.items.len() as u64;
    let chosen: HashSet<u64> = places(count, wanted).collect();
    let mut place = 0..;
    matching
        .items
        .retain(|_| place.next().is_some_and(|place| chosen.contains(&place)));
    matching.of = if count == 0 { all } else { count };
    Ok(matching)
}

impl Choice {
    /// Takes rows; while an archive changes, one may come twice.
    fn take(&mut self, rows: impl IntoIterator<Item = Result<Record<ArchiveItem>, Error>>) {
        for row in rows {
            match row {
                Ok(item) if self.taken.insert(item.pk) => self.items.push(item.value),
                Ok(_) => {}
                Err(error) => self.failures.push(error.to_string()),
            }
        }
    }
}

/// The middles of as many equal parts as are wanted; all places where there are not more.
fn places(count: u64, wanted: u64) -> impl Iterator<Item = u64> {
    let parts = wanted.min(count);
    (0..parts).map(move |part| {
        let middle = (2 * u128::from(part) + 1) * u128::from(count) / (2 * u128::from(parts));
        u64::try_from(middle).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_evenly_and_each_is_another() {
        let chosen = |count, wanted| places(count, wanted).collect::<Vec<_>>();
        assert_eq!(chosen(1000, 4), [125, 375, 625, 875]);
        assert_eq!(chosen(3, 12), [0, 1, 2]);
        assert_eq!(chosen(5, 2), [1, 3]);
        assert!(chosen(0, 12).is_empty() && chosen(12, 0).is_empty());
        for (count, wanted) in [(7, 7), (8, 7), (101, 100), (u64::MAX, 9)] {
            let chosen = chosen(count, wanted);
            assert!(chosen.is_sorted_by(|one, other| one < other), "{chosen:?}");
            assert!(chosen.iter().all(|place| *place < count));
        }
    }
}
