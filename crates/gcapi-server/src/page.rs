//! Pages of lists, with the platform's ways: limits are clamped without a
//! word, junk is as good as nothing, and links keep the filters.

use std::collections::BTreeMap;

use url::form_urlencoded;

const DEFAULT_LIMIT: u64 = 100;
const LARGEST_LIMIT: u64 = 1000;

/// The query of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default();
        Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// Every value of a parameter that is not empty.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter, which is the one that counts.
    pub(crate) fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.0
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) limit: u64,
    pub(crate) offset: u64,
}

impl Page {
    pub(crate) fn of(query: &Query) -> Self {
        let limit = match query.last("limit").and_then(positive) {
            None | Some(0) => DEFAULT_LIMIT,
            Some(limit) => limit.min(LARGEST_LIMIT),
        };
        Self {
            limit,
            offset: query.last("offset").and_then(positive).unwrap_or(0),
        }
    }

    /// This part of a list in memory.
    pub(crate) fn of_slice<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let rest = list.get(offset..).unwrap_or_default();
        rest.get(..limit).unwrap_or(rest)
    }

    /// The answer. `url` is the list's, without a query.
    pub(crate) fn envelope(&self, url: &str, query: &Query, count: u64, results: &str) -> String {
        let next = self.offset.saturating_add(self.limit);
        let next = (next < count).then(|| self.link(url, query, next));
        let previous = (self.offset > 0)
            .then(|| self.link(url, query, self.offset.saturating_sub(self.limit)));
        let link = |link: Option<String>| {
            link.map_or_else(|| "null".to_owned(), |link| crate::json_object::text(&link))
        };
        format!(
            r#"{{"count":{count},"next":{},"previous":{},"results":{results}}}"#,
            link(next),
            link(previous),
        )
    }

    fn link(&self, url: &str, query: &Query, offset: u64) -> String {
        // The platform sorts the parameters.
        let mut parameters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &query.0 {
            parameters.entry(name).or_default().push(value);
        }
        let (limit, offset) = (self.limit.to_string(), offset.to_string());
        parameters.insert("limit", vec![&limit]);
        if offset == "0" {
            parameters.remove("offset");
        } else {
            parameters.insert("offset", vec![&offset]);
        }
        let mut text = form_urlencoded::Serializer::for_suffix(format!("{url}?"), url.len() + 1);
        for (name, values) in parameters {
            for value in values {
                text.append_pair(name, value);
            }
        }
        text.finish()
    }
}

/// What Python's `int` makes of a parameter, `None` for negative numbers and
/// junk. A number beyond all lists is as good as the largest.
fn positive(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return (text == "-0").then_some(0);
    }
    // The catalogue counts with signed numbers.
    let largest = u64::MAX >> 1;
    Some(digits.parse().unwrap_or(largest).min(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> (u64, u64) {
        let page = Page::of(&Query::parse(Some(query)));
        (page.limit, page.offset)
    }

    #[test]
    fn limits_and_offsets_are_read_as_the_platform_does() {
        for (query, expected) in [
            ("", (100, 0)),
            ("limit=2&offset=2", (2, 2)),
            ("limit=0", (100, 0)),
            ("limit=-1&offset=-1", (100, 0)),
            ("limit=x&offset=y", (100, 0)),
            ("limit=5000", (1000, 0)),
            ("limit=99999999999999999999999", (1000, 0)),
            ("limit=1&limit=3", (3, 0)),
            ("offset=99999999999999999999999", (100, u64::MAX >> 1)),
        ] {
            assert_eq!(page(query), expected, "{query}");
        }
    }

    fn links(query: &str, count: u64) -> (Option<String>, Option<String>) {
        let query = Query::parse(Some(query));
        let envelope = Page::of(&query).envelope("https://h/l/", &query, count, "[]");
        let envelope: serde_json::Value = serde_json::from_str(&envelope).unwrap();
        let link = |name: &str| envelope[name].as_str().map(str::to_owned);
        (link("next"), link("previous"))
    }

    #[test]
    fn links_keep_filters_and_leave_out_an_offset_of_zero() {
        let some = |link: &str| Some(link.to_owned());
        assert_eq!(links("", 100), (None, None));
        assert_eq!(
            links("archive=a&limit=2&offset=2", 13),
            (
                some("https://h/l/?archive=a&limit=2&offset=4"),
                some("https://h/l/?archive=a&limit=2")
            )
        );
        assert_eq!(
            links("offset=9999", 13),
            (None, some("https://h/l/?limit=100&offset=9899"))
        );
        assert_eq!(
            links("name=a+b&limit=5000", 1103),
            (some("https://h/l/?limit=1000&name=a+b&offset=1000"), None)
        );
        assert_eq!(
            links("limit=3&offset=1", 2),
            (None, some("https://h/l/?limit=3"))
        );
    }
}
