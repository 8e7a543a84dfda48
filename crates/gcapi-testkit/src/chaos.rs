//! A platform that fails by chance, the same way for the same seed.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::interference::{Answer, Interference, Seen, Side};
use crate::wire::Wire;

/// Requests to one path that may fail one after the other unless told
/// otherwise, so that every run comes to an end.
const IN_A_ROW: u32 = 3;

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks in the middle of a body of known length.
    Truncated,
    /// The same without a length.
    TruncatedWithoutLength,
    /// Nothing comes any more.
    Stalled,
    /// 429 with `Retry-After`, in seconds or as a date.
    TooManyRequests,
    /// 503 with `Retry-After`, in seconds or as a date.
    Unavailable,
    /// 500.
    InternalError,
    /// The signed URL has expired.
    Expired,
    /// The wrong bytes of the file, if the answer is to be believed.
    WrongContentRange,
    /// The bytes of a range that begins later, and a `Content-Range` that says
    /// so.
    OtherRange,
    /// The whole file in answer to a range.
    WholeForARange,
    /// No length.
    WithoutLength,
    /// More bytes than promised.
    Longer,
    /// A page of a list that is no JSON.
    BrokenJson,
    /// A page with an item twice and another one not at all.
    DuplicatedPage,
    /// A page that begins one item later than it was asked to.
    ShiftedPage,
    /// A page with fewer items than were asked for, and the address of the next.
    ShortPage,
    /// A page that lost items while their count stayed.
    ShrinkingPage,
    /// Items with other titles.
    RenamedItems,
    /// The first byte takes its time.
    SlowFirstByte,
    /// Redirects that do not end.
    RedirectLoop,
    /// A redirect that leaves TLS.
    RedirectToHttp,
    /// An ETag that is the MD5 of something else.
    WrongChecksum,
    /// A `Content-MD5` of something else.
    WrongContentMd5,
    /// An `x-amz-checksum-*` of something else.
    WrongAmzChecksum,
    /// A store that has never heard of ranges.
    NoRanges,
    /// JSON that is compressed although nobody asked for that.
    Gzip,
    /// JSON whose compressed form breaks off in the middle.
    BrokenGzip,
    /// The connection is cut in the middle of a TLS record. Only with
    /// [`crate::Platform::behind_a_wire`].
    ConnectionCut,
    /// Bytes after a body of the length promised. Only with
    /// [`crate::Platform::behind_a_wire`].
    LongerThanPromised,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::Truncated,
        Self::TruncatedWithoutLength,
        Self::Stalled,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::InternalError,
        Self::Expired,
        Self::WrongContentRange,
        Self::OtherRange,
        Self::WholeForARange,
        Self::WithoutLength,
        Self::Longer,
        Self::BrokenJson,
        Self::DuplicatedPage,
        Self::ShiftedPage,
        Self::ShortPage,
        Self::ShrinkingPage,
        Self::RenamedItems,
        Self::SlowFirstByte,
        Self::RedirectLoop,
        Self::RedirectToHttp,
        Self::WrongChecksum,
        Self::WrongContentMd5,
        Self::WrongAmzChecksum,
        Self::NoRanges,
        Self::Gzip,
        Self::BrokenGzip,
        Self::ConnectionCut,
        Self::LongerThanPromised,
    ];

    /// Whether only lists can have it, for which there are few requests.
    #[must_use]
    pub fn is_of_lists(self) -> bool {
        matches!(
            self,
            Self::BrokenJson
                | Self::DuplicatedPage
                | Self::ShiftedPage
                | Self::ShortPage
                | Self::ShrinkingPage
                | Self::RenamedItems
                | Self::Gzip
                | Self::BrokenGzip
        )
    }

    /// What it does to a request; nothing where it does not apply.
    fn apply(self, seen: &Seen, chance: u64) -> Interference {
        let is_store = seen.side == Side::Store;
        let is_media = seen.path.starts_with("/media/");
        let is_json = seen.side == Side::Api && !is_media;
        let is_list = is_list(seen);
        // Somewhere in the first megabyte, often in the first block.
        let place = usize::try_from(chance % 1_000_000).unwrap_or(0);
        match self {
            Self::Truncated if is_store => Interference::Truncate(place),
            Self::TruncatedWithoutLength if is_store => Interference::TruncateWithoutLength(place),
            Self::Stalled if is_store => Interference::Stall(place),
            Self::TooManyRequests => refused(429, retry_after(chance)),
            Self::Unavailable => refused(503, retry_after(chance)),
            Self::InternalError => Interference::status(500, "<h1>Server Error</h1>"),
            Self::Expired if is_store => Interference::expired(),
            Self::WrongContentRange if is_store => Interference::WrongContentRange,
            Self::OtherRange if is_store => Interference::OtherRange,
            Self::WholeForARange if is_store => Interference::WithoutRange,
            Self::WithoutLength if is_store => Interference::WithoutLength,
            Self::Longer if is_store => Interference::Longer,
            Self::BrokenJson if is_list => Interference::Body(Box::new(|mut body| {
                body.truncate(body.len() / 2);
                body
            })),
            Self::DuplicatedPage if is_list => rows(|rows| {
                if let (Some(first), Some(last)) = (rows.first().cloned(), rows.last_mut()) {
                    *last = first;
                }
            }),
            Self::ShrinkingPage if is_list => rows(|rows| rows.truncate(rows.len() / 2)),
            Self::RenamedItems if is_list => rows(move |rows| {
                for row in rows {
                    if let Some(other) = renamed(row, chance) {
                        *row = other;
                    }
                }
            }),
            Self::ShiftedPage if is_list => Interference::query(|query| {
                let offset = number(query, "offset").unwrap_or(0);
                with_number(query, "offset", offset + 1)
            }),
            Self::ShortPage if is_list => {
                Interference::query(|query| with_number(query, "limit", 2))
            }
            Self::SlowFirstByte => Interference::Delay(Duration::from_millis(chance % 300)),
            Self::RedirectLoop if is_media => Interference::redirect(&seen.path),
            Self::RedirectToHttp if is_media => Interference::redirect("http://localhost/plain"),
            Self::WrongChecksum if is_store => Interference::WrongChecksum,
            Self::WrongContentMd5 if is_store => {
                Interference::Header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==".to_owned())
            }
            Self::WrongAmzChecksum if is_store => match chance % 3 {
                0 => Interference::Header("x-amz-checksum-crc32", "AAAAAA==".to_owned()),
                1 => Interference::Header("x-amz-checksum-crc32c", "AAAAAA==".to_owned()),
                _ => Interference::Header("x-amz-checksum-sha256", "A".repeat(43) + "="),
            },
            Self::NoRanges if is_store => Interference::NoRanges,
            Self::Gzip if is_json => Interference::Gzip,
            Self::BrokenGzip if is_json => Interference::BrokenGzip,
            Self::ConnectionCut if is_store => Interference::Wire(Wire::Cut(place as u64)),
            Self::LongerThanPromised if is_store => {
                Interference::Wire(Wire::Longer(1 + chance % 5000))
            }
            _ => Interference::Pass,
        }
    }
}

/// Changes the objects of a page, which are JSON text: numbers in them keep
/// their digits.
fn rows(change: impl FnOnce(&mut Vec<Box<RawValue>>) + Send + 'static) -> Interference {
    Interference::Body(Box::new(|body| changed_rows(&body, change).unwrap_or(body)))
}

fn changed_rows(body: &[u8], change: impl FnOnce(&mut Vec<Box<RawValue>>)) -> Option<Vec<u8>> {
    let mut page: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    let mut rows = serde_json::from_str(page.get("results")?.get()).ok()?;
    change(&mut rows);
    page.insert(
        "results".to_owned(),
        serde_json::value::to_raw_value(&rows).ok()?,
    );
    serde_json::to_vec(&page).ok()
}

/// An item with another title; what has none stays as it is.
fn renamed(row: &RawValue, number: u64) -> Option<Box<RawValue>> {
    let title = serde_json::from_str::<Value>(row.get()).ok()?;
    let title = format!("\"title\":{}", title.get("title")?);
    let other = format!("\"title\":\"Renamed {number}\"");
    RawValue::from_string(row.get().replacen(&title, &other, 1)).ok()
}

/// A number in a query.
fn number(query: &str, name: &str) -> Option<u64> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(found, value)| (found == name).then(|| value.parse().ok())?)
}

/// A query with another number in it.
fn with_number(query: &str, name: &str, number: u64) -> String {
    let others = query
        .split('&')
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
    let mut pairs: Vec<String> = others.map(str::to_owned).collect();
    pairs.push(format!("{name}={number}"));
    pairs.join("&")
}

fn is_list(seen: &Seen) -> bool {
    seen.is_list("archives/items/") || seen.is_list("cases/images/")
}

fn refused(status: u16, retry_after: String) -> Interference {
    Interference::Answer(Answer {
        status,
        headers: vec![("retry-after".to_owned(), retry_after)],
        body: Vec::new(),
    })
}

/// Now or in a second, in either form.
fn retry_after(chance: u64) -> String {
    let seconds = chance % 2;
    if chance & 2 == 0 {
        return seconds.to_string();
    }
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
}

/// Fails requests by chance.
#[derive(Debug)]
pub struct Chaos {
    seed: u64,
    /// Of a thousand requests.
    per_mille: u64,
    faults: Vec<Fault>,
    most_in_a_row: u32,
    /// From which request on the store has another version of every file.
    changes_at: Option<usize>,
    /// Objects on a page at most.
    page: Option<u64>,
    paths: Mutex<HashMap<(Side, String), Requests>>,
    faults_so_far: AtomicU64,
}

/// What one path has seen.
#[derive(Debug, Default)]
struct Requests {
    /// How many came. Chance follows from it and not from the number among all
    /// requests, which depends on how they happen to interleave.
    number: u64,
    /// How many failed one after the other.
    failed_in_a_row: u32,
}

impl Chaos {
    /// Fails `per_mille` of a thousand requests in one of these ways.
    #[must_use]
    pub fn new(seed: u64, per_mille: u64, faults: &[Fault]) -> Self {
        Self {
            seed,
            per_mille,
            faults: faults.to_vec(),
            most_in_a_row: IN_A_ROW,
            changes_at: None,
            page: None,
            paths: Mutex::default(),
            faults_so_far: AtomicU64::new(0),
        }
    }

    /// Lets so many requests to one path fail one after the other, and no more.
    #[must_use]
    pub fn at_most_in_a_row(mut self, most: u32) -> Self {
        self.most_in_a_row = most;
        self
    }

    /// Gives the store version 1 of every file from a request on, counted from
    /// 0 and on both sides. Answers that fail are still of version 0, as those
    /// of a store whose copies do not yet agree.
    #[must_use]
    pub fn changing_at(mut self, number: usize) -> Self {
        self.changes_at = Some(number);
        self
    }

    /// Serves lists in pages of so many objects at most, so that faults happen
    /// between pages as well.
    #[must_use]
    pub fn with_pages_of(mut self, most: u64) -> Self {
        self.page = Some(most);
        self
    }

    /// Requests that failed so far: a test that none did proves nothing.
    #[must_use]
    pub fn faults_so_far(&self) -> u64 {
        self.faults_so_far.load(Ordering::SeqCst)
    }

    /// What becomes of a request.
    #[must_use]
    pub fn interfere(&self, seen: &Seen) -> Interference {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = paths.entry((seen.side, seen.path.clone())).or_default();
        let chance = mix(self.seed ^ mix(requests.number) ^ hash(&seen.path));
        requests.number += 1;
        let choice = usize::try_from(mix(chance) % self.faults.len().max(1) as u64).unwrap_or(0);
        let interference = match self.faults.get(choice) {
            Some(fault)
                if chance % 1000 < self.per_mille
                    && requests.failed_in_a_row < self.most_in_a_row =>
            {
                fault.apply(seen, mix(chance ^ 1))
            }
            _ => Interference::Pass,
        };
        requests.failed_in_a_row = if matches!(interference, Interference::Pass) {
            0
        } else {
            self.faults_so_far.fetch_add(1, Ordering::SeqCst);
            requests.failed_in_a_row + 1
        };
        let has_changed = self.changes_at.is_some_and(|number| seen.number >= number);
        if has_changed && seen.side == Side::Store && matches!(interference, Interference::Pass) {
            return Interference::Version(1);
        }
        match self.page {
            Some(most) if is_list(seen) => {
                let short = move |query: &str| {
                    let limit = number(query, "limit").unwrap_or(most).min(most);
                    with_number(query, "limit", limit)
                };
                Interference::Query(Box::new(short), Box::new(interference))
            }
            _ => interference,
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0, |hash, byte| mix(hash ^ u64::from(byte)))
}
