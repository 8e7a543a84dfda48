//! Dependencies between the crates run in one direction only, and some
//! libraries belong to one crate.
//!
//! The table below is the picture in `ARCHITECTURE.md`; an arrow that is not
//! in it fails the tests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::run;

/// Which of our crates each may use when it ships.
const ARROWS: [(&str, &[&str]); 11] = [
    ("gcapi", &[]),
    ("gcapi-archive", &[]),
    ("gcapi-image", &[]),
    ("gcapi-inspect", &["gcapi-archive", "gcapi-image"]),
    ("gcapi-transfer", &["gcapi", "gcapi-archive"]),
    ("gcapi-server", &["gcapi-archive", "gcapi-image"]),
    ("gcapi-demo", &["gcapi-archive"]),
    (
        "gcapi-cli",
        &[
            "gcapi",
            "gcapi-archive",
            "gcapi-image",
            "gcapi-inspect",
            "gcapi-transfer",
            "gcapi-server",
            "gcapi-demo",
        ],
    ),
    (
        "gcapi-python",
        &[
            "gcapi",
            "gcapi-archive",
            "gcapi-image",
            "gcapi-inspect",
            "gcapi-transfer",
        ],
    ),
    (
        "gcapi-testkit",
        &["gcapi-archive", "gcapi-demo", "gcapi-server"],
    ),
    ("xtask", &[]),
];

/// Libraries, and the only crates that may use them when they ship.
const OWNERS: [(&str, &[&str]); 7] = [
    ("clap", &["gcapi-cli"]),
    ("indicatif", &["gcapi-cli"]),
    ("axum", &["gcapi-server", "gcapi-testkit"]),
    ("pyo3", &["gcapi-python"]),
    ("reqwest", &["gcapi"]),
    ("rusqlite", &["gcapi-archive"]),
    ("gcapi-testkit", &[]),
];

/// Two implementations of cryptography in one program make TLS panic.
const BANNED: [&str; 2] = ["ring", "openssl-sys"];

/// Checks the workspace.
pub(crate) fn check() -> Result<(), String> {
    let metadata = run::asked(&mut run::cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))
    .ok_or("cargo metadata failed")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let mut wrong = violations(&metadata);
    wrong.extend(not_there(&metadata));
    // A tree that cannot be had is no proof of what is not in it.
    let tree = run::asked(&mut run::cargo(&[
        "tree",
        "--workspace",
        "--locked",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))
    .map_or_else(
        || vec!["cargo tree failed".to_owned()],
        |tree| banned(&tree),
    );
    wrong.extend(tree);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// What a workspace does that the tables do not allow.
fn violations(metadata: &Value) -> Vec<String> {
    let arrows = BTreeMap::from(ARROWS);
    let mut wrong = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        let Some(allowed) = arrows.get(name) else {
            wrong.push(format!(
                "{name} is not in the picture: add it to the table and to ARCHITECTURE.md"
            ));
            continue;
        };
        let ships =
            list(package, "dependencies").filter(|dependency| text(dependency, "kind") != "dev");
        for dependency in ships.map(|dependency| text(dependency, "name")) {
            if arrows.contains_key(dependency) && !allowed.contains(&dependency) {
                wrong.push(format!(
                    "{name} -> {dependency} is an arrow against the direction"
                ));
            }
            let owners = OWNERS.iter().find(|(library, _)| *library == dependency);
            if owners.is_some_and(|(_, owners)| !owners.contains(&name)) {
                wrong.push(format!(
                    "{name} uses {dependency}, which is not its business"
                ));
            }
        }
    }
    wrong
}

/// Rows of the table that say nothing: a check of no crates would pass too.
fn not_there(metadata: &Value) -> Vec<String> {
    let there: Vec<&str> = list(metadata, "packages")
        .map(|package| text(package, "name"))
        .collect();
    ARROWS
        .iter()
        .filter(|(name, _)| !there.contains(name))
        .map(|(name, _)| format!("{name} is in the table but not in the workspace"))
        .collect()
}

/// What must not be in the tree, given a package on each line.
fn banned(tree: &str) -> Vec<String> {
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    BANNED
        .iter()
        .filter(|package| names.contains(package))
        .map(|package| {
            format!(
                "{package} is in the tree: `cargo tree --workspace --invert {package}` says why"
            )
        })
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workspace(package: &str, dependency: &str, kind: Option<&str>) -> Value {
        json!({"packages": [
            {"name": package, "dependencies": [{"name": dependency, "kind": kind}]},
        ]})
    }

    #[test]
    fn arrows_in_the_picture_and_those_of_tests_are_fine() {
        assert!(violations(&workspace("gcapi-transfer", "gcapi", None)).is_empty());
        assert!(violations(&workspace("gcapi-transfer", "serde", None)).is_empty());
        assert!(violations(&workspace("gcapi", "axum", Some("dev"))).is_empty());
    }

    #[test]
    fn every_other_arrow_is_found() {
        for (package, dependency, kind) in [
            ("gcapi", "gcapi-archive", None),
            ("gcapi-archive", "gcapi", None),
            ("gcapi-server", "gcapi-transfer", Some("build")),
            ("gcapi-transfer", "clap", None),
            ("gcapi-cli", "gcapi-testkit", None),
            ("gcapi-novelty", "serde", None),
        ] {
            let wrong = violations(&workspace(package, dependency, kind));
            assert!(!wrong.is_empty(), "{package} -> {dependency} was not found");
        }
    }
    #[test]
    fn a_table_for_no_workspace_is_found() {
        assert_eq!(not_there(&json!({})).len(), ARROWS.len());
        let wrong = not_there(&workspace("gcapi", "serde", None));
        assert_eq!(wrong.len(), ARROWS.len() - 1, "{wrong:?}");
    }

    #[test]
    fn what_is_banned_is_found_and_nothing_else() {
        assert!(banned("rustls v0.23.1\nspringboard v1.0.0\n\nopenssl-probe v0.2.0").is_empty());
        assert_eq!(banned("rustls v0.23.1\nring v0.17.14 (*)\n").len(), 1);
    }
}
