//! Media URLs and where they lead.

use crate::archive::{Archive, PAIR, PAIR_HEADER, PLAIN, PLAIN_FILE, answer, header};

const VALUE: &str = "/media/components/componentinterfacevalue/00/18/24/my_report_final_%C3%BC.pdf";

fn plain() -> String {
    format!("/media/images/9c/05/{PLAIN}/{PLAIN_FILE}/m%C3%A9dical_1.mha")
}

#[tokio::test]
async fn a_media_url_leads_to_the_store_with_a_signature() {
    let served = Archive::new().serve().await;
    let location = served.location(&plain()).await;
    let url = url::Url::parse(&location).unwrap();
    assert_eq!(url.origin(), served.server.store_origin().origin());
    assert_ne!(url.origin(), served.server.base_url().origin());
    let names: Vec<_> = url
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature"
        ]
    );
    // Without the prefix, with HEAD, with a range: all the same.
    served.location(&plain().replace("/9c/05", "")).await;
    let ranged = served.get(&plain()).header("range", "bytes=0-9");
    assert_eq!(answer(ranged).await.0, 302);
    let head = served.client.head(served.url(&plain()));
    let head = head
        .bearer_auth(served.token.expose())
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 302);
    assert!(header(&head, "location").starts_with("https://"));
}

#[tokio::test]
async fn the_name_of_a_value_does_not_matter_and_that_of_an_image_file_does() {
    let served = Archive::new().serve().await;
    let path = VALUE.rsplit_once('/').unwrap().0;
    let location = served.location(&format!("{path}/other.bin")).await;
    assert!(
        location.contains("/my_report_final_%C3%BC.pdf?"),
        "{location}"
    );
    let image = served.get(&format!("{}x", plain()));
    assert_eq!(answer(image).await.0, 404);
}

#[tokio::test]
async fn without_the_token_images_are_forbidden_and_values_do_not_exist() {
    let served = Archive::new().serve().await;
    for (path, status) in [(plain(), 403), (VALUE.to_owned(), 404)] {
        for authorization in [
            None,
            Some(format!("Bearer {}", "f".repeat(64))),
            Some("Bearer".to_owned()),
            Some(format!("Token {}", served.token.expose())),
        ] {
            let mut request = served.client.get(served.url(&path));
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(
                header(&response, "content-type"),
                "text/html; charset=utf-8"
            );
        }
    }
}

#[tokio::test]
async fn what_is_not_here_is_a_page_that_says_so() {
    let served = Archive::new().serve().await;
    let unknown = uuid::Uuid::from_u128(0xffff);
    for path in [
        format!("/media/images/00/00/{unknown}/{PLAIN_FILE}/a.mha"),
        format!("/media/images/9c/05/{PLAIN}/{unknown}/m%C3%A9dical_1.mha"),
        // As the platform names it; here it was rewritten.
        format!("/media/images/00/00/{PAIR}/{PAIR_HEADER}/case.mhd"),
        "/media/components/componentinterfacevalue/00/12/999999/data.json".into(),
        // A Value is no file.
        "/media/components/componentinterfacevalue/00/0b/11/count.json".into(),
        "/media/components/componentinterfacevalue/00/62/98/absent.zip".into(),
        "/media/logos/foo.jpg".into(),
        "/media/".into(),
    ] {
        let response = served.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(
            header(&response, "content-type"),
            "text/html; charset=utf-8"
        );
    }
}

#[tokio::test]
async fn no_path_climbs_out_of_the_folder() {
    let served = Archive::new().serve().await;
    for path in [
        "/media/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/media/images/..%2f..%2f..%2fetc%2fpasswd",
        "/media/components/componentinterfacevalue/00/18/24/..%5c..%5cx",
    ] {
        assert_eq!(answer(served.get(path)).await.0, 400, "{path}");
        let on_store = served.client.get(served.store_url(path));
        assert_eq!(answer(on_store).await.0, 403, "{path}");
    }
}
