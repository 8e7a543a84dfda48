//! How many connections are busy at a time.
//!
//! It grows while throughput grows and shrinks when the server has had enough:
//! additive increase and multiplicative decrease, with doubling at the start.
//! Throughput is what counts, not latency alone: a slow server that bears more
//! connections should get them. Latency is looked at where throughput no longer
//! grows: then requests only queue, and fewer of them do as well.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections at the start.
const FIRST: usize = 32;

/// How long throughput is measured before anything is concluded.
const WINDOW: Duration = Duration::from_millis(200);

/// The same while the number of connections doubles: then the differences are
/// large, and every window costs as much as it brings.
const WINDOW_AT_FIRST: Duration = Duration::from_millis(80);

/// A request that brings nothing still counts for this many bytes, so that
/// small files, which are all latency, are throughput too.
const REQUEST_WORTH: f64 = 64.0 * 1024.0;

/// Growth below this is noise.
const NOTICEABLE: f64 = 1.05;

/// How long nothing grows after the server has had enough.
const PENALTY: Duration = Duration::from_secs(2);

/// Limits the connections that are busy at a time.
#[derive(Debug)]
pub(crate) struct Concurrency {
    semaphore: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    most: usize,
    /// Permits to be taken out of circulation as they come back.
    debt: usize,
    window: Window,
    best_score: f64,
    least_latency: f64,
    doubling: bool,
    /// Nothing grows before this moment.
    until: Instant,
}

#[derive(Debug)]
struct Window {
    started: Instant,
    requests: u64,
    bytes: u64,
    latency_seconds: f64,
    /// Whether every permit was in use: otherwise more would not help.
    full: bool,
}

impl Window {
    fn new(now: Instant) -> Self {
        Self {
            started: now,
            requests: 0,
            bytes: 0,
            latency_seconds: 0.0,
            full: false,
        }
    }
}

/// A connection in use.
#[derive(Debug)]
pub(crate) struct Connection<'a> {
    concurrency: &'a Concurrency,
    permit: Option<SemaphorePermit<'a>>,
}

impl Concurrency {
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        let limit = FIRST.min(most);
        let now = Instant::now();
        Self {
            semaphore: Semaphore::new(limit),
            state: Mutex::new(State {
                limit,
                most,
                debt: 0,
                window: Window::new(now),
                best_score: 0.0,
                least_latency: f64::INFINITY,
                doubling: true,
                until: now,
            }),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn connection(&self) -> Connection<'_> {
        // The semaphore is never closed; without a permit the connection would
        // only be one too many.
        let permit = match self.semaphore.try_acquire() {
            Ok(permit) => Some(permit),
            Err(_) => {
                self.state().window.full = true;
                self.semaphore.acquire().await.ok()
            }
        };
        Connection {
            concurrency: self,
            permit,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something arrived: a response head after `latency`, with bytes to
    /// follow, or bytes alone.
    fn arrived(&self, requests: u64, latency: Duration, bytes: u64) {
        let mut state = self.state();
        state.window.requests += requests;
        state.window.latency_seconds += latency.as_secs_f64();
        state.window.bytes += bytes;
        let change = state.conclude(Instant::now());
        drop(state);
        self.apply(change);
    }

    fn apply(&self, change: Change) {
        match change {
            Change::None => {}
            Change::Grow(permits) => self.semaphore.add_permits(permits),
            Change::Shrink(permits) => {
                let forgotten = self.semaphore.forget_permits(permits);
                self.state().debt += permits - forgotten;
            }
        }
    }
}

/// What is to become of the permits.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    Grow(usize),
    Shrink(usize),
}

impl State {
    /// Looks at a window that is long enough.
    fn conclude(&mut self, now: Instant) -> Change {
        let length = now.saturating_duration_since(self.window.started);
        let enough = if self.doubling {
            WINDOW_AT_FIRST
        } else {
            WINDOW
        };
        if length < enough || self.window.requests == 0 && self.window.bytes == 0 {
            return Change::None;
        }
        let window = std::mem::replace(&mut self.window, Window::new(now));
        let seconds = length.as_secs_f64();
        let score = (window.bytes as f64 + window.requests as f64 * REQUEST_WORTH) / seconds;
        let latency = match window.requests {
            0 => None,
            requests => Some(window.latency_seconds / requests as f64),
        };
        if let Some(latency) = latency {
            self.least_latency = self.least_latency.min(latency);
        }
        if now < self.until {
            return Change::None;
        }
        let grew = score > self.best_score * NOTICEABLE;
        let queueing = latency.is_some_and(|latency| latency > 4.0 * self.least_latency);
        if grew {
            self.best_score = score;
        } else {
            // What was best an hour ago says little about now.
            self.best_score *= 0.98;
            self.doubling = false;
        }
        if queueing && !grew {
            return self.set(self.limit - self.limit / 8);
        }
        if grew && window.full {
            let step = if self.doubling {
                self.limit
            } else {
                (self.limit / 8).max(1)
            };
            return self.set(self.limit + step);
        }
        Change::None
    }

    /// The server has had enough.
    fn overloaded(&mut self, now: Instant) -> Change {
        // Many requests in flight say the same thing; it counts once.
        if now < self.until {
            return Change::None;
        }
        self.until = now + PENALTY;
        self.doubling = false;
        self.best_score = 0.0;
        self.set(self.limit / 2)
    }

    fn set(&mut self, limit: usize) -> Change {
        let limit = limit.clamp(1, self.most);
        let change = if limit > self.limit {
            let grown = limit - self.limit;
            // Permits that were to go may stay.
            let kept = grown.min(self.debt);
            self.debt -= kept;
            Change::Grow(grown - kept)
        } else {
            Change::Shrink(self.limit - limit)
        };
        self.limit = limit;
        change
    }
}

impl Connection<'_> {
    /// A response head came after some time.
    pub(crate) fn answered(&self, latency: Duration) {
        self.concurrency.arrived(1, latency, 0);
    }

    /// Bytes came.
    pub(crate) fn received(&self, bytes: u64) {
        self.concurrency.arrived(0, Duration::ZERO, bytes);
    }

    /// The server refused for now, or nothing came for too long.
    pub(crate) fn overloaded(&self) {
        let change = self.concurrency.state().overloaded(Instant::now());
        self.concurrency.apply(change);
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let mut state = self.concurrency.state();
        if state.debt > 0
            && let Some(permit) = self.permit.take()
        {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(most: usize) -> State {
        Concurrency::new(most).state.into_inner().unwrap()
    }

    /// A window in which `requests` came with some latency.
    fn window(state: &mut State, requests: u64, latency: f64) -> Change {
        state.window.requests = requests;
        state.window.latency_seconds = latency * requests as f64;
        state.window.full = true;
        let end = state.window.started.max(state.until) + WINDOW;
        state.window.started = end - WINDOW;
        state.conclude(end)
    }

    #[test]
    fn it_doubles_while_throughput_grows_and_stops_at_the_cap() {
        let mut state = state(200);
        assert_eq!(window(&mut state, 10, 0.05), Change::Grow(FIRST));
        assert_eq!(window(&mut state, 20, 0.05), Change::Grow(64));
        assert_eq!(window(&mut state, 40, 0.05), Change::Grow(72));
        assert_eq!(state.limit, 200);
        assert_eq!(window(&mut state, 80, 0.05), Change::Shrink(0));
    }

    #[test]
    fn it_stays_where_more_brings_nothing_and_shrinks_where_requests_only_queue() {
        let mut state = state(200);
        window(&mut state, 10, 0.05);
        assert_eq!(window(&mut state, 10, 0.06), Change::None);
        assert_eq!(state.limit, 2 * FIRST);
        assert_eq!(window(&mut state, 10, 0.5), Change::Shrink(8));
        // Growth later is careful.
        assert_eq!(window(&mut state, 30, 0.05), Change::Grow(7));
    }

    #[test]
    fn a_server_that_has_had_enough_halves_it_once() {
        let mut state = state(200);
        window(&mut state, 10, 0.05);
        let now = Instant::now();
        assert_eq!(state.overloaded(now), Change::Shrink(FIRST));
        assert_eq!(
            state.overloaded(now + Duration::from_millis(10)),
            Change::None
        );
        assert_eq!(state.overloaded(now + PENALTY), Change::Shrink(FIRST / 2));
        for step in 2..20 {
            state.overloaded(now + PENALTY * step);
        }
        assert_eq!(state.limit, 1);
    }

    #[tokio::test]
    async fn permits_in_use_are_taken_out_as_they_come_back() {
        let concurrency = Concurrency::new(4);
        let mut connections = Vec::new();
        for _ in 0..4 {
            connections.push(concurrency.connection().await);
        }
        connections[0].overloaded();
        assert_eq!(concurrency.state().limit, 2);
        drop(connections);
        assert_eq!(concurrency.semaphore.available_permits(), 2);
        assert_eq!(concurrency.state().debt, 0);
    }
}
