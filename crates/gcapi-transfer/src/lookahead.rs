//! How far a plan may run ahead of somebody who uses the items one by one.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::Stop;

/// How often a plan that waits looks whether it is asked to stop.
const SLICE: Duration = Duration::from_millis(50);

/// Holds the plan back. All clones are one; the default never does.
#[derive(Clone, Debug, Default)]
pub struct Lookahead {
    ahead: Option<Arc<Ahead>>,
}

#[derive(Debug)]
struct Ahead {
    /// Items that may still be planned.
    left: Mutex<u64>,
    more: Condvar,
}

impl Lookahead {
    /// At most this many items are planned and not used yet.
    #[must_use]
    pub fn of(items: u64) -> Self {
        Self {
            ahead: Some(Arc::new(Ahead {
                left: Mutex::new(items.max(1)),
                more: Condvar::new(),
            })),
        }
    }

    /// An item was used: one more may be planned.
    pub fn used(&self) {
        if let Some(ahead) = &self.ahead {
            let mut left = ahead.left.lock().unwrap_or_else(PoisonError::into_inner);
            *left = left.saturating_add(1);
            ahead.more.notify_all();
        }
    }

    /// Waits until an item may be planned, or the download is asked to stop.
    pub(crate) fn wait(&self, stop: &Stop) {
        let Some(ahead) = &self.ahead else { return };
        let mut left = ahead.left.lock().unwrap_or_else(PoisonError::into_inner);
        while *left == 0 && stop.reason().is_none() {
            let (woken, _) = ahead
                .more
                .wait_timeout(left, SLICE)
                .unwrap_or_else(PoisonError::into_inner);
            left = woken;
        }
        *left = left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StopReason;

    #[test]
    fn a_plan_waits_until_an_item_was_used_or_it_is_asked_to_stop() {
        let (lookahead, stop) = (Lookahead::of(2), Stop::default());
        lookahead.wait(&stop);
        lookahead.wait(&stop);
        let (waiting, stopping) = (lookahead.clone(), stop.clone());
        let waited = std::thread::spawn(move || {
            waiting.wait(&stopping);
            waiting.wait(&stopping);
        });
        lookahead.used();
        std::thread::sleep(Duration::from_millis(20));
        assert!(!waited.is_finished());
        stop.stop(StopReason::Interrupted);
        waited.join().unwrap();
    }
}
