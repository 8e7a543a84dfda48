//! What the contract of the API asks of every archive, held against this one.

use std::collections::HashSet;

use super::*;

fn sockets() -> Vec<Socket> {
    super::sockets::all()
}

fn items() -> Vec<Item> {
    super::items::all()
}

#[test]
fn relative_paths_obey_the_rules_of_the_platform() {
    let mut seen = HashSet::new();
    for socket in sockets() {
        let path = socket.relative_path;
        assert!(seen.insert(path.to_lowercase()), "{path} is there twice");
        assert!(
            path.len() <= 255 && !path.starts_with('/') && !path.ends_with('/'),
            "{path}"
        );
        assert!(
            !path.contains("..") && !path.eq_ignore_ascii_case("inputs.json"),
            "{path}"
        );
        match socket.super_kind {
            SuperKind::Image if socket.pk <= 2 => assert!(["", "images"].contains(&path)),
            SuperKind::Image => {
                assert!(path.starts_with("images/") && !path.contains('.'), "{path}")
            }
            SuperKind::File | SuperKind::Value => {
                assert!(!path.starts_with("images/"), "{path}");
                let suffix = match socket.kind {
                    "PDF file" => ".pdf",
                    "CSV file" => ".csv",
                    _ => ".json",
                };
                assert!(path.ends_with(suffix), "{path}");
            }
        }
    }
}

#[test]
fn every_value_fits_its_socket_and_is_there_once() {
    let sockets = sockets();
    for item in items() {
        let mut seen = HashSet::new();
        for value in &item.values {
            assert!(
                seen.insert(value.socket),
                "{} has {} twice",
                item.title,
                value.socket
            );
            let socket = sockets
                .iter()
                .find(|socket| socket.slug == value.socket)
                .expect(value.socket);
            let kind = match value.content {
                Content::Value(_) => SuperKind::Value,
                Content::File { .. } => SuperKind::File,
                Content::Image(_) => SuperKind::Image,
            };
            assert_eq!(socket.super_kind, kind, "{}", value.socket);
        }
    }
}

#[test]
fn every_socket_is_used() {
    let items = items();
    let used: HashSet<_> = items
        .iter()
        .flat_map(|item| &item.values)
        .map(|value| value.socket)
        .collect();
    for socket in sockets() {
        assert!(used.contains(socket.slug), "{}", socket.slug);
    }
}

#[test]
fn titles_are_unique_but_for_the_empty_one() {
    let items = items();
    let titles: HashSet<_> = items.iter().map(|item| item.title).collect();
    let keys: HashSet<_> = items.iter().map(|item| item.pk).collect();
    assert_eq!((titles.len(), keys.len()), (items.len(), items.len()));
    assert!(titles.contains(""));
    assert!(items.iter().any(|item| item.values.is_empty()));
}

#[test]
fn every_type_of_json_is_among_the_values() {
    let items = items();
    let texts: Vec<&str> = items
        .iter()
        .flat_map(|item| &item.values)
        .filter_map(|value| match value.content {
            Content::Value(text) => Some(text),
            _ => None,
        })
        .collect();
    for text in [
        "null",
        "true",
        "false",
        "0",
        "1.0",
        "0.10",
        "\"\"",
        "[]",
        "1180591620717411303424",
    ] {
        assert!(texts.contains(&text), "{text}");
    }
    for text in texts {
        serde_json::from_str::<&serde_json::value::RawValue>(text).expect(text);
    }
}

#[test]
fn equal_primary_keys_mean_equal_values() {
    let items = items();
    let values: Vec<_> = items.iter().flat_map(|item| &item.values).collect();
    let mut shared = 0;
    for (index, value) in values.iter().enumerate() {
        for other in &values[index + 1..] {
            if value.pk == other.pk {
                assert_eq!(value, other);
                shared += 1;
            }
        }
    }
    assert_eq!(shared, 1);
}

#[test]
fn odd_json_files_are_json() {
    for text in [files::RAW_FINDINGS, files::PROTOCOL, files::CONTOUR] {
        serde_json::from_str::<&serde_json::value::RawValue>(text.trim()).expect(text);
    }
}

/// The label of the voxel nearest to a point of a volume with the axes of the body.
fn label_at(volume: &crate::Volume, point: [f64; 3]) -> u8 {
    let geometry = &volume.geometry;
    let index = |axis: usize| {
        ((point[axis] - geometry.origin_mm[axis]) / geometry.spacing_mm[axis]).round() as usize
    };
    let [_, height, width] = geometry.shape;
    volume.bytes[(index(2) * height + index(1)) * width + index(0)]
}

#[test]
fn annotations_lie_where_the_tumours_are() {
    let description = Description::new();
    let volume = |key| match &description.image(key).unwrap().source {
        Source::SingleFiles(volumes) => volumes[0].clone(),
        _ => panic!("not a volume"),
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let point = |value: &serde_json::Value| [0, 1, 2].map(|axis| value[axis].as_f64().unwrap());

    let contour = json(files::CONTOUR);
    let points: Vec<_> = contour["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| point(&p["point"]))
        .collect();
    let middle = [0, 1, 2].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / 4.0);
    let liver = volume(ImageKey::LiverOrgans);
    assert_eq!(label_at(&liver, middle), 6);
    for edge in points {
        // A little further in is tumour, well further out is not.
        let along =
            |part: f64| [0, 1, 2].map(|axis| middle[axis] + part * (edge[axis] - middle[axis]));
        assert_eq!(label_at(&liver, along(0.8)), 6);
        assert_ne!(label_at(&liver, along(1.4)), 6);
    }

    let position = items()
        .iter()
        .flat_map(|item| item.values.clone())
        .find_map(|value| {
            let Content::Value(text) = value.content else {
                return None;
            };
            (value.socket == "lesion-position").then(|| point(&json(text)["point"]))
        });
    assert_eq!(
        label_at(&volume(ImageKey::NoduleOrgans), position.unwrap()),
        6
    );
}
