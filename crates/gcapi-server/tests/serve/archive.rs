//! A small archive on disk, and a server for it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use gcapi_archive::layout::Layout;
use gcapi_archive::{
    ArchiveFolder, ArchiveRecord, Catalogue, Content, DownloadSettings, FileOrigin, FileRecord,
    ImageFileRecord, ImageRecord, ItemRecord, RelativePath, SocketRecord, ValueRecord, indented,
};
use gcapi_server::{CertificateSource, RunningServer, ServerConfig, ServerToken, start};
use reqwest::{Client, RequestBuilder, Response, redirect};
use uuid::Uuid;

pub(crate) const ARCHIVE: Uuid = Uuid::from_u128(0xa0);
pub(crate) const VALUES: Uuid = Uuid::from_u128(0x10);
pub(crate) const FILES: Uuid = Uuid::from_u128(0x11);
pub(crate) const IMAGES: Uuid = Uuid::from_u128(0x12);
/// Items without values, behind those with some.
pub(crate) const EMPTY_ITEMS: u128 = 10;
pub(crate) const ITEMS: u64 = 13;

pub(crate) const PLAIN: Uuid = Uuid::from_u128(0x9c05_16a0 << 96 | 1);
pub(crate) const PLAIN_FILE: Uuid = Uuid::from_u128(0x101);
pub(crate) const PAIR: Uuid = Uuid::from_u128(2);
pub(crate) const PAIR_HEADER: Uuid = Uuid::from_u128(0x201);
pub(crate) const PAIR_DATA: Uuid = Uuid::from_u128(0x202);
pub(crate) const DICOM: Uuid = Uuid::from_u128(3);
/// Recorded by the API, never fetched.
pub(crate) const ABSENT: Uuid = Uuid::from_u128(4);

/// Value with digits no parser keeps.
pub(crate) const NESTED: &str =
    r#"{"z":1e3,"a":{"big":1234567890123456789012345678901234,"f":0.10},"ü":"日本","n":-0}"#;

const PLATFORM: &str = "https://gc.example.org";

pub(crate) fn plain_bytes() -> Vec<u8> {
    (0..700_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// A folder with an archive in it.
pub(crate) struct Archive {
    _temporary: tempfile::TempDir,
    pub(crate) folder: ArchiveFolder,
    pub(crate) ca: PathBuf,
}

struct Builder {
    folder: ArchiveFolder,
    files: Vec<FileRecord>,
}

impl Builder {
    fn file(
        &mut self,
        path: &str,
        bytes: &[u8],
        origin: FileOrigin,
        used: Option<(Uuid, i64, i64)>,
    ) -> &mut FileRecord {
        let path = RelativePath::parse(path).unwrap();
        let part = self.folder.part_path(&path);
        fs::write(&part, bytes).unwrap();
        let on_disk = self.folder.publish(&part, &path).unwrap();
        self.files.push(FileRecord {
            path,
            origin,
            item: used.map(|used| used.0),
            socket: used.map(|used| used.1),
            value: used.map(|used| used.2),
            written: Content::of(bytes),
            served: Content::of(bytes),
            etag: None,
            modified_ns: on_disk.modified_ns,
            fetched_at: 1,
        });
        self.files.last_mut().unwrap()
    }
}

fn socket(pk: i64, slug: &str, super_kind: &str, relative_path: &str) -> SocketRecord {
    SocketRecord {
        pk,
        slug: slug.into(),
        super_kind: super_kind.into(),
        relative_path: relative_path.into(),
        record: format!(
            r#"{{"title":"{slug}","description":"","slug":"{slug}","kind":"Anything","pk":{pk},"default_value":null,"super_kind":"{super_kind}","relative_path":"{relative_path}","overlay_segments":[],"look_up_table":null}}"#
        ),
    }
}

fn value(pk: i64, socket: i64, json: &str) -> ValueRecord {
    ValueRecord {
        pk,
        socket,
        value: Some(json.into()),
        file: None,
        image: None,
    }
}

fn file_value(pk: i64, socket: i64, name: &str) -> ValueRecord {
    let file = format!("{PLATFORM}/media/components/componentinterfacevalue/00/00/{pk}/{name}");
    ValueRecord {
        pk,
        socket,
        value: None,
        file: Some(file),
        image: None,
    }
}

fn image_value(pk: i64, socket: i64, image: Uuid) -> ValueRecord {
    ValueRecord {
        pk,
        socket,
        value: None,
        file: None,
        image: Some(image),
    }
}

fn item(pk: Uuid, title: &str, values: Vec<ValueRecord>) -> ItemRecord {
    ItemRecord {
        pk,
        title: title.into(),
        record: format!(
            r#"{{"pk":"{pk}","title":"{title}","archive":"{PLATFORM}/api/v1/archives/{ARCHIVE}/","hanging_protocol":null,"optional_hanging_protocols":[],"view_content":{{}}}}"#
        ),
        values,
    }
}

pub(crate) fn image(pk: Uuid, name: &str, files: &[(Uuid, &str)]) -> ImageRecord {
    let files: Vec<_> = files
        .iter()
        .map(|(file, name)| ImageFileRecord {
            pk: *file,
            image_type: Some("MHD".into()),
            url: format!("{PLATFORM}/media/images/00/00/{pk}/{file}/{name}"),
        })
        .collect();
    let dicom = if pk == DICOM {
        r#"{"image_set_id":"0123456789abcdef0123456789abcdef"}"#
    } else {
        "null"
    };
    ImageRecord {
        pk,
        name: name.into(),
        dicom_image_set: (pk == DICOM).then(|| "0123456789abcdef0123456789abcdef".into()),
        record: format!(
            r#"{{"pk":"{pk}","name":"{name}","files":[],"dicom_image_set":{dicom},"width":10,"height":10,"depth":10,"color_space":"GRAY","modality":null,"eye_choice":"NA","stereoscopic_choice":null,"field_of_view":null,"shape_without_color":[10,10,10],"shape":[10,10,10],"voxel_width_mm":1.0,"voxel_height_mm":2.50,"voxel_depth_mm":3.0,"api_url":"{PLATFORM}/api/v1/cases/images/{pk}/","patient_id":"P{}","study_instance_uid":"1.2.8","series_instance_uid":"1.2.9","window_center":null,"window_width":null,"segments":null}}"#,
            pk.as_u128() & 0xff
        ),
        files,
    }
}

impl Archive {
    pub(crate) fn new() -> Self {
        Self::build(false)
    }

    pub(crate) fn images_only() -> Self {
        Self::build(true)
    }

    fn build(images_only: bool) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
        let mut catalogue = Catalogue::create(&folder).unwrap();
        let archive = ArchiveRecord {
            pk: ARCHIVE,
            slug: Some("demo-archive".into()),
            title: "Demo".into(),
            record: format!(
                r#"{{"pk":"{ARCHIVE}","title":"Demo","logo":"https://public.example.org/logos/foo.jpg","description":"Test archive — ünïcode","api_url":"{PLATFORM}/api/v1/archives/{ARCHIVE}/","url":"{PLATFORM}/archives/demo-archive/"}}"#
            ),
        };
        let settings = DownloadSettings {
            layout: Layout::Container,
            images_only,
            base_url: format!("{PLATFORM}/api/v1/"),
        };
        catalogue.claim(&archive, &settings).unwrap();
        let listing = catalogue.start_listing(1).unwrap();
        let mut builder = Builder {
            folder: folder.clone(),
            files: Vec::new(),
        };
        if !images_only {
            catalogue
                .put_sockets(&[
                    socket(1, "generic-medical-image", "Image", ""),
                    socket(12, "count", "Value", "count.json"),
                    socket(15, "nested", "Value", "deep/er/nested.json"),
                    socket(16, "null", "Value", "null.json"),
                    socket(17, "table", "File", "table.csv"),
                    socket(18, "report", "File", "documents/report.pdf"),
                    socket(19, "absent", "File", "absent.zip"),
                    socket(20, "dicom", "Image", "images/dicom"),
                    socket(21, "pair", "Image", "images/pair"),
                    socket(22, "absent-image", "Image", "images/absent"),
                ])
                .unwrap();
            catalogue.put_items(listing, &items(&mut builder)).unwrap();
        }
        images(&mut builder, images_only);
        catalogue
            .put_images(
                listing,
                &[
                    image(PLAIN, "case_001.mha", &[(PLAIN_FILE, "m%C3%A9dical_1.mha")]),
                    image(
                        PAIR,
                        "case_000.mhd",
                        &[(PAIR_HEADER, "case.mhd"), (PAIR_DATA, "image10x10x10.zraw")],
                    ),
                    image(DICOM, "dicom/ct ß", &[]),
                    image(ABSENT, "absent.mha", &[(Uuid::from_u128(0x401), "a.mha")]),
                ],
            )
            .unwrap();
        catalogue.finish_listing(listing, 2).unwrap();
        catalogue.put_files(&builder.files).unwrap();
        Self {
            ca: temporary.path().join("ca.pem"),
            _temporary: temporary,
            folder,
        }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        let certificate = CertificateSource::Generated {
            write_ca_to: self.ca.clone(),
        };
        ServerConfig::new(self.folder.clone(), ServerToken::generate(), certificate)
    }

    pub(crate) async fn serve(self) -> Served {
        self.serve_for(Duration::from_secs(300)).await
    }

    pub(crate) async fn serve_for(self, signature_lifetime: Duration) -> Served {
        let config = ServerConfig {
            signature_lifetime,
            ..self.config()
        };
        let token = config.token.clone();
        let server = start(config).await.unwrap();
        Served {
            client: client(&self.ca),
            archive: self,
            token,
            server,
        }
    }
}

fn items(builder: &mut Builder) -> Vec<ItemRecord> {
    let values = [
        value(11, 12, "42"),
        value(14, 15, NESTED),
        value(15, 16, "null"),
    ];
    for (value, path) in values.iter().zip(["count", "deep/er/nested", "null"]) {
        builder.file(
            &format!("{VALUES}/{path}.json"),
            indented(value.value.as_deref().unwrap()).as_bytes(),
            FileOrigin::Value,
            Some((VALUES, value.socket, value.pk)),
        );
    }
    let mut values = values.to_vec();
    // Not fetched: a Value, a File and an Image.
    values.push(value(99, 12, "1"));
    values.push(file_value(98, 19, "absent.zip"));
    values.push(image_value(97, 22, ABSENT));
    let files = vec![
        file_value(300, 17, "table.csv"),
        file_value(24, 18, "my_report_final_%C3%BC.pdf"),
    ];
    for (value, path, bytes) in [
        (&files[0], "table.csv", &b"a,b\n1,2\n"[..]),
        (&files[1], "documents/report.pdf", b"%PDF-1.4 ..."),
    ] {
        builder.file(
            &format!("{FILES}/{path}"),
            bytes,
            FileOrigin::File,
            Some((FILES, value.socket, value.pk)),
        );
    }
    let mut items = vec![
        item(VALUES, "values", values),
        item(FILES, "files / ünï", files),
        item(
            IMAGES,
            "",
            vec![
                image_value(1, 1, PLAIN),
                image_value(2, 21, PAIR),
                image_value(3, 20, DICOM),
            ],
        ),
    ];
    for number in 0..EMPTY_ITEMS {
        items.push(item(Uuid::from_u128(0x1000 + number), "", Vec::new()));
    }
    items
}

fn images(builder: &mut Builder, images_only: bool) {
    let place = |folder: &str, name: String| {
        if images_only {
            name
        } else if folder.is_empty() {
            format!("{IMAGES}/{name}")
        } else {
            format!("{IMAGES}/{folder}/{name}")
        }
    };
    let used = |socket, value| (!images_only).then_some((IMAGES, socket, value));
    let of = |image, image_file| FileOrigin::ImageFile { image, image_file };
    builder.file(
        &place("", format!("{PLAIN}.mha")),
        &plain_bytes(),
        of(PLAIN, PLAIN_FILE),
        used(1, 1),
    );
    let header = format!("NDims = 3\nElementDataFile = {PAIR}.zraw\n");
    let record = builder.file(
        &place("images/pair", format!("{PAIR}.mhd")),
        header.as_bytes(),
        of(PAIR, PAIR_HEADER),
        used(21, 2),
    );
    record.served = Content::of(b"NDims = 3\nElementDataFile = image10x10x10.zraw\n");
    builder.file(
        &place("images/pair", format!("{PAIR}.zraw")),
        b"zraw",
        of(PAIR, PAIR_DATA),
        used(21, 2),
    );
    for sop_instance_uid in ["1.2.10", "1.2.11"] {
        builder.file(
            &place("images/dicom", format!("{sop_instance_uid}.dcm")),
            format!("DICM{sop_instance_uid}").as_bytes(),
            FileOrigin::DicomInstance {
                image: DICOM,
                sop_instance_uid: sop_instance_uid.into(),
            },
            used(20, 3),
        );
    }
}

/// A client that trusts the server and follows no redirect.
pub(crate) fn client(ca: &std::path::Path) -> Client {
    let ca = reqwest::Certificate::from_pem(&fs::read(ca).unwrap()).unwrap();
    Client::builder()
        .tls_certs_merge([ca])
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// An archive that is served.
pub(crate) struct Served {
    pub(crate) archive: Archive,
    pub(crate) client: Client,
    pub(crate) token: ServerToken,
    pub(crate) server: RunningServer,
}

impl Served {
    /// The URL of a path on the API's origin.
    pub(crate) fn url(&self, path: &str) -> String {
        let origin = self.server.base_url().origin().ascii_serialization();
        format!("{origin}{path}")
    }

    pub(crate) fn store_url(&self, path: &str) -> String {
        let origin = self.server.store_origin().origin().ascii_serialization();
        format!("{origin}{path}")
    }

    /// A request for a path or URL with the token.
    pub(crate) fn get(&self, url: &str) -> RequestBuilder {
        let url = if url.starts_with("https://") {
            url.to_owned()
        } else {
            self.url(url)
        };
        self.client.get(url).bearer_auth(self.token.expose())
    }

    /// The text of an answer with status 200.
    pub(crate) async fn text(&self, url: &str) -> String {
        let response = self.get(url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{url}");
        assert_eq!(response.headers()["content-type"], "application/json");
        response.text().await.unwrap()
    }

    pub(crate) async fn json(&self, url: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(url).await).unwrap()
    }

    /// Where a media URL leads to.
    pub(crate) async fn location(&self, url: &str) -> String {
        let response = self.get(url).send().await.unwrap();
        assert_eq!(response.status(), 302, "{url}");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(response.bytes().await.unwrap(), "");
        location
    }

    /// The signed URL of the largest file.
    pub(crate) async fn plain_location(&self) -> String {
        let image = self.json(&format!("/api/v1/cases/images/{PLAIN}/")).await;
        let url = image["files"][0]["file"].as_str().unwrap();
        self.location(url).await
    }
}

/// Status and body of an answer.
pub(crate) async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}
