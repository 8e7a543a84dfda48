//! JSON lines: every event but the very frequent ones, and the numbers once a
//! second.

use gcapi_transfer::{Event, Observer};

use super::progress::Progress;
use crate::output::Output;

pub(super) struct Json {
    progress: Progress,
    output: Output,
}

impl Json {
    pub(super) fn new(output: Output) -> Self {
        Self {
            progress: Progress::new(),
            output,
        }
    }

    pub(super) fn tick(&self) {
        let counts = self.progress.sample();
        self.output.json(&serde_json::json!({
            "event": "progress",
            "items": counts.items(),
            "items_done": counts.items_done(),
            "files": counts.files,
            "files_done": counts.done,
            "kept": counts.kept,
            "failed": counts.failed,
            "bytes_received": counts.received,
            "bytes_per_second": counts.bytes_per_second.round(),
            "seconds": counts.elapsed().as_secs_f64(),
            "seconds_left": counts.time_left().map(|left| left.as_secs_f64()),
        }));
    }
}

impl Observer for Json {
    fn on_event(&self, event: &Event) {
        self.progress.on_event(event);
        if !matches!(event, Event::Received { .. }) {
            self.output.json(event);
        }
    }
}
