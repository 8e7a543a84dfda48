//! The token: where it may be found, and the one file it is kept in.
//!
//! `--token-file`, then `GRAND_CHALLENGE_AUTHORIZATION`, then what
//! `gcapi login` kept for the platform's origin. The file is readable by its
//! owner only; a token goes nowhere else.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use gcapi::Token;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::environment;
use crate::failure::Failure;
use crate::settings::{Settings, configuration_folder};

/// A token is some hundred characters; a longer file is not one.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// Where a token came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenSource {
    File(PathBuf),
    Environment,
    Login(PathBuf),
}

impl std::fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "--token-file {}", path.display()),
            Self::Environment => formatter.write_str(environment::TOKEN),
            Self::Login(path) => write!(formatter, "gcapi login ({})", path.display()),
        }
    }
}

/// The file, by origin of the platform.
#[derive(Default, Deserialize, Serialize)]
struct Credentials {
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

/// Finds the token for a platform.
pub(crate) fn find(settings: &Settings) -> Result<Option<(Token, TokenSource)>, Failure> {
    if let Some(path) = &settings.token_file {
        return Ok(Some((from_file(path)?, TokenSource::File(path.clone()))));
    }
    if let Some(text) = std::env::var_os(environment::TOKEN).filter(|text| !text.is_empty()) {
        let token = parse(&text.to_string_lossy(), environment::TOKEN)?;
        return Ok(Some((token, TokenSource::Environment)));
    }
    let Some(path) = path() else { return Ok(None) };
    let credentials = read(&path)?;
    match credentials.tokens.get(&origin(&settings.base_url)?) {
        Some(text) => {
            let token = parse(text, &path.display().to_string())?;
            Ok(Some((token, TokenSource::Login(path))))
        }
        None => Ok(None),
    }
}

/// Reads a token from a file, or from standard input.
pub(crate) fn from_file(path: &Path) -> Result<Token, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(
            format!("failed to read the token from {}: {error}", path.display()),
            "give a file with nothing but the token in it",
        )
    };
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .take(LONGEST_TOKEN)
            .read_to_string(&mut text)
            .map_err(failed)?;
    } else {
        let file = fs::File::open(path).map_err(failed)?;
        file.take(LONGEST_TOKEN)
            .read_to_string(&mut text)
            .map_err(failed)?;
    }
    parse(&text, &path.display().to_string())
}

/// Takes a token as it was typed.
pub(crate) fn parse(text: &str, place: &str) -> Result<Token, Failure> {
    // The error says what is wrong with a token, never what the token is.
    Token::parse(text.trim()).map_err(|error| {
        Failure::usage(
            format!("what {place} holds is not a token: {error}"),
            "copy it again from https://grand-challenge.org/settings/api-tokens/",
        )
    })
}

/// Keeps a token for a platform.
pub(crate) fn keep(base_url: &str, token: &str) -> Result<PathBuf, Failure> {
    let path = path().ok_or_else(|| {
        Failure::usage(
            "there is no home folder to keep a token in".to_owned(),
            "set GRAND_CHALLENGE_AUTHORIZATION or use --token-file",
        )
    })?;
    let mut credentials = read(&path)?;
    credentials
        .tokens
        .insert(origin(base_url)?, token.to_owned());
    write(&path, &credentials)?;
    Ok(path)
}

/// Forgets the token for a platform. Gives whether there was one.
pub(crate) fn forget(base_url: &str) -> Result<bool, Failure> {
    let Some(path) = path() else { return Ok(false) };
    let mut credentials = read(&path)?;
    let forgotten = credentials.tokens.remove(&origin(base_url)?).is_some();
    if forgotten {
        write(&path, &credentials)?;
    }
    Ok(forgotten)
}

fn path() -> Option<PathBuf> {
    configuration_folder().map(|folder| folder.join("credentials.toml"))
}

/// A token is for one origin and must not be taken for another's.
fn origin(base_url: &str) -> Result<String, Failure> {
    Url::parse(base_url)
        .map(|url| url.origin().ascii_serialization())
        .map_err(|error| {
            Failure::usage(
                format!("the base URL {base_url:?} is malformed: {error}"),
                "it looks like https://grand-challenge.org/api/v1/",
            )
        })
}

fn read(path: &Path) -> Result<Credentials, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Credentials::default());
        }
        Err(error) => {
            return Err(Failure::usage(
                format!("failed to read {}: {error}", path.display()),
                "set GRAND_CHALLENGE_AUTHORIZATION or use --token-file",
            ));
        }
    };
    // The parser's message would quote a line with a token in it.
    toml::from_str(&text).map_err(|_| {
        Failure::usage(
            format!("{} is malformed", path.display()),
            "remove it and run gcapi login again",
        )
    })
}

/// Writes the file beside its place, closed to others from its first byte,
/// and moves it there.
fn write(path: &Path, credentials: &Credentials) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::cannot_write(format!("failed to write {}: {error}", path.display()))
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let text = toml::to_string(credentials)
        .map_err(|error| failed(std::io::Error::other(error.to_string())))?;
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Whatever is left of it may hold a token.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(failed)
}
