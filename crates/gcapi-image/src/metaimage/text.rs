//! Samples written as decimal numbers, separated by white space (`BinaryData = False`).

use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};

use crate::error::{Error, Problem};
use crate::files::OpenFile;
use crate::header::Header;
use crate::image::Reader;
use crate::limits::Limits;
use crate::samples::{Element, Samples};
use crate::stream::{Coding, Part};

/// No number needs more digits.
const LONGEST: usize = 512;

/// Samples in text files.
#[derive(Debug)]
pub(crate) struct TextSamples {
    pub(crate) parts: Vec<Part>,
}

impl Reader for TextSamples {
    fn samples(&self, header: &Header, _limits: &Limits) -> Result<Samples, Error> {
        self.read(header, 0, header.count())
    }

    fn slice(&self, header: &Header, _limits: &Limits, index: u64) -> Result<Samples, Error> {
        let count = header.slice_count();
        self.read(header, index * count, count)
    }

    fn decodes_from_the_start(&self) -> bool {
        true
    }

    fn check(&self, header: &Header, _limits: &Limits) -> Result<u64, Error> {
        for part in &self.parts {
            check_part(part, header.element).map_err(|problem| problem.at(&part.path))?;
        }
        Ok(header.bytes())
    }
}

impl TextSamples {
    fn read(&self, header: &Header, mut skip: u64, count: u64) -> Result<Samples, Error> {
        let mut samples = Samples::zeros(header.element, 0).map_err(|problem| self.at(problem))?;
        for part in &self.parts {
            let there = part.bytes / header.element.bytes();
            if skip >= there {
                skip -= there;
                continue;
            }
            let wanted = (there - skip).min(count - samples.len() as u64);
            read_part(part, skip, wanted, &mut samples)
                .map_err(|problem| problem.at(&part.path))?;
            skip = 0;
        }
        Ok(samples)
    }

    fn at(&self, problem: Problem) -> Error {
        let path = self.parts.first().map(|part| part.path.to_path_buf());
        Error {
            path: path.unwrap_or_default(),
            problem,
        }
    }
}

fn read_part(part: &Part, skip: u64, count: u64, into: &mut Samples) -> Result<(), Problem> {
    let mut numbers = Numbers::open(part)?;
    for index in 0..skip.saturating_add(count) {
        let Some(number) = numbers.next()? else {
            let bytes = part.bytes.max(1) / count.max(1);
            return Err(Problem::Truncated {
                wanted: part.bytes,
                found: index * bytes,
            });
        };
        if index >= skip {
            push(into, number)?;
        }
    }
    Ok(())
}

fn check_part(part: &Part, element: Element) -> Result<(), Problem> {
    let mut numbers = Numbers::open(part)?;
    let (wanted, mut found) = (part.bytes, 0);
    while let Some(number) = numbers.next()? {
        push(&mut Samples::zeros(element, 0)?, number)?;
        found += element.bytes();
        if found > wanted {
            let extra = found - wanted;
            return Err(Problem::Excess { wanted, extra });
        }
    }
    if found < wanted {
        return Err(Problem::Truncated { wanted, found });
    }
    Ok(())
}

/// The words of a file.
struct Numbers {
    file: BufReader<OpenFile>,
    word: Vec<u8>,
}

impl Numbers {
    fn open(part: &Part) -> Result<Self, Problem> {
        let mut file = part.path.open()?;
        match part.coding {
            Coding::Raw(start) => file.seek(SeekFrom::Start(start))?,
            _ => return Err(Problem::unsupported("HeaderSize = -1 for samples as text")),
        };
        Ok(Self {
            file: BufReader::new(file),
            word: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<&str>, Problem> {
        self.word.clear();
        loop {
            let bytes = self.file.fill_buf()?;
            let ended = bytes.is_empty();
            let blanks = if self.word.is_empty() {
                bytes.iter().take_while(|b| b.is_ascii_whitespace()).count()
            } else {
                0
            };
            let word = bytes.get(blanks..).unwrap_or_default();
            let length = word.iter().take_while(|b| !b.is_ascii_whitespace()).count();
            self.word
                .extend_from_slice(word.get(..length).unwrap_or_default());
            let complete = length < word.len();
            self.file.consume(blanks + length);
            if self.word.len() > LONGEST {
                return Err(Problem::malformed("a number without end"));
            }
            if complete || ended {
                break;
            }
        }
        if self.word.is_empty() {
            return Ok(None);
        }
        std::str::from_utf8(&self.word)
            .map(Some)
            .map_err(|_| Problem::malformed("samples that are no text"))
    }
}

/// Appends a number that fits the type.
fn push(samples: &mut Samples, number: &str) -> Result<(), Problem> {
    fn add<T>(vector: &mut Vec<T>, value: Option<T>) -> Option<()> {
        vector.try_reserve(1).ok()?;
        vector.push(value?);
        Some(())
    }
    /// Integers may be written with a point; what is behind it does not count.
    fn integer<T: TryFrom<i128>>(number: &str) -> Option<T> {
        let value = number.parse::<i128>().ok().or_else(|| {
            let value = number.parse::<f64>().ok()?;
            value.is_finite().then_some(value as i128)
        });
        T::try_from(value?).ok()
    }
    match samples {
        Samples::U8(vector) => add(vector, integer(number)),
        Samples::I8(vector) => add(vector, integer(number)),
        Samples::U16(vector) => add(vector, integer(number)),
        Samples::I16(vector) => add(vector, integer(number)),
        Samples::U32(vector) => add(vector, integer(number)),
        Samples::I32(vector) => add(vector, integer(number)),
        Samples::U64(vector) => add(vector, integer(number)),
        Samples::I64(vector) => add(vector, integer(number)),
        Samples::F32(vector) => add(vector, number.parse().ok()),
        Samples::F64(vector) => add(vector, number.parse().ok()),
    }
    .ok_or_else(|| Problem::malformed(format!("a sample is {number:?}")))
}
