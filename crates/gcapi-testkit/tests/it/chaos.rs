//! Faults by chance, and those that only a wire has.

use gcapi_testkit::small::ArchiveBuilder;
use gcapi_testkit::{Chaos, Fault, Interference, Platform, Seen, Side, Wire};

use crate::client::{FILE, Visitor, archive};

/// A platform behind a wire that does one thing to the requests of a side.
fn wired(
    temporary: &tempfile::TempDir,
    side: Side,
    interference: impl Fn() -> Interference + Send + Sync + 'static,
) -> Platform {
    Platform::behind_a_wire(&archive(temporary), move |seen| {
        if seen.side == side {
            interference()
        } else {
            Interference::Pass
        }
    })
}

/// Headers and bytes of the File, and whether its body came to an ordinary end.
async fn file(visitor: &Visitor<'_>) -> (reqwest::header::HeaderMap, Vec<u8>, bool) {
    let url = visitor.value("report").await["file"].clone();
    let redirect = visitor.get(url.as_str().unwrap()).await;
    let location = redirect.headers()["location"].to_str().unwrap();
    let request = visitor.anonymously(location).header("range", "bytes=4-");
    let mut answer = request.send().await.unwrap();
    let headers = answer.headers().clone();
    let mut arrived = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => arrived.extend_from_slice(&chunk),
            end => return (headers, arrived, end.is_ok()),
        }
    }
}

#[tokio::test]
async fn a_wire_passes_on_what_it_does_not_break() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = wired(&temporary, Side::Store, || Interference::Pass);
    let visitor = Visitor::new(&platform);
    for _ in 0..2 {
        let (headers, bytes, whole) = file(&visitor).await;
        assert!(whole);
        assert_eq!(bytes, FILE[4..]);
        assert_eq!(headers["accept-ranges"], "bytes");
    }
    // DICOM instances are signed with the name of their host.
    let url = visitor.value("mr").await["image"].clone();
    let list = format!("{}dicom/instances/", url.as_str().unwrap());
    let list = visitor.json(&list).await;
    let instance = &list["instances"][0]["get_instance"];
    let mut request = visitor.anonymously(instance["url"].as_str().unwrap());
    for (name, value) in instance["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    assert!(
        instance["url"]
            .as_str()
            .unwrap()
            .starts_with(platform.store())
    );
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_connection_is_cut_in_the_middle_of_a_record() {
    let temporary = tempfile::tempdir().unwrap();
    let cut = || Interference::Wire(Wire::Cut(5));
    let platform = wired(&temporary, Side::Store, cut);
    let (headers, bytes, whole) = file(&Visitor::new(&platform)).await;
    assert!(!whole);
    assert_eq!(bytes, FILE[4..9]);
    assert_eq!(headers["content-length"], (FILE.len() - 4).to_string());
}

#[tokio::test]
async fn more_comes_than_was_promised() {
    let temporary = tempfile::tempdir().unwrap();
    let longer = || Interference::Wire(Wire::Longer(100));
    let platform = wired(&temporary, Side::Store, longer);
    let visitor = Visitor::new(&platform);
    // A library takes what was promised and gives the connection up.
    for _ in 0..2 {
        let (headers, bytes, _) = file(&visitor).await;
        assert_eq!(bytes, FILE[4..]);
        assert!(!headers.contains_key("x-testkit-wire"));
    }
}

#[tokio::test]
async fn a_store_has_never_heard_of_ranges() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = wired(&temporary, Side::Store, || Interference::NoRanges);
    let (headers, bytes, _) = file(&Visitor::new(&platform)).await;
    assert_eq!(bytes, FILE);
    assert!(!headers.contains_key("accept-ranges"));
}

#[tokio::test]
async fn another_range_comes_and_says_so() {
    let temporary = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1200).map(|number| (number % 251) as u8).collect();
    let folder = temporary.path().join("archive");
    ArchiveBuilder::new("small")
        .file("case", "report", &bytes)
        .build(&folder)
        .unwrap();
    let platform = Platform::misbehaving(&folder, |seen| match seen.side {
        Side::Store => Interference::OtherRange,
        Side::Api => Interference::Pass,
    });
    let (headers, arrived, _) = file(&Visitor::new(&platform)).await;
    assert_eq!(headers["content-range"], "bytes 1004-1199/1200");
    assert_eq!(arrived, bytes[1004..]);
}

#[tokio::test]
async fn headers_are_added_to_success() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = wired(&temporary, Side::Store, || {
        Interference::Header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==".to_owned())
    });
    let (headers, ..) = file(&Visitor::new(&platform)).await;
    assert_eq!(headers["content-md5"], "AAAAAAAAAAAAAAAAAAAAAA==");
}

#[tokio::test]
async fn json_is_compressed_whole_or_not() {
    for (broken, compressed) in [
        (false, (|| Interference::Gzip) as fn() -> Interference),
        (true, || Interference::BrokenGzip),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let platform = wired(&temporary, Side::Api, compressed);
        let answer = Visitor::new(&platform).get("archives/").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<serde_json::Value>().await.is_err(), broken);
    }
}

#[tokio::test]
async fn pages_are_as_short_as_they_shall_be() {
    let temporary = tempfile::tempdir().unwrap();
    let chaos = Chaos::new(1, 0, &[]).with_pages_of(1);
    let platform = Platform::misbehaving(&archive(&temporary), move |seen| chaos.interfere(seen));
    let page = Visitor::new(&platform)
        .json("archives/items/?limit=1000&offset=1")
        .await;
    assert_eq!(page["count"], 2);
    assert_eq!(page["results"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_null() && !page["previous"].is_null());
}

fn seen(number: usize, side: Side, path: &str) -> Seen {
    Seen {
        number,
        side,
        method: "GET".to_owned(),
        host: "localhost".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: reqwest::header::HeaderMap::new(),
    }
}

#[test]
fn chance_is_the_same_for_the_same_seed_and_never_more_than_so_many_times_in_a_row() {
    let faults = |seed: u64, per_mille| {
        let chaos = Chaos::new(seed, per_mille, &Fault::ALL).at_most_in_a_row(2);
        let faults: Vec<String> = (0..400)
            .map(|number| format!("{:?}", chaos.interfere(&seen(number, Side::Store, "/a"))))
            .collect();
        let happened = faults.iter().filter(|fault| *fault != "Pass").count();
        assert_eq!(chaos.faults_so_far(), happened as u64);
        (faults, happened)
    };
    assert_eq!(faults(7, 250), faults(7, 250));
    assert_ne!(faults(7, 250), faults(8, 250));
    assert!(
        (30..110).contains(&faults(7, 250).1),
        "{}",
        faults(7, 250).1
    );
    let always = faults(7, 1000).0;
    let most_in_a_row = always.split(|fault| fault == "Pass").map(<[_]>::len).max();
    assert_eq!(most_in_a_row, Some(2));
    assert_eq!(faults(7, 0).1, 0);
}

#[test]
fn every_fault_applies_to_something() {
    let places = [
        (Side::Store, "/bucket/a.mha"),
        (Side::Api, "/media/a.mha"),
        (Side::Api, "/api/v1/archives/items/"),
    ];
    for fault in Fault::ALL {
        let chaos = Chaos::new(1, 1000, &[fault]);
        for (number, (side, path)) in places.into_iter().enumerate() {
            let _ = chaos.interfere(&seen(number, side, path));
        }
        assert!(chaos.faults_so_far() > 0, "{fault:?}");
    }
}

#[test]
fn a_store_changes_from_a_moment_on() {
    let chaos = Chaos::new(1, 0, &[]).changing_at(5);
    let of = |number, side| format!("{:?}", chaos.interfere(&seen(number, side, "/a")));
    assert_eq!(of(4, Side::Store), "Pass");
    assert_eq!(of(5, Side::Store), "Version");
    assert_eq!(of(6, Side::Api), "Pass");
}
