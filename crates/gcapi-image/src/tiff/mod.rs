//! TIFF and BigTIFF: slides as pyramids of tiles, and stacks of pages.
//!
//! Formats: TIFF 6.0, BigTIFF, and the compressions LZW, deflate, PackBits and JPEG, whose colours
//! are converted to RGB. Tiles that a file leaves out are zero. Where zero is white, samples are turned
//! round, so that it is black.
//!
//! Which of the pictures of a file make the image:
//!
//! - The first is the largest level. Pictures of its size and type that are not marked as reduced make a
//!   volume together with it.
//! - Pictures of its shape and type, but smaller, are levels; be they in the chain of directories or
//!   below the first one (SubIFDs). Those of a tiled picture are tiled as well: the thumbnail of a slide
//!   is none of them.
//! - All others (labels, overviews, masks) are not read.

mod directories;
mod page;
mod spacing;
mod stored_jpeg;

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Problem};
use crate::files::FilePath;
use crate::guard::guarded;
use crate::header::{Format, Header, Level};
use crate::image::{Image, Reader, Region};
use crate::limits::Limits;
use crate::samples::Samples;
use directories::Directory;
use page::{Layout, Page};

const DECODER: &str = "TIFF";

/// Pictures that stay open: as many as a pyramid has, not as many as a long stack has.
const KEPT_OPEN: usize = 32;

/// Opens the pictures that make an image.
pub(crate) fn open(path: &FilePath, limits: &Limits) -> Result<Image, Error> {
    guarded(DECODER, || pictures(path, limits))
        .map(|(header, pictures)| Image::new(path, limits, header, pictures))
        .map_err(|problem| problem.at(path))
}

fn pictures(path: &FilePath, limits: &Limits) -> Result<(Header, Pictures), Problem> {
    let chain = directories::read(path, limits)?;
    let first = chain
        .first()
        .ok_or_else(|| Problem::malformed("there is no picture in it"))?;
    let page = Page::open(path, first.pointer, limits)?;
    let layout = page.layout;
    let same_type = |directory: &&Directory| {
        Page::open(path, directory.pointer, limits).is_ok_and(|page| page.layout == layout)
    };
    let slices: Vec<&Directory> = chain
        .iter()
        .filter(|other| {
            other.pointer == first.pointer || (is_full(other) && has_size_of(first, other))
        })
        .filter(|other| other.pointer == first.pointer || same_type(other))
        .collect();
    let mut reduced: Vec<&Directory> = chain
        .iter()
        .skip(1)
        .chain(&first.below)
        .filter(|other| is_reduced_copy(first, other))
        .filter(same_type)
        .collect();
    reduced.sort_by_key(|level| std::cmp::Reverse(level.width));
    reduced.dedup_by_key(|level| (level.width, level.height));
    let mut header = header(first, slices.len() as u64, &reduced, layout)?;
    header.tile = page.tile_size();
    let place = |directory: &&Directory| Place {
        pointer: directory.pointer,
        page: Mutex::new(None),
    };
    let pictures = Pictures {
        path: path.clone(),
        slices: slices.iter().map(place).collect(),
        reduced: reduced.iter().map(place).collect(),
    };
    if let Some(first) = pictures.slices.first() {
        *first.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
    }
    Ok((header, pictures))
}

fn header(
    first: &Directory,
    slices: u64,
    reduced: &[&Directory],
    layout: Layout,
) -> Result<Header, Problem> {
    let mut size = vec![first.width, first.height];
    if slices > 1 {
        size.push(slices);
    }
    let mut header = Header::new(Format::Tiff, layout.element, layout.channels, size)?;
    for (spacing, known) in header.spacing.iter_mut().zip(first.spacing) {
        if let Some(known) = known {
            *spacing = known;
        }
    }
    header.levels.extend(reduced.iter().map(|directory| Level {
        width: directory.width,
        height: directory.height,
    }));
    Ok(header)
}

/// Whether a picture is neither a reduced copy nor a mask of another.
fn is_full(directory: &Directory) -> bool {
    directory.subfile_type & 0b101 == 0
}

fn has_size_of(one: &Directory, other: &Directory) -> bool {
    (one.width, one.height) == (other.width, other.height)
}

/// Whether a picture shows the same as the first, only smaller.
fn is_reduced_copy(first: &Directory, other: &Directory) -> bool {
    let is_smaller = other.width < first.width && other.height <= first.height;
    let is_mask = other.subfile_type & 0b100 != 0;
    if !is_smaller || is_mask || other.width == 0 || other.height == 0 {
        return false;
    }
    // Sizes are rounded, or filled up to whole tiles: some pixels more or less, or some per cent.
    let scale = first.width as f64 / other.width as f64;
    let height = first.height as f64 / scale;
    let difference = (height - other.height as f64).abs();
    (other.is_tiled || !first.is_tiled) && difference <= (height * 0.02).max(2.0)
}

/// A picture that is opened when it is first read.
struct Place {
    pointer: u64,
    page: Mutex<Option<Page>>,
}

struct Pictures {
    path: FilePath,
    /// At least one.
    slices: Vec<Place>,
    reduced: Vec<Place>,
}

impl Reader for Pictures {
    fn samples(&self, header: &Header, limits: &Limits) -> Result<Samples, Error> {
        let mut samples =
            Samples::zeros(header.element, header.count()).map_err(|problem| self.at(problem))?;
        let slice = header.slice_bytes() as usize;
        let places = samples.as_bytes_mut().chunks_exact_mut(slice);
        for (place, into) in self.slices.iter().zip(places) {
            self.with(Some(place), limits, |page| {
                page.read_into(whole(header), into, limits)
            })?;
        }
        Ok(samples)
    }

    fn slice(&self, header: &Header, limits: &Limits, index: u64) -> Result<Samples, Error> {
        let place = usize::try_from(index)
            .ok()
            .and_then(|index| self.slices.get(index));
        self.with(place, limits, |page| page.read(whole(header), limits))
    }

    fn region(
        &self,
        _header: &Header,
        limits: &Limits,
        level: usize,
        region: Region,
    ) -> Result<Samples, Error> {
        self.with(self.level(level), limits, |page| page.read(region, limits))
    }

    fn jpeg(
        &self,
        limits: &Limits,
        level: usize,
        region: Region,
    ) -> Result<Option<Vec<u8>>, Error> {
        self.with(self.level(level), limits, |page| page.jpeg(region, limits))
    }

    fn check(&self, _header: &Header, limits: &Limits) -> Result<u64, Error> {
        self.slices
            .iter()
            .chain(&self.reduced)
            .map(|place| self.with(Some(place), limits, |page| page.check(limits)))
            .sum()
    }
}

impl Pictures {
    fn level(&self, level: usize) -> Option<&Place> {
        match level.checked_sub(1) {
            None => self.slices.first(),
            Some(level) => self.reduced.get(level),
        }
    }

    /// Does something with a picture. After an error it is opened anew.
    fn with<T>(
        &self,
        place: Option<&Place>,
        limits: &Limits,
        work: impl FnOnce(&mut Page) -> Result<T, Problem>,
    ) -> Result<T, Error> {
        let place = place.ok_or_else(|| self.at(Problem::NoSuchPart("such picture".to_owned())))?;
        let mut open = place.page.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.take();
        guarded(DECODER, || {
            let mut page = match taken {
                Some(page) => page,
                None => Page::open(&self.path, place.pointer, limits)?,
            };
            let done = work(&mut page)?;
            Ok((page, done))
        })
        .map(|(page, done)| {
            if self.slices.len() + self.reduced.len() <= KEPT_OPEN {
                *open = Some(page);
            }
            done
        })
        .map_err(|problem| self.at(problem))
    }

    fn at(&self, problem: Problem) -> Error {
        problem.at(&self.path)
    }
}

fn whole(header: &Header) -> Region {
    Region {
        x: 0,
        y: 0,
        width: header.width(),
        height: header.height(),
    }
}

#[cfg(test)]
mod tests;
