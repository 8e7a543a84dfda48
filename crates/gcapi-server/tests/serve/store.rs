//! Signed URLs: ranges, conditions, refusals.

use std::time::Duration;

use crate::archive::{Archive, PAIR, PAIR_HEADER, answer, header, plain_bytes};

#[tokio::test]
async fn a_file_comes_whole_with_its_headers() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let response = served.client.get(&location).send().await.unwrap();
    let bytes = plain_bytes();
    assert_eq!(response.status(), 200);
    assert_eq!(response.version(), reqwest::Version::HTTP_11);
    for (name, value) in [
        ("content-length", bytes.len().to_string().as_str()),
        ("content-type", "application/octet-stream"),
        ("accept-ranges", "bytes"),
        ("content-encoding", ""),
        ("content-range", ""),
    ] {
        assert_eq!(header(&response, name), value, "{name}");
    }
    assert!(header(&response, "last-modified").ends_with(" GMT"));
    let etag = header(&response, "etag");
    assert!(etag.ends_with("-1\"") && etag.len() == 36, "{etag}");
    assert_eq!(response.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn small_files_come_with_the_type_of_their_name() {
    let served = Archive::new().serve().await;
    let media = "/media/components/componentinterfacevalue";
    for (path, content_type, body) in [
        (format!("{media}/01/2c/300/x"), "text/csv", "a,b\n1,2\n"),
        (
            format!("{media}/00/18/24/x"),
            "application/pdf",
            "%PDF-1.4 ...",
        ),
        (
            format!("/media/images/00/00/{PAIR}/{PAIR_HEADER}/{PAIR}.mhd"),
            "application/octet-stream",
            "NDims = 3\nElementDataFile = 00000000-0000-0000-0000-000000000002.zraw\n",
        ),
    ] {
        let location = served.location(&path).await;
        let response = served.client.get(location).send().await.unwrap();
        assert_eq!(header(&response, "content-type"), content_type);
        assert_eq!(response.text().await.unwrap(), body);
    }
}

#[tokio::test]
async fn every_form_of_range_is_answered() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let bytes = plain_bytes();
    let size = bytes.len();
    for (range, start, last) in [
        ("bytes=100-199".to_owned(), 100, 199),
        (format!("bytes={}-", size - 872), size - 872, size - 1),
        ("bytes=-5".into(), size - 5, size - 1),
        (format!("bytes=-{}", size + 5), 0, size - 1),
        (format!("bytes=300000-{}", size * 2), 300_000, size - 1),
    ] {
        let request = served.client.get(&location).header("range", &range);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(
            header(&response, "content-range"),
            format!("bytes {start}-{last}/{size}")
        );
        let length = (last - start + 1).to_string();
        assert_eq!(header(&response, "content-length"), length);
        assert_eq!(response.bytes().await.unwrap(), bytes[start..=last]);
    }
    for range in ["bytes=0-1,3-4", "bytes=x", "items=0-1"] {
        let request = served.client.get(&location).header("range", range);
        assert_eq!(request.send().await.unwrap().status(), 200, "{range}");
    }
    for range in [format!("bytes={size}-"), "bytes=-0".to_owned()] {
        let request = served.client.get(&location).header("range", &range);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 416, "{range}");
        assert_eq!(
            header(&response, "content-range"),
            format!("bytes */{size}")
        );
        assert_eq!(header(&response, "content-type"), "application/xml");
        let body = response.text().await.unwrap();
        assert!(body.contains("<Code>InvalidRange</Code>"), "{body}");
    }
}

#[tokio::test]
async fn conditions_are_kept() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let first = served.client.get(&location).send().await.unwrap();
    let etag = header(&first, "etag").to_owned();
    let modified = header(&first, "last-modified").to_owned();
    let ranged = |name: &str, value: &str| {
        served
            .client
            .get(&location)
            .header("range", "bytes=0-9")
            .header(name, value)
    };
    for (name, value, status) in [
        ("if-range", etag.as_str(), 206),
        ("if-range", modified.as_str(), 206),
        ("if-range", "\"other\"", 200),
        ("if-match", etag.as_str(), 206),
        ("if-match", "\"other\"", 412),
        ("if-none-match", etag.as_str(), 304),
        ("if-none-match", "\"other\"", 206),
    ] {
        let response = ranged(name, value).send().await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
        if status == 304 {
            assert_eq!(header(&response, "etag"), etag);
        }
    }
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let bare = location.split('?').next().unwrap();
    let last = location.chars().last().unwrap();
    let tampered = if last == '0' { '1' } else { '0' };
    let tampered = format!("{}{tampered}", &location[..location.len() - 1]);
    let mismatch = "<Code>SignatureDoesNotMatch</Code>";
    let get = |url: &str| served.client.get(url);
    for (request, status, code) in [
        (get(&tampered), 403, mismatch),
        (
            get(&location.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")),
            403,
            mismatch,
        ),
        (get(&location.replace("_1.mha", "_2.mha")), 403, mismatch),
        (get(bare), 403, "<Message>Signature is required</Message>"),
        (
            get(&served.store_url("/gcapi-protected/.gcapi/catalogue.sqlite")),
            403,
            "<Message>Signature is required</Message>",
        ),
        (served.client.post(&location), 403, mismatch),
        (
            get(&location).bearer_auth(served.token.expose()),
            400,
            "<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed",
        ),
    ] {
        let (found, body) = answer(request).await;
        assert_eq!(found, status, "{code}");
        assert!(body.contains(code), "{body}");
        assert!(!body.contains(served.token.expose()));
    }
    let head = served.client.head(&location).send().await.unwrap();
    assert_eq!(head.status(), 403);
    // The one that was not touched is still good.
    assert_eq!(get(&location).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_signature_ends() {
    let served = Archive::new().serve_for(Duration::ZERO).await;
    let location = served.plain_location().await;
    let (status, body) = answer(served.client.get(location)).await;
    assert_eq!(status, 403);
    assert_eq!(
        body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>\
         <Message>Request has expired</Message></Error>"
    );
}

#[tokio::test]
async fn a_file_that_changed_is_gone() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let path = std::fs::read_dir(
        served
            .archive
            .folder
            .root()
            .join(crate::archive::IMAGES.to_string()),
    )
    .unwrap()
    .map(|entry| entry.unwrap().path())
    .find(|path| path.extension().is_some_and(|suffix| suffix == "mha"))
    .unwrap();
    std::fs::write(&path, "short").unwrap();
    let (status, body) = answer(served.client.get(&location)).await;
    assert_eq!(status, 404);
    assert!(body.contains("<Code>NoSuchKey</Code>"), "{body}");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(answer(served.client.get(&location)).await.0, 404);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let folder = served
        .archive
        .folder
        .root()
        .join(crate::archive::IMAGES.to_string());
    let outside = served.archive.ca.with_file_name("outside");
    std::fs::rename(&folder, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &folder).unwrap();
    assert_eq!(answer(served.client.get(&location)).await.0, 404);
}
