//! The bytes of an instance, inflated if they are deflated.

use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use dicom_dictionary_std::uids;
use dicom_object::FileMetaTable;
use flate2::bufread::DeflateDecoder;

use super::nesting;
use crate::error::Problem;
use crate::files::{FilePath, OpenFile};
use crate::limits::Limits;

/// Bytes before the magic ones.
pub(crate) const PREAMBLE: u64 = 128;

/// An instance, from its first byte on.
pub(crate) enum Source {
    Stored(BufReader<OpenFile>),
    /// As the same instance in explicit little-endian types would be stored.
    Inflated(Cursor<Vec<u8>>),
}

/// What is known of the bytes of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// There are so many.
    Whole(u64),
    /// There are more, which were not inflated.
    Beginning,
}

impl Extent {
    /// Fails if a value is longer than all there is.
    pub(crate) fn holds(self, wanted: u64) -> Result<(), Problem> {
        match self {
            Self::Whole(found) if wanted > found => Err(Problem::Truncated { wanted, found }),
            _ => Ok(()),
        }
    }
}

/// Opens an instance and makes sure that its meta group can be read. Of a deflated one, no more is
/// inflated than a header of the longest and so many bytes of pixels.
pub(crate) fn open(
    path: &FilePath,
    pixel_bytes: u64,
    limits: &Limits,
) -> Result<(Source, Extent), Problem> {
    let mut file = BufReader::new(path.open()?);
    let length = file.get_ref().length();
    nesting::meta_group_is_bearable(&mut file)?;
    file.seek(SeekFrom::Start(PREAMBLE))?;
    let deflated = FileMetaTable::from_reader(&mut file)
        .ok()
        .filter(|meta| meta.transfer_syntax() == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    let Some(meta) = deflated else {
        file.rewind()?;
        return Ok((Source::Stored(file), Extent::Whole(length)));
    };
    limits.samples(pixel_bytes)?;
    let most = limits.header_bytes.saturating_add(pixel_bytes);
    let (bytes, is_whole) = inflate(meta, file, most)?;
    let extent = if is_whole {
        Extent::Whole(bytes.len() as u64)
    } else {
        Extent::Beginning
    };
    Ok((Source::Inflated(Cursor::new(bytes)), extent))
}

/// Gives the instance, and whether it is all of it.
fn inflate(
    mut meta: FileMetaTable,
    deflated: impl io::BufRead,
    most: u64,
) -> Result<(Vec<u8>, bool), Problem> {
    meta.transfer_syntax = uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned();
    meta.update_information_group_length();
    let mut bytes = vec![0; PREAMBLE as usize];
    bytes.extend_from_slice(b"DICM");
    meta.write(&mut bytes)
        .map_err(|error| Problem::malformed(format!("its meta group: {error}")))?;
    let mut inflated = DeflateDecoder::new(deflated).take(most);
    let found = inflated
        .read_to_end(&mut bytes)
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Problem::malformed(format!("its deflated data: {error}"))
            }
            io::ErrorKind::UnexpectedEof => Problem::malformed("its deflated data end early"),
            _ => error.into(),
        })? as u64;
    Ok((bytes, found < most))
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(file) => file.read(into),
            Self::Inflated(bytes) => bytes.read(into),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Stored(file) => file.seek(to),
            Self::Inflated(bytes) => bytes.seek(to),
        }
    }
}
