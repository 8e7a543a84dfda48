//! Pages, streams, searches and single objects.

use futures_util::StreamExt;
use gcapi::{Endpoint, Error, ErrorKind, Filters, Url};
use serde_json::{Value, json};

use crate::common::{Server, client, json as json_reply, quick, truncated};

const PK: &str = "777ff743-c207-4649-94e8-aad4931a878e";

fn page(server_url: &str, count: u64, next: bool, results: &[Value]) -> String {
    let next = next.then(|| format!("{server_url}?limit=1&offset=1"));
    json!({"count": count, "next": next, "previous": null, "results": results}).to_string()
}

/// A list of so many objects that serves at most so many at a time.
async fn list_of(total: u64, at_most: u64) -> Server {
    Server::start(move |seen, _| {
        let offset = seen.number("offset").unwrap_or(0);
        let limit = seen.number("limit").unwrap().min(at_most);
        let end = (offset + limit).min(total);
        let results: Vec<Value> = (offset..end).map(|pk| json!({"pk": pk})).collect();
        let own = format!("https://{}{}", seen.host, seen.path);
        json_reply(200, page(&own, total, end < total, &results))
    })
    .await
}

async fn pks(endpoint: &Endpoint<Value>) -> Vec<Result<u64, Error>> {
    endpoint
        .stream_all(Filters::new().with("archive", "a b&c"))
        .map(|record| record.map(|record| record["pk"].as_u64().unwrap()))
        .collect()
        .await
}

#[tokio::test]
async fn a_walk_advances_by_what_came() {
    let server = list_of(23, 10).await;
    let client = client(&server);
    let walked: Vec<u64> = pks(&client.uploads())
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(walked, (0..23).collect::<Vec<_>>());
    let queries: Vec<String> = server.seen().into_iter().map(|seen| seen.query).collect();
    assert_eq!(
        queries,
        [
            "archive=a+b%26c&limit=1000",
            "archive=a+b%26c&limit=1000&offset=10",
            "archive=a+b%26c&limit=1000&offset=20",
        ]
    );
    assert_eq!(client.statistics().requests, 3);
}

#[tokio::test]
async fn an_empty_list_is_one_request() {
    let server = list_of(0, 10).await;
    assert!(pks(&client(&server).uploads()).await.is_empty());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_empty_page_ends_a_walk_even_with_a_next_link() {
    let server = Server::start(|seen, _| {
        let own = format!("https://{}/api/v1/uploads/", seen.host);
        json_reply(200, page(&own, 5, true, &[]))
    })
    .await;
    assert!(pks(&client(&server).uploads()).await.is_empty());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn one_bad_item_does_not_lose_the_page() {
    let server = Server::start(|_, _| {
        let good = |title: &str| json!({"pk": PK, "title": title, "values": []});
        let bad = json!({"pk": "not-a-uuid", "title": "b"});
        json_reply(200, page("", 3, false, &[good("a"), bad, good("c")]))
    })
    .await;
    let items: Vec<_> = client(&server)
        .archive_items()
        .stream_all(Filters::new())
        .collect()
        .await;
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].as_ref().unwrap().title, "a");
    assert_eq!(items[2].as_ref().unwrap().title, "c");
    let error = items[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let text = error.to_string();
    assert!(text.contains("results[1] (pk not-a-uuid)"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn a_record_keeps_the_json_as_served() {
    let object =
        format!(r#"{{ "pk":"{PK}", "big": 12345678901234567890123, "x":1e3,"ü":"\u00fc" }}"#);
    let body = format!(r#"{{"count":1,"next":null,"previous":null,"results":[{object}]}}"#);
    let detail = object.clone();
    let server = Server::start(move |seen, _| {
        json_reply(
            200,
            if seen.path.contains(PK) {
                detail.clone()
            } else {
                body.clone()
            },
        )
    })
    .await;
    let client = client(&server);
    let found = client.archive_items().find(&Filters::new()).await.unwrap();
    assert_eq!(found.json.get(), object);
    let detail = client.archive_items().detail(PK).await.unwrap();
    assert_eq!(detail.json.get(), object);
}

#[tokio::test]
async fn a_broken_page_ends_the_walk_with_one_error() {
    for body in ["{\"count\":1,\"results\":[", "[]", "{\"count\":1}", ""] {
        let server = Server::start(move |_, _| json_reply(200, body)).await;
        let walked = pks(&client(&server).uploads()).await;
        assert_eq!(walked.len(), 1);
        assert_eq!(
            walked[0].as_ref().unwrap_err().kind(),
            ErrorKind::Malformed,
            "{body}"
        );
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_page_cut_off_on_the_way_is_fetched_again() {
    let server = Server::start(|_, before| {
        let whole = json_reply(200, page("", 1, false, &[json!({"pk": 1})]));
        if before < 2 {
            truncated(whole, 5000)
        } else {
            whole
        }
    })
    .await;
    let client = client(&server);
    assert_eq!(pks(&client.uploads()).await.len(), 1);
    assert_eq!(client.statistics().retries, 2);
}

#[tokio::test]
async fn a_next_link_to_another_origin_is_refused() {
    for link in [
        "https://evil.example/api/v1/uploads/?offset=1",
        "http://localhost/api/v1/",
    ] {
        let server =
            Server::start(move |_, _| json_reply(200, page(link, 2, true, &[json!({"pk": 1})])))
                .await;
        let walked = pks(&client(&server).uploads()).await;
        let error = walked[0].as_ref().unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::ForeignOrigin | ErrorKind::InsecureUrl
            ),
            "{error}"
        );
        assert!(error.to_string().contains("page link"), "{error}");
        assert_eq!(walked.len(), 1);
    }
}

#[tokio::test]
async fn a_raw_page_shows_count_and_links() {
    let server = list_of(23, 1000).await;
    let client = client(&server);
    let page = client.uploads().page(&Filters::new(), 5, 2).await.unwrap();
    assert_eq!((page.count, page.results.len()), (23, 2));
    assert!(
        page.next
            .unwrap()
            .as_str()
            .starts_with(client.base_url().as_str())
    );
    assert_eq!(server.seen()[0].query, "limit=2&offset=5");
}

#[tokio::test]
async fn a_search_finds_exactly_one() {
    for (total, expected) in [
        (0, Some(ErrorKind::NoneFound)),
        (1, None),
        (2, Some(ErrorKind::MultipleFound)),
        (9, Some(ErrorKind::MultipleFound)),
    ] {
        let server = list_of(total, 1000).await;
        let found = client(&server)
            .uploads()
            .find(&Filters::new().with("slug", "a"))
            .await;
        assert_eq!(found.as_ref().err().map(Error::kind), expected);
        if let Err(error) = found {
            assert!(error.to_string().contains("/uploads/?slug=a"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_key_is_one_segment_of_the_path() {
    let server = Server::start(|_, _| json_reply(200, "{}")).await;
    let uploads = client(&server).uploads();
    uploads.detail("a/../b?c#d ü").await.unwrap();
    assert_eq!(
        server.seen()[0].path,
        "/api/v1/uploads/a%2F..%2Fb%3Fc%23d%20%C3%BC/"
    );
    for pk in ["", ".", ".."] {
        assert_eq!(
            uploads.detail(pk).await.unwrap_err().kind(),
            ErrorKind::InvalidUrl
        );
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_image_on_another_origin_is_not_contacted() {
    let api = Server::start(|_, _| json_reply(200, "{}")).await;
    let other = Server::start(|_, _| json_reply(200, "{}")).await;
    let images = client(&api).images();
    let foreign = other.url(&format!("/api/v1/cases/images/{PK}/"));
    let error = images.detail_by_url(&foreign).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin);
    let text = error.to_string();
    assert!(
        text.contains("image URL") && text.contains(&foreign),
        "{text}"
    );
    assert!(text.contains(&api.url("")), "{text}");
    let insecure = foreign.replace("https:", "http:");
    assert_eq!(
        images.detail_by_url(&insecure).await.unwrap_err().kind(),
        ErrorKind::InsecureUrl
    );
    assert_eq!(
        images.detail_by_url("::").await.unwrap_err().kind(),
        ErrorKind::InvalidUrl
    );
    assert_eq!((api.count(), other.count()), (0, 0));
}

#[tokio::test]
async fn an_object_is_read_by_its_own_address() {
    let server =
        Server::start(|_, _| json_reply(200, format!("{{\"pk\":\"{PK}\",\"name\":\"n\"}}"))).await;
    let address = server.url(&format!("/api/v1/cases/images/{PK}/"));
    let image = client(&server)
        .images()
        .detail_by_url(&address)
        .await
        .unwrap();
    assert_eq!(
        (image.name.as_str(), image.pk.to_string().as_str()),
        ("n", PK)
    );
}

#[tokio::test]
async fn endpoints_outside_the_api_are_refused() {
    let server = Server::start(|_, _| json_reply(200, "{}")).await;
    let client = crate::common::builder(&server)
        .retry(quick(0))
        .build()
        .unwrap();
    for path in [
        "../../admin/",
        "https://evil.example/",
        "//evil.example/",
        "archives/?a=b",
    ] {
        let endpoint: Endpoint<Value> = client.endpoint(path);
        let outcome = endpoint.page(&Filters::new(), 0, 1).await;
        // A leading `//` is only a path here, below the base URL like any other.
        if path == "//evil.example/" {
            assert!(server.seen()[0].path.starts_with("/api/v1/"));
        } else {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::InvalidUrl, "{path}");
        }
    }
    let url = Url::parse(&server.url("/api/v1/")).unwrap();
    assert_eq!(client.base_url(), &url);
}
