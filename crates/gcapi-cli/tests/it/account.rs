//! Tokens that are kept and forgotten.

use std::io::Write as _;
use std::process::Stdio;

use gcapi_testkit::{Platform, demo};

use crate::program::{Run, Workspace, files_with, finish, run};

fn login(workspace: &Workspace, platform: &Platform, token: &str) -> Run {
    let mut child = workspace
        .at(platform)
        .env_remove("GRAND_CHALLENGE_AUTHORIZATION")
        .arg("login")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{token}\n").as_bytes())
        .unwrap();
    finish(child)
}

#[test]
fn a_token_is_kept_for_its_platform_and_forgotten() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let without = |platform: &Platform| {
        let mut command = workspace.at(platform);
        command.env_remove("GRAND_CHALLENGE_AUTHORIZATION");
        command
    };
    run(without(&platform).arg("whoami")).expect(3);
    let kept = login(&workspace, &platform, platform.token()).expect(0);
    assert!(!kept.stderr.contains(platform.token()) && !kept.stdout.contains(platform.token()));
    let whoami = run(without(&platform).arg("whoami")).expect(0);
    assert!(
        whoami.stdout.contains("valid, from gcapi login"),
        "{}",
        whoami.stdout
    );
    assert!(!whoami.stdout.contains(platform.token()));
    let archives = run(without(&platform).arg("archives")).expect(0);
    assert!(archives.stdout.starts_with("demo "), "{}", archives.stdout);

    // One file holds it, and nobody else reads that.
    let files = files_with(&workspace.path(""), platform.token());
    assert_eq!(files.len(), 1, "{files:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&files[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // It is not another platform's.
    let other = Platform::start(&demo().folder);
    run(without(&other).arg("whoami"))
        .expect(3)
        .says(&["there is no token"]);

    run(without(&platform).arg("logout"))
        .expect(0)
        .says(&["forgotten here"]);
    assert!(files_with(&workspace.path(""), platform.token()).is_empty());
    run(without(&platform).arg("whoami")).expect(3);
    run(without(&platform).arg("logout"))
        .expect(0)
        .says(&["no token was kept"]);
}

#[test]
fn a_token_the_platform_refuses_is_not_kept() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let wrong = "ab".repeat(32);
    login(&workspace, &platform, &wrong)
        .expect(3)
        .says(&["Invalid token"]);
    login(&workspace, &platform, "")
        .expect(2)
        .says(&["not a token"]);
    assert!(
        !workspace
            .path("home/.config/gcapi/credentials.toml")
            .exists()
    );
}

#[test]
fn a_token_file_beats_the_environment() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    std::fs::write(
        workspace.path("token"),
        format!("Bearer {}\n", platform.token()),
    )
    .unwrap();
    let mut command = workspace.at(&platform);
    command.env("GRAND_CHALLENGE_AUTHORIZATION", "f".repeat(64));
    let whoami = run(command.args(["whoami", "--token-file", "token"])).expect(0);
    assert!(whoami.stdout.contains("--token-file"), "{}", whoami.stdout);
    run(command.args(["--token-file", "no-such-file"])).expect(2);
}
