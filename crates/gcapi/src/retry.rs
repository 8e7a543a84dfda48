//! How often, and how long, a request is tried again.
//!
//! One budget of count *and* time: signed addresses run out, so trying for ever is no use. A
//! [`RetryContext`] can be carried across several requests of one job, so that nested loops share
//! a budget instead of multiplying it.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::error::{Error, GaveUp};

/// The limits on trying again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent *again*: the first try does not count. Default 8.
    pub max_retries: u32,
    /// How long after the first try the last one may start. Default 5 minutes.
    pub max_elapsed: Duration,
    /// The wait before the first retry; it doubles with each further one. Default 100 ms.
    pub base_delay: Duration,
    /// The longest wait this client chooses by itself. `Retry-After` may exceed it. Default 30 s.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 8,
            max_elapsed: Duration::from_secs(5 * 60),
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// No second try at all.
    #[must_use]
    pub fn never() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// A fresh budget; its clock starts now.
    #[must_use]
    pub fn context(&self) -> RetryContext {
        RetryContext {
            policy: self.clone(),
            started: Instant::now(),
            retries: 0,
            refilled: 0,
        }
    }
}

/// What is left of a budget.
#[derive(Debug, Clone)]
pub struct RetryContext {
    policy: RetryPolicy,
    started: Instant,
    retries: u32,
    refilled: u32,
}

impl RetryContext {
    /// How long to wait before the next try, or `None` to give up: because the error is not
    /// [transient](Error::is_transient), because the budget is used up, or because the server asks
    /// for a longer wait than what is left. Counts the retry.
    pub fn next_delay(&mut self, error: &Error) -> Option<Duration> {
        match self.decide(error) {
            Decision::Wait(delay) => Some(delay),
            Decision::Permanent | Decision::GiveUp(_) => None,
        }
    }

    /// Marks the error with the tries and the time this budget has seen and, when trying again
    /// was an option, with the reason for giving up. Call it on the error that is finally
    /// returned; it is not [transient](Error::is_transient) any more then.
    #[must_use]
    pub fn stamp(&self, mut error: Error) -> Error {
        // A policy that never tries again leaves that to the caller and gives up nothing.
        let gave_up = (self.policy.max_retries > 0 && error.is_transient())
            .then(|| self.exhausted(&error).unwrap_or(GaveUp::Elapsed));
        let (retries, elapsed) = (self.retries(), self.elapsed());
        if let Some(context) = error.context_mut() {
            context.retries = context.retries.max(retries);
            context.elapsed = context.elapsed.max(elapsed);
            context.gave_up = context.gave_up.or(gave_up);
        }
        error
    }

    /// Starts the budget anew. For jobs that made progress: a large file over a bad line may break
    /// often and still arrive.
    pub fn refill(&mut self) {
        self.refilled += self.retries;
        self.retries = 0;
        self.started = Instant::now();
    }

    /// The retries so far, those before a [refill](Self::refill) included.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.refilled + self.retries
    }

    /// The time since the budget started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn decide(&mut self, error: &Error) -> Decision {
        if !error.is_transient() {
            return Decision::Permanent;
        }
        if let Some(reason) = self.exhausted(error) {
            return Decision::GiveUp(reason);
        }
        let asked = error.retry_after().unwrap_or_default();
        // A server that asks for no wait at all still gets our own.
        let delay = self.backoff(fastrand::f64()).max(asked);
        if delay > self.left() {
            return Decision::GiveUp(GaveUp::Elapsed);
        }
        self.retries += 1;
        Decision::Wait(delay)
    }

    /// Why no further try is possible, whatever its delay would be.
    fn exhausted(&self, error: &Error) -> Option<GaveUp> {
        if self.retries >= self.policy.max_retries {
            return Some(GaveUp::Retries);
        }
        let asked = error.retry_after().unwrap_or_default();
        let left = self.left();
        (asked > left).then_some(GaveUp::RetryAfter { asked, left })
    }

    fn left(&self) -> Duration {
        self.policy.max_elapsed.saturating_sub(self.elapsed())
    }

    /// Exponential, between half and the whole of the nominal delay: many workers that failed
    /// together must not come back together.
    fn backoff(&self, jitter: f64) -> Duration {
        let factor = 2_u32.saturating_pow(self.retries);
        let nominal = self
            .policy
            .base_delay
            .saturating_mul(factor)
            .min(self.policy.max_delay);
        nominal.mul_f64(0.5 + jitter / 2.0)
    }
}

/// What follows from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Try again after this long.
    Wait(Duration),
    /// Trying again would not help.
    Permanent,
    /// Trying again might help, but the budget is spent.
    GiveUp(GaveUp),
}

/// Reads `Retry-After`, a number of seconds or an HTTP date. A date in the past is no wait.
pub(crate) fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
