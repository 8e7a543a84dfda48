//! `gcapi login` and `gcapi logout`

use std::io::{self, IsTerminal as _};

use gcapi::ErrorKind;

use super::Done;
use crate::arguments::LoginArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::{connect, credentials};

pub(super) async fn login(arguments: &LoginArguments, settings: &Settings, output: Output) -> Done {
    let text = ask(settings, output)?;
    let token = credentials::parse(&text, "the input")?;
    let client = connect::client(settings, output, Some(token))?;
    let checked = if arguments.no_check {
        None
    } else {
        // The one endpoint that tells a bad token from one without rights.
        match client.version().await {
            Ok(_) => Some(true),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error.into()),
            Err(error) => {
                let mut failure = Failure::from(error);
                failure.next_step =
                    Some("if the platform is down, keep the token with --no-check".to_owned());
                return Err(failure);
            }
        }
    };
    let path = credentials::keep(&settings.base_url, text.trim())?;
    if output.json {
        output.json(&serde_json::json!({
            "event": "login",
            "base_url": client.base_url().as_str(),
            "credentials": path,
            "checked": checked.is_some(),
        }));
    }
    output.note(&format!(
        "the token for {} is kept in {}{}",
        client.base_url(),
        path.display(),
        if checked.is_some() {
            ""
        } else {
            "; it was not checked"
        }
    ));
    Ok(0)
}

/// The token from `--token-file`, from a terminal without showing it, or from
/// what is piped in.
fn ask(settings: &Settings, output: Output) -> Result<String, Failure> {
    let failed = |error: io::Error| {
        Failure::usage(
            format!("failed to read the token: {error}"),
            "pipe it in, or give a file with --token-file",
        )
    };
    if let Some(path) = settings
        .typed_token_file
        .as_ref()
        .filter(|path| path.as_os_str() != "-")
    {
        return std::fs::read_to_string(path).map_err(failed);
    }
    if io::stdin().is_terminal() {
        output.note("Make a token at https://grand-challenge.org/settings/api-tokens/");
        return rpassword::prompt_password("Token (not shown): ").map_err(failed);
    }
    io::read_to_string(io::stdin()).map_err(failed)
}

pub(super) fn logout(settings: &Settings, output: Output) -> Done {
    let forgotten = credentials::forget(&settings.base_url)?;
    if output.json {
        output.json(&serde_json::json!({
            "event": "logout",
            "base_url": settings.base_url,
            "forgotten": forgotten,
        }));
    }
    output.note(&if forgotten {
        format!(
            "the token for {} is forgotten here; it is still valid there",
            settings.base_url
        )
    } else {
        format!("no token was kept for {}", settings.base_url)
    });
    Ok(0)
}
