//! The peers that are packages of the system.

use std::process::Command;

use crate::run;

/// Programs, the argument that shows their version, and their Debian package.
const PEERS: [(&str, &str, &str); 5] = [
    ("curl", "--version", "curl"),
    ("aria2c", "--version", "aria2"),
    ("rclone", "version", "rclone"),
    ("/usr/sbin/nginx", "-v", "nginx-light"),
    ("openssl", "version", "openssl"),
];

/// Installs what is missing.
pub(crate) fn peers() -> Result<(), String> {
    let missing: Vec<&str> = PEERS
        .iter()
        .filter(|(program, argument, _)| run::asked(Command::new(program).arg(argument)).is_none())
        .map(|(_, _, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    println!("installing {packages}");
    let install = format!(
        "apt-get update --quiet && \
         apt-get install --quiet --yes --no-install-recommends {packages}"
    );
    run::done(Command::new("sh").args(["-c", &install]))
        .map(|_| ())
        .map_err(|_| format!("install {packages}, then run this again"))
}

/// Their versions, for the report.
pub(crate) fn versions() -> String {
    let version = |program: &str, argument: &str| {
        let text = run::asked(Command::new(program).arg(argument))?;
        let mut words = text.lines().next()?.split_whitespace();
        words
            .find(|word| {
                word.contains(|letter: char| letter.is_ascii_digit()) && word.contains('.')
            })
            .map(str::to_owned)
    };
    let known = [
        ("curl", "--version"),
        ("aria2c", "--version"),
        ("rclone", "version"),
    ];
    known
        .iter()
        .map(|(program, argument)| {
            let version = version(program, argument).unwrap_or_else(|| "unknown".to_owned());
            format!("{program} {version}")
        })
        .collect::<Vec<_>>()
        .join(", ")
}
