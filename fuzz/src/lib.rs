//! What must hold of every parser of what a server says, whatever it says.
//!
//! Each function is the body of a fuzz target (`cargo +nightly fuzz run <name>`) and is run over the
//! files in `seeds/<name>` and some thousand mutations of them by `cargo test` as well.

mod images;

use std::path::{Component, Path};
use std::time::{Duration, SystemTime};

use gcapi::{
    Archive, ArchiveItem, ContentRange, DicomInstanceList, Error, HeaderMap, Image, ImageFile,
    ObjectRequest, Page, PlatformVersion, Record, Socket, SocketValue, StatusCode, Url, Uuid,
    fuzzing, redact,
};
use gcapi_archive::layout::{self, ImagePlace, Layout};
use gcapi_archive::{DataFile, RelativePath, data_file, indented, with_data_file};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// A credential nobody may see.
const SECRET: &str = "5ec2e75ec2e7";

/// A target by its name.
pub struct Target {
    /// That of the binary and of the folder with its seeds.
    pub name: &'static str,
    /// Panics if what must hold does not.
    pub run: fn(&[u8]),
}

/// Those of images, each in a file of its format.
pub use images::TARGETS as IMAGES;

/// Those of what the API and the store say.
pub const TARGETS: [Target; 13] = [
    target("page", page),
    target("record", record),
    target("dicom_instances", dicom_instances),
    target("retry_after", retry_after),
    target("content_range", content_range),
    target("checksums", checksums),
    target("refusal_of_the_api", refusal_of_the_api),
    target("refusal_of_the_store", refusal_of_the_store),
    target("address", address),
    target("relative_path", relative_path),
    target("places", places),
    target("value_json", value_json),
    target("metaimage_header", metaimage_header),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Pages of lists: links stay on the platform, objects are given as they were served, and one that
/// cannot be read is an error of its own.
pub fn page(data: &[u8]) {
    let base = Url::parse("https://platform.invalid/api/v1/").expect("it is an address");
    fn objects<T: DeserializeOwned>(page: Result<Page<T>, Error>, base: &Url) -> Option<usize> {
        match page {
            Ok(page) => {
                for link in [&page.next, &page.previous].into_iter().flatten() {
                    assert_eq!(link.origin(), base.origin(), "{link}");
                    assert_eq!((link.username(), link.password()), ("", None));
                }
                for result in &page.results {
                    match result {
                        Ok(record) => serde_json::from_str::<&RawValue>(record.json.get())
                            .map(drop)
                            .expect("an object is JSON"),
                        Err(error) => fit_to_print(error),
                    }
                }
                Some(page.results.len())
            }
            Err(error) => {
                fit_to_print(&error);
                None
            }
        }
    }
    // How many objects there are does not depend on what they are taken for.
    let archives = objects(fuzzing::page::<Archive>(data, &base), &base);
    let items = objects(fuzzing::page::<ArchiveItem>(data, &base), &base);
    let images = objects(fuzzing::page::<Image>(data, &base), &base);
    assert_eq!((archives, archives), (items, images));
}

/// Single objects: what was served is kept, and read the same again.
pub fn record(data: &[u8]) {
    let Some(json) = std::str::from_utf8(data)
        .ok()
        .and_then(|text| RawValue::from_string(text.to_owned()).ok())
    else {
        return;
    };
    fn read<T: DeserializeOwned + std::fmt::Debug>(json: &RawValue) -> Option<T> {
        let record = Record::<T>::from_json(json.to_owned()).ok()?;
        assert_eq!(record.json.get(), json.get());
        let again = Record::<T>::from_json(record.json.clone()).expect("it was read before");
        assert_eq!(format!("{:?}", again.value), format!("{:?}", record.value));
        Some(record.value)
    }
    if let Some(archive) = read::<Archive>(&json) {
        let slug = archive.slug().unwrap_or_default();
        assert!(!slug.contains('/') && archive.url.contains(slug));
    }
    if let Some(item) = read::<ArchiveItem>(&json) {
        for value in item.values {
            match value {
                Ok(value) => a_value(&value),
                Err(error) => one_line(&error.reason),
            }
        }
    }
    read::<Image>(&json);
    read::<ImageFile>(&json);
    read::<Socket>(&json);
    if let Some(value) = read::<SocketValue>(&json) {
        a_value(&value);
    }
    read::<PlatformVersion>(&json);
    read::<DicomInstanceList>(&json);
}

fn a_value(value: &SocketValue) {
    // Both are given out again as they came.
    for json in [&value.value, &value.socket_json] {
        serde_json::from_str::<&RawValue>(json.get()).expect("it is JSON");
    }
    if let (Some(pk), Some(address)) = (value.image_pk(), &value.image) {
        let digits = address.to_lowercase().replace('-', "");
        assert!(digits.contains(&pk.simple().to_string()), "{address}");
    }
}

/// Signed lists of DICOM image sets: requests go over TLS, headers do not show, and a UID that
/// becomes a name stays one.
pub fn dicom_instances(data: &[u8]) {
    let Ok(list) = serde_json::from_slice::<DicomInstanceList>(data) else {
        return;
    };
    let folder = RelativePath::parse("images/mr").expect("it is a path");
    for instance in &list.instances {
        match ObjectRequest::try_from(instance) {
            Ok(request) => {
                assert!(request.origin().starts_with("https://"), "{request:?}");
                let shown = format!("{request:?} {instance:?} {}", request.url_redacted());
                for (name, value) in &instance.get_instance.headers {
                    if name.eq_ignore_ascii_case("authorization") && value.len() > 20 {
                        assert!(!shown.contains(value.as_str()), "{shown}");
                    }
                }
            }
            Err(error) => fit_to_print(&error),
        }
        if let Ok(path) = layout::dicom_instance_path(&folder, &instance.sop_instance_uid) {
            inside(&path);
            assert_eq!(path.components().count(), 3);
        }
    }
}

/// `Retry-After`: seconds are seconds, and a date is never further away than it is.
pub fn retry_after(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000);
    let wait = fuzzing::retry_after(&text, now);
    let trimmed = text.trim();
    if !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
        assert_eq!(wait, trimmed.parse().ok().map(Duration::from_secs));
    } else if let Some(wait) = wait {
        // The last second of the year 9999, and the sign that numbers may have.
        let last = Duration::from_secs(253_402_300_799 - 1_764_000_000);
        assert!(wait <= last || trimmed.starts_with('+'), "{wait:?}");
    }
    // Whatever it says, what follows from it can be computed.
    let headers = headers(&[("retry-after", &text)]);
    let error = fuzzing::refusal_of_the_api(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
    let mut context = gcapi::RetryPolicy::default().context();
    if let Some(delay) = context.next_delay(&error) {
        assert!(delay <= gcapi::RetryPolicy::default().max_elapsed);
    }
    fit_to_print(&context.stamp(error));
}

/// `Content-Range`: what is taken makes sense, and is what was written.
pub fn content_range(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(range) = ContentRange::parse(&text) {
        assert!(range.start <= range.end);
        assert!(range.total.is_none_or(|total| range.end < total));
        let total = range
            .total
            .map_or("*".to_owned(), |total| total.to_string());
        let written = format!("bytes {}-{}/{total}", range.start, range.end);
        assert_eq!(ContentRange::parse(&written), Some(range));
    }
    if let Some((numbers, _)) = data.split_first_chunk::<24>() {
        let mut numbers = numbers.chunks_exact(8).map(|bytes| {
            bytes
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        });
        let mut next = || numbers.next().unwrap_or_default();
        let (start, end, total) = (next(), next(), next());
        let read = ContentRange::parse(&format!("bytes {start}-{end}/{total}"));
        assert_eq!(read.is_some(), start <= end && end < total);
    }
}

/// Checksums in headers: of the length they have, or none.
pub fn checksums(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let checksums = fuzzing::checksums(&headers(&lines));
    for (digits, length) in [(&checksums.md5, 32), (&checksums.sha256, 64)] {
        if let Some(digits) = digits {
            assert_eq!(digits.len(), length);
            let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert!(digits.bytes().all(lower), "{digits}");
        }
    }
    let nothing = checksums.md5.is_none()
        && checksums.sha256.is_none()
        && checksums.crc32.is_none()
        && checksums.crc32c.is_none();
    assert_eq!(checksums.is_empty(), nothing);
}

/// What the API says when it refuses.
pub fn refusal_of_the_api(data: &[u8]) {
    refused(data, fuzzing::refusal_of_the_api);
}

/// What the store says when it refuses.
pub fn refusal_of_the_store(data: &[u8]) {
    refused(data, fuzzing::refusal_of_the_store);
}

/// The first two bytes are the status. A signature in the body, wherever it stands, is not shown.
fn refused(data: &[u8], refuse: impl Fn(StatusCode, &HeaderMap, &[u8]) -> Error) {
    let Some((status, body)) = data.split_first_chunk::<2>() else {
        return;
    };
    if knows_the_secret(body) {
        return;
    }
    let status = 300 + u16::from_be_bytes(*status) % 300;
    let status = StatusCode::from_u16(status).expect("it is a status");
    let error = refuse(status, &HeaderMap::new(), body);
    fit_to_print(&error);
    assert_eq!(
        error.context().and_then(|context| context.status),
        Some(status)
    );
    // Where the body is empty, in its middle, at its end.
    let middle = body.len() / 2;
    for at in [0, middle, body.len()] {
        let (before, after) = body.split_at(at);
        let signed = [before, b"X-Amz-Signature=", SECRET.as_bytes(), b" ", after].concat();
        let error = refuse(status, &HeaderMap::new(), &signed);
        fit_to_print(&error);
    }
}

/// Addresses: what is a credential is masked, and nothing is lost before the query.
pub fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(url) = Url::parse(&text) {
        let shown = redact(&url);
        assert!(shown.contains(url.path()));
        // The same letters may stand elsewhere, where they are no password.
        let once =
            |password: &&str| password.len() > 20 && url.as_str().matches(*password).count() == 1;
        if let Some(password) = url.password().filter(once) {
            assert!(!shown.contains(password), "{shown}");
        }
    }
    let (path, query) = text.split_once('?').unwrap_or((&text, ""));
    let unsigned = Url::parse(&format!("https://store.invalid/{path}?{query}&{query}"));
    if unsigned.is_ok_and(|url| knows_the_secret(url.as_str().as_bytes())) {
        return;
    }
    for name in [
        "X-Amz-Signature",
        "Signature",
        "access_token",
        "sig",
        "Policy",
    ] {
        let signed = format!("https://store.invalid/{path}?{query}&{name}={SECRET}&{query}");
        if let Ok(url) = Url::parse(&signed) {
            let shown = redact(&url);
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
}

/// Paths: inside, the same again, and of names that every file system takes.
pub fn relative_path(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let path = match RelativePath::parse(&text) {
        Ok(path) => path,
        Err(refused) => {
            assert_eq!(refused.path, text);
            return;
        }
    };
    assert_eq!(path.as_str(), text);
    inside(&path);
    assert_eq!(path.components().collect::<Vec<_>>().join("/"), text);
    let folder = RelativePath::parse("images/ct").expect("it is a path");
    if let Ok(joined) = folder.join(&text) {
        inside(&joined);
        assert!(joined.as_str().starts_with("images/ct"));
    }
}

/// Where images go: below their item, apart from each other. The first line is the socket's path,
/// the second its slug, the others are names of files.
pub fn places(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let (relative_path, slug) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let names: Vec<(Uuid, String)> = (10..)
        .map(Uuid::from_u128)
        .zip(lines.map(str::to_owned))
        .take(16)
        .collect();
    let (item, image) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let below_item = |path: &RelativePath| {
        inside(path);
        assert_eq!(path.components().next(), Some(item.to_string().as_str()));
    };
    if let Ok(path) = layout::value_path(item, relative_path) {
        below_item(&path);
        assert!(path.components().count() > 1, "{path} is the item's folder");
    }
    for layout in [Layout::Container, Layout::Flat] {
        let place = ImagePlace::Socket {
            item,
            slug,
            relative_path,
            layout,
        };
        if let Ok(paths) = layout::image_file_paths(place, image, &names) {
            assert_eq!(paths.len(), names.len());
            paths.iter().for_each(below_item);
            apart(&paths);
        }
        if let Ok(folder) = layout::dicom_folder(place, image) {
            below_item(&folder);
        }
    }
    if let Ok(paths) = layout::image_file_paths(ImagePlace::Root, image, &names) {
        paths.iter().for_each(inside);
        for path in &paths {
            assert!(path.as_str().starts_with(&image.to_string()), "{path}");
        }
        apart(&paths);
    }
    let paths: Vec<RelativePath> = text
        .split('\n')
        .filter_map(|line| RelativePath::parse(line).ok())
        .filter(|path| !path.is_root())
        .take(24)
        .collect();
    apart(&paths);
}

/// What [`layout::conflicts`] leaves can lie side by side.
fn apart(paths: &[RelativePath]) {
    let refused: Vec<usize> = layout::conflicts(paths)
        .into_iter()
        .map(|(refused, _)| refused)
        .collect();
    let left: Vec<String> = (0..)
        .zip(paths)
        .filter(|(index, _)| !refused.contains(index))
        .map(|(_, path)| path.case_folded())
        .collect();
    for (index, one) in left.iter().enumerate() {
        for other in left.iter().skip(index + 1) {
            let below = |one: &str, other: &str| {
                one.strip_prefix(other)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            assert!(
                !below(one, other) && !below(other, one),
                "{one:?} beside {other:?}"
            );
        }
    }
}

/// Values as files: the same JSON, in ASCII, and the same when written again.
pub fn value_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let written = indented(text);
    let Ok(served) = RawValue::from_string(text.to_owned()) else {
        return;
    };
    assert!(written.is_ascii(), "{written}");
    assert!(
        serde_json::from_str::<&RawValue>(&written).is_ok(),
        "{written}"
    );
    assert_eq!(indented(&written), written);
    // Some JSON fits no `Value`: half a surrogate pair, numbers beyond all bounds.
    let (before, after) = (
        serde_json::from_str::<Value>(served.get()).ok(),
        serde_json::from_str::<Value>(&written).ok(),
    );
    assert_eq!(before, after);
    // Digits are not touched: outside of strings nothing but white space is.
    assert_eq!(outside_strings(text), outside_strings(&written));
}

fn outside_strings(json: &str) -> String {
    let mut out = String::new();
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => loop {
                match characters.next() {
                    Some('\\') => drop(characters.next()),
                    Some('"') | None => break,
                    Some(_) => {}
                }
            },
            white if white.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

/// MetaImage headers: the data file has its new name, and every other byte stays.
pub fn metaimage_header(data: &[u8]) {
    let old = match data_file(data) {
        DataFile::Named(old) => old,
        DataFile::Missing => {
            assert_eq!(with_data_file(data, "a.raw"), None);
            return;
        }
        // Nobody renames what is in the same file, or in several.
        _ => return,
    };
    for name in ["a.raw", "777ff743-c207-4649-94e8-aad4931a878e.zraw"] {
        let renamed = with_data_file(data, name).expect("there is a name");
        assert_eq!(data_file(&renamed), DataFile::Named(name.to_owned()));
        // The name it had brings the header back, unless it lost something on the way: bytes that
        // are no text, and white space that only Unicode knows, around it.
        let plain = String::from_utf8_lossy(data).chars().all(|character| {
            character.is_ascii_whitespace()
                || !(character.is_whitespace() || character == '\u{fffd}')
        });
        if plain {
            assert_eq!(with_data_file(&renamed, &old).as_deref(), Some(data));
        }
    }
}

/// A fuzzer learns what it is compared with, and then shows it where it is no credential.
fn knows_the_secret(data: &[u8]) -> bool {
    data.windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

/// A path stays in the folder it is joined to, on every system.
fn inside(path: &RelativePath) {
    let folder = Path::new("/out/put");
    let full = path.below(folder);
    assert!(full.starts_with(folder), "{path}");
    let below = full.strip_prefix(folder).expect("it starts with it");
    assert!(
        below
            .components()
            .all(|component| matches!(component, Component::Normal(_))),
        "{path}"
    );
    assert_eq!(below.components().count(), path.components().count());
    for name in path.components() {
        assert!(name.len() <= 255, "{path}");
        assert!(!name.contains(['/', '\\', ':', '\0']), "{path}");
        assert!(!name.eq_ignore_ascii_case(".gcapi"), "{path}");
    }
}

/// What an error says is one line of bearable length without a credential.
fn fit_to_print(error: &Error) {
    one_line(&error.to_string());
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
}

fn one_line(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.chars().count() < 2_500, "{text}");
    assert!(!text.contains(SECRET), "{text}");
}

/// Headers, as far as names and values can be ones.
fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .filter_map(|(name, value)| Some((name.trim().parse().ok()?, value.parse().ok()?)))
        .collect()
}
