//! Who may look: whoever opened the URL that the program printed, once.
//!
//! The token of that URL is good for one browser. It is exchanged for a cookie,
//! so that neither the history of the browser nor a glance at its address bar
//! opens the archive a second time.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};

use crate::ServerToken;

/// The token and the cookie of one running server.
pub(super) struct Session {
    /// `None` once it was used.
    token: Mutex<Option<ServerToken>>,
    cookie: ServerToken,
    /// Ports share the cookies of a host, and several viewers may run.
    name: String,
    /// Whether the browser may send the cookie over TLS only.
    secure: bool,
}

impl Session {
    pub(super) fn new(port: u16, secure: bool) -> Self {
        Self {
            token: Mutex::new(Some(ServerToken::generate())),
            cookie: ServerToken::generate(),
            name: format!("gcapi-view-{port}"),
            secure,
        }
    }

    /// The token, for the one place that shows it to its owner; `None` once it was used.
    pub(super) fn token(&self) -> Option<ServerToken> {
        self.lock().clone()
    }

    /// Takes the token, once, and gives the `Set-Cookie` header for it.
    pub(super) fn exchange(&self, brought: &str) -> Option<String> {
        let mut token = self.lock();
        if !token.as_ref().is_some_and(|token| token.is(brought)) {
            return None;
        }
        *token = None;
        let secure = if self.secure { "; Secure" } else { "" };
        Some(format!(
            "{}={}; Path=/view; HttpOnly; SameSite=Strict{secure}",
            self.name,
            self.cookie.expose()
        ))
    }

    /// Whether a request brings the cookie.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| name == self.name && self.cookie.is(value))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ServerToken>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_opens_once_and_the_cookie_from_then_on() {
        let session = Session::new(1, false);
        let token = session.token().unwrap();
        assert!(session.exchange(&"0".repeat(64)).is_none());
        let cookie = session.exchange(token.expose()).unwrap();
        assert!(session.exchange(token.expose()).is_none());
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let pair = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        assert!(!session.knows(&headers));
        let brought = format!("other=1; {pair}");
        headers.insert(header::COOKIE, HeaderValue::try_from(brought).unwrap());
        assert!(session.knows(&headers));
        // Another server on another port gave another one.
        assert!(!Session::new(1, false).knows(&headers));
        assert!(!Session::new(2, false).knows(&headers));
    }
}
