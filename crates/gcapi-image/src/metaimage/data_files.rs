//! Where the samples of a MetaImage are.

use std::path::{Component, Path};

use super::fields::{Fields, is_list};
use crate::error::{Error, Problem};
use crate::files::FilePath;
use crate::header::Header;
use crate::limits::Limits;
use crate::stream::{Coding, Part};

/// The files with the samples, and whether they are written as text.
pub(crate) fn find(
    path: &FilePath,
    fields: &Fields,
    header: &Header,
    limits: &Limits,
) -> Result<(Vec<Part>, bool), Error> {
    let at = |problem: Problem| problem.at(path);
    let value = fields.data_file();
    let text = fields.flag(&["BinaryData"]) == Some(false);
    let compressed = fields.flag(&["CompressedData"]) == Some(true);
    if text && compressed {
        return Err(at(Problem::unsupported("samples as compressed text")));
    }
    let local = value.eq_ignore_ascii_case("LOCAL");
    let coding = coding(fields, compressed, if local { fields.end } else { 0 }).map_err(at)?;
    let stored = match fields.numbers::<u64>(&["CompressedDataSize"], 1) {
        Ok(Some(size)) if compressed => size.first().copied().filter(|size| *size > 0),
        _ => None,
    };
    let part = |path: FilePath, bytes: u64, stored: Option<u64>| Part {
        path,
        coding,
        bytes,
        stored,
    };
    if local {
        return Ok((vec![part(path.clone(), header.bytes(), stored)], text));
    }
    let names = names(value, fields, header, limits).map_err(at)?;
    let bytes = header.bytes() / (names.len() as u64).max(1);
    // The size of the compressed data is said for one file only.
    let stored = stored.filter(|_| names.len() == 1);
    let parts = names
        .iter()
        .map(|name| Ok(part(beside(path, name)?, bytes, stored)))
        .collect::<Result<_, Problem>>()
        .map_err(at)?;
    Ok((parts, text))
}

/// How the samples lie in each of the files.
fn coding(fields: &Fields, compressed: bool, start: u64) -> Result<Coding, Problem> {
    let header_size = fields
        .numbers::<i64>(&["HeaderSize"], 1)?
        .and_then(|size| size.first().copied())
        .unwrap_or(0);
    // A size of zero or less (but -1) means that there is no other header.
    let start = u64::try_from(header_size)
        .ok()
        .filter(|size| *size > 0)
        .unwrap_or(start);
    Ok(match (compressed, header_size) {
        (true, -1) => {
            return Err(Problem::unsupported(
                "HeaderSize = -1 for compressed data, whose start it does not tell",
            ));
        }
        (true, _) => Coding::Deflate { start, skip: 0 },
        (false, -1) => Coding::RawToTheEnd,
        (false, _) => Coding::Raw(start),
    })
}

/// The names of the files.
fn names(
    value: &str,
    fields: &Fields,
    header: &Header,
    limits: &Limits,
) -> Result<Vec<String>, Problem> {
    let axes = header.size.len();
    // A file holds all but the last axis, or as many as are said after `LIST`.
    let files_of = |block: usize| header.size.iter().skip(block).product::<u64>();
    let (wanted, names) = if is_list(value) {
        let block = match value.split_ascii_whitespace().nth(1) {
            None => axes - 1,
            Some(number) => number
                .trim_end_matches(['D', 'd'])
                .parse()
                .ok()
                .filter(|block| (1..=axes).contains(block))
                .ok_or_else(|| Problem::malformed(format!("ElementDataFile is {value:?}")))?,
        };
        (files_of(block), fields.rest.clone())
    } else if value.contains('%') {
        (files_of(axes - 1), numbered(value, limits)?)
    } else if value.is_empty() {
        return Err(Problem::malformed("ElementDataFile is empty"));
    } else {
        (1, vec![value.to_owned()])
    };
    limits.parts(wanted)?;
    if (names.len() as u64) < wanted {
        let there = names.len();
        return Err(Problem::malformed(format!(
            "{wanted} data files are needed, {there} are named"
        )));
    }
    Ok(names.into_iter().take(wanted as usize).collect())
}

/// `name%03d.raw first last step`: the names from the first to the last number.
fn numbered(value: &str, limits: &Limits) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::malformed(format!("ElementDataFile is {value:?}"));
    let mut words: Vec<&str> = value.split_ascii_whitespace().collect();
    // A name may have blanks; the numbers after it have none.
    let mut numbers = Vec::new();
    while numbers.len() < 3 {
        let Some(number) = words.last().and_then(|word| word.parse::<u64>().ok()) else {
            break;
        };
        words.pop();
        numbers.insert(0, number);
    }
    let pattern = words.join(" ");
    let (first, last, step) = match numbers.as_slice() {
        [first, last] => (*first, *last, 1),
        [first, last, step] if *step > 0 => (*first, *last, *step),
        _ => return Err(wrong()),
    };
    let count = last.checked_sub(first).ok_or_else(wrong)? / step;
    limits.parts(count.saturating_add(1))?;
    let (before, rest) = pattern.split_once('%').ok_or_else(wrong)?;
    let letter = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .ok_or_else(wrong)?;
    let (width, rest) = rest.split_at(letter);
    let after = rest
        .strip_prefix(['d', 'i', 'u'])
        .filter(|after| !after.contains('%'))
        .ok_or_else(wrong)?;
    let zeros = width.starts_with('0');
    let width: usize = match width {
        "" => 0,
        width => width.parse().ok().filter(|n| *n < 32).ok_or_else(wrong)?,
    };
    Ok((0..=count)
        .map(|index| first + index * step)
        .map(|number| {
            if zeros {
                format!("{before}{number:0width$}{after}")
            } else {
                format!("{before}{number:width$}{after}")
            }
        })
        .collect())
}

/// A file in the folder of the header: not above it, not elsewhere, not through a link that leaves it.
fn beside(header: &FilePath, name: &str) -> Result<FilePath, Problem> {
    let outside = || Problem::OutsideFolder(name.to_owned());
    let relative = Path::new(name);
    let inside =
        |component: Component<'_>| matches!(component, Component::Normal(_) | Component::CurDir);
    if name.contains(['\\', '\0']) || !relative.components().all(inside) {
        return Err(outside());
    }
    // A file that is not there is found missing when it is read.
    header.beside(relative)?.ok_or_else(outside)
}
