//! What records look like.

use crate::archive::{
    ARCHIVE, Archive, DICOM, FILES, IMAGES, NESTED, PAIR, PAIR_DATA, PAIR_HEADER, PLAIN,
    PLAIN_FILE, VALUES, image,
};

#[tokio::test]
async fn an_archive_has_our_urls() {
    let served = Archive::new().serve().await;
    let api_url = served.url(&format!("/api/v1/archives/{ARCHIVE}/"));
    assert_eq!(
        served.text(&api_url).await,
        format!(
            r#"{{"pk":"{ARCHIVE}","title":"Demo","logo":"{}","description":"Test archive — ünïcode","api_url":"{api_url}","url":"{}"}}"#,
            served.url("/logos/foo.jpg"),
            served.url("/archives/demo-archive/"),
        )
    );
}

#[tokio::test]
async fn values_keep_every_digit_and_the_order_of_keys() {
    let served = Archive::new().serve().await;
    let text = served
        .text(&format!("/api/v1/archives/items/{VALUES}/"))
        .await;
    assert!(text.contains(&format!(
        r#""value":{NESTED},"file":null,"image":null,"pk":14}}"#
    )));
    let list = served.text("/api/v1/archives/items/?limit=1").await;
    assert!(list.contains(&text));
    let item: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<_> = text
        .match_indices("\"pk\":\"")
        .map(|(place, _)| place)
        .collect();
    assert_eq!(keys, [1]);
    let values = item["values"].as_array().unwrap();
    // What was not fetched is not there.
    let pks: Vec<_> = values.iter().map(|value| value["pk"].as_i64()).collect();
    assert_eq!(pks, [Some(11), Some(14), Some(15)]);
    for value in values {
        assert_eq!(value["socket"], value["interface"]);
        assert_eq!(value["socket"]["super_kind"], "Value");
        assert_eq!(value.as_object().unwrap().len(), 6);
    }
    assert_eq!(values[2]["value"], serde_json::Value::Null);
    assert_eq!(
        item["archive"],
        served.url(&format!("/api/v1/archives/{ARCHIVE}/"))
    );
    assert_eq!(item["view_content"], serde_json::json!({}));
}

#[tokio::test]
async fn files_and_images_have_our_urls() {
    let served = Archive::new().serve().await;
    let item = served
        .json(&format!("/api/v1/archives/items/{FILES}/"))
        .await;
    let media = "/media/components/componentinterfacevalue";
    assert_eq!(
        item["values"][0]["file"],
        served.url(&format!("{media}/01/2c/300/table.csv"))
    );
    assert_eq!(
        item["values"][1]["file"],
        served.url(&format!("{media}/00/18/24/my_report_final_%C3%BC.pdf"))
    );
    let item = served
        .json(&format!("/api/v1/archives/items/{IMAGES}/"))
        .await;
    for (value, image) in [PLAIN, PAIR, DICOM].iter().enumerate() {
        assert_eq!(
            item["values"][value]["image"],
            served.url(&format!("/api/v1/cases/images/{image}/"))
        );
    }
}

#[tokio::test]
async fn an_image_lists_the_files_that_are_here() {
    let served = Archive::new().serve().await;
    let url = served.url(&format!("/api/v1/cases/images/{PLAIN}/"));
    let text = served.text(&url).await;
    assert!(text.contains(r#""voxel_height_mm":2.50,"#));
    let image: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(image["api_url"], url);
    assert_eq!(
        image["files"],
        serde_json::json!([{
            "pk": PLAIN_FILE,
            "image": PLAIN,
            "file": served.url(&format!("/media/images/9c/05/{PLAIN}/{PLAIN_FILE}/m%C3%A9dical_1.mha")),
            "image_type": "MHD",
        }])
    );
    // A rewritten header names its sibling as it is on disk.
    let pair = served.json(&format!("/api/v1/cases/images/{PAIR}/")).await;
    for (file, pk, suffix) in [(0, PAIR_HEADER, "mhd"), (1, PAIR_DATA, "zraw")] {
        assert_eq!(
            pair["files"][file]["file"],
            served.url(&format!("/media/images/00/00/{PAIR}/{pk}/{PAIR}.{suffix}"))
        );
    }
    let dicom = served.json(&format!("/api/v1/cases/images/{DICOM}/")).await;
    assert_eq!(dicom["files"], serde_json::json!([]));
}

#[tokio::test]
async fn an_image_only_archive_has_images_and_no_items() {
    let served = Archive::images_only().serve().await;
    let items = served
        .json(&format!("/api/v1/archives/items/?archive={ARCHIVE}"))
        .await;
    assert_eq!(items["count"], 0);
    let images = served
        .json(&format!("/api/v1/cases/images/?archive={ARCHIVE}"))
        .await;
    assert_eq!(images["count"], 3);
}

#[tokio::test]
async fn what_a_later_download_brings_is_served_without_a_restart() {
    let served = Archive::new().serve().await;
    let folder = served.archive.folder.clone();
    let before = served.json("/api/v1/cases/images/").await;
    assert_eq!(before["count"], 3);
    {
        let mut catalogue = gcapi_archive::Catalogue::create(&folder).unwrap();
        // While it is written to, clients are asked to come again.
        let busy = served.get("/api/v1/cases/images/").send().await.unwrap();
        assert_eq!(busy.status(), 503);
        assert_eq!(busy.headers()["retry-after"], "1");
        let listing = catalogue.start_listing(3).unwrap();
        let left = image(PLAIN, "renamed.mha", &[(PLAIN_FILE, "a.mha")]);
        catalogue.put_images(listing, &[left]).unwrap();
        catalogue.finish_listing(listing, 4).unwrap();
    }
    let after = served.json("/api/v1/cases/images/").await;
    assert_eq!(after["count"], 1);
    assert_eq!(after["results"][0]["name"], "renamed.mha");
}
