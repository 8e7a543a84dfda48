//! A section of tissue stained with haematoxylin and eosin, as a slide
//! scanner sees it: pink stroma, glands with their nuclei, fat, glass.

use crate::geometry::float;
use crate::random::{Noise, Random};
use crate::raster::Picture;
use crate::wave::{cosine, sine};

/// Red, green, blue, 0 to 255.
type Colour = [f64; 3];

const GLASS: Colour = [244.0, 242.0, 245.0];
const STROMA_PALE: Colour = [240.0, 199.0, 219.0];
const STROMA_DEEP: Colour = [214.0, 138.0, 178.0];
const EPITHELIUM: Colour = [196.0, 132.0, 186.0];
const NUCLEUS: Colour = [88.0, 58.0, 138.0];
const LUMEN: Colour = [247.0, 240.0, 247.0];

/// What is on the slide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlideStyle {
    /// Gives the shapes.
    pub seed: u64,
    /// Width and height in pixels.
    pub size: usize,
    /// How many glands to try; those that would overlap are left out.
    pub glands: u32,
    /// How many loose nuclei, of connective tissue and of immune cells.
    pub nuclei: u32,
}

/// Draws a slide: RGB, shape (height, width, 3), at half a micrometre per pixel.
#[must_use]
pub fn slide(style: &SlideStyle) -> Picture {
    let mut drawing = Drawing {
        size: style.size,
        pixels: vec![0; style.size * style.size * 3],
    };
    let outline = Outline {
        noise: Noise::new(style.seed ^ 5),
        half: float(style.size) / 2.0,
    };
    drawing.ground(style.seed, &outline);
    let mut random = Random::new(style.seed);
    for _ in 0..style.nuclei {
        let Some((x, y)) = outline.place(&mut random, 0.02) else {
            continue;
        };
        let long = random.between(4.5, 9.0);
        let blob = Blob {
            x,
            y,
            radii: (long, random.between(2.2, 4.2)),
            turn: random.unit(),
        };
        drawing.nucleus(&blob, &mut random);
    }
    for _ in 0..style.nuclei / 160 {
        // Immune cells come in swarms of small round nuclei.
        let Some((x, y)) = outline.place(&mut random, 0.1) else {
            continue;
        };
        for _ in 0..90 {
            let (away, turn) = (random.unit(), random.unit());
            let (x, y) = (x + 75.0 * away * cosine(turn), y + 75.0 * away * sine(turn));
            let radius = random.between(3.2, 4.6);
            if outline.inside(x, y) > 0.03 {
                let blob = Blob {
                    x,
                    y,
                    radii: (radius, radius),
                    turn: 0.0,
                };
                drawing.nucleus(&blob, &mut random);
            }
        }
    }
    let mut glands: Vec<(f64, f64, f64)> = Vec::new();
    for _ in 0..style.glands {
        let Some((x, y)) = outline.place(&mut random, 0.09) else {
            continue;
        };
        let (long, short) = (random.between(14.0, 50.0), random.between(10.0, 30.0));
        let reach = long.max(short) + 32.0;
        let apart = |(u, v, other): &(f64, f64, f64)| {
            (x - u) * (x - u) + (y - v) * (y - v) > (reach + other) * (reach + other) * 0.8
        };
        if glands.iter().all(apart) {
            drawing.gland((x, y), (long, short), &mut random);
            glands.push((x, y, reach));
        }
    }
    Picture {
        width: style.size,
        height: style.size,
        bytes: drawing.pixels,
    }
}

/// Where the tissue ends.
struct Outline {
    noise: Noise,
    half: f64,
}

impl Outline {
    /// Above zero inside the tissue, growing towards its middle.
    fn inside(&self, x: f64, y: f64) -> f64 {
        let (u, v) = ((x - self.half) / self.half, (y - self.half) / self.half);
        let ragged = 0.20 * self.noise.cloud(2.2 * u + 9.0, 2.2 * v + 4.0);
        0.86 + ragged - (u * u + 1.25 * v * v - 0.5 * u * v).sqrt()
    }

    /// A place in the tissue, at least this deep; `None` if chance finds none.
    fn place(&self, random: &mut Random, depth: f64) -> Option<(f64, f64)> {
        let size = 2.0 * self.half;
        (0..12)
            .map(|_| (random.between(0.0, size), random.between(0.0, size)))
            .find(|(x, y)| self.inside(*x, *y) > depth)
    }
}

/// An ellipse on the slide, in pixels.
#[derive(Clone, Copy)]
struct Blob {
    x: f64,
    y: f64,
    radii: (f64, f64),
    turn: f64,
}

struct Drawing {
    size: usize,
    pixels: Vec<u8>,
}

impl Drawing {
    /// Glass, and stroma whose fibres run along the slopes of one noise and
    /// are shaded by another.
    fn ground(&mut self, seed: u64, outline: &Outline) {
        let (bend, fibre, cloud) = (
            Noise::new(seed ^ 1),
            Noise::new(seed ^ 2),
            Noise::new(seed ^ 3),
        );
        let width = self.size;
        for (y, row) in self.pixels.chunks_exact_mut((width * 3).max(1)).enumerate() {
            let y = float(y);
            let mut inside = 0.0;
            let mut shade = 0.0;
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                // What changes slowly is asked for at every fourth pixel.
                if x % 4 == 0 {
                    let x = float(x);
                    inside = outline.inside(x, y);
                    shade = cloud.cloud(x / 260.0, y / 260.0);
                }
                let x = float(x);
                if inside.abs() < 0.02 {
                    inside = outline.inside(x, y);
                }
                let colour = if inside <= 0.0 {
                    GLASS
                } else {
                    let warp = 55.0 * bend.at_plane(x / 190.0, y / 190.0);
                    let along = (x + 0.4 * y) / 46.0;
                    let across = (y - 0.55 * x + 2.4 * warp) / 7.5;
                    let strand = fibre.at_plane(along, across);
                    let gap = ((strand - 0.60) * 5.0).clamp(0.0, 0.75);
                    let deep = (0.48 + 0.36 * shade + 0.30 * strand).clamp(0.0, 1.0);
                    let tissue = mix_colours(STROMA_PALE, STROMA_DEEP, deep);
                    let tissue = mix_colours(tissue, LUMEN, gap);
                    mix_colours(GLASS, tissue, (inside * 110.0).min(1.0))
                };
                for (channel, value) in pixel.iter_mut().zip(colour) {
                    *channel = byte(value);
                }
            }
        }
    }

    /// A gland: epithelium around a lumen, with nuclei at its foot.
    fn gland(&mut self, (x, y): (f64, f64), lumen: (f64, f64), random: &mut Random) {
        let height = random.between(20.0, 30.0);
        let turn = random.unit();
        let ring = |extra: f64| Blob {
            x,
            y,
            radii: (lumen.0 + extra, lumen.1 + extra),
            turn,
        };
        self.blend(&ring(height + 3.0), [228.0, 160.0, 196.0], 0.7, 0.08);
        self.blend(&ring(height), EPITHELIUM, 0.92, 0.06);
        self.blend(&ring(height * 0.45), [214.0, 160.0, 204.0], 0.8, 0.35);
        self.blend(&ring(0.0), LUMEN, 0.96, 0.10);
        let (cos, sin) = (cosine(turn), sine(turn));
        let foot = height * 0.68;
        let around = lumen.0 + lumen.1 + 2.0 * foot;
        let mut angle = 0.0;
        while angle < 1.0 {
            let out = foot + random.between(-3.5, 3.5);
            let (u, v) = (
                (lumen.0 + out) * cosine(angle),
                (lumen.1 + out) * sine(angle),
            );
            let blob = Blob {
                x: x + cos * u - sin * v,
                y: y + sin * u + cos * v,
                radii: (random.between(6.0, 8.5), random.between(3.6, 5.0)),
                turn: turn + angle,
            };
            self.nucleus(&blob, random);
            angle += random.between(0.75, 1.15) * 3.1 / around;
        }
    }

    /// A nucleus: dark rim, paler middle, a nucleolus.
    fn nucleus(&mut self, blob: &Blob, random: &mut Random) {
        let tint = random.between(-14.0, 26.0);
        let [red, green, blue] = NUCLEUS;
        self.blend(
            blob,
            [red + tint, green + tint, blue + tint * 0.7],
            0.9,
            0.30,
        );
        let inner = Blob {
            radii: (blob.radii.0 * 0.62, blob.radii.1 * 0.62),
            ..*blob
        };
        self.blend(
            &inner,
            [red + 42.0 + tint, green + 34.0 + tint, blue + 34.0],
            0.55,
            0.5,
        );
        let grain = Blob {
            x: blob.x + random.between(-1.2, 1.2),
            y: blob.y + random.between(-1.0, 1.0),
            radii: (1.7, 1.7),
            turn: 0.0,
        };
        self.blend(&grain, [70.0, 38.0, 112.0], 0.7, 0.6);
    }

    /// Blends an ellipse into the picture; `soft` is the part of its radius
    /// over which it fades out.
    fn blend(&mut self, blob: &Blob, colour: Colour, opacity: f64, soft: f64) {
        let reach = blob.radii.0.max(blob.radii.1);
        let (columns, rows) = (
            range(blob.x, reach, self.size),
            range(blob.y, reach, self.size),
        );
        let (cos, sin) = (cosine(blob.turn), sine(blob.turn));
        for row in rows {
            let dy = float(row) - blob.y;
            let start = (row * self.size + columns.start) * 3;
            let end = (row * self.size + columns.end) * 3;
            let Some(pixels) = self.pixels.get_mut(start..end) else {
                continue;
            };
            for (column, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                let dx = float(columns.start + column) - blob.x;
                let u = (cos * dx + sin * dy) / blob.radii.0;
                let v = (cos * dy - sin * dx) / blob.radii.1;
                let out = u * u + v * v;
                if out >= 1.0 {
                    continue;
                }
                let part = opacity * ((1.0 - out) / soft).min(1.0);
                for (channel, wanted) in pixel.iter_mut().zip(colour) {
                    let present = f64::from(*channel);
                    *channel = byte(present + (wanted - present) * part);
                }
            }
        }
    }
}

/// The pixels within `reach` of `centre`.
fn range(centre: f64, reach: f64, size: usize) -> std::ops::Range<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a saturating cast of a number that is not negative"
    )]
    let index = |place: f64| (place.max(0.0) as usize).min(size);
    index(centre - reach)..index(centre + reach + 1.0)
}

fn mix_colours(from: Colour, to: Colour, part: f64) -> Colour {
    let [a, b, c] = from;
    let [d, e, f] = to;
    [a + (d - a) * part, b + (e - b) * part, c + (f - c) * part]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturating cast of a number from 0 to 255"
)]
fn byte(value: f64) -> u8 {
    (value + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_is_glass_and_the_middle_is_tissue() {
        let picture = slide(&SlideStyle {
            seed: 3,
            size: 256,
            glands: 4,
            nuclei: 200,
        });
        assert_eq!(picture.bytes.len(), 256 * 256 * 3);
        assert_eq!(picture.bytes[..3], [244, 242, 245]);
        let mean = |channel| {
            let values = picture.bytes.iter().skip(channel).step_by(3);
            values.map(|v| f64::from(*v)).sum::<f64>() / (256.0 * 256.0)
        };
        assert!(mean(0) > mean(1) + 8.0, "not pink: {} {}", mean(0), mean(1));
    }
}
