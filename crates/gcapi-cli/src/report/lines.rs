//! A plain line every few seconds, for logs.

use gcapi_transfer::{Event, Observer};

use super::progress::Progress;
use super::remark;
use crate::output::Output;

pub(super) struct Lines {
    progress: Progress,
    output: Output,
}

impl Lines {
    pub(super) fn new(output: Output) -> Self {
        Self {
            progress: Progress::new(),
            output,
        }
    }

    pub(super) fn tick(&self) {
        self.output.note(&self.progress.line());
    }
}

impl Observer for Lines {
    fn on_event(&self, event: &Event) {
        self.progress.on_event(event);
        if let Some(line) = remark(event) {
            self.output.warning(&line);
        }
    }
}
