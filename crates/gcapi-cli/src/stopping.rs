//! What makes a download stop before its end.
//!
//! The first signal asks: what is in flight is put down and recorded. A second
//! Ctrl-C ends the program at once; what was published and journalled is there
//! all the same.

use std::io;
use std::time::Duration;

use gcapi_transfer::{Stop, StopReason};

use crate::failure::{COME_AGAIN, Failure, INTERRUPTED};

/// The exit code that says why it stopped.
pub(crate) fn exit_code(reason: StopReason) -> u8 {
    match reason {
        StopReason::Interrupted => INTERRUPTED,
        StopReason::Terminated | StopReason::MaxTime | StopReason::MaxBytes => COME_AGAIN,
    }
}

/// Why it stopped, for people.
pub(crate) fn describe(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => "interrupted",
        StopReason::Terminated => "asked to end",
        StopReason::MaxTime => "the time given with --max-time is over",
        StopReason::MaxBytes => "the bytes given with --max-bytes have come",
    }
}

/// Asks a download to stop when a signal comes or its time is over. Ends with
/// the process.
pub(crate) fn watch(stop: &Stop, max_time: Option<Duration>) -> io::Result<()> {
    let mut signals = Signals::new()?;
    let asked = stop.clone();
    tokio::spawn(async move {
        let reason = signals.next().await;
        asked.stop(reason);
        while signals.next().await != StopReason::Interrupted {}
        end_at_once();
    });
    if let Some(max_time) = max_time {
        let asked = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(max_time).await;
            asked.stop(StopReason::MaxTime);
        });
    }
    Ok(())
}

/// What a signal stops. For a server, to be called before it says where it is:
/// whoever reads that may ask it to end at once.
pub(crate) fn by_signals() -> Result<Stop, Failure> {
    let stop = Stop::default();
    watch(&stop, None).map_err(|error| Failure::internal(&error))?;
    Ok(stop)
}

#[expect(
    clippy::exit,
    reason = "who interrupts twice does not want to wait for anything"
)]
fn end_at_once() -> ! {
    std::process::exit(i32::from(INTERRUPTED))
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Batch systems send it some time before they kill
    /// (`sbatch --signal=USR1@60`).
    user: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> StopReason {
        tokio::select! {
            _ = self.interrupt.recv() => StopReason::Interrupted,
            _ = self.terminate.recv() => StopReason::Terminated,
            _ = self.user.recv() => StopReason::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> StopReason {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        StopReason::Interrupted
    }
}
