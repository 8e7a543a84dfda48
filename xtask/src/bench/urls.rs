//! Ready URLs for the peers that know no API.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::peers::{Setting, script};
use crate::run;

/// Resolves every URL and writes the lists of curl and aria2. It is not
/// measured: what the peers are spared is said in the report.
pub(crate) fn write(setting: &Setting<'_>) -> Result<(), String> {
    let bench = setting.bench;
    let mut command = Command::new(&bench.interpreter);
    command
        .arg(script("bench_urls.py"))
        .arg(&setting.server.base_url)
        .envs(bench.environment(setting.server));
    let lines = run::asked(&mut command).ok_or("the URLs cannot be resolved")?;
    let (mut curl, mut aria2) = (String::new(), String::new());
    for (number, line) in lines.lines().enumerate() {
        let file: Value =
            serde_json::from_str(line).map_err(|error| format!("a malformed line: {error}"))?;
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        let (url, path) = (text("url"), text("path"));
        let headers = file.get("headers").and_then(Value::as_object);
        // Writing to a String cannot fail.
        if number == 0 || headers.is_some_and(|headers| !headers.is_empty()) {
            if number > 0 {
                curl.push_str("next\n");
            }
            let ca = bench.tls.ca.display();
            let _ = writeln!(curl, "silent\nfail\ncreate-dirs\ncacert = \"{ca}\"");
        }
        let out = setting.out.join(path);
        let _ = writeln!(curl, "url = \"{url}\"\noutput = \"{}\"", out.display());
        let _ = writeln!(aria2, "{url}\n out={path}");
        for (name, value) in headers.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            let _ = writeln!(curl, "header = \"{name}: {value}\"");
            let _ = writeln!(aria2, " header={name}: {value}");
        }
    }
    save(setting.curl_list, &curl)?;
    save(setting.aria2_list, &aria2)
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("failed to write {}: {error}", path.display()))
}
