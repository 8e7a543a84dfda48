//! Counts what events say, for whoever shows it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gcapi_transfer::{Action, Event, Observer};

use crate::human;

/// Weight of the last second in the rate shown.
const SMOOTHING: f64 = 0.2;

/// The state of a download.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<Counts>);

/// Numbers at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    started: Instant,
    listing: Option<(&'static str, u64, u64)>,
    /// Files still to come, for each item that has any.
    open: HashMap<String, u64>,
    items: u64,
    last_item: String,
    pub(crate) files: u64,
    pub(crate) done: u64,
    pub(crate) kept: u64,
    pub(crate) failed: u64,
    plan_complete: bool,
    pub(crate) received: u64,
    /// Files whose size is known, and those sizes added up.
    sized: u64,
    sizes: u64,
    sampled: Instant,
    sampled_bytes: u64,
    pub(crate) bytes_per_second: f64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self(Mutex::new(Counts {
            started: now,
            listing: None,
            open: HashMap::new(),
            items: 0,
            last_item: String::new(),
            files: 0,
            done: 0,
            kept: 0,
            failed: 0,
            plan_complete: false,
            received: 0,
            sized: 0,
            sizes: 0,
            sampled: now,
            sampled_bytes: 0,
            bytes_per_second: 0.0,
        }))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers now, with the rate brought up to date.
    pub(crate) fn sample(&self) -> Counts {
        let mut counts = self.counts();
        counts.sample();
        counts.clone()
    }

    /// One line for people.
    pub(crate) fn line(&self) -> String {
        self.sample().line()
    }
}

impl Observer for Progress {
    fn on_event(&self, event: &Event) {
        self.counts().count(event);
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        match event {
            Event::Listing { what, seen, count } => self.listing = Some((what, *seen, *count)),
            Event::Planned {
                path,
                action,
                files,
                ..
            } => {
                let item = item_of(path);
                if item != self.last_item {
                    self.items += 1;
                    item.clone_into(&mut self.last_item);
                }
                match action {
                    Action::Keep => self.kept += files,
                    Action::Remove => {}
                    Action::Fetch => {
                        self.files += files;
                        // A DICOM image set counts as one until it is listed.
                        *self.open.entry(item.to_owned()).or_default() += (*files).max(1);
                    }
                }
            }
            Event::PlanComplete { .. } => self.plan_complete = true,
            Event::DicomImageSet { path, instances } => {
                self.files += instances;
                *self.open.entry(item_of(path).to_owned()).or_default() += instances;
                self.close(path);
            }
            Event::Started {
                size: Some(size), ..
            } => {
                self.sized += 1;
                self.sizes += size;
            }
            Event::Received { bytes } => self.received += bytes,
            Event::Finished { path, .. } => {
                self.done += 1;
                self.close(path);
            }
            Event::Failed(failure) => {
                self.failed += 1;
                self.close(&failure.place);
            }
            _ => {}
        }
    }

    /// One file less to come for an item.
    fn close(&mut self, path: &str) {
        let item = item_of(path);
        if let Some(open) = self.open.get_mut(item) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                self.open.remove(item);
            }
        }
    }

    fn sample(&mut self) {
        let since = self.sampled.elapsed();
        if since < Duration::from_millis(150) {
            return;
        }
        let rate = (self.received - self.sampled_bytes) as f64 / since.as_secs_f64();
        let weight = 1.0 - (1.0 - SMOOTHING).powf(since.as_secs_f64());
        let first = self.sampled_bytes == 0;
        self.bytes_per_second = if first {
            rate
        } else {
            self.bytes_per_second * (1.0 - weight) + rate * weight
        };
        self.sampled = Instant::now();
        self.sampled_bytes = self.received;
    }

    /// How long it may take still. The platform gives no sizes in advance, so
    /// files not begun are taken to be as large as those begun on average.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        if !self.plan_complete || self.done + self.failed >= self.files {
            return None;
        }
        if self.sized > 0 && self.bytes_per_second > 1.0 {
            let mean = self.sizes as f64 / self.sized as f64;
            let expected = mean * self.files as f64;
            let left = (expected - self.received as f64).max(0.0);
            return Duration::try_from_secs_f64(left / self.bytes_per_second).ok();
        }
        None
    }

    pub(crate) fn items_done(&self) -> u64 {
        self.items.saturating_sub(self.open.len() as u64)
    }

    pub(crate) fn items(&self) -> u64 {
        self.items
    }

    /// Seconds since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn line(&self) -> String {
        if self.files + self.kept == 0 {
            return match self.listing {
                Some((what, seen, count)) => format!("listing: {seen} of {count} {what}"),
                None => "asking the platform".to_owned(),
            };
        }
        let more = if self.plan_complete { "" } else { "+" };
        let mut line = format!(
            "{}/{}{more} items, {}/{}{more} files, {}, {}/s",
            self.items_done(),
            self.items,
            self.done,
            self.files,
            human::bytes(self.received),
            human::bytes(self.bytes_per_second as u64),
        );
        if self.kept > 0 {
            line.push_str(&format!(", {} kept", self.kept));
        }
        if self.failed > 0 {
            line.push_str(&format!(", {} failed", self.failed));
        }
        if let Some(left) = self.time_left() {
            line.push_str(&format!(", {} left", human::duration(left)));
        }
        line
    }
}

/// The item a path belongs to; in image-only mode the file itself.
fn item_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_and_the_time_left_follows_from_sizes() {
        let progress = Progress::new();
        let planned = |path: &str, action, files| Event::Planned {
            path: path.into(),
            action,
            files,
            bytes: 0,
        };
        for event in [
            planned("one/a", Action::Fetch, 1),
            planned("one/b", Action::Keep, 1),
            planned("two/a", Action::Fetch, 1),
            planned("two/set", Action::Fetch, 0),
            Event::PlanComplete { items: 2 },
            Event::Started {
                path: "one/a".into(),
                size: Some(100),
                reused: 0,
            },
            Event::Received { bytes: 100 },
            Event::Finished {
                path: "one/a".into(),
                size: 100,
                sha256: String::new(),
            },
            Event::DicomImageSet {
                path: "two/set".into(),
                instances: 3,
            },
        ] {
            progress.on_event(&event);
        }
        let mut counts = progress.sample();
        assert_eq!((counts.files, counts.done, counts.kept), (5, 1, 1));
        assert_eq!((counts.items_done(), counts.items()), (1, 2));
        counts.bytes_per_second = 100.0;
        assert_eq!(counts.time_left(), Some(Duration::from_secs(4)));
        for path in ["two/a", "two/set/1", "two/set/2", "two/set/3"] {
            progress.on_event(&Event::Finished {
                path: path.into(),
                size: 1,
                sha256: String::new(),
            });
        }
        let counts = progress.sample();
        assert_eq!((counts.items_done(), counts.time_left()), (2, None));
    }
}
