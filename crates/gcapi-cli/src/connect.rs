//! From settings to a client.

use std::time::Duration;

use gcapi::{Client, RetryPolicy, Token};
use url::{Host, Url};

use crate::credentials::{self, TokenSource};
use crate::environment;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;

/// How this program presents itself.
const USER_AGENT: &str = concat!("gcapi-rs/", env!("CARGO_PKG_VERSION"));

/// A client with a token, and where the token came from.
pub(crate) fn signed_in(
    settings: &Settings,
    output: Output,
) -> Result<(Client, TokenSource), Failure> {
    // A base URL that cannot be used is said before a missing token.
    let _ = client(settings, output, None)?;
    let (token, source) = credentials::find(settings)?.ok_or_else(Failure::no_token)?;
    Ok((client(settings, output, Some(token))?, source))
}

/// A client with a token or without.
pub(crate) fn client(
    settings: &Settings,
    output: Output,
    token: Option<Token>,
) -> Result<Client, Failure> {
    let mut builder = Client::builder()
        .token(token.clone())
        .base_url(&settings.base_url)
        .user_agent(USER_AGENT)
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout.min(Duration::from_secs(30)));
    if !is_this_machine(&settings.base_url) {
        if let Some(proxy) = environment::first_set(&environment::PROXY) {
            builder = builder.proxy(&proxy);
        }
        if let Some(hosts) = environment::first_set(&environment::NO_PROXY) {
            builder = builder.no_proxy(&hosts);
        }
    }
    if let Some(max_retries) = settings.max_retries {
        builder = builder.retry(RetryPolicy {
            max_retries,
            ..RetryPolicy::default()
        });
    }
    if let Some(path) = &settings.ca_cert {
        let pem = std::fs::read(path).map_err(|error| {
            Failure::usage(
                format!(
                    "failed to read the CA certificate {}: {error}",
                    path.display()
                ),
                "give a PEM file with --ca-cert",
            )
        })?;
        builder = builder.ca_certificate_pem(pem);
    }
    if settings.insecure {
        builder = builder.danger_accept_invalid_certs(true);
        if token.is_some() {
            output.warning("certificates are not checked: whoever is in between reads your token");
        }
    }
    Ok(builder.build()?)
}

/// A server on this machine, as of `gcapi demo`, is behind no proxy.
fn is_this_machine(base_url: &str) -> bool {
    let Ok(url) = Url::parse(base_url) else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
