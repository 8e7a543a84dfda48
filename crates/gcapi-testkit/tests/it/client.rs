//! A small archive with everything in it, and a client that asks for it.

use std::path::{Path, PathBuf};

use gcapi_testkit::Platform;
use gcapi_testkit::small::ArchiveBuilder;
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde_json::Value;

/// Bytes of the File.
pub(crate) const FILE: &[u8] = b"not really a zip file";

/// One item with a value of every kind, and one with none.
pub(crate) fn builder() -> ArchiveBuilder {
    ArchiveBuilder::new("small")
        .at("report", "deep/er/report.zip")
        .value("case", "score", r#"{"b":1e3,"a":0.10}"#)
        .value("case", "nothing", "null")
        .file("case", "report", FILE)
        .image("case", "ct", &[("scan.mha", b"volume")])
        .image("case", "twins", &[("a.mha", b"one"), ("b.mha", b"two")])
        .dicom(
            "case",
            "mr",
            &[("1.2.3", b"DICM one"), ("1.2.4", b"DICM two")],
        )
        .item("empty")
}

/// A folder with that archive.
pub(crate) fn archive(temporary: &tempfile::TempDir) -> PathBuf {
    let folder = temporary.path().join("archive");
    builder().build(&folder).unwrap();
    folder
}

/// A client that trusts a platform and follows no redirect.
pub(crate) struct Visitor<'a> {
    platform: &'a Platform,
    client: Client,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(platform: &'a Platform) -> Self {
        let client = Client::builder()
            .tls_certs_merge([certificate(platform.ca_certificate())])
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { platform, client }
    }

    /// A request without a token.
    pub(crate) fn anonymously(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    /// The answer to a request with the token, for a URL or a path below the
    /// base URL.
    pub(crate) async fn get(&self, url: &str) -> Response {
        let url = if url.starts_with("https://") {
            url.to_owned()
        } else {
            format!("{}{url}", self.platform.base_url())
        };
        let request = self.client.get(url).bearer_auth(self.platform.token());
        request.send().await.unwrap()
    }

    pub(crate) async fn json(&self, url: &str) -> Value {
        self.get(url).await.json().await.unwrap()
    }

    /// The values of the first item that has some, by socket.
    pub(crate) async fn value(&self, socket: &str) -> Value {
        let page = self.json("archives/items/").await;
        let items = page["results"].as_array().unwrap();
        items
            .iter()
            .flat_map(|item| item["values"].as_array().unwrap())
            .find(|value| value["socket"]["slug"] == socket)
            .unwrap()
            .clone()
    }

    /// The bytes behind a media URL.
    pub(crate) async fn media(&self, url: &Value) -> Vec<u8> {
        let answer = self.get(url.as_str().unwrap()).await;
        assert_eq!(answer.status(), 302);
        let location = answer.headers()["location"].to_str().unwrap();
        let answer = self.anonymously(location).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap().to_vec()
    }
}

fn certificate(path: &Path) -> reqwest::Certificate {
    reqwest::Certificate::from_pem(&std::fs::read(path).unwrap()).unwrap()
}
