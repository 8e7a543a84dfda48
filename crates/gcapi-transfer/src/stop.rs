//! How a download is asked to stop before its end.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

/// Why a download stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The user interrupted it.
    Interrupted,
    /// The system asked it to end, as batch systems do before they kill.
    Terminated,
    /// The time given to it is over.
    MaxTime,
    /// The bytes given to it have come.
    MaxBytes,
}

/// Asks a download to stop: what is in flight is put down in a state to go on
/// from. All clones are one.
#[derive(Clone, Debug)]
pub struct Stop {
    reason: Arc<watch::Sender<Option<StopReason>>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            reason: Arc::new(watch::Sender::new(None)),
        }
    }
}

impl Stop {
    /// Asks. The first reason given counts.
    pub fn stop(&self, reason: StopReason) {
        self.reason.send_if_modified(|held| {
            let first = held.is_none();
            held.get_or_insert(reason);
            first
        });
    }

    /// Why it was asked to stop, if it was.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        *self.reason.borrow()
    }

    /// Waits until it is asked to stop.
    pub async fn stopped(&self) {
        // Fails only without a sender, and `self` is one.
        let _ = self.reason.subscribe().wait_for(Option::is_some).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts_and_every_clone_hears_it() {
        let stop = Stop::default();
        let clone = stop.clone();
        assert_eq!(clone.reason(), None);
        let waiting = tokio::spawn(async move { clone.stopped().await });
        stop.stop(StopReason::MaxTime);
        stop.stop(StopReason::Interrupted);
        waiting.await.unwrap();
        stop.stopped().await;
        assert_eq!(stop.reason(), Some(StopReason::MaxTime));
    }
}
