//! `gcapi serve`

use gcapi_archive::ArchiveFolder;
use gcapi_server::{CertificateSource, RunningServer, ServerConfig, ServerToken};
use gcapi_transfer::Stop;

use super::Done;
use crate::arguments::ServeArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::{environment, stopping};

pub(super) async fn run(arguments: ServeArguments, settings: &Settings, output: Output) -> Done {
    let folder = ArchiveFolder::open(&arguments.folder)?;
    // A token from the environment is the user's own for the real platform
    // and is not taken here.
    let (token, given) = match &settings.typed_token_file {
        Some(path) => (read_token(path)?, true),
        None => (ServerToken::generate(), false),
    };
    let ca_out = arguments
        .ca_out
        .unwrap_or_else(|| arguments.folder.join(".gcapi").join("ca.pem"));
    let certificate = match (arguments.cert, arguments.key) {
        (Some(certificate), Some(key)) => CertificateSource::Files { certificate, key },
        _ => CertificateSource::Generated {
            write_ca_to: ca_out,
        },
    };
    let config = ServerConfig {
        listen: arguments.listen,
        store_listen: arguments.store_listen,
        public_host: arguments.public_host,
        ..ServerConfig::new(folder, token.clone(), certificate)
    };
    let server = gcapi_server::start(config).await?;
    let stop = stopping::by_signals()?;
    announce(&server, &token, given, output);
    until_stopped(server, &stop, output).await
}

fn read_token(path: &std::path::Path) -> Result<ServerToken, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            format!("failed to read the token from {}: {error}", path.display()),
            "give a file with 64 hexadecimal digits, or none",
        )
    })?;
    ServerToken::parse(text.trim()).map_err(|error| {
        Failure::usage(
            format!("what {} holds is not a token: {error}", path.display()),
            "leave --token-file out and one is made",
        )
    })
}

/// Says how the server is reached: the token is printed because nobody else
/// knows it, unless the user brought it.
pub(super) fn announce(server: &RunningServer, token: &ServerToken, given: bool, output: Output) {
    let shown = (!given).then(|| token.expose());
    if output.json {
        output.json(&serde_json::json!({
            "event": "serving",
            "base_url": server.base_url().as_str(),
            "store": server.store_origin().as_str(),
            "ca_cert": server.ca_certificate(),
            "token": shown,
            "viewer": server.viewer_url().map(String::from),
        }));
        return;
    }
    output.data(&format!("serving   {}", server.base_url()));
    output.data(&format!("store     {}", server.store_origin()));
    if let Some(path) = server.ca_certificate() {
        output.data(&format!("CA        {}", path.display()));
    }
    if let Some(token) = shown {
        output.data(&format!("token     {token}"));
    }
    if let Some(url) = server.viewer_url() {
        output.data(&format!("viewer    {url}"));
    }
    output.note("Ctrl-C ends it. From another terminal:");
    output.note(&format!(
        "  export {}={}",
        environment::BASE_URL,
        server.base_url()
    ));
    if let Some(path) = server.ca_certificate() {
        output.note(&format!(
            "  export {}={}",
            environment::CA_CERT,
            path.display()
        ));
    }
    output.note(&format!(
        "  export {}={}",
        environment::TOKEN,
        shown.unwrap_or("<your token>")
    ));
    output.note("  gcapi archives");
}

/// Serves until Ctrl-C or SIGTERM, then lets transfers end.
pub(super) async fn until_stopped(mut server: RunningServer, stop: &Stop, output: Output) -> Done {
    tokio::select! {
        ended = server.wait() => {
            ended?;
            return Err(Failure::internal(&"the server ended by itself"));
        }
        () = stop.stopped() => {}
    }
    output.note("stopping");
    server.shutdown().await?;
    Ok(0)
}
