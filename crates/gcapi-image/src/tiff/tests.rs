//! Pyramids, stacks and lies. The types and compressions are tried against other readers in
//! `interoperability`.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tiff::encoder::{Compression, TiffEncoder, colortype::Gray8, colortype::RGB8};
use tiff::tags::Tag;

use crate::{Image, Level, Problem, Samples, open};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("image.tif");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn image(&self, bytes: &[u8]) -> Image {
        open(&self.put(bytes)).unwrap()
    }
}

/// Grey pages of these sizes, in strips of two rows; pixel `i` of page `p` is `i + 100 p`.
fn pages(sizes: &[(u32, u32)]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)
        .unwrap()
        .with_compression(Compression::Deflate(Default::default()));
    for (page, (width, height)) in sizes.iter().enumerate() {
        let data = values(page, *width, *height);
        let mut image = encoder.new_image::<Gray8>(*width, *height).unwrap();
        image.rows_per_strip(2).unwrap();
        image.write_data(&data).unwrap();
    }
    file.into_inner()
}

fn values(page: usize, width: u32, height: u32) -> Vec<u8> {
    (0..width * height)
        .map(|index| (index as usize + 100 * page) as u8)
        .collect()
}

#[test]
fn pages_of_one_size_are_a_volume() {
    let folder = Folder::new();
    let image = folder.image(&pages(&[(4, 3), (4, 3), (4, 3), (3, 2)]));
    assert_eq!(image.size(), [4, 3, 3]);
    assert_eq!(image.slice(2).unwrap(), Samples::U8(values(2, 4, 3)));
    let all = [values(0, 4, 3), values(1, 4, 3), values(2, 4, 3)].concat();
    assert_eq!(image.samples().unwrap(), Samples::U8(all));
    assert!(image.slice(3).is_err());
}

#[test]
fn smaller_pages_of_the_same_shape_are_levels() {
    let folder = Folder::new();
    // The last is a label.
    let image = folder.image(&pages(&[(16, 12), (4, 3), (8, 6), (8, 2)]));
    assert_eq!(image.size(), [16, 12]);
    let levels: Vec<(u64, u64)> = image
        .levels()
        .iter()
        .map(|Level { width, height }| (*width, *height))
        .collect();
    assert_eq!(levels, [(16, 12), (8, 6), (4, 3)]);
    let region = image.region(1, 1, 1, 2, 3).unwrap();
    assert_eq!(region, Samples::U8(vec![209, 210, 217, 218, 225, 226]));
    assert_eq!(
        image.check().unwrap().decoded_bytes,
        16 * 12 + 8 * 6 + 4 * 3
    );
    for (level, x, y, width, height) in [
        (3, 0, 0, 1, 1),
        (1, 0, 0, 9, 1),
        (1, 8, 0, 1, 1),
        (1, 0, 0, 0, 1),
        (1, u64::MAX, 0, 2, 1),
    ] {
        let problem = image
            .region(level, x, y, width, height)
            .unwrap_err()
            .problem;
        assert!(matches!(problem, Problem::NoSuchPart(_)), "{problem}");
    }
}

#[test]
fn colours_and_resolution_are_read() {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new_big(&mut file).unwrap();
    let mut image = encoder.new_image::<RGB8>(2, 1).unwrap();
    image.resolution(
        tiff::tags::ResolutionUnit::Centimeter,
        tiff::encoder::Rational { n: 40_000, d: 1 },
    );
    image.write_data(&[1, 2, 3, 4, 5, 6]).unwrap();
    let folder = Folder::new();
    let image = folder.image(&file.into_inner());
    assert_eq!((image.channels(), image.size()), (3, &[2, 1][..]));
    assert_eq!(image.spacing(), [0.00025, 0.00025]);
    assert_eq!(
        image.samples().unwrap(),
        Samples::U8(vec![1, 2, 3, 4, 5, 6])
    );
}

#[test]
fn directories_that_go_in_a_circle_end() {
    let folder = Folder::new();
    let mut file = pages(&[(4, 3), (4, 3)]);
    let first = file[4..8].to_vec();
    // The pointer to the next directory is behind the last entry of the second.
    let second = {
        let start = u32::from_le_bytes(first.clone().try_into().unwrap()) as usize;
        next(&file, start)
    };
    let place = end_of_directory(&file, second);
    file[place..place + 4].copy_from_slice(&first);
    let problem = open(&folder.put(&file)).unwrap_err().problem;
    assert!(matches!(problem, Problem::Malformed(_)), "{problem}");
}

fn end_of_directory(file: &[u8], start: usize) -> usize {
    let entries = u16::from_le_bytes([file[start], file[start + 1]]) as usize;
    start + 2 + entries * 12
}

fn next(file: &[u8], start: usize) -> usize {
    let end = end_of_directory(file, start);
    u32::from_le_bytes(file[end..end + 4].try_into().unwrap()) as usize
}

#[test]
fn strips_outside_of_the_file_are_found() {
    let folder = Folder::new();
    let file = pages(&[(4, 3)]);
    let start = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let offsets = (start + 2..end_of_directory(&file, start))
        .step_by(12)
        .find(|entry| {
            u16::from_le_bytes([file[*entry], file[entry + 1]]) == Tag::StripOffsets.to_u16()
        })
        .unwrap();
    let table = u32::from_le_bytes(file[offsets + 8..offsets + 12].try_into().unwrap()) as usize;
    let mut broken = file;
    broken[table + 4..table + 8].copy_from_slice(&0x00ff_ffff_u32.to_le_bytes());
    let image = folder.image(&broken);
    assert!(matches!(
        image.check().unwrap_err().problem,
        Problem::Malformed(_)
    ));
    assert!(image.samples().is_err());
    // What is whole can be read, before and after an error.
    assert_eq!(
        image.region(0, 0, 0, 2, 1).unwrap(),
        Samples::U8(vec![0, 1])
    );
}

#[test]
fn no_truncation_gives_a_picture() {
    let folder = Folder::new();
    let file = pages(&[(4, 3), (4, 3)]);
    let whole = folder.image(&file).samples().unwrap();
    for length in 0..file.len() {
        let found = open(&folder.put(&file[..length])).and_then(|image| {
            let checked = image.check();
            image.samples().and_then(|samples| checked.map(|_| samples))
        });
        if let Ok(samples) = found {
            assert_eq!(samples, whole, "{length}");
        }
    }
}
