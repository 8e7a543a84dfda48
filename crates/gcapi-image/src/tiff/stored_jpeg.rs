//! A tile as the file has it, made a JPEG stream that other programs read.
//!
//! Format: ITU-T T.81 (JPEG), TIFF Technical Note 2. A tile is an abbreviated stream: its tables are
//! common to all, and its colours are said by TIFF and not by markers. Here the tables come in front, the
//! colours into an Adobe marker, and what might contradict them (JFIF, EXIF with its rotations, ICC) is
//! left out. What follows the headers stays as it is, byte by byte.

/// What TIFF says the samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    Grey,
    Rgb,
    YCbCr,
}

impl Colours {
    /// From the tag PhotometricInterpretation; `None` for what JPEG has no word for.
    pub(crate) fn of(photometric: u16, channels: u32) -> Option<Self> {
        match (photometric, channels) {
            (1, 1) => Some(Self::Grey),
            (2, 3) => Some(Self::Rgb),
            (6, 3) => Some(Self::YCbCr),
            _ => None,
        }
    }

    fn components(self) -> u8 {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::YCbCr => 3,
        }
    }

    /// The Adobe marker: version 100, no flags, and the transform.
    fn marker(self) -> Option<[u8; 16]> {
        let transform = match self {
            Self::Grey => return None,
            Self::Rgb => 0,
            Self::YCbCr => 1,
        };
        let mut marker = *b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00";
        if let Some(last) = marker.last_mut() {
            *last = transform;
        }
        Some(marker)
    }
}

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const HUFFMAN_TABLES: u8 = 0xc4;
const QUANTIZATION_TABLES: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;

/// A complete stream of a tile of this width and height; `None` where decoders other than ours may not
/// read it, or not in these colours.
pub(crate) fn complete(
    tables: &[u8],
    tile: &[u8],
    colours: Colours,
    size: (u64, u64),
) -> Option<Vec<u8>> {
    let (common, _) = match tables {
        [] => (Vec::new(), tables),
        _ => headers(tables)?,
    };
    let (own, scan) = headers(tile)?;
    if !scan.starts_with(&[0xff, START_OF_SCAN]) || !scan.ends_with(&[0xff, END_OF_IMAGE]) {
        return None;
    }
    let mut stream = vec![0xff, START_OF_IMAGE];
    stream.extend(colours.marker().iter().flatten());
    let (mut frames, mut has_huffman, mut has_quantization) = (0, false, false);
    for header in common.into_iter().chain(own) {
        match header.marker {
            // Baseline, extended and progressive, with Huffman coding.
            0xc0..=0xc2 if has_shape(header.bytes, colours, size) => frames += 1,
            HUFFMAN_TABLES => has_huffman = true,
            QUANTIZATION_TABLES => has_quantization = true,
            RESTART_INTERVAL => {}
            // Applications and comments.
            0xe0..=0xef | 0xfe => continue,
            _ => return None,
        }
        stream.extend(header.bytes);
    }
    if frames != 1 || !has_huffman || !has_quantization {
        return None;
    }
    stream.extend(scan);
    Some(stream)
}

/// A header with its marker and its length.
struct Header<'a> {
    marker: u8,
    bytes: &'a [u8],
}

/// The headers of a stream, and what follows them from the next marker on.
fn headers(stream: &[u8]) -> Option<(Vec<Header<'_>>, &[u8])> {
    let mut rest = stream.strip_prefix(&[0xff, START_OF_IMAGE])?;
    let mut headers = Vec::new();
    loop {
        // Any number of these may stand before a marker.
        while rest.starts_with(&[0xff, 0xff]) {
            rest = rest.get(1..)?;
        }
        let [0xff, marker, following @ ..] = rest else {
            return None;
        };
        match *marker {
            START_OF_SCAN | END_OF_IMAGE => return Some((headers, rest)),
            // These have no length, and no place here.
            0x00..=0x01 | 0xd0..=START_OF_IMAGE => return None,
            marker => {
                let length = usize::from(u16::from_be_bytes(*following.first_chunk()?));
                if length < 2 {
                    return None;
                }
                let (bytes, after) = rest.split_at_checked(2 + length)?;
                headers.push(Header { marker, bytes });
                rest = after;
            }
        }
    }
}

/// Whether a frame header says 8 bits, this size, and as many components as the colours have.
fn has_shape(frame: &[u8], colours: Colours, size: (u64, u64)) -> bool {
    let Some([precision, y1, y0, x1, x0, components]) =
        frame.get(4..).and_then(<[u8]>::first_chunk)
    else {
        return false;
    };
    let found = [[*x1, *x0], [*y1, *y0]].map(|bytes| u64::from(u16::from_be_bytes(bytes)));
    *precision == 8 && *components == colours.components() && found == [size.0, size.1]
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::*;

    /// A tile of 16 by 8 pixels, and where its scan begins.
    fn tile() -> (Vec<u8>, usize) {
        let pixels: Vec<u8> = (0..16 * 8 * 3).map(|value| value as u8).collect();
        let mut tile = Vec::new();
        Encoder::new(&mut tile, 90)
            .encode(&pixels, 16, 8, ColorType::Rgb)
            .unwrap();
        let scan = headers(&tile).unwrap().1;
        let start = tile.len() - scan.len();
        (tile, start)
    }

    /// The same with its tables apart.
    fn abbreviated() -> (Vec<u8>, Vec<u8>) {
        let (tile, scan) = tile();
        let (mut tables, mut rest) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
        for header in headers(&tile).unwrap().0 {
            match header.marker {
                HUFFMAN_TABLES | QUANTIZATION_TABLES => tables.extend(header.bytes),
                _ => rest.extend(header.bytes),
            }
        }
        tables.extend([0xff, 0xd9]);
        rest.extend(&tile[scan..]);
        (tables, rest)
    }

    fn markers(stream: &[u8]) -> Vec<u8> {
        let headers = headers(stream).unwrap().0;
        headers.iter().map(|header| header.marker).collect()
    }

    #[test]
    fn tables_come_in_front_and_the_scan_stays_as_it_is() {
        let (whole, scan) = tile();
        let (tables, tile) = abbreviated();
        let stream = complete(&tables, &tile, Colours::YCbCr, (16, 8)).unwrap();
        assert!(stream.ends_with(&whole[scan..]));
        let mut kept = markers(&stream);
        assert_eq!(kept.remove(0), 0xee);
        kept.retain(|marker| (0xe0..=0xef).contains(marker));
        assert_eq!(kept, [], "the file's own markers are left out");
        let decoded = |bytes: &[u8]| {
            let cursor = zune_jpeg::zune_core::bytestream::ZCursor::new(bytes.to_vec());
            zune_jpeg::JpegDecoder::new(cursor).decode().unwrap()
        };
        assert_eq!(decoded(&stream), decoded(&whole));
    }

    #[test]
    fn the_marker_says_what_the_colours_are() {
        let (tile, _) = tile();
        for (colours, transform) in [(Colours::Rgb, 0), (Colours::YCbCr, 1)] {
            let stream = complete(&[], &tile, colours, (16, 8)).unwrap();
            assert_eq!(stream[2..6], [0xff, 0xee, 0, 14]);
            assert_eq!(stream[17], transform);
        }
        assert_eq!(complete(&[], &tile, Colours::Grey, (16, 8)), None);
    }

    #[test]
    fn what_a_browser_may_not_read_is_not_given_out() {
        let (tables, tile) = abbreviated();
        let with = |from: &[u8], to: &[u8]| {
            let at = tile
                .windows(from.len())
                .position(|window| window == from)
                .unwrap();
            [&tile[..at], to, &tile[at + from.len()..]].concat()
        };
        for (why, tables, tile, size) in [
            ("no tables", &[][..], tile.clone(), (16, 8)),
            ("another size", &tables, tile.clone(), (16, 16)),
            ("lossless", &tables, with(b"\xff\xc0", b"\xff\xc3"), (16, 8)),
            ("12 bits", &tables, with(b"\x11\x08", b"\x11\x0c"), (16, 8)),
            ("no end", &tables, tile[..tile.len() - 1].to_vec(), (16, 8)),
            ("no stream", &tables, b"II*\0".to_vec(), (16, 8)),
        ] {
            assert_eq!(complete(tables, &tile, Colours::YCbCr, size), None, "{why}");
        }
        for length in 0..tile.len() {
            assert_eq!(
                complete(&tables, &tile[..length], Colours::YCbCr, (16, 8)),
                None
            );
        }
    }
}
