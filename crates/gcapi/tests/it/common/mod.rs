//! A scripted TLS server, and a client that talks to it.

mod replies;
mod server;

use std::time::Duration;

use gcapi::{Client, ClientBuilder, RetryPolicy, Token};

pub(crate) use replies::*;
pub(crate) use server::{Seen, Server};

/// The token of every test; no text may ever hold it.
pub(crate) const TOKEN: &str = "5ec4e7f00d";

/// A builder for a client of this server, with the token and quick retries.
pub(crate) fn builder(server: &Server) -> ClientBuilder {
    Client::builder()
        .base_url(&server.url("/api/v1/"))
        .ca_certificate_pem(server::ca_pem())
        .token(Some(Token::parse(TOKEN).unwrap()))
        .timeout(Duration::from_secs(5))
        .retry(quick(8))
}

pub(crate) fn client(server: &Server) -> Client {
    builder(server).build().unwrap()
}

/// Retries without noticeable waits.
pub(crate) fn quick(max_retries: u32) -> RetryPolicy {
    RetryPolicy {
        max_retries,
        base_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(4),
        ..RetryPolicy::default()
    }
}
