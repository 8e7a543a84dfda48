//! Samples that lie in files one after the other, as they are or compressed: MetaImage and NIfTI.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

use crate::error::{Error, Problem};
use crate::files::{FilePath, OpenFile};
use crate::header::Header;
use crate::image::Reader;
use crate::limits::Limits;
use crate::samples::{ByteOrder, Samples};

/// Bytes read from a file at a time: enough for the decoder to run long without being called.
const CHUNK: usize = 256 << 10;

/// DEFLATE says at most 258 bytes in two bits.
const MOST_FROM_A_BYTE: u64 = 1032;

/// How bytes lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As they are, from this position.
    Raw(u64),
    /// As they are, to the end of the file.
    RawToTheEnd,
    /// A zlib or gzip stream from position `start`, the first `skip` bytes of which are something else.
    Deflate { start: u64, skip: u64 },
}

/// A file, or what of it holds samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) path: FilePath,
    pub(crate) coding: Coding,
    /// Bytes of samples.
    pub(crate) bytes: u64,
    /// Bytes the compressed stream is said to have.
    pub(crate) stored: Option<u64>,
}

/// The samples of an image, in one file or in several.
#[derive(Debug, Clone)]
pub(crate) struct StoredSamples {
    pub(crate) parts: Vec<Part>,
    pub(crate) order: ByteOrder,
}

impl Reader for StoredSamples {
    fn samples(&self, header: &Header, _limits: &Limits) -> Result<Samples, Error> {
        // Files that cannot hold so much are not given memory.
        for part in &self.parts {
            part.open(0)?;
        }
        let mut samples = self.zeros(header, header.count())?;
        let mut rest = samples.as_bytes_mut();
        for part in &self.parts {
            let (bytes, others) = rest.split_at_mut(rest.len().min(part.bytes as usize));
            let mut stream = part.open(0)?;
            stream.fill(bytes)?;
            stream.ends()?;
            rest = others;
        }
        self.order.to_native(&mut samples);
        Ok(samples)
    }

    fn slice(&self, header: &Header, _limits: &Limits, index: u64) -> Result<Samples, Error> {
        let mut samples = self.zeros(header, header.slice_count())?;
        let mut rest = samples.as_bytes_mut();
        let mut skip = index * header.slice_bytes();
        for part in &self.parts {
            if rest.is_empty() {
                break;
            }
            if skip >= part.bytes {
                skip -= part.bytes;
                continue;
            }
            let there = (part.bytes - skip).min(rest.len() as u64) as usize;
            let (bytes, others) = rest.split_at_mut(there);
            part.open(skip)?.fill(bytes)?;
            rest = others;
            skip = 0;
        }
        self.order.to_native(&mut samples);
        Ok(samples)
    }

    fn decodes_from_the_start(&self) -> bool {
        let is_compressed = |part: &Part| matches!(part.coding, Coding::Deflate { .. });
        self.parts.iter().any(is_compressed)
    }

    fn check(&self, _header: &Header, _limits: &Limits) -> Result<u64, Error> {
        let mut total = 0;
        for part in &self.parts {
            let mut stream = part.open(0)?;
            stream.skip(part.bytes)?;
            stream.ends()?;
            stream.nothing_follows()?;
            total += part.bytes;
        }
        Ok(total)
    }
}

impl StoredSamples {
    fn zeros(&self, header: &Header, count: u64) -> Result<Samples, Error> {
        Samples::zeros(header.element, count).map_err(|problem| {
            problem.at(self.parts.first().map_or(Path::new(""), |part| &*part.path))
        })
    }
}

impl Part {
    /// The stream of its samples, from a position in them.
    fn open(&self, from: u64) -> Result<Stream<'_>, Error> {
        self.stream(from).map_err(|problem| problem.at(&self.path))
    }

    fn stream(&self, from: u64) -> Result<Stream<'_>, Problem> {
        let mut file = self.path.open()?;
        let length = file.length();
        let truncated = |found| Problem::Truncated {
            wanted: self.bytes,
            found,
        };
        let start = match self.coding {
            Coding::Raw(start) => start,
            Coding::RawToTheEnd => length
                .checked_sub(self.bytes)
                .ok_or_else(|| truncated(length))?,
            Coding::Deflate { start, .. } => start,
        };
        let there = length.saturating_sub(start);
        if let Coding::Deflate { skip, .. } = self.coding {
            let possible = there.saturating_mul(MOST_FROM_A_BYTE);
            if possible < self.bytes.saturating_add(skip) {
                return Err(truncated(possible));
            }
            file.seek(SeekFrom::Start(start))?;
            let mut stream = Stream {
                part: self,
                source: inflating(file)?,
                found: 0,
                start,
                length,
            };
            stream.discard(skip)?;
            stream.discard(from)?;
            stream.found = from;
            return Ok(stream);
        }
        if there < self.bytes {
            return Err(truncated(there));
        }
        file.seek(SeekFrom::Start(start.saturating_add(from)))?;
        Ok(Stream {
            part: self,
            source: Source::Raw(file),
            found: from,
            start,
            length,
        })
    }
}

enum Source {
    Raw(OpenFile),
    Zlib(ZlibDecoder<BufReader<OpenFile>>),
    Gzip(MultiGzDecoder<BufReader<OpenFile>>),
}

fn inflating(file: OpenFile) -> io::Result<Source> {
    use io::BufRead as _;
    let mut buffered = BufReader::with_capacity(CHUNK, file);
    Ok(if buffered.fill_buf()?.starts_with(b"\x1f\x8b") {
        Source::Gzip(MultiGzDecoder::new(buffered))
    } else {
        Source::Zlib(ZlibDecoder::new(buffered))
    })
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Raw(file) => file.read(into),
            Self::Zlib(decoder) => decoder.read(into),
            Self::Gzip(decoder) => decoder.read(into),
        }
    }
}

/// Samples being read.
struct Stream<'a> {
    part: &'a Part,
    source: Source,
    /// Bytes of samples seen so far.
    found: u64,
    start: u64,
    length: u64,
}

impl Stream<'_> {
    /// Fills a buffer to its end.
    fn fill(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.read_exactly(into)
            .map_err(|problem| problem.at(&self.part.path))
    }

    /// Reads and forgets.
    fn skip(&mut self, bytes: u64) -> Result<(), Error> {
        self.discard(bytes)
            .map_err(|problem| problem.at(&self.part.path))
    }

    /// Makes sure that a compressed stream is at its end, and that its checksum is right.
    fn ends(&mut self) -> Result<(), Error> {
        if matches!(self.source, Source::Raw(_)) {
            return Ok(());
        }
        match self.read_some(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(extra) => Err(self.excess(extra as u64)),
            Err(problem) => Err(problem.at(&self.part.path)),
        }
    }

    /// Makes sure that the file ends where the samples do.
    fn nothing_follows(&mut self) -> Result<(), Error> {
        let stored = match &self.source {
            Source::Raw(_) => self.part.bytes,
            Source::Zlib(decoder) => decoder.total_in(),
            // Members are read until the file ends.
            Source::Gzip(_) => self.length.saturating_sub(self.start),
        };
        let extra = self
            .length
            .saturating_sub(self.start.saturating_add(stored));
        if extra > 0 {
            return Err(self.excess(extra));
        }
        match self.part.stored {
            Some(said) if said != stored => Err(Problem::malformed(format!(
                "the compressed data have {stored} bytes, the header says {said}"
            ))
            .at(&self.part.path)),
            _ => Ok(()),
        }
    }

    fn excess(&self, extra: u64) -> Error {
        Problem::Excess {
            wanted: self.part.bytes,
            extra,
        }
        .at(&self.part.path)
    }

    fn read_exactly(&mut self, mut into: &mut [u8]) -> Result<(), Problem> {
        while !into.is_empty() {
            let read = self.read_some(into)?;
            if read == 0 {
                return Err(self.truncated());
            }
            self.found += read as u64;
            into = into.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }

    fn discard(&mut self, mut bytes: u64) -> Result<(), Problem> {
        let mut buffer = vec![0; bytes.min(CHUNK as u64) as usize];
        while bytes > 0 {
            let now = bytes.min(buffer.len() as u64);
            self.read_exactly(buffer.get_mut(..now as usize).unwrap_or_default())?;
            bytes -= now;
        }
        Ok(())
    }

    fn read_some(&mut self, into: &mut [u8]) -> Result<usize, Problem> {
        loop {
            return match self.source.read(into) {
                Ok(read) => Ok(read),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::UnexpectedEof => Err(self.truncated()),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                        Err(Problem::malformed(format!("the compressed data: {error}")))
                    }
                    _ => Err(error.into()),
                },
            };
        }
    }

    fn truncated(&self) -> Problem {
        Problem::Truncated {
            wanted: self.part.bytes,
            found: self.found,
        }
    }
}
