//! Arguments, environment and configuration file, brought together: a flag
//! beats the environment, which beats the file, which beats the default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::arguments::{Color, GlobalArguments};
use crate::failure::Failure;

/// The platform's own API.
const BASE_URL: &str = "https://grand-challenge.org/api/v1/";

/// What the configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConfigurationFile {
    base_url: Option<String>,
    token_file: Option<PathBuf>,
    ca_cert: Option<PathBuf>,
    timeout: Option<f64>,
    max_retries: Option<u32>,
    jobs: Option<u16>,
    color: Option<String>,
}

/// What every command works with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) base_url: String,
    pub(crate) token_file: Option<PathBuf>,
    /// `--token-file` as typed, without the configuration file's: a server
    /// must not take the user's own token for the one it asks for.
    pub(crate) typed_token_file: Option<PathBuf>,
    pub(crate) ca_cert: Option<PathBuf>,
    pub(crate) insecure: bool,
    pub(crate) timeout: Duration,
    pub(crate) max_retries: Option<u32>,
    pub(crate) jobs: Option<u16>,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
    pub(crate) color: Color,
}

impl Settings {
    pub(crate) fn new(arguments: GlobalArguments) -> Result<Self, Failure> {
        let file = read(arguments.config.as_deref())?;
        let color = match (arguments.color, file.color.as_deref()) {
            (Some(color), _) => color,
            (None, None | Some("auto")) => Color::Auto,
            (None, Some("always")) => Color::Always,
            (None, Some("never")) => Color::Never,
            (None, Some(other)) => {
                return Err(Failure::usage(
                    format!("the configuration file has color = {other:?}"),
                    "it is auto, always or never",
                ));
            }
        };
        let timeout = arguments.timeout.or(file.timeout).unwrap_or(60.0);
        let timeout = Duration::try_from_secs_f64(timeout)
            .ok()
            .filter(|timeout| !timeout.is_zero())
            .ok_or_else(|| {
                Failure::usage(
                    format!("a timeout of {timeout} seconds"),
                    "give more than 0",
                )
            })?;
        Ok(Self {
            base_url: arguments
                .base_url
                .or(file.base_url)
                .unwrap_or_else(|| BASE_URL.to_owned()),
            token_file: arguments.token_file.clone().or(file.token_file),
            typed_token_file: arguments.token_file,
            ca_cert: arguments.ca_cert.or(file.ca_cert),
            insecure: arguments.insecure,
            timeout,
            max_retries: arguments.max_retries.or(file.max_retries),
            jobs: file.jobs,
            json: arguments.json,
            quiet: arguments.quiet,
            verbose: arguments.verbose,
            color,
        })
    }
}

/// Reads the configuration file; one that was named must be there.
fn read(named: Option<&Path>) -> Result<ConfigurationFile, Failure> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None => match configuration_folder() {
            Some(folder) => folder.join("config.toml"),
            None => return Ok(ConfigurationFile::default()),
        },
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(ConfigurationFile::default());
        }
        Err(error) => {
            return Err(Failure::usage(
                format!(
                    "failed to read the configuration file {}: {error}",
                    path.display()
                ),
                "correct --config",
            ));
        }
    };
    toml::from_str(&text).map_err(|error| {
        Failure::usage(
            format!(
                "the configuration file {} is malformed: {error}",
                path.display()
            ),
            "it takes base-url, token-file, ca-cert, timeout, max-retries, jobs and color",
        )
    })
}

/// Where configuration and credentials lie; `None` without a home folder.
pub(crate) fn configuration_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy()
        .ok()
        .map(|base| base.config_dir().join("gcapi"))
}

/// Where what can be made again lies; `None` without a home folder.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy()
        .ok()
        .map(|base| base.cache_dir().join("gcapi"))
}
