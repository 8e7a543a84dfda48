//! From frames in space to a volume.

use std::path::PathBuf;

use super::attributes::{Frame, Instance};
use super::{ImageSet, Slice, pixels};
use crate::error::Problem;
use crate::files::FilePath;
use crate::header::{Format, Header};
use crate::limits::Limits;

/// Cosines of directions that count as the same.
const SAME_DIRECTION: f64 = 1e-3;

/// Share of the mean distance by which the distance of two slices may differ from it.
const UNEVEN: f64 = 0.1;

/// Puts the frames of all instances in their order.
pub(crate) fn assemble(
    mut instances: Vec<(FilePath, Instance)>,
    limits: &Limits,
) -> Result<(Header, ImageSet), Problem> {
    // Where there is no position, the number of an instance is the next best.
    instances.sort_by_key(|(_, instance)| instance.number);
    let Some((_, first)) = instances.first().cloned() else {
        return Err(Problem::malformed("there are no instances"));
    };
    first.stored.is_readable()?;
    for (path, instance) in &instances {
        if instance.stored != first.stored || !same_spacing(instance, &first) {
            return Err(Problem::malformed(format!(
                "{} has another size, spacing or type than others: it is not one volume",
                path.display()
            )));
        }
    }
    let mut slices: Vec<Slice> = instances
        .into_iter()
        .flat_map(|(file, instance)| {
            let count = instance.frames.len() as u64;
            (0..).zip(instance.frames).map(move |(index, frame)| Slice {
                file: file.clone(),
                index,
                count,
                frame,
            })
        })
        .collect();
    limits.parts(slices.len() as u64)?;
    let frames: Vec<Frame> = slices.iter().map(|slice| slice.frame.clone()).collect();
    let element = pixels::element(&first.stored, &frames);
    let size = vec![first.stored.columns, first.stored.rows, slices.len() as u64];
    let mut header = Header::new(Format::Dicom, element, first.stored.shown_channels(), size)?;
    header.is_inverted = first.stored.photometric == "MONOCHROME1";
    let [x, y] = first.pixel_spacing;
    header.spacing = vec![x, y, first.slice_spacing];
    let mut uneven = None;
    if let Some(place) = order(&mut slices)? {
        header.origin = place.origin.to_vec();
        header.direction = place.direction.to_vec();
        if let Some(step) = place.step {
            header.spacing = vec![x, y, step];
        }
        uneven = place.uneven;
    }
    let set = ImageSet {
        stored: first.stored,
        slices,
        uneven,
    };
    Ok((header, set))
}

fn same_spacing(one: &Instance, other: &Instance) -> bool {
    one.pixel_spacing
        .iter()
        .zip(other.pixel_spacing)
        .all(|(one, other)| (one - other).abs() <= 1e-4 * other)
}

struct Place {
    origin: [f64; 3],
    direction: [f64; 9],
    /// Mean distance of the slices.
    step: Option<f64>,
    uneven: Option<(PathBuf, String)>,
}

/// Sorts slices along their normal; `None` if they have no place in space.
fn order(slices: &mut [Slice]) -> Result<Option<Place>, Problem> {
    let Some(orientation) = slices.first().and_then(|slice| slice.frame.orientation) else {
        return Ok(None);
    };
    let [a, b, c, d, e, f] = orientation;
    let (row, column) = ([a, b, c], [d, e, f]);
    let normal = cross(row, column);
    if (dot(normal, normal) - 1.0).abs() > 0.01 {
        return Err(Problem::malformed(
            "the rows and columns are not at right angles",
        ));
    }
    for slice in slices.iter() {
        let other = slice.frame.orientation.unwrap_or(orientation);
        let differs = |(one, other): (f64, f64)| (one - other).abs() > SAME_DIRECTION;
        if orientation.into_iter().zip(other).any(differs) {
            return Err(Problem::unsupported(format!(
                "slices in several directions, such as that of {}",
                slice.file.display()
            )));
        }
    }
    let Some(positions) = slices
        .iter()
        .map(|slice| slice.frame.position)
        .collect::<Option<Vec<_>>>()
    else {
        return Ok(None);
    };
    if slices.len() > 1 && positions.windows(2).all(same_place) && is_one_file(slices) {
        // A film: its frames have one place and follow each other in time.
        return Ok(positions
            .first()
            .map(|origin| place(*origin, row, column, normal, None, None)));
    }
    let along = |slice: &Slice| {
        slice
            .frame
            .position
            .map_or(0.0, |position| dot(position, normal))
    };
    slices.sort_by(|one, other| along(one).total_cmp(&along(other)));
    let Some((first, last)) = slices.first().zip(slices.last()) else {
        return Ok(None);
    };
    let origin = first.frame.position.unwrap_or_default();
    let count = slices.len() - 1;
    let step = (along(last) - along(first)) / count.max(1) as f64;
    let mut uneven = None;
    for pair in slices.windows(2) {
        let [one, other] = pair else { continue };
        let distance = along(other) - along(one);
        if distance <= 1e-6 || distance < step * 1e-3 {
            return Err(Problem::unsupported(format!(
                "several frames at one place, such as that of {}",
                other.file.display()
            )));
        }
        if uneven.is_none() && (distance - step).abs() > step * UNEVEN {
            uneven = Some((
                other.file.to_path_buf(),
                format!(
                    "it is {distance} mm from the slice before it, where {step} mm are usual: is \
                     an instance missing?"
                ),
            ));
        }
    }
    let step = (count > 0).then_some(step);
    Ok(Some(place(origin, row, column, normal, step, uneven)))
}

fn place(
    origin: [f64; 3],
    [a, b, c]: [f64; 3],
    [d, e, f]: [f64; 3],
    [x, y, z]: [f64; 3],
    step: Option<f64>,
    uneven: Option<(PathBuf, String)>,
) -> Place {
    Place {
        origin,
        // Axes are columns.
        direction: [a, d, x, b, e, y, c, f, z],
        step,
        uneven,
    }
}

fn is_one_file(slices: &[Slice]) -> bool {
    slices
        .windows(2)
        .all(|pair| pair.first().map(|one| &one.file) == pair.last().map(|other| &other.file))
}

fn same_place(pair: &[[f64; 3]]) -> bool {
    pair.first() == pair.last()
}

fn cross([a, b, c]: [f64; 3], [d, e, f]: [f64; 3]) -> [f64; 3] {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn dot([a, b, c]: [f64; 3], [d, e, f]: [f64; 3]) -> f64 {
    a * d + b * e + c * f
}
