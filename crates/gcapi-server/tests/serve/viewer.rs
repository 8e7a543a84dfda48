//! The viewer, from outside.

use gcapi_server::{Error, RunningViewer, ViewerConfig, start_viewer};
use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;

use crate::archive::{
    Archive, DICOM, EMPTY_ITEMS, FILES, IMAGES, ITEMS, PAIR, PLAIN, VALUES, header,
};

/// A viewer, and a browser that has its cookie.
struct Looking {
    viewer: RunningViewer,
    client: Client,
    cookie: String,
    archive: Archive,
}

impl Looking {
    async fn at(archive: Archive) -> Self {
        let viewer = start_viewer(ViewerConfig::new(archive.folder.clone()))
            .await
            .unwrap();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let link = viewer.opening_url().unwrap();
        let welcome = client.get(link.as_str()).send().await.unwrap();
        assert_eq!(welcome.status(), 200);
        let cookie = header(&welcome, "set-cookie").to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/view"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            viewer,
            client,
            archive,
        }
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path, &[]).await
    }

    async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let url = format!("http://{}/view/{path}", self.viewer.address());
        let mut request = self
            .client
            .request(method, url)
            .header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn the_link_opens_once_and_only_the_cookie_afterwards() {
    let looking = Looking::at(Archive::new()).await;
    assert!(looking.viewer.opening_url().is_none());
    assert_eq!(looking.get("").await.status(), 200);
    let stranger = |path: &str| {
        let url = format!("http://{}/view/{path}", looking.viewer.address());
        looking.client.get(url).send()
    };
    for path in [
        "",
        "api/items",
        "assets/main.js",
        &format!("files/{FILES}/table.csv"),
    ] {
        let refused = stranger(path).await.unwrap();
        assert_eq!(refused.status(), 401, "{path}");
        let page = refused.text().await.unwrap();
        assert!(page.contains("Open the whole link"), "{page}");
    }
    let late = stranger(&format!("?token={}", "0".repeat(64)))
        .await
        .unwrap();
    assert_eq!(late.status(), 403);
    assert!(late.headers().get("set-cookie").is_none());
}

#[tokio::test]
async fn every_answer_is_bound_to_this_origin() {
    let looking = Looking::at(Archive::new()).await;
    let paths = [
        String::new(),
        "assets/main.js".to_owned(),
        "api/items".to_owned(),
        "nowhere".to_owned(),
        format!("files/{FILES}/documents/report.pdf"),
        format!("thumbnails/{IMAGES}/{PLAIN}.mha.jpg"),
    ];
    for path in &paths {
        let response = looking.get(path).await;
        let policy = header(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        let scripts = policy.split(';').find(|rule| rule.contains("script-src"));
        assert!(
            scripts.is_none_or(|rule| rule.trim() == "script-src 'self'"),
            "{policy}"
        );
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert_eq!(
            header(&response, "cross-origin-resource-policy"),
            "same-origin"
        );
    }
}

#[tokio::test]
async fn nothing_but_looking_is_allowed() {
    let looking = Looking::at(Archive::new()).await;
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ] {
        let refused = looking.request(method.clone(), "api/items", &[]).await;
        assert_eq!(refused.status(), 405, "{method}");
        assert_eq!(header(&refused, "allow"), "GET, HEAD");
    }
    let head = looking.request(Method::HEAD, "api/items", &[]).await;
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn a_foreign_name_for_this_machine_is_refused() {
    let looking = Looking::at(Archive::new()).await;
    for host in [
        "evil.example.org",
        "evil.example.org:80",
        "127.0.0.1.example.org",
    ] {
        let refused = looking
            .request(Method::GET, "api/items", &[("host", host)])
            .await;
        assert_eq!(refused.status(), 421, "{host}");
    }
    // As through an SSH tunnel that starts at another port.
    let tunnel = looking
        .request(Method::GET, "api/items", &[("host", "localhost:9000")])
        .await;
    assert_eq!(tunnel.status(), 200);
}

#[tokio::test]
async fn only_what_the_catalogue_has_is_given_out() {
    let looking = Looking::at(Archive::new()).await;
    let table = looking.get(&format!("files/{FILES}/table.csv")).await;
    assert_eq!(header(&table, "content-type"), "text/csv");
    assert_eq!(table.text().await.unwrap(), "a,b\n1,2\n");
    let secret = looking.archive.folder.root().join("secret.txt");
    std::fs::write(&secret, "secret").unwrap();
    for path in [
        "secret.txt".to_owned(),
        ".gcapi/catalogue.sqlite".to_owned(),
        format!("{FILES}/%2e%2e/secret.txt"),
        format!("{FILES}/..%2fsecret.txt"),
        "%2fetc%2fpasswd".to_owned(),
        "..%5csecret.txt".to_owned(),
        "%00".to_owned(),
    ] {
        for area in [
            format!("files/{path}"),
            format!("volumes/{path}.nii"),
            format!("thumbnails/{path}.jpg"),
            format!("slides/{path}.dzi"),
            format!("slides/{path}_files/0/0_0.jpg"),
        ] {
            assert_eq!(looking.get(&area).await.status(), 404, "{area}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let looking = Looking::at(Archive::new()).await;
    let folder = looking.archive.folder.root();
    let table = folder.join(FILES.to_string()).join("table.csv");
    std::fs::write(folder.join("other.csv"), "a,b\n1,2\n").unwrap();
    std::fs::remove_file(&table).unwrap();
    std::os::unix::fs::symlink(folder.join("other.csv"), &table).unwrap();
    assert_eq!(
        looking
            .get(&format!("files/{FILES}/table.csv"))
            .await
            .status(),
        404
    );
}

#[tokio::test]
async fn an_image_that_is_none_gets_a_placeholder_and_a_reason() {
    let looking = Looking::at(Archive::new()).await;
    for path in [
        format!("{IMAGES}/{PLAIN}.mha"),
        format!("{IMAGES}/images/pair/{PAIR}.mhd"),
        format!("{IMAGES}/images/dicom/1.2.10.dcm"),
    ] {
        let picture = looking.get(&format!("thumbnails/{path}.jpg")).await;
        assert_eq!(picture.status(), 200, "{path}");
        assert_eq!(header(&picture, "content-type"), "image/svg+xml");
        let volume = looking.get(&format!("volumes/{path}.nii")).await;
        assert_eq!(volume.status(), 422, "{path}");
        let said = volume.text().await.unwrap();
        // Which folder of this machine it is in is nobody's business.
        let root = looking.archive.folder.root().to_str().unwrap();
        assert!(said.contains("error") && !said.contains(root), "{said}");
    }
    let item = looking.json(&format!("api/items/{IMAGES}")).await;
    for value in item["values"].as_array().unwrap() {
        assert!(value["pictures"][0]["problem"].is_string(), "{value}");
    }
    // All instances of a DICOM image set are one image.
    let dicom = &item["values"][2];
    assert_eq!(dicom["image"]["pk"], DICOM.to_string());
    assert_eq!(dicom["pictures"].as_array().unwrap().len(), 1);
    assert_eq!(dicom["file_count"], 2);
}

#[tokio::test]
async fn the_grid_has_every_item_and_says_what_is_missing() {
    let looking = Looking::at(Archive::new()).await;
    let list = looking.json("api/items").await;
    assert_eq!(list["count"], ITEMS);
    assert_eq!(list["items"].as_array().unwrap().len(), ITEMS as usize);
    let item = |pk: uuid::Uuid| {
        let items = list["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["pk"] == pk.to_string())
            .unwrap()
    };
    assert_eq!(item(VALUES)["missing"], 3);
    assert_eq!(item(VALUES)["state"], "missing");
    assert_eq!(item(FILES)["state"], "complete");
    assert_eq!(item(IMAGES)["preview"], format!("{IMAGES}/{PLAIN}.mha"));
    let summary = looking.json("api/summary").await;
    assert_eq!(summary["count"], ITEMS);
    assert_eq!(summary["states"]["empty"], EMPTY_ITEMS as u64);
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let looking = Looking::at(Archive::new()).await;
    let mut seen = Vec::new();
    for offset in (0..ITEMS).step_by(5) {
        let page = looking
            .json(&format!("api/items?limit=5&offset={offset}"))
            .await;
        assert_eq!(page["count"], ITEMS);
        for item in page["items"].as_array().unwrap() {
            seen.push(item["pk"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(seen.len(), ITEMS as usize);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), ITEMS as usize);
}

#[tokio::test]
async fn filters_go_by_text_socket_kind_and_state() {
    let looking = Looking::at(Archive::new()).await;
    for (filter, count) in [
        ("text=%C3%BCn%C3%AF", 1),
        ("text=FILES", 1),
        ("text=files+values", 0),
        // What a value says.
        ("text=%E6%97%A5%E6%9C%AC", 1),
        ("socket=table", 1),
        ("socket=table&socket=count", 2),
        ("socket=table&state=missing", 0),
        ("state=missing", 1),
        ("kind=Anything", 3),
        ("modality=CT", 0),
    ] {
        let list = looking.json(&format!("api/items?{filter}")).await;
        assert_eq!(list["count"], count, "{filter}");
        let summary = looking.json(&format!("api/summary?{filter}")).await;
        assert_eq!(summary["count"], count, "{filter}");
    }
}

#[tokio::test]
async fn an_item_shows_its_values_and_its_neighbours() {
    let looking = Looking::at(Archive::new()).await;
    let item = looking
        .json(&format!("api/items/{VALUES}?state=missing&state=complete"))
        .await;
    // Digits stay as they were served.
    assert!(
        item["values"][1]["value"]
            .as_str()
            .unwrap()
            .contains("0.10")
    );
    let states: Vec<_> = item["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| &value["state"])
        .collect();
    assert_eq!(
        states,
        ["here", "here", "here", "missing", "missing", "missing"]
    );
    let place = &item["place"];
    assert_eq!(
        (&place["position"], &place["count"]),
        (&2.into(), &3.into())
    );
    assert_eq!(place["previous"], FILES.to_string());
    assert_eq!(place["next"], IMAGES.to_string());
    let unknown = looking
        .get(&format!("api/items/{}", uuid::Uuid::from_u128(1)))
        .await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_folder_of_images_alone_is_shown_image_by_image() {
    let looking = Looking::at(Archive::images_only()).await;
    let list = looking.json("api/items").await;
    assert_eq!(list["count"], 4);
    let summary = looking.json("api/summary").await;
    assert_eq!(summary["states"]["missing"], 1);
    let image = looking.json(&format!("api/items/{PLAIN}")).await;
    assert_eq!(
        image["values"][0]["files"][0]["path"],
        format!("{PLAIN}.mha")
    );
}

#[tokio::test]
async fn files_come_in_parts_and_are_saved_unless_they_are_safe_to_show() {
    let looking = Looking::at(Archive::new()).await;
    let pdf = format!("files/{FILES}/documents/report.pdf");
    let shown = looking.get(&pdf).await;
    assert_eq!(header(&shown, "content-type"), "application/pdf");
    assert!(header(&shown, "content-disposition").starts_with("inline"));
    let saved = looking.get(&format!("{pdf}?save=1")).await;
    assert!(header(&saved, "content-disposition").starts_with("attachment"));
    let image = format!("files/{IMAGES}/{PLAIN}.mha");
    let part = looking
        .request(Method::GET, &image, &[("range", "bytes=4-7")])
        .await;
    assert_eq!(part.status(), 206);
    assert_eq!(header(&part, "content-type"), "application/octet-stream");
    assert!(header(&part, "content-disposition").starts_with("attachment"));
    assert_eq!(part.bytes().await.unwrap(), &1_u32.to_le_bytes()[..]);
}

#[tokio::test]
async fn a_volume_comes_as_nifti_and_a_slide_in_tiles() {
    let archive = Archive::new();
    // What was fetched is one thing, what a reader makes of it another: the size has to be kept.
    let path = archive
        .folder
        .root()
        .join(IMAGES.to_string())
        .join(format!("{PLAIN}.mha"));
    let header_text = "NDims = 3\nDimSize = 4 4 4\nElementType = MET_UCHAR\nHeaderSize = -1\nElementDataFile = LOCAL\n";
    let mut bytes = header_text.as_bytes().to_vec();
    bytes.extend((0..64).map(|value| value * 3));
    std::fs::write(&path, bytes).unwrap();
    let looking = Looking::at(archive).await;
    let volume = looking
        .get(&format!("volumes/{IMAGES}/{PLAIN}.mha.nii"))
        .await;
    assert_eq!(volume.status(), 200);
    let volume = volume.bytes().await.unwrap();
    assert_eq!((volume.len(), &volume[344..347]), (352 + 64, &b"n+1"[..]));
    let picture = looking
        .get(&format!("thumbnails/{IMAGES}/{PLAIN}.mha.jpg"))
        .await;
    assert_eq!(header(&picture, "content-type"), "image/jpeg");
    let slide = looking
        .get(&format!("slides/{IMAGES}/{PLAIN}.mha.dzi"))
        .await;
    assert!(slide.text().await.unwrap().contains("Width=\"4\""));
    let tile = format!("slides/{IMAGES}/{PLAIN}.mha_files");
    let found = looking.get(&format!("{tile}/2/0_0.jpg")).await;
    assert_eq!(header(&found, "content-type"), "image/jpeg");
    assert_eq!(
        looking.get(&format!("{tile}/3/0_0.jpg")).await.status(),
        404
    );
}

#[tokio::test]
async fn a_large_picture_has_a_window_and_a_mask_the_colours_of_the_page() {
    let archive = Archive::new();
    let folder = archive.folder.root().join(IMAGES.to_string());
    let write = |path: std::path::PathBuf, header: &str, data: &[u8]| {
        let header = format!("NDims = 2\n{header}\nElementDataFile = LOCAL\n");
        std::fs::write(path, [header.as_bytes(), data].concat()).unwrap();
    };
    let samples: Vec<u8> = (0..3000_u16).flat_map(u16::to_le_bytes).collect();
    let header_text = "DimSize = 3000 1\nElementType = MET_USHORT";
    write(folder.join(format!("{PLAIN}.mha")), header_text, &samples);
    let mask = folder.join(format!("images/pair/{PAIR}.mhd"));
    write(
        mask,
        "DimSize = 2 2\nElementType = MET_UCHAR",
        &[0, 1, 2, 3],
    );
    let looking = Looking::at(archive).await;
    let picture = format!("{IMAGES}/{PLAIN}.mha");
    let window = looking.json(&format!("api/windows/{picture}")).await;
    assert_eq!(
        (&window["black"], &window["white"]),
        (&30.0.into(), &2969.0.into())
    );
    let item = looking.json(&format!("api/items/{IMAGES}")).await;
    assert_eq!(item["values"][0]["pictures"][0]["view"], "slide");
    let tile = async |query: &str| {
        let path = format!("slides/{picture}_files/12/0_0.jpg{query}");
        let tile = looking.get(&path).await;
        assert_eq!(header(&tile, "content-type"), "image/jpeg");
        tile.bytes().await.unwrap()
    };
    let automatic = tile("").await;
    assert_eq!(automatic, tile("?black=30&white=2969").await);
    assert_eq!(automatic, tile("?black=5&white=4").await);
    assert_ne!(automatic, tile("?black=0&white=500").await);
    let mask = format!("masks/{IMAGES}/images/pair/{PAIR}.mhd");
    let description = looking.get(&format!("{mask}.dzi")).await;
    assert!(description.text().await.unwrap().contains("Format=\"png\""));
    let tile = looking
        .get(&format!("{mask}_files/1/0_0.png?colours=1-e69f00"))
        .await;
    assert_eq!(header(&tile, "content-type"), "image/png");
    let bytes = tile.bytes().await.unwrap();
    assert!(
        bytes
            .windows(6)
            .any(|window| window == b"\x00\x00\x00\xe6\x9f\x00")
    );
    // What is no mask cannot be drawn as one.
    let wrong = looking
        .get(&format!("masks/{picture}_files/12/0_0.png"))
        .await;
    assert_eq!(wrong.status(), 422);
}

#[tokio::test]
async fn libraries_are_read_whatever_the_browser_takes() {
    let looking = Looking::at(Archive::new()).await;
    for coding in ["identity", "gzip"] {
        let headers = [("accept-encoding", coding)];
        let library = looking.request(Method::GET, "assets/openseadragon.js", &headers);
        // The client takes what is compressed apart by itself.
        let text = library.await.text().await.unwrap();
        assert!(text.contains("OpenSeadragon"), "{coding}");
    }
}

#[tokio::test]
async fn it_listens_on_this_machine_only() {
    let archive = Archive::new();
    let config = ViewerConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..ViewerConfig::new(archive.folder.clone())
    };
    let refused = start_viewer(config).await;
    assert!(matches!(refused, Err(Error::NotLoopback(_))));
}

#[tokio::test]
async fn it_is_a_page_of_the_server_too() {
    let served = Archive::new().serve().await;
    let link = served.server.viewer_url().unwrap();
    let bare = served
        .client
        .get(served.url("/view/"))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
    // The token of the API is another one.
    let api = served.get("/view/").send().await.unwrap();
    assert_eq!(api.status(), 401);
    let welcome = served.client.get(link.as_str()).send().await.unwrap();
    assert_eq!(welcome.status(), 200);
    let cookie = header(&welcome, "set-cookie");
    assert!(cookie.contains("; Secure"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let page = served
        .client
        .get(served.url("/view/"))
        .header("cookie", pair);
    assert_eq!(page.send().await.unwrap().status(), 200);
}
