//! Comparison of folders, byte for byte.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use gcapi_archive::Content;

/// What differs between two trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files only the expected tree has.
    pub missing: Vec<String>,
    /// Files only the other tree has.
    pub extra: Vec<String>,
    /// Files with other bytes.
    pub different: Vec<String>,
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.different.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, paths) in [
            ("missing", &self.missing),
            ("extra", &self.extra),
            ("different", &self.different),
        ] {
            for path in paths {
                writeln!(formatter, "{what:9} {path}")?;
            }
        }
        Ok(())
    }
}

/// Compares two trees; `.gcapi` at their roots does not count.
///
/// # Panics
/// If a folder or file cannot be read.
#[must_use]
pub fn compare(expected: &Path, found: &Path) -> Difference {
    let (expected, found) = (digests(expected), digests(found));
    let mut difference = Difference::default();
    for (path, content) in &expected {
        match found.get(path) {
            None => difference.missing.push(path.clone()),
            Some(other) if other != content => difference.different.push(path.clone()),
            Some(_) => {}
        }
    }
    difference.extra.extend(
        found
            .into_keys()
            .filter(|path| !expected.contains_key(path)),
    );
    difference
}

/// Every file of a tree with its size and SHA-256, by its path with `/`.
///
/// # Panics
/// If a folder or file cannot be read.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a test cannot go on with a tree it cannot read"
)]
pub fn digests(root: &Path) -> BTreeMap<String, Content> {
    let mut digests = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            let relative = path.strip_prefix(root).expect("it is below the root");
            if relative == Path::new(".gcapi") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("the file can be read");
                let name = relative.to_string_lossy().replace('\\', "/");
                digests.insert(name, Content::of(&bytes));
            }
        }
    }
    digests
}

/// One SHA-256 for a whole tree: of the paths, sizes and contents of its files.
///
/// # Panics
/// If a folder or file cannot be read.
#[must_use]
pub fn tree_digest(root: &Path) -> String {
    let lines: String = digests(root)
        .into_iter()
        .map(|(path, content)| format!("{} {} {path}\n", content.sha256, content.size))
        .collect();
    Content::of(lines.as_bytes()).sha256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let (one, other) = (temporary.path().join("one"), temporary.path().join("other"));
        for (folder, files) in [(&one, ["a/x", "a/y", "z"]), (&other, ["a/x", "a/w", "z"])] {
            for file in files {
                let path = folder.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, file).unwrap();
            }
        }
        assert!(compare(&one, &one).is_empty());
        let before = tree_digest(&other);
        assert_ne!(tree_digest(&one), before);
        std::fs::write(other.join("z"), "other").unwrap();
        std::fs::create_dir(other.join(".gcapi")).unwrap();
        std::fs::write(other.join(".gcapi/catalogue.sqlite"), "").unwrap();
        assert_ne!(tree_digest(&other), before);
        let difference = compare(&one, &other);
        assert_eq!(
            difference.to_string(),
            "missing   a/y\nextra     a/w\ndifferent z\n"
        );
    }
}
