//! Pages of lists.

use crate::archive::{ARCHIVE, Archive, ITEMS, VALUES};

#[tokio::test]
async fn limits_offsets_and_links_are_the_platforms() {
    let served = Archive::new().serve().await;
    let base = served.url(&format!("/api/v1/archives/items/?archive={ARCHIVE}"));
    let link = |rest: &str| Some(format!("{base}{rest}"));
    for (query, results, next, previous) in [
        ("", 13, None, None),
        ("&limit=2", 2, link("&limit=2&offset=2"), None),
        (
            "&limit=2&offset=2",
            2,
            link("&limit=2&offset=4"),
            link("&limit=2"),
        ),
        ("&limit=0", 13, None, None),
        ("&limit=-4", 13, None, None),
        ("&limit=x&offset=y", 13, None, None),
        ("&limit=5000&offset=1", 12, None, link("&limit=1000")),
        ("&offset=-1", 13, None, None),
        ("&offset=13", 0, None, link("&limit=100")),
        ("&offset=9999", 0, None, link("&limit=100&offset=9899")),
        ("&limit=1&limit=12", 12, link("&limit=12&offset=12"), None),
        ("&unknown=x", 13, None, None),
    ] {
        let page = served.json(&format!("{base}{query}")).await;
        assert_eq!(page["count"], ITEMS, "{query}");
        let found = page["results"].as_array().unwrap().len();
        assert_eq!(found, results, "{query}");
        assert_eq!(page["next"].as_str().map(str::to_owned), next, "{query}");
        let found = page["previous"].as_str().map(str::to_owned);
        assert_eq!(found, previous, "{query}");
    }
}

#[tokio::test]
async fn a_walk_sees_every_item_once() {
    let served = Archive::new().serve().await;
    let mut url = served.url("/api/v1/archives/items/?limit=3");
    let mut pks = Vec::new();
    loop {
        let page = served.json(&url).await;
        for item in page["results"].as_array().unwrap() {
            pks.push(item["pk"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    assert_eq!(pks.len(), usize::try_from(ITEMS).unwrap());
    assert_eq!(pks[0], VALUES.to_string());
    pks.dedup();
    assert_eq!(pks.len(), usize::try_from(ITEMS).unwrap());
}

#[tokio::test]
async fn long_answers_are_compressed_when_asked_for() {
    let mut served = Archive::new().serve().await;
    let ca = std::fs::read(&served.archive.ca).unwrap();
    served.client = reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(&ca).unwrap()])
        .no_proxy()
        .no_gzip()
        .build()
        .unwrap();
    let get = |path| served.get(path).header("accept-encoding", "gzip");
    let long = get("/api/v1/archives/items/").send().await.unwrap();
    assert_eq!(long.headers()["content-encoding"], "gzip");
    assert_eq!(long.headers()["content-type"], "application/json");
    assert_eq!(long.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    let short = get("/api/v1/gcapi/").send().await.unwrap();
    assert!(!short.headers().contains_key("content-encoding"));
}
