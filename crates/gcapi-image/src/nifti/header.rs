//! The header, which has the same fields in both versions at other places and of other widths.

use std::io::{BufRead as _, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::Rescaled;
use super::geometry::{self, Place};
use crate::error::Problem;
use crate::files::FilePath;
use crate::header::{Format, Header};
use crate::limits::Limits;
use crate::samples::{ByteOrder, Element};
use crate::stream::{Coding, Part, StoredSamples};

/// Bytes of the longer one.
const LONGEST: u64 = 540;

/// Reads a header and finds the samples.
pub(super) fn read(path: &FilePath, limits: &Limits) -> Result<(Header, Rescaled), Problem> {
    let (bytes, is_compressed) = start(path)?;
    let fields = Fields::of(&bytes)?;
    let size = size(&fields)?;
    let (stored_element, channels) = element(fields.integer(Field::DataType)?)?;
    let mut stored = Header::new(Format::Nifti, stored_element, channels, size)?;
    stored.spacing = geometry::spacing(&fields, stored.size.len())?;
    if let Some(Place { origin, direction }) = geometry::place(&fields)? {
        geometry::put(&mut stored, origin, direction);
    }
    if let Some(place) = stored.origin.get_mut(3) {
        *place = geometry::time_offset(&fields)?;
    }
    let scale = (
        fields.number(Field::Slope)?,
        fields.number(Field::Intercept)?,
    );
    let is_scaled = scale.0 != 0.0 && scale != (1.0, 0.0) && channels == 1;
    let scale = Some(scale).filter(|_| is_scaled && scale.0.is_finite() && scale.1.is_finite());
    let mut header = stored.clone();
    if scale.is_some() {
        header.element = match stored_element.bytes() {
            1 | 2 => Element::F32,
            _ if stored_element == Element::F32 => Element::F32,
            _ => Element::F64,
        };
    }
    let offset = offset(&fields)?;
    let part = Part {
        path: path.clone(),
        coding: if is_compressed {
            Coding::Deflate {
                start: 0,
                skip: offset,
            }
        } else {
            Coding::Raw(offset)
        },
        bytes: stored.bytes(),
        stored: None,
    };
    limits.header(offset)?;
    let samples = Rescaled {
        stored: StoredSamples {
            parts: vec![part],
            order: fields.order,
        },
        header: stored,
        scale,
    };
    Ok((header, samples))
}

/// The bytes of the header, and whether the file is compressed.
fn start(path: &FilePath) -> Result<(Vec<u8>, bool), Problem> {
    let mut file = BufReader::new(path.open()?);
    let is_compressed = file.fill_buf()?.starts_with(b"\x1f\x8b");
    let mut bytes = Vec::new();
    if is_compressed {
        MultiGzDecoder::new(file)
            .take(LONGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| Problem::malformed(format!("the compressed data: {error}")))?;
    } else {
        file.take(LONGEST).read_to_end(&mut bytes)?;
    }
    Ok((bytes, is_compressed))
}

/// Samples along each axis.
fn size(fields: &Fields<'_>) -> Result<Vec<u64>, Problem> {
    let sizes = fields.integers::<8>(Field::Dimensions)?;
    let wrong = || Problem::malformed(format!("dimensions of {sizes:?}"));
    let (axes, sizes) = sizes.split_first().ok_or_else(wrong)?;
    let axes = usize::try_from(*axes)
        .ok()
        .filter(|axes| (1..=7).contains(axes))
        .ok_or_else(wrong)?;
    let mut size: Vec<u64> = sizes
        .iter()
        .take(axes)
        .map(|size| u64::try_from(*size).map_err(|_| wrong()))
        .collect::<Result<_, _>>()?;
    while size.len() < 2 || (size.len() > 4 && size.last() == Some(&1)) {
        if size.len() < 2 {
            size.push(1);
        } else {
            size.pop();
        }
    }
    Ok(size)
}

/// Type and channels of a data type.
fn element(data_type: i64) -> Result<(Element, u32), Problem> {
    Ok(match data_type {
        2 => (Element::U8, 1),
        4 => (Element::I16, 1),
        8 => (Element::I32, 1),
        16 => (Element::F32, 1),
        64 => (Element::F64, 1),
        128 => (Element::U8, 3),
        256 => (Element::I8, 1),
        512 => (Element::U16, 1),
        768 => (Element::U32, 1),
        1024 => (Element::I64, 1),
        1280 => (Element::U64, 1),
        2304 => (Element::U8, 4),
        other => return Err(Problem::unsupported(format!("NIfTI data type {other}"))),
    })
}

/// Where the samples start.
fn offset(fields: &Fields<'_>) -> Result<u64, Problem> {
    let offset = fields.number(Field::Offset)?;
    let least = if fields.is_second { 544 } else { 352 };
    if !(0.0..1e15).contains(&offset) || offset.fract() != 0.0 {
        return Err(Problem::malformed(format!("samples at byte {offset}")));
    }
    Ok((offset as u64).max(least))
}

/// A field by its name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Dimensions,
    DataType,
    Distances,
    Offset,
    Slope,
    Intercept,
    Units,
    /// Of the first sample in time.
    TimeOffset,
    QformCode,
    SformCode,
    /// The quaternion, then the offset.
    Qform,
    /// Three rows of four.
    Sform,
}

/// The type of the numbers of a field.
#[derive(Debug, Clone, Copy)]
enum Width {
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
}

impl Field {
    /// Where it starts, and what it consists of.
    fn layout(self, is_second: bool) -> (usize, Width) {
        if is_second {
            match self {
                Self::Dimensions => (16, Width::Long),
                Self::DataType => (12, Width::Short),
                Self::Distances => (104, Width::Double),
                Self::Offset => (168, Width::Long),
                Self::Slope => (176, Width::Double),
                Self::Intercept => (184, Width::Double),
                Self::Units => (500, Width::Int),
                Self::TimeOffset => (224, Width::Double),
                Self::QformCode => (344, Width::Int),
                Self::SformCode => (348, Width::Int),
                Self::Qform => (352, Width::Double),
                Self::Sform => (400, Width::Double),
            }
        } else {
            match self {
                Self::Dimensions => (40, Width::Short),
                Self::DataType => (70, Width::Short),
                Self::Distances => (76, Width::Float),
                Self::Offset => (108, Width::Float),
                Self::Slope => (112, Width::Float),
                Self::Intercept => (116, Width::Float),
                Self::Units => (123, Width::Byte),
                Self::TimeOffset => (136, Width::Float),
                Self::QformCode => (252, Width::Short),
                Self::SformCode => (254, Width::Short),
                Self::Qform => (256, Width::Float),
                Self::Sform => (280, Width::Float),
            }
        }
    }
}

/// The bytes of a header.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    pub(super) order: ByteOrder,
    pub(super) is_second: bool,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Problem> {
        let size = bytes.first_chunk::<4>().copied().unwrap_or_default();
        let (order, size) = match (u32::from_le_bytes(size), u32::from_be_bytes(size)) {
            (size @ (348 | 540), _) => (ByteOrder::Little, size),
            (_, size @ (348 | 540)) => (ByteOrder::Big, size),
            _ => return Err(Problem::malformed("it does not start with a NIfTI header")),
        };
        if bytes.len() < size as usize {
            return Err(Problem::Truncated {
                wanted: u64::from(size),
                found: bytes.len() as u64,
            });
        }
        let is_second = size == 540;
        let magic = if is_second { 4..7 } else { 344..347 };
        match bytes.get(magic) {
            Some(b"n+1" | b"n+2") => Ok(Self {
                bytes,
                order,
                is_second,
            }),
            Some(b"ni1" | b"ni2") => {
                Err(Problem::unsupported("a header without its samples (.hdr)"))
            }
            _ => Err(Problem::malformed(
                "it is no NIfTI header, though it has its size",
            )),
        }
    }

    pub(super) fn number(&self, field: Field) -> Result<f64, Problem> {
        self.numbers::<1>(field).map(|[number]| number)
    }

    pub(super) fn integer(&self, field: Field) -> Result<i64, Problem> {
        self.integers::<1>(field).map(|[number]| number)
    }

    pub(super) fn numbers<const N: usize>(&self, field: Field) -> Result<[f64; N], Problem> {
        self.each(field, |bits, width| match width {
            Width::Float => f64::from(f32::from_bits(bits as u32)),
            Width::Double => f64::from_bits(bits),
            _ => integer(bits, width) as f64,
        })
    }

    fn integers<const N: usize>(&self, field: Field) -> Result<[i64; N], Problem> {
        self.each(field, integer)
    }

    fn each<T: Copy + Default, const N: usize>(
        &self,
        field: Field,
        convert: impl Fn(u64, Width) -> T,
    ) -> Result<[T; N], Problem> {
        let (start, width) = field.layout(self.is_second);
        let size = match width {
            Width::Byte => 1,
            Width::Short => 2,
            Width::Int | Width::Float => 4,
            Width::Long | Width::Double => 8,
        };
        let bytes = self
            .bytes
            .get(start..start + N * size)
            .ok_or_else(|| Problem::malformed(format!("the header has no {field:?}")))?;
        let mut numbers = [T::default(); N];
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(size)) {
            let shifted = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
            let bits = match self.order {
                ByteOrder::Little => bytes.iter().rev().fold(0, shifted),
                ByteOrder::Big => bytes.iter().fold(0, shifted),
            };
            *number = convert(bits, width);
        }
        Ok(numbers)
    }
}

/// A number with its sign.
fn integer(bits: u64, width: Width) -> i64 {
    match width {
        Width::Byte => bits.cast_signed(),
        Width::Short => i64::from((bits as u16).cast_signed()),
        Width::Int | Width::Float => i64::from((bits as u32).cast_signed()),
        Width::Long | Width::Double => bits.cast_signed(),
    }
}
