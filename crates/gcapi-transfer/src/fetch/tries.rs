//! How often one thing is tried.

use std::time::Duration;

use gcapi::{ErrorKind, RetryContext, RetryPolicy};

use super::FetchError;

/// Signed URLs found expired one after the other before that is an error: a
/// store that refuses fresh ones will go on refusing.
const RENEWALS: u32 = 3;

/// What is left of the tries.
pub(super) struct Tries {
    retry: RetryContext,
    renewals: u32,
}

impl Tries {
    pub(super) fn new(policy: &RetryPolicy) -> Self {
        Self {
            retry: policy.context(),
            renewals: 0,
        }
    }

    /// After how long to try again.
    ///
    /// # Errors
    /// The error itself, if trying again makes no sense or was done often
    /// enough.
    pub(super) fn again(&mut self, error: FetchError) -> Result<(Duration, String), FetchError> {
        let FetchError::Platform(error) = error else {
            return Err(error);
        };
        let reason = error.to_string();
        if error.kind() == ErrorKind::Expired && self.renewals < RENEWALS {
            self.renewals += 1;
            return Ok((Duration::ZERO, reason));
        }
        match self.retry.next_delay(&error) {
            Some(delay) => Ok((delay, reason)),
            None => Err(self.retry.stamp(error).into()),
        }
    }

    /// Bytes were gained: what failed before is forgotten, so that a large
    /// file over a bad line may break often and still arrive.
    pub(super) fn gained(&mut self) {
        self.retry.refill();
        self.renewals = 0;
    }
}
