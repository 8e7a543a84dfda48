//! Each quirk of MetaImage files, and lies in them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{Samples, open as open_any, open_within};

const PLAIN: &str = "ObjectType = Image\nNDims = 3\nBinaryData = True\n\
    DimSize = 2 2 2\nElementType = MET_SHORT\n";

const VALUES: [i16; 8] = [0x0a0a, -2, 3, -4, 500, 6, 7, i16::MIN];

fn little() -> Vec<u8> {
    VALUES
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn image(&self, header: &str, data: &[u8]) -> Image {
        open_any(&self.file(header, data)).unwrap()
    }

    fn file(&self, header: &str, data: &[u8]) -> PathBuf {
        self.put("image.mha", [header.as_bytes(), data].concat())
    }

    fn refused(&self, header: &str, data: &[u8]) -> Problem {
        open_any(&self.file(header, data)).unwrap_err().problem
    }
}

fn local(more: &str) -> String {
    format!("{PLAIN}{more}ElementDataFile = LOCAL\n")
}

fn expect_values(image: &Image) {
    assert_eq!(image.samples().unwrap(), Samples::I16(VALUES.to_vec()));
    assert_eq!(image.slice(1).unwrap(), Samples::I16(VALUES[4..].to_vec()));
    image.check().unwrap();
}

#[test]
fn samples_that_start_with_line_feeds_are_all_there() {
    expect_values(&Folder::new().image(&local(""), &little()));
}

#[test]
fn lines_may_end_in_cr_lf_and_fields_have_no_blanks_or_many() {
    let header = "ObjectType=Image\r\nNDims :3\r\n  BinaryData\t=  True \r\n\
        DimSize = 2 2 2  \r\nElementType=MET_SHORT \r\nElementDataFile=LOCAL\r\n";
    expect_values(&Folder::new().image(header, &little()));
}

#[test]
fn numbers_may_go_on_in_the_next_line() {
    let header = "NDims = 3\nDimSize = 2 2\n2\nTransformMatrix = 0 1 0\n 1 0 0\n 0 0 1\n\
        ElementType = MET_SHORT\nElementDataFile = LOCAL\n";
    let folder = Folder::new();
    let image = folder.image(header, &little());
    assert_eq!(image.direction()[..4], [0.0, 1.0, 0.0, 1.0]);
    expect_values(&image);
}

#[test]
fn the_place_in_space_has_synonyms() {
    let folder = Folder::new();
    for origin in ["Offset", "Position", "Origin"] {
        for matrix in ["TransformMatrix", "Orientation", "Rotation"] {
            for spacing in ["ElementSpacing", "ElementSize"] {
                let fields = format!(
                    "{origin} = 1 2.5 -3e1\n{matrix} = 0 1 0 0 0 1 1 0 0\n{spacing} = 4 5 6\n"
                );
                let image = folder.image(&local(&fields), &little());
                assert_eq!(image.origin(), [1.0, 2.5, -30.0]);
                assert_eq!(image.spacing(), [4.0, 5.0, 6.0]);
                // The first row of the file is the direction of x: a column.
                let columns = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
                assert_eq!(image.direction(), columns);
            }
        }
    }
    let both = local("ElementSpacing = 1 2 3\nElementSize = 4 5 6\n");
    assert_eq!(folder.image(&both, &little()).spacing(), [1.0, 2.0, 3.0]);
    let none = folder.image(&local(""), &little());
    assert_eq!(none.spacing(), [1.0; 3]);
    assert_eq!(none.origin(), [0.0; 3]);
    assert_eq!(none.direction(), crate::header::identity(3));
}

#[test]
fn both_byte_orders_are_read() {
    let big: Vec<u8> = VALUES
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    for name in ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"] {
        let header = local(&format!("{name} = True\n"));
        expect_values(&Folder::new().image(&header, &big));
    }
}

#[test]
fn compressed_data_need_no_size_and_may_be_gzip() {
    let folder = Folder::new();
    let stream = zlib(&little());
    expect_values(&folder.image(&local("CompressedData = True\n"), &stream));
    let size = format!(
        "CompressedData = True\nCompressedDataSize = {}\n",
        stream.len()
    );
    expect_values(&folder.image(&local(&size), &stream));
    let crlf = local("CompressedData = True\n").replace('\n', "\r\n");
    expect_values(&folder.image(&crlf, &stream));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&little()).unwrap();
    expect_values(&folder.image(&local("CompressedData = True\n"), &gzip.finish().unwrap()));
}

#[test]
fn a_wrong_compressed_size_is_minded_by_the_check_only() {
    let header = local("CompressedData = True\nCompressedDataSize = 3\n");
    let folder = Folder::new();
    let image = folder.image(&header, &zlib(&little()));
    assert_eq!(image.samples().unwrap(), Samples::I16(VALUES.to_vec()));
    let problem = image.check().unwrap_err().problem;
    assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
}

#[test]
fn every_type_has_its_width() {
    let folder = Folder::new();
    for (name, element) in [
        ("MET_UCHAR", Element::U8),
        ("MET_CHAR", Element::I8),
        ("MET_USHORT", Element::U16),
        ("MET_SHORT", Element::I16),
        ("MET_UINT", Element::U32),
        ("MET_INT", Element::I32),
        ("MET_ULONG", Element::U32),
        ("MET_LONG", Element::I32),
        ("MET_ULONG_LONG", Element::U64),
        ("MET_LONG_LONG", Element::I64),
        ("MET_FLOAT", Element::F32),
        ("MET_DOUBLE", Element::F64),
    ] {
        let header = local("").replace("MET_SHORT", name);
        let data = vec![1; 8 * element.bytes() as usize];
        let image = folder.image(&header, &data);
        assert_eq!(image.element(), element);
        assert_eq!(image.samples().unwrap().as_bytes(), data);
        image.check().unwrap();
    }
    let other = folder.refused(&local("").replace("MET_SHORT", "MET_STRING"), &[]);
    assert!(matches!(other, Problem::Unsupported(_)), "{other}");
}

#[test]
fn channels_lie_beside_each_other() {
    let header = "NDims = 2\nDimSize = 2 1\nElementNumberOfChannels = 3\n\
        ElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
    let folder = Folder::new();
    let image = folder.image(header, &[1, 2, 3, 4, 5, 6]);
    assert_eq!((image.channels(), image.size()), (3, &[2, 1][..]));
    assert_eq!(
        image.samples().unwrap(),
        Samples::U8(vec![1, 2, 3, 4, 5, 6])
    );
    let pixel = image.region(0, 1, 0, 1, 1).unwrap();
    assert_eq!(pixel, Samples::U8(vec![4, 5, 6]));
}

#[test]
fn four_axes_have_slices_of_all_times() {
    let header = "NDims = 4\nDimSize = 2 1 2 2\nElementType = MET_SHORT\n\
        TransformMatrix = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nElementDataFile = LOCAL\n";
    let folder = Folder::new();
    let image = folder.image(header, &little());
    assert_eq!(image.slices(), 4);
    assert_eq!(image.slice(3).unwrap(), Samples::I16(VALUES[6..].to_vec()));
    assert!(image.slice(4).is_err());
}

#[test]
fn the_header_size_says_where_the_samples_start() {
    let folder = Folder::new();
    let data = [&[9; 5][..], &little()].concat();
    folder.put("a.raw", &data);
    for size in ["5", "-1"] {
        let header = format!("{PLAIN}HeaderSize = {size}\nElementDataFile = a.raw\n");
        expect_values(&open_any(&folder.put("a.mhd", header)).unwrap());
    }
    // In the same file as well, from its start.
    let header = local("HeaderSize = -1\n");
    expect_values(&folder.image(&header, &data));
}

#[test]
fn samples_may_be_text() {
    let folder = Folder::new();
    let header = local("").replace("BinaryData = True", "BinaryData = False");
    let text = b"2570 -2 3\n-4\t500 6.0 7\r\n-32768\n";
    expect_values(&folder.image(&header, text));
    let many = folder.image(&header, &[&text[..], b"9"].concat());
    let problem = many.check().unwrap_err().problem;
    assert!(matches!(problem, Problem::Excess { .. }), "{problem}");
    for wrong in [&b"1 2 3"[..], b"1 2 3 4 5 6 7 40000", b"1 2 3 4 5 6 7 x"] {
        let image = folder.image(&header, wrong);
        assert!(image.samples().is_err(), "{wrong:?}");
        assert!(image.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn slices_may_have_files_of_their_own() {
    let folder = Folder::new();
    let data = little();
    folder.put("s 01.raw", &data[..8]);
    folder.put("s 03.raw", &data[8..]);
    for list in [
        "LIST\ns 01.raw\ns 03.raw\n",
        "LIST 2\n s 01.raw \r\n\r\ns 03.raw",
        "LIST 2D\ns 01.raw\ns 03.raw\n",
        "s %02d.raw 1 3 2\n",
    ] {
        let path = folder.put("a.mhd", format!("{PLAIN}ElementDataFile = {list}"));
        expect_values(&open_any(&path).unwrap());
    }
    let path = folder.put(
        "a.mhd",
        format!("{PLAIN}ElementDataFile = s %02d.raw 1 1\n"),
    );
    let problem = open_any(&path).unwrap_err().problem;
    assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
}

#[test]
fn a_compressed_data_file_is_read() {
    let folder = Folder::new();
    folder.put("a.zraw", zlib(&little()));
    let header = format!("{PLAIN}CompressedData = True\nElementDataFile = a.zraw\n");
    expect_values(&open_any(&folder.put("a.mhd", header)).unwrap());
}

#[test]
fn data_files_are_in_the_folder_of_the_header() {
    let folder = Folder::new();
    let secret = folder.put("secret.raw", little());
    let inner = folder.0.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let mut names = vec!["../secret.raw".to_owned(), secret.display().to_string()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, inner.join("link.raw")).unwrap();
        std::os::unix::fs::symlink(folder.0.path(), inner.join("up")).unwrap();
        names.push("link.raw".to_owned());
        names.push("up/secret.raw".to_owned());
    }
    for name in names {
        for file in [name.clone(), format!("LIST 3\n{name}\n")] {
            let path = folder.put("inner/a.mhd", format!("{PLAIN}ElementDataFile = {file}"));
            let problem = open_any(&path).unwrap_err().problem;
            assert!(
                matches!(problem, Problem::OutsideFolder(_)),
                "{name}: {problem}"
            );
        }
    }
    let path = folder.put("a.mhd", format!("{PLAIN}ElementDataFile = nothing.raw\n"));
    let problem = open_any(&path).unwrap().samples().unwrap_err().problem;
    assert!(matches!(problem, Problem::Read(_)), "{problem}");
}

#[test]
fn data_that_are_too_short_or_too_long_are_found() {
    let folder = Folder::new();
    let data = little();
    let stream = zlib(&data);
    let compressed = local("CompressedData = True\n");
    for (header, short) in [
        (local(""), &data[..15]),
        (compressed.clone(), &stream[..stream.len() - 1]),
        (compressed.clone(), &stream[..4]),
        (compressed.clone(), &zlib(&data[..15])[..]),
    ] {
        let image = folder.image(&header, short);
        for problem in [
            image.samples().unwrap_err().problem,
            image.check().unwrap_err().problem,
        ] {
            assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
        }
    }
    for (header, long) in [
        (local(""), [&data[..], &[0]].concat()),
        (compressed.clone(), [&stream[..], b"\n"].concat()),
        (compressed.clone(), zlib(&[&data[..], &[0]].concat())),
    ] {
        let problem = folder.image(&header, &long).check().unwrap_err().problem;
        assert!(matches!(problem, Problem::Excess { .. }), "{problem}");
    }
    let mut wrong = stream;
    *wrong.last_mut().unwrap() ^= 1;
    let image = folder.image(&compressed, &wrong);
    assert!(matches!(
        image.samples().unwrap_err().problem,
        Problem::Malformed(_)
    ));
    assert!(image.check().is_err());
}

#[test]
fn a_bomb_stops_at_the_expected_size() {
    let bomb = zlib(&vec![0; 64 << 20]);
    let folder = Folder::new();
    let image = folder.image(&local("CompressedData = True\n"), &bomb);
    for problem in [
        image.samples().unwrap_err().problem,
        image.check().unwrap_err().problem,
    ] {
        assert!(
            matches!(problem, Problem::Excess { extra: 1, .. }),
            "{problem}"
        );
    }
}

#[test]
fn sizes_are_not_believed() {
    let folder = Folder::new();
    let size = |size: &str| local("").replace("DimSize = 2 2 2", &format!("DimSize = {size}"));
    for wrong in ["0 1 1", "1 1", "-1 2 3", "4294967296 4294967296 2", "a b c"] {
        let problem = folder.refused(&size(wrong), &[]);
        assert!(
            matches!(problem, Problem::Malformed(_)),
            "{wrong}: {problem}"
        );
    }
    let image = folder.image(&size("100000 100000 100"), &[0; 100]);
    let problem = image.samples().unwrap_err().problem;
    assert!(matches!(problem, Problem::TooLarge { .. }), "{problem}");
    let image = folder.image(&size("1000 1000 1000"), &[0; 100]);
    let problem = image.samples().unwrap_err().problem;
    assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
    // Nothing of a hundred bytes inflates to two gigabytes.
    let header = size("1000 1000 1000").replace("NDims", "CompressedData = True\nNDims");
    let problem = folder
        .image(&header, &[0; 100])
        .samples()
        .unwrap_err()
        .problem;
    assert!(matches!(problem, Problem::Truncated { .. }), "{problem}");
}

#[test]
fn headers_without_end_are_refused() {
    let folder = Folder::new();
    let limits = Limits {
        header_bytes: 1 << 20,
        ..Limits::default()
    };
    let path = folder.put("a.mha", "Comment = x\n".repeat(100_000));
    let problem = open_within(&path, &limits).unwrap_err().problem;
    assert!(matches!(problem, Problem::TooLarge { .. }), "{problem}");
    let path = folder.put("a.mha", "Comment = x\n");
    assert!(matches!(
        open_any(&path).unwrap_err().problem,
        Problem::Malformed(_)
    ));
    let long = format!("Comment = {}\n{}", "x".repeat(100_000), local(""));
    expect_values(&folder.image(&long, &little()));
}

#[test]
fn other_objects_are_refused() {
    let problem = Folder::new().refused(&local("ObjectType = Tube\n"), &little());
    assert!(matches!(problem, Problem::Unsupported(_)), "{problem}");
}

proptest! {
    /// Whatever the header says, there is an error or an image of the size it says.
    #[test]
    fn random_headers_are_read_or_refused(
        fields in prop::collection::vec((
            prop::sample::select(vec![
                "NDims", "DimSize", "ElementType", "ElementSpacing", "Offset", "TransformMatrix",
                "HeaderSize", "BinaryData", "CompressedData", "CompressedDataSize",
                "ElementNumberOfChannels", "BinaryDataByteOrderMSB", "ElementDataFile", "Junk",
            ]),
            prop_oneof![
                prop::sample::select(vec![
                    "True", "False", "LOCAL", "LIST", "LIST 2", "a%02d.raw 1 3", "MET_UCHAR",
                    "MET_DOUBLE", "2", "3", "-1", "1 1 1", "2 3 4", "nan 1 1", "1 0 0 0 1 0 0 0 1",
                    "99999999999 99999999999 9", "/dev/zero", "..",
                ]).prop_map(str::to_owned),
                "[ -~\r]{0,30}",
            ],
        ), 0..16),
        valid in any::<bool>(),
        data in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let start = if valid { "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n" } else { "" };
        let mut file = start.as_bytes().to_vec();
        for (key, value) in fields {
            file.extend_from_slice(format!("{key} = {value}\n").as_bytes());
        }
        if valid {
            file.extend_from_slice(b"ElementDataFile = LOCAL\n");
        }
        file.extend_from_slice(&data);
        let folder = Folder::new();
        if let Ok(image) = open_any(&folder.put("a.mha", file)) {
            let count = image.size().iter().product::<u64>() * u64::from(image.channels());
            let whole = image.samples();
            if let Ok(samples) = &whole {
                prop_assert_eq!(samples.len() as u64, count);
                prop_assert_eq!(samples.element(), image.element());
                let first = image.slice(0).unwrap();
                prop_assert!(samples.as_bytes().starts_with(first.as_bytes()));
            }
            if image.check().is_ok() {
                prop_assert!(whole.is_ok());
            }
        }
    }
}
