//! Conditional requests: what a client says it has, held against what is here.

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, header};

/// What tells one state of a file from another.
#[derive(Clone, Debug)]
pub(super) struct Validators {
    /// Strong, with its quotes.
    pub(super) etag: String,
    pub(super) modified: SystemTime,
}

/// What conditions lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The file, or a part of it.
    Send,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

impl Validators {
    /// The validators of a file, from its recorded SHA-256. The form is that
    /// of an upload in parts, so that nobody takes it for an MD5.
    pub(super) fn new(sha256: &str, modified_ns: i64) -> Self {
        let digits = sha256.get(..32).unwrap_or(sha256);
        let since = u64::try_from(modified_ns).unwrap_or(0);
        // HTTP knows whole seconds; compared are whole seconds.
        let since = std::time::Duration::from_secs(since / 1_000_000_000);
        Self {
            etag: format!("\"{digits}-1\""),
            modified: SystemTime::UNIX_EPOCH + since,
        }
    }

    /// Everything but `If-Range`.
    pub(super) fn check(&self, headers: &HeaderMap) -> Outcome {
        if let Some(wanted) = text(headers, &header::IF_MATCH) {
            if !self.is_among(wanted) {
                return Outcome::Failed;
            }
        } else if let Some(time) = date(headers, &header::IF_UNMODIFIED_SINCE)
            && self.modified > time
        {
            return Outcome::Failed;
        }
        if let Some(known) = text(headers, &header::IF_NONE_MATCH) {
            if self.is_among(known) {
                return Outcome::NotModified;
            }
        } else if let Some(time) = date(headers, &header::IF_MODIFIED_SINCE)
            && self.modified <= time
        {
            return Outcome::NotModified;
        }
        Outcome::Send
    }

    /// Whether a range may be answered with a part: without `If-Range`, or
    /// when it still names this state.
    pub(super) fn allow_part(&self, headers: &HeaderMap) -> bool {
        match text(headers, &header::IF_RANGE) {
            None => true,
            Some(known) if known.starts_with('"') => known == self.etag,
            Some(known) => httpdate::parse_http_date(known).is_ok_and(|time| time == self.modified),
        }
    }

    fn is_among(&self, list: &str) -> bool {
        list.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag == self.etag)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1\"";
    const TIME: &str = "Sun, 09 Sep 2001 01:46:40 GMT";

    fn validators() -> Validators {
        Validators::new(&"a".repeat(64), 1_000_000_000_500_000_000)
    }

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn conditions_are_checked() {
        use Outcome::{Failed, NotModified, Send};
        for (name, value, expected) in [
            (header::IF_MATCH, ETAG, Send),
            (header::IF_MATCH, "*", Send),
            (header::IF_MATCH, "\"b\"", Failed),
            (header::IF_NONE_MATCH, ETAG, NotModified),
            (header::IF_NONE_MATCH, "\"b\", W/\"c\"", Send),
            (header::IF_MODIFIED_SINCE, TIME, NotModified),
            (header::IF_UNMODIFIED_SINCE, TIME, Send),
            (
                header::IF_UNMODIFIED_SINCE,
                "Sun, 09 Sep 2001 01:46:39 GMT",
                Failed,
            ),
        ] {
            let headers = headers(name.clone(), value);
            assert_eq!(validators().check(&headers), expected, "{name}: {value}");
        }
        assert_eq!(validators().check(&HeaderMap::new()), Send);
    }

    #[test]
    fn a_part_needs_the_state_the_client_knows() {
        for (value, expected) in [
            (ETAG, true),
            ("\"b\"", false),
            (TIME, true),
            ("Sun, 09 Sep 2001 01:46:41 GMT", false),
            ("junk", false),
        ] {
            let headers = headers(header::IF_RANGE, value);
            assert_eq!(validators().allow_part(&headers), expected, "{value}");
        }
        assert!(validators().allow_part(&HeaderMap::new()));
    }
}
