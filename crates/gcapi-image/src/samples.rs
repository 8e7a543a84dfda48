//! Samples and their types.

use bytemuck::{Pod, allocation::try_zeroed_vec, cast_slice, cast_slice_mut};

use crate::error::Problem;

/// The type of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// Floating point, 32 bits.
    F32,
    /// Floating point, 64 bits.
    F64,
}

impl Element {
    /// Bytes of a sample.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The name that Rust has for it, such as `i16`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::U16 => "u16",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::U64 => "u64",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// Samples in native byte order: channels innermost, then x, y, z and what follows.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// Unsigned, 8 bits.
    U8(Vec<u8>),
    /// Signed, 8 bits.
    I8(Vec<i8>),
    /// Unsigned, 16 bits.
    U16(Vec<u16>),
    /// Signed, 16 bits.
    I16(Vec<i16>),
    /// Unsigned, 32 bits.
    U32(Vec<u32>),
    /// Signed, 32 bits.
    I32(Vec<i32>),
    /// Unsigned, 64 bits.
    U64(Vec<u64>),
    /// Signed, 64 bits.
    I64(Vec<i64>),
    /// Floating point, 32 bits.
    F32(Vec<f32>),
    /// Floating point, 64 bits.
    F64(Vec<f64>),
}

/// Does the same with the vector of whichever type.
macro_rules! with_vector {
    ($samples:expr, $vector:ident => $does:expr) => {
        match $samples {
            Samples::U8($vector) => $does,
            Samples::I8($vector) => $does,
            Samples::U16($vector) => $does,
            Samples::I16($vector) => $does,
            Samples::U32($vector) => $does,
            Samples::I32($vector) => $does,
            Samples::U64($vector) => $does,
            Samples::I64($vector) => $does,
            Samples::F32($vector) => $does,
            Samples::F64($vector) => $does,
        }
    };
}

impl Samples {
    /// Zeros. Memory that the system does not have is an error, and pages are touched only when
    /// they are written.
    pub(crate) fn zeros(element: Element, count: u64) -> Result<Self, Problem> {
        fn vector<T: Pod>(count: u64) -> Result<Vec<T>, Problem> {
            let bytes = count.saturating_mul(size_of::<T>() as u64);
            usize::try_from(count)
                .ok()
                .filter(|_| bytes < isize::MAX as u64)
                .and_then(|count| try_zeroed_vec(count).ok())
                .ok_or(Problem::NoMemory(bytes))
        }
        Ok(match element {
            Element::U8 => Self::U8(vector(count)?),
            Element::I8 => Self::I8(vector(count)?),
            Element::U16 => Self::U16(vector(count)?),
            Element::I16 => Self::I16(vector(count)?),
            Element::U32 => Self::U32(vector(count)?),
            Element::I32 => Self::I32(vector(count)?),
            Element::U64 => Self::U64(vector(count)?),
            Element::I64 => Self::I64(vector(count)?),
            Element::F32 => Self::F32(vector(count)?),
            Element::F64 => Self::F64(vector(count)?),
        })
    }

    /// The type of each.
    #[must_use]
    pub const fn element(&self) -> Element {
        match self {
            Self::U8(_) => Element::U8,
            Self::I8(_) => Element::I8,
            Self::U16(_) => Element::U16,
            Self::I16(_) => Element::I16,
            Self::U32(_) => Element::U32,
            Self::I32(_) => Element::I32,
            Self::U64(_) => Element::U64,
            Self::I64(_) => Element::I64,
            Self::F32(_) => Element::F32,
            Self::F64(_) => Element::F64,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        with_vector!(self, vector => vector.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their bytes, in native order.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        with_vector!(self, vector => cast_slice(vector))
    }

    /// Their bytes, in native order, to be overwritten.
    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        with_vector!(self, vector => cast_slice_mut(vector))
    }

    /// Gives each to a function, as the nearest `f64`.
    pub fn for_each(&self, mut take: impl FnMut(f64)) {
        match self {
            Self::U8(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::I8(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::U16(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::I16(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::U32(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::I32(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::U64(vector) => vector.iter().for_each(|value| take(*value as f64)),
            Self::I64(vector) => vector.iter().for_each(|value| take(*value as f64)),
            Self::F32(vector) => vector.iter().for_each(|value| take(f64::from(*value))),
            Self::F64(vector) => vector.iter().for_each(|value| take(*value)),
        }
    }

    /// One of them, as the nearest `f64`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<f64> {
        match self {
            Self::U8(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::I8(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::U16(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::I16(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::U32(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::I32(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::U64(vector) => vector.get(index).map(|value| *value as f64),
            Self::I64(vector) => vector.get(index).map(|value| *value as f64),
            Self::F32(vector) => vector.get(index).map(|value| f64::from(*value)),
            Self::F64(vector) => vector.get(index).copied(),
        }
    }
}

/// The order of the bytes of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    /// Least significant first.
    Little,
    /// Most significant first.
    Big,
}

impl ByteOrder {
    const NATIVE: Self = if cfg!(target_endian = "big") {
        Self::Big
    } else {
        Self::Little
    };

    /// Turns numbers of this order into native ones, in place.
    pub(crate) fn to_native(self, samples: &mut Samples) {
        if self == Self::NATIVE {
            return;
        }
        match samples {
            Samples::U8(_) | Samples::I8(_) => {}
            Samples::U16(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::I16(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::U32(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::I32(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::U64(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::I64(vector) => vector.iter_mut().for_each(|n| *n = n.swap_bytes()),
            Samples::F32(vector) => {
                let bits: &mut [u32] = cast_slice_mut(vector);
                bits.iter_mut().for_each(|n| *n = n.swap_bytes());
            }
            Samples::F64(vector) => {
                let bits: &mut [u64] = cast_slice_mut(vector);
                bits.iter_mut().for_each(|n| *n = n.swap_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        for count in [u64::MAX, u64::MAX / 8, 1 << 62] {
            let samples = Samples::zeros(Element::F64, count);
            assert!(matches!(samples, Err(Problem::NoMemory(_))), "{count}");
        }
    }

    #[test]
    fn bytes_are_swapped_in_place() {
        let mut samples = Samples::F32(vec![f32::from_bits(0x0102_0304)]);
        let other = if ByteOrder::NATIVE == ByteOrder::Big {
            ByteOrder::Little
        } else {
            ByteOrder::Big
        };
        other.to_native(&mut samples);
        assert_eq!(samples, Samples::F32(vec![f32::from_bits(0x0403_0201)]));
        ByteOrder::NATIVE.to_native(&mut samples);
        assert_eq!(samples, Samples::F32(vec![f32::from_bits(0x0403_0201)]));
    }
}
