//! The directories of a file: which pictures there are, and where.

use std::collections::HashSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use tiff::TiffError;
use tiff::decoder::Decoder;
use tiff::decoder::ifd::Value;
use tiff::tags::{IfdPointer, Tag};

use super::spacing;
use crate::error::Problem;
use crate::files::{FilePath, OpenFile};
use crate::limits::Limits;

/// What a directory says of its picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Directory {
    /// Where it is in the file.
    pub(crate) pointer: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) is_tiled: bool,
    /// Bit 0: reduced; bit 1: a page; bit 2: a mask.
    pub(crate) subfile_type: u64,
    /// Millimetres along x, y and z, where they are known.
    pub(crate) spacing: [Option<f64>; 3],
    /// Those below it.
    pub(crate) below: Vec<Self>,
}

/// Reads all directories of the chain and those directly below them.
pub(crate) fn read(path: &FilePath, limits: &Limits) -> Result<Vec<Directory>, Problem> {
    let mut walk = Walk {
        decoder: open(path, None, limits)?,
        seen: HashSet::new(),
        limits,
    };
    let mut next = walk.decoder.ifd_pointer();
    let mut chain = Vec::new();
    while let Some(pointer) = next {
        let (directory, following) = walk.directory(pointer, true)?;
        chain.push(directory);
        next = following;
    }
    Ok(chain)
}

/// A decoder of the picture of a directory, or of the first.
pub(crate) fn open(
    path: &FilePath,
    directory: Option<u64>,
    limits: &Limits,
) -> Result<Decoder<StartingAt>, Problem> {
    let file = StartingAt::open(path, directory)?;
    let header = usize::try_from(limits.header_bytes).unwrap_or(usize::MAX);
    let samples = usize::try_from(limits.sample_bytes).unwrap_or(usize::MAX);
    let mut bounds = tiff::decoder::Limits::default();
    // Tables are read as values of 32 bytes each; a strip that is not compressed may be as long as the
    // file.
    let longest = header
        .saturating_mul(8)
        .max(usize::try_from(path.length()?).unwrap_or(usize::MAX));
    bounds.decoding_buffer_size = longest.min(samples);
    bounds.ifd_value_size = header;
    bounds.intermediate_buffer_size = samples;
    Ok(Decoder::new(file).map_err(problem)?.with_limits(bounds))
}

struct Walk<'a> {
    decoder: Decoder<StartingAt>,
    seen: HashSet<u64>,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        pointer: IfdPointer,
        with_those_below: bool,
    ) -> Result<(Directory, Option<IfdPointer>), Problem> {
        if !self.seen.insert(pointer.0) {
            return Err(Problem::malformed("its directories go in a circle"));
        }
        self.limits.parts(self.seen.len() as u64)?;
        let entries = self.decoder.read_directory(pointer).map_err(problem)?;
        let mut tags = self.decoder.read_directory_tags(&entries);
        let mut number = |tag: Tag| tags.find_tag_unsigned::<u64>(tag).map_err(problem);
        let size = number(Tag::ImageWidth)?.zip(number(Tag::ImageLength)?);
        let Some((width, height)) = size else {
            return Err(Problem::malformed("a directory has no width and height"));
        };
        let subfile_type = number(Tag::NewSubfileType)?.unwrap_or(0);
        let is_tiled = number(Tag::TileWidth)?.is_some();
        let spacing = spacing::read(&mut tags);
        let below = match tags.find_tag(Tag::SubIfd) {
            Ok(Some(value)) if with_those_below => pointers(value),
            // A broken list of reduced copies is no reason not to show the picture.
            _ => Vec::new(),
        };
        let mut directory = Directory {
            pointer: pointer.0,
            width,
            height,
            is_tiled,
            subfile_type,
            spacing,
            below: Vec::new(),
        };
        for pointer in below {
            directory.below.push(self.directory(pointer, false)?.0);
        }
        Ok((directory, entries.next()))
    }
}

/// The places that a value names, whichever of the integer types it has.
fn pointers(value: Value) -> Vec<IfdPointer> {
    let pointers = match value {
        Value::Ifd(pointer) => vec![u64::from(pointer)],
        Value::IfdBig(pointer) => vec![pointer],
        Value::List(values) => {
            return values.into_iter().flat_map(pointers).collect();
        }
        number => number
            .into_u64()
            .map(|number| vec![number])
            .unwrap_or_default(),
    };
    pointers
        .into_iter()
        .filter(|pointer| *pointer != 0)
        .map(IfdPointer)
        .collect()
}

/// What a decoder says, as one of our problems.
pub(crate) fn problem(error: TiffError) -> Problem {
    match error {
        TiffError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Problem::malformed("it ends in the middle of a picture or a directory")
        }
        TiffError::IoError(error) if error.raw_os_error().is_some() => error.into(),
        TiffError::UnsupportedError(error) => Problem::unsupported(error.to_string()),
        TiffError::LimitsExceeded => {
            Problem::unsupported("a table or a tile is longer than the limits allow")
        }
        other => Problem::malformed(other.to_string()),
    }
}

/// A file whose header names another first directory than it does on disk, so that a decoder, which
/// follows the chain of directories only, begins with any of them.
#[derive(Debug)]
pub(crate) struct StartingAt {
    file: BufReader<OpenFile>,
    start: Vec<u8>,
    position: u64,
}

impl StartingAt {
    fn open(path: &FilePath, directory: Option<u64>) -> Result<Self, Problem> {
        let mut file = path.open()?;
        let mut start = Vec::new();
        file.by_ref().take(16).read_to_end(&mut start)?;
        if let Some(pointer) = directory {
            let big_endian = start.starts_with(b"MM");
            let is_big = start.get(2..4).is_some_and(|version| version.contains(&43));
            let bytes = if big_endian {
                pointer.to_be_bytes()
            } else {
                pointer.to_le_bytes()
            };
            let (at, bytes) = match (is_big, big_endian) {
                (true, _) => (8, &bytes[..]),
                (false, true) => (4, bytes.get(4..).unwrap_or_default()),
                (false, false) => (4, bytes.get(..4).unwrap_or_default()),
            };
            if let Some(place) = start.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        }
        file.seek(SeekFrom::Start(0))?;
        Ok(Self {
            file: BufReader::with_capacity(64 << 10, file),
            start,
            position: 0,
        })
    }
}

impl Read for StartingAt {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(self.position)
            .ok()
            .and_then(|position| self.start.get(position..))
            .unwrap_or_default();
        let read = if start.is_empty() {
            self.file.read(into)?
        } else {
            let length = start.len().min(into.len());
            if let Some((into, from)) = into.get_mut(..length).zip(start.get(..length)) {
                into.copy_from_slice(from);
            }
            self.file.seek_relative(length as i64)?;
            length
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for StartingAt {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A buffered reader keeps its buffer only if it is told how far, not where to go.
        if let SeekFrom::Start(position) = to
            && let Ok(distance) = i64::try_from(i128::from(position) - i128::from(self.position))
        {
            self.file.seek_relative(distance)?;
            self.position = position;
        } else {
            self.position = self.file.seek(to)?;
        }
        Ok(self.position)
    }
}
