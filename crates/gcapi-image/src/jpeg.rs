//! What a JPEG or JPEG-LS says of itself before it is decoded.
//!
//! Standards: ITU-T T.81 (JPEG), T.87 (JPEG-LS), T.871 (JFIF), and the marker of Adobe.

use crate::error::Problem;

/// The processes that there are, by the marker of their frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// Sequential or progressive, of Huffman codes.
    Lossy,
    Lossless,
    /// Arithmetic codes, or a hierarchy of frames.
    Other,
    JpegLs,
}

/// What is said of the colours of three channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Rgb,
    Ybr,
}

/// The header of a frame, and what the markers before it say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) process: Process,
    pub(crate) columns: u64,
    pub(crate) rows: u64,
    pub(crate) channels: u32,
    pub(crate) bits: u32,
    pub(crate) said: Said,
}

impl FrameHeader {
    /// Fails for processes that no decoder here knows.
    pub(crate) fn is_decoded(&self) -> Result<(), Problem> {
        match self.process {
            Process::Lossy if self.bits != 8 => Err(Problem::unsupported(format!(
                "lossy JPEG of {} bits",
                self.bits
            ))),
            Process::Other => Err(Problem::unsupported(
                "JPEG with arithmetic codes or in a hierarchy of frames",
            )),
            _ => Ok(()),
        }
    }
}

/// Reads the header of the first frame; `None` if there is none.
pub(crate) fn frame_header(bytes: &[u8]) -> Option<FrameHeader> {
    let mut position = 2;
    let mut adobe = None;
    let mut is_jfif = false;
    loop {
        // Any number of fill bytes may precede a marker.
        while bytes.get(position..position + 2)? == [0xff, 0xff] {
            position += 1;
        }
        let marker = number(bytes, position, 2)?;
        let length = number(bytes, position + 2, 2)? as usize;
        let segment = bytes.get(position + 4..position + 2 + length)?;
        let process = match marker {
            0xffc0..=0xffc2 => Some(Process::Lossy),
            0xffc3 => Some(Process::Lossless),
            0xfff7 => Some(Process::JpegLs),
            0xffc4 | 0xffc8 | 0xffcc => None,
            0xffc5..=0xffcf => Some(Process::Other),
            0xffda => return None,
            0xffe0 => {
                is_jfif |= segment.starts_with(b"JFIF\0");
                None
            }
            0xffee if segment.starts_with(b"Adobe") => {
                adobe = segment.get(11).copied();
                None
            }
            _ => None,
        };
        if let Some(process) = process {
            let identifiers: Vec<u8> = segment.get(6..)?.iter().step_by(3).copied().collect();
            let said = match adobe {
                // That nothing was transformed says of lossless frames only that they are as before.
                Some(0) | None if process != Process::Lossy => Said::Nothing,
                Some(0) => Said::Rgb,
                Some(_) => Said::Ybr,
                None if is_jfif || identifiers == [1, 2, 3] => Said::Ybr,
                None if identifiers == *b"RGB" => Said::Rgb,
                None => Said::Nothing,
            };
            return Some(FrameHeader {
                process,
                columns: number(segment, 3, 2)?,
                rows: number(segment, 1, 2)?,
                channels: u32::from(*segment.get(5)?),
                bits: u32::from(*segment.first()?),
                said,
            });
        }
        position += 2 + length;
    }
}

/// A number whose most significant byte is the first.
pub(crate) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}
