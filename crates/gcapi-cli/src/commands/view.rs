//! `gcapi view`

use std::process::{Command, Stdio};

use gcapi_archive::ArchiveFolder;
use gcapi_server::{ViewerConfig, start_viewer};

use super::Done;
use crate::arguments::ViewArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{environment, stopping};

pub(super) async fn run(arguments: ViewArguments, output: Output) -> Done {
    let config = ViewerConfig {
        folder: ArchiveFolder::open(&arguments.folder)?,
        listen: arguments.listen,
    };
    let mut viewer = start_viewer(config).await?;
    let stop = stopping::by_signals()?;
    let link = viewer
        .opening_url()
        .map_or_else(|| viewer.url().to_string(), String::from);
    if output.json {
        output.json(&serde_json::json!({"event": "viewing", "url": link}));
    } else {
        output.data(&link);
    }
    let is_opened = !arguments.no_open && open(&link);
    output.note(if is_opened {
        "It opens in your browser; if it does not, open the link. Ctrl-C ends it."
    } else {
        "Open the link in a browser: it works once. Ctrl-C ends it."
    });
    tokio::select! {
        ended = viewer.wait() => {
            ended?;
            return Err(Failure::internal(&"the viewer ended by itself"));
        }
        () = stop.stopped() => {}
    }
    output.note("stopping");
    viewer.shutdown().await?;
    Ok(0)
}

/// Asks the desktop to open a link; whether there is one to ask.
///
/// For a moment the link is among the arguments of a process, where others on this machine
/// may read it: it is of no use to them once the browser was faster.
fn open(link: &str) -> bool {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else if environment::has_display() {
        Command::new("xdg-open")
    } else {
        // On a cluster it would start a browser in the terminal.
        return false;
    };
    command
        .arg(link)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}
