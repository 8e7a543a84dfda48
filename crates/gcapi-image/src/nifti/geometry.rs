//! From RAS and a matrix to LPS, spacing, origin and directions.

use super::header::{Field, Fields};
use crate::error::Problem;
use crate::header::Header;

/// Where an image is, in LPS.
pub(super) struct Place {
    pub(super) origin: [f64; 3],
    /// Row-major; the columns are the axes, of length 1.
    pub(super) direction: [[f64; 3]; 3],
}

/// Distances of the samples, in millimetres and seconds.
pub(super) fn spacing(fields: &Fields<'_>, axes: usize) -> Result<Vec<f64>, Problem> {
    let distances = fields.numbers::<8>(Field::Distances)?;
    let (length, time) = units(fields)?;
    let scale = [length, length, length, time];
    Ok(distances
        .iter()
        .skip(1)
        .zip(scale)
        .take(axes)
        .map(|(distance, scale)| {
            let distance = distance.abs() * scale;
            if distance.is_finite() && distance > 0.0 {
                distance
            } else {
                1.0
            }
        })
        .collect())
}

/// Seconds at which the first sample was taken.
pub(super) fn time_offset(fields: &Fields<'_>) -> Result<f64, Problem> {
    let (_, time) = units(fields)?;
    let offset = fields.number(Field::TimeOffset)? * time;
    Ok(if offset.is_finite() { offset } else { 0.0 })
}

/// Millimetres and seconds of the units of a file.
fn units(fields: &Fields<'_>) -> Result<(f64, f64), Problem> {
    let units = fields.integer(Field::Units)?;
    let length = match units & 7 {
        1 => 1000.0,
        3 => 1e-3,
        _ => 1.0,
    };
    let time = match units & 0x38 {
        16 => 1e-3,
        24 => 1e-6,
        _ => 1.0,
    };
    Ok((length, time))
}

/// The sform, or the qform, or nothing.
pub(super) fn place(fields: &Fields<'_>) -> Result<Option<Place>, Problem> {
    let (length, _) = units(fields)?;
    let matrix = if fields.integer(Field::SformCode)? > 0 {
        let rows = fields.numbers::<12>(Field::Sform)?;
        let (rows, _) = rows.as_chunks::<4>();
        match rows {
            [x, y, z] => [*x, *y, *z],
            _ => return Ok(None),
        }
    } else if fields.integer(Field::QformCode)? > 0 {
        qform(fields)?
    } else {
        return Ok(None);
    };
    if matrix.iter().flatten().any(|number| !number.is_finite()) {
        return Err(Problem::malformed("the place in space is not finite"));
    }
    // Left is the opposite of right, and the back of the front.
    let [x, y, z] = matrix;
    let rows = [x.map(|n| -n), y.map(|n| -n), z];
    let lengths = [0, 1, 2].map(|axis| {
        let squares = rows
            .iter()
            .filter_map(|row| row.get(axis))
            .map(|n| n * n)
            .sum::<f64>();
        squares.sqrt()
    });
    if lengths.iter().any(|length| *length < 1e-12) {
        return Err(Problem::malformed("an axis has no direction"));
    }
    let [lx, ly, lz] = lengths;
    Ok(Some(Place {
        origin: rows.map(|[_, _, _, origin]| origin * length + 0.0),
        direction: rows.map(|[x, y, z, _]| [x / lx + 0.0, y / ly + 0.0, z / lz + 0.0]),
    }))
}

/// The matrix of a quaternion, whose first number is left out because all four make 1.
fn qform(fields: &Fields<'_>) -> Result<[[f64; 4]; 3], Problem> {
    let [b, c, d, x, y, z] = fields.numbers::<6>(Field::Qform)?;
    let [factor, ..] = fields.numbers::<4>(Field::Distances)?;
    // The first distance is the hand of the axes: 1 or -1.
    let hand = if factor < 0.0 { -1.0 } else { 1.0 };
    let rest = 1.0 - (b * b + c * c + d * d);
    let (a, b, c, d) = if rest < 1e-7 {
        let length = (b * b + c * c + d * d).sqrt();
        (0.0, b / length, c / length, d / length)
    } else {
        (rest.sqrt(), b, c, d)
    };
    Ok([
        [
            a * a + b * b - c * c - d * d,
            2.0 * (b * c - a * d),
            2.0 * (b * d + a * c) * hand,
            x,
        ],
        [
            2.0 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            2.0 * (c * d - a * b) * hand,
            y,
        ],
        [
            2.0 * (b * d - a * c),
            2.0 * (c * d + a * b),
            (a * a + d * d - c * c - b * b) * hand,
            z,
        ],
    ])
}

/// Puts an image of two, three or four axes at its place.
pub(super) fn put(header: &mut Header, origin: [f64; 3], direction: [[f64; 3]; 3]) {
    for (place, value) in header.origin.iter_mut().zip(origin) {
        *place = value;
    }
    let axes = header.size.len();
    for (row, values) in header.direction.chunks_mut(axes).zip(direction) {
        for (place, value) in row.iter_mut().zip(values) {
            *place = value;
        }
    }
}
