//! What one response asks of all requests: a server that says `Retry-After`
//! means everybody, not just the request it happened to answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

/// The longest time requests are held back for one answer. A server that asks
/// for longer is asked again after that, so that one absurd header cannot stop
/// everything.
const LONGEST_HOLD: Duration = Duration::from_secs(60);

/// When each origin may be asked again.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Mutex<HashMap<String, Instant>>,
}

impl Gate {
    /// Holds back every request to the origin of an address.
    pub(crate) fn close(&self, url: &Url, asked: Duration) {
        let until = Instant::now() + asked.min(LONGEST_HOLD);
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = closed.entry(origin(url)).or_insert(until);
        *known = until.max(*known);
    }

    /// Waits until the origin of an address may be asked.
    pub(crate) async fn pass(&self, url: &Url) {
        while let Some(left) = self.left(url) {
            tokio::time::sleep(left).await;
        }
    }

    fn left(&self, url: &Url) -> Option<Duration> {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.is_empty() {
            return None;
        }
        let origin = origin(url);
        let left = closed
            .get(&origin)?
            .saturating_duration_since(Instant::now());
        if left.is_zero() {
            closed.remove(&origin);
            return None;
        }
        Some(left)
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_origin_that_asked_is_held_back() {
        let gate = Gate::default();
        let asked = Url::parse("https://one.example/a").unwrap();
        let same = Url::parse("https://one.example/b?c").unwrap();
        let other = Url::parse("https://two.example/a").unwrap();
        gate.close(&asked, Duration::from_millis(40));
        gate.close(&asked, Duration::from_millis(1));
        assert_eq!(gate.left(&other), None);
        let started = Instant::now();
        gate.pass(&same).await;
        assert!(started.elapsed() >= Duration::from_millis(35));
        assert_eq!(gate.left(&asked), None);
        gate.close(&asked, Duration::from_secs(1_000_000));
        assert!(gate.left(&asked).is_some_and(|left| left <= LONGEST_HOLD));
    }
}
