//! A path that stays inside the folder it is joined to.

use std::fmt;
use std::path::{Path, PathBuf};

/// Longest name of one file or folder, in bytes, that common file systems take.
const LONGEST_NAME: usize = 255;

/// Longest path below the output folder, in bytes: beyond it macOS (1024 in
/// all) and archive tools give up.
const LONGEST_PATH: usize = 900;

/// Names Windows keeps for devices, with or without an extension.
const DEVICE_NAMES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A relative path with forward slashes that every file system takes and that
/// cannot lead out of the folder it is joined to. It may be empty: then it
/// means that folder itself.
///
/// ```
/// use gcapi_archive::RelativePath;
///
/// let path = RelativePath::parse("images/ct")?.join("scan.mha")?;
/// assert_eq!(path.as_str(), "images/ct/scan.mha");
/// assert!(RelativePath::parse("../secrets").is_err());
/// # Ok::<(), gcapi_archive::PathRefused>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelativePath(String);

/// Why a path from the server was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} is refused: {reason}")]
pub struct PathRefused {
    /// The path as it came.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl RelativePath {
    /// The folder itself.
    #[must_use]
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Takes a path as a server gives it.
    ///
    /// # Errors
    /// [`PathRefused`] for absolute paths, `.` and `..`, empty components,
    /// NUL and other control characters, backslashes, drives, Windows device
    /// names, names ending in a dot or a space, and names or paths too long.
    pub fn parse(path: &str) -> Result<Self, PathRefused> {
        if path.is_empty() {
            return Ok(Self::root());
        }
        let refuse = |reason| {
            Err(PathRefused {
                path: path.to_owned(),
                reason,
            })
        };
        if path.len() > LONGEST_PATH {
            return refuse("it is too long");
        }
        if path.starts_with('/') {
            return refuse("it is absolute");
        }
        for component in path.split('/') {
            if let Some(reason) = objection(component) {
                return refuse(reason);
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// This path with one more file or folder name, or several, below it.
    ///
    /// # Errors
    /// As for [`RelativePath::parse`].
    pub fn join(&self, below: &str) -> Result<Self, PathRefused> {
        if self.0.is_empty() {
            return Self::parse(below);
        }
        if below.is_empty() {
            return Ok(self.clone());
        }
        Self::parse(&format!("{}/{below}", self.0))
    }

    /// The path with forward slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether two files cannot lie at this path and at another one: one would
    /// be the other's folder, or they are one and the same on a disk that does
    /// not tell upper from lower case.
    #[must_use]
    pub fn collides_with(&self, other: &Self) -> bool {
        let (one, other) = (self.case_folded(), other.case_folded());
        let is_within = |longer: &str, shorter: &str| {
            longer
                .strip_prefix(shorter)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || shorter.is_empty())
        };
        is_within(&one, &other) || is_within(&other, &one)
    }

    /// Whether this is the folder itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names from the top down.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// The last name, `None` for the folder itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.components().last()
    }

    /// The path on this machine, below `folder`.
    #[must_use]
    pub fn below(&self, folder: &Path) -> PathBuf {
        let mut path = folder.to_path_buf();
        path.extend(self.components());
        path
    }

    /// What a disk that ignores case makes of this path: two paths with the
    /// same key would be one file there.
    #[must_use]
    pub fn case_folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What speaks against one name of a path.
fn objection(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it has an empty component");
    }
    if name == "." || name == ".." {
        return Some("it has a component . or ..");
    }
    if name.len() > LONGEST_NAME {
        return Some("a component is longer than 255 bytes");
    }
    if name.chars().any(char::is_control) {
        return Some("it has a control character");
    }
    if name.contains('\\') {
        return Some("it has a backslash");
    }
    if name.contains(':') {
        return Some("it has a colon, which names a drive or a stream on Windows");
    }
    if name.ends_with(['.', ' ']) {
        return Some("a component ends in a dot or a space");
    }
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    if DEVICE_NAMES
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
    {
        return Some("a component is the name of a device on Windows");
    }
    if name.eq_ignore_ascii_case(".gcapi") {
        return Some("a component is .gcapi, where the catalogue lies");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_collide_that_cannot_both_be() {
        let collide = |one: &str, other: &str| {
            let parse = |path| RelativePath::parse(path).unwrap();
            parse(one).collides_with(&parse(other))
        };
        assert!(collide("a/b.mha", "a/B.mha"));
        assert!(collide("a/b", "a/b/c"));
        assert!(collide("A/b/c", "a/b"));
        assert!(!collide("a/b", "a/bc"));
        assert!(!collide("a/b/c", "a/b/d"));
    }
    use proptest::prelude::*;

    #[test]
    fn ordinary_paths_are_taken() {
        for path in [
            "",
            "a.json",
            "images/ct",
            "deep/er/nested.json",
            "größe/日本.json",
            "a b/c",
        ] {
            assert_eq!(RelativePath::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn paths_that_could_escape_or_surprise_are_refused() {
        let long = "x".repeat(256);
        for path in [
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a//b",
            "a/",
            "/",
            "a\0b",
            "a\nb",
            "a\\b",
            "C:/x",
            "C:",
            "con",
            "NUL.json",
            "a/lpt1.txt",
            "a.",
            "a ",
            "a./b",
            ".gcapi/catalogue.sqlite",
            "a/.GCAPI",
            &long,
        ] {
            assert!(RelativePath::parse(path).is_err(), "{path:?} was taken");
        }
        assert!(RelativePath::parse(&"abc/".repeat(300)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_inside(path in "[a-zA-Z./\\\\: \0-]{0,40}") {
            if let Ok(path) = RelativePath::parse(&path) {
                let folder = Path::new("/out");
                let full = path.below(folder);
                prop_assert!(full.starts_with(folder));
                prop_assert!(full.components().all(
                    |part| !matches!(part, std::path::Component::ParentDir)
                ));
            }
        }
    }
}
