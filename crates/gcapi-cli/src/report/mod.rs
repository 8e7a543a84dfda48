//! How a download is shown: a line that moves on a terminal, a line every few
//! seconds in a log, or JSON lines.
//!
//! All three look at one [`Progress`], which counts events; none of them
//! decides whether the download succeeded.

mod json;
mod lines;
mod progress;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use gcapi_transfer::{Action, Event, Observer, Silent, Summary};

use crate::human;
use crate::output::Output;
use progress::Progress;

/// A report that is under way.
pub(crate) struct Report {
    observer: Arc<dyn Observer>,
    ticker: Option<tokio::task::JoinHandle<()>>,
    bar: Option<indicatif::ProgressBar>,
}

impl Report {
    /// Starts the report that fits where it goes.
    pub(crate) fn start(output: Output) -> Self {
        if output.json {
            let report = Arc::new(json::Json::new(output));
            return Self::ticking(
                Arc::clone(&report) as _,
                Duration::from_secs(1),
                move || {
                    report.tick();
                },
            );
        }
        if output.quiet {
            return Self {
                observer: Arc::new(Silent),
                ticker: None,
                bar: None,
            };
        }
        if std::io::stderr().is_terminal() {
            let progress = Arc::new(Progress::new());
            let bar = indicatif::ProgressBar::new_spinner();
            let mut report = Self::ticking(
                Arc::new(WithFailures {
                    progress: Arc::clone(&progress),
                    bar: bar.clone(),
                    output,
                }),
                Duration::from_millis(200),
                {
                    let bar = bar.clone();
                    move || {
                        bar.set_message(progress.line());
                        bar.tick();
                    }
                },
            );
            report.bar = Some(bar);
            return report;
        }
        let report = Arc::new(lines::Lines::new(output));
        Self::ticking(
            Arc::clone(&report) as _,
            Duration::from_secs(5),
            move || report.tick(),
        )
    }

    fn ticking(
        observer: Arc<dyn Observer>,
        every: Duration,
        tick: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let ticker = tokio::spawn(async move {
            let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
            loop {
                interval.tick().await;
                tick();
            }
        });
        Self {
            observer,
            ticker: Some(ticker),
            bar: None,
        }
    }

    /// Who is to be told of events.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            ticker.abort();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The observer behind a bar: failures and warnings get lines of their own.
struct WithFailures {
    progress: Arc<Progress>,
    bar: indicatif::ProgressBar,
    output: Output,
}

impl Observer for WithFailures {
    fn on_event(&self, event: &Event) {
        self.progress.on_event(event);
        if let Some(line) = remark(event) {
            self.bar.suspend(|| self.output.warning(&line));
        }
    }
}

/// What is worth a line of its own, beside the numbers.
pub(crate) fn remark(event: &Event) -> Option<String> {
    match event {
        Event::Planned {
            path,
            action: Action::Remove,
            ..
        } => Some(format!(
            "{} left the archive and is removed",
            human::printable(path)
        )),
        Event::Failed(failure) => Some(format!(
            "{}: {}",
            human::printable(&failure.place),
            human::printable(&failure.reason)
        )),
        Event::Warning { place, message } => Some(format!(
            "{}: {}",
            human::printable(place),
            human::printable(message)
        )),
        _ => None,
    }
}

/// What a dry run came to, as one line for people.
pub(crate) fn planned_line(summary: &Summary) -> String {
    let mut line = format!("{} to fetch", human::count(summary.to_fetch, "file"));
    if let Some(bytes) = summary.bytes_to_fetch {
        line.push_str(&format!(" ({})", human::bytes(bytes)));
    }
    if summary.unknown_sizes > 0 {
        line.push_str(&format!(", {} of unknown size", summary.unknown_sizes));
    }
    line.push_str(&format!(
        ", {} kept ({})",
        summary.kept,
        human::bytes(summary.bytes_kept)
    ));
    if summary.to_remove > 0 {
        line.push_str(&format!(", {} to remove", summary.to_remove));
    }
    line.push_str(&format!(", {} refused", summary.failed));
    if let Some(room) = summary.room
        && missing_room(summary).is_none()
    {
        line.push_str(&format!("; it fits: {} are free", human::bytes(room.bytes)));
    }
    line
}

/// What a dry run found missing on the disk.
pub(crate) fn missing_room(summary: &Summary) -> Option<String> {
    let (room, bytes) = (summary.room?, summary.bytes_to_fetch?);
    if bytes > room.bytes {
        return Some(format!(
            "{} are needed, {} are free",
            human::bytes(bytes),
            human::bytes(room.bytes)
        ));
    }
    let inodes = room.inodes.filter(|inodes| *inodes < summary.to_fetch)?;
    Some(format!(
        "{} are needed, the disk takes {inodes} more",
        human::count(summary.to_fetch, "file")
    ))
}

/// What a download came to, as one line for people.
pub(crate) fn closing_line(summary: &Summary) -> String {
    // Of what came over the network, not of what was here already.
    let rate = summary.bytes_received as f64 / summary.elapsed.as_secs_f64().max(0.001);
    let mut line = format!(
        "{} fetched ({}), {} kept ({})",
        human::count(summary.fetched, "file"),
        human::bytes(summary.bytes_fetched),
        summary.kept,
        human::bytes(summary.bytes_kept),
    );
    if summary.bytes_reused > 0 {
        line.push_str(&format!(
            ", {} of them begun before",
            human::bytes(summary.bytes_reused)
        ));
    }
    if summary.removed > 0 {
        line.push_str(&format!(", {} removed", summary.removed));
    }
    if summary.failed > 0 {
        line.push_str(&format!(", {} failed", summary.failed));
    }
    line.push_str(&format!(
        "; {} of which {} retried, {} received, {:.1} s, {}/s",
        human::count(summary.requests, "request"),
        summary.retries,
        human::bytes(summary.bytes_received),
        summary.elapsed.as_secs_f64(),
        human::bytes(rate as u64),
    ));
    line
}
