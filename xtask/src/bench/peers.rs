//! Who competes, and the command line each is tuned with.

use std::path::Path;

use super::Bench;
use super::server::Server;
use crate::project;

/// One program with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// This project's.
    Ours,
    /// The Python client's documented loop, in so many threads.
    Python(u32),
    /// The same loop with the module `gcapi_rs` in the place of the Python client.
    ModuleLoop,
    /// The module's one call for a whole archive.
    ModuleArchive,
    /// curl with so many transfers at a time.
    Curl(u32),
    /// The same, and then the files are made durable, as ours are.
    CurlDurable(u32),
    /// curl, starting again where a connection broke.
    CurlAgain,
    /// aria2 with so many files at a time, and connections for each.
    Aria2(u32, u32),
    /// rclone with so many files at a time, and streams for each.
    Rclone(u32, u32),
}

/// What a command line is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) server: &'a Server,
    /// nginx, where it is the store.
    pub(crate) store: Option<&'a str>,
    /// Ready URLs, in the forms of curl and aria2.
    pub(crate) curl_list: &'a Path,
    pub(crate) aria2_list: &'a Path,
    pub(crate) out: &'a Path,
}

impl Peer {
    /// What it is called in the tables.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Ours => "gcapi-rs".to_owned(),
            Self::Python(1) => "Python gcapi, documented loop".to_owned(),
            Self::Python(threads) => format!("Python gcapi, pool of {threads} threads"),
            Self::ModuleLoop => "gcapi_rs, the same loop".to_owned(),
            Self::ModuleArchive => "gcapi_rs, client.archives.download".to_owned(),
            Self::Curl(1) => "curl".to_owned(),
            Self::Curl(many) => format!("curl --parallel-max {many}"),
            Self::CurlDurable(1) => "curl, then sync".to_owned(),
            Self::CurlDurable(many) => format!("curl --parallel-max {many}, then sync"),
            Self::CurlAgain => "curl --retry -C -".to_owned(),
            Self::Aria2(files, connections) => format!("aria2 -j{files} -x{connections}"),
            Self::Rclone(files, streams) => {
                format!("rclone --transfers {files} --multi-thread-streams {streams}")
            }
        }
    }

    /// Whether it has to be given ready URLs.
    pub(crate) fn needs_urls(self) -> bool {
        match self {
            Self::Ours | Self::Python(_) | Self::Rclone(..) => false,
            Self::ModuleLoop | Self::ModuleArchive => false,
            Self::Curl(_) | Self::CurlDurable(_) | Self::CurlAgain | Self::Aria2(..) => true,
        }
    }

    /// The command.
    pub(crate) fn command(self, setting: &Setting<'_>) -> Vec<String> {
        let ca = setting.bench.tls.ca.display();
        let out = setting.out.display();
        let (curl_list, aria2_list) = (setting.curl_list.display(), setting.aria2_list.display());
        let text = match self {
            Self::Ours => format!(
                "{} --quiet download synthetic -o {out}",
                setting.bench.program.display()
            ),
            Self::Python(threads) => format!(
                "{} {} {} {out} {threads}",
                setting.bench.interpreter.display(),
                script("python_client.py"),
                setting.server.base_url,
            ),
            Self::ModuleLoop => {
                let loop_of_gcapi = Self::Python(1).command(setting).join(" ");
                format!("{loop_of_gcapi} gcapi_rs")
            }
            Self::ModuleArchive => format!(
                "{} {} {} {out}",
                setting.bench.interpreter.display(),
                script("whole_archive.py"),
                setting.server.base_url,
            ),
            Self::Curl(1) => format!("curl --config {curl_list}"),
            Self::Curl(many) => format!(
                "curl --no-progress-meter --parallel --parallel-immediate --parallel-max {many} --config {curl_list}"
            ),
            Self::CurlAgain => format!(
                "curl --retry 50 --retry-all-errors --retry-delay 1 --continue-at - \
                 --config {curl_list}"
            ),
            Self::CurlDurable(many) => {
                let curl = Self::Curl(many).command(setting).join(" ");
                let both = format!("{curl} && sync --file-system {out}");
                return vec!["sh".to_owned(), "-c".to_owned(), both];
            }
            Self::Aria2(files, connections) => format!(
                "aria2c --quiet --ca-certificate={ca} -d {out} -i {aria2_list} -j{files} \
                 -x{connections} -s{connections} -k1M --file-allocation=none --disk-cache=64M \
                 --auto-file-renaming=false --max-tries=50 --retry-wait=1"
            ),
            Self::Rclone(files, streams) => format!(
                "rclone copy :http: {out} --config /dev/null --http-url {} --ca-cert {ca} \
                 --transfers {files} --checkers 16 --multi-thread-streams {streams} \
                 --multi-thread-cutoff 100M",
                setting.store.unwrap_or_default()
            ),
        };
        text.split_whitespace().map(str::to_owned).collect()
    }
}

/// A script beside the tests in Python.
pub(crate) fn script(name: &str) -> String {
    let path = project::root().join("interoperability").join(name);
    path.display().to_string()
}
