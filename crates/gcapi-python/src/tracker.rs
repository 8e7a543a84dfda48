//! What a download's events come to: numbers for whoever shows progress, and the items that are
//! whole.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gcapi_transfer::{Action, Error, Event, Lookahead, Observer, PlannedItem, Summary};

/// Shared by the thread that downloads and whoever waits for it.
#[derive(Debug)]
pub(crate) struct Tracker {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether items that are whole are kept for somebody.
    streaming: bool,
    lookahead: Lookahead,
}

/// Everything at one moment.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) counts: Counts,
    /// Items that are planned in part, or have files still to come.
    open: HashMap<String, Open>,
    /// Items that are whole and that nobody took.
    whole: VecDeque<PlannedItem>,
    pub(crate) outcome: Option<Result<Summary, Error>>,
    pub(crate) over: bool,
}

/// Numbers for whoever shows progress.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) listed: u64,
    pub(crate) to_list: u64,
    pub(crate) items: u64,
    pub(crate) items_done: u64,
    pub(crate) files: u64,
    pub(crate) files_done: u64,
    pub(crate) kept: u64,
    pub(crate) failed: u64,
    pub(crate) bytes_received: u64,
    pub(crate) plan_complete: bool,
}

#[derive(Debug, Default)]
struct Open {
    planned: bool,
    item: Option<PlannedItem>,
    failed: bool,
    files: u64,
}

impl Tracker {
    pub(crate) fn new(streaming: bool, lookahead: Lookahead) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            streaming,
            lookahead,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what the download came to.
    pub(crate) fn finish(&self, outcome: Result<Summary, Error>) {
        self.state().outcome = Some(outcome);
    }

    /// Says that nothing more will come.
    pub(crate) fn end(&self) {
        self.state().over = true;
        self.changed.notify_all();
    }

    /// Waits until the download is over; false if the time is over before.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        self.wait_until(timeout, |state| state.over.then_some(()))
            .is_some()
    }

    /// The next item that is whole, as soon as there is one. `None` if the time
    /// is over, or the download is and nothing is left.
    pub(crate) fn take_item(&self, timeout: Duration) -> Option<PlannedItem> {
        let taken = self.wait_until(timeout, |state| {
            let item = state.whole.pop_front();
            (item.is_some() || state.over).then_some(item)
        });
        let item = taken.flatten()?;
        self.lookahead.used();
        Some(item)
    }

    fn wait_until<T>(
        &self,
        timeout: Duration,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut state = self.state();
        loop {
            if let Some(found) = look(&mut state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let (woken, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
        }
    }

    /// An item may be whole now.
    fn settle(&self, state: &mut State, item: &str) {
        let done = |open: &Open| open.planned && open.files == 0;
        let Some(open) = state.open.remove(item) else {
            return;
        };
        if !done(&open) {
            state.open.insert(item.to_owned(), open);
            return;
        }
        state.counts.items_done += 1;
        match open.item.filter(|_| !open.failed) {
            Some(item) => {
                state.whole.push_back(item);
                self.changed.notify_all();
            }
            None => self.lookahead.used(),
        }
    }
}

impl Observer for Tracker {
    fn on_event(&self, event: &Event) {
        let mut state = self.state();
        let counts = &mut state.counts;
        match event {
            Event::Listing { seen, count, .. } => {
                (counts.listed, counts.to_list) = (*seen, *count);
            }
            Event::Listed { items, .. } => counts.items = *items,
            Event::Received { bytes } => counts.bytes_received += bytes,
            Event::PlanComplete { .. } => counts.plan_complete = true,
            Event::Planned {
                path,
                action,
                files,
                ..
            } => match action {
                Action::Keep => counts.kept += files,
                Action::Remove => {}
                Action::Fetch => {
                    counts.files += files;
                    // A DICOM image set counts as one until it is listed.
                    state.open(path).files += (*files).max(1);
                }
            },
            Event::ItemPlanned(item) => {
                let pk = item.pk.to_string();
                let open = state.open(&pk);
                open.planned = true;
                open.item = self.streaming.then(|| item.clone());
                self.settle(&mut state, &pk);
            }
            Event::DicomImageSet { path, instances } => {
                counts.files += instances;
                state.open(path).files += instances;
                self.close(&mut state, path);
            }
            Event::Finished { path, .. } => {
                counts.files_done += 1;
                self.close(&mut state, path);
            }
            Event::Failed(failure) => {
                counts.failed += 1;
                state.open(&failure.place).failed = true;
                self.close(&mut state, &failure.place);
            }
            _ => {}
        }
    }
}

impl Tracker {
    /// One file less to come for an item.
    fn close(&self, state: &mut State, path: &str) {
        let open = state.open(path);
        open.files = open.files.saturating_sub(1);
        self.settle(state, item_of(path));
    }
}

impl State {
    /// The item a path belongs to.
    fn open(&mut self, path: &str) -> &mut Open {
        self.open.entry(item_of(path).to_owned()).or_default()
    }
}

/// The item a path, or the place of a failure, begins with.
pub(crate) fn item_of(place: &str) -> &str {
    place.split(['/', ' ']).next().unwrap_or(place)
}
