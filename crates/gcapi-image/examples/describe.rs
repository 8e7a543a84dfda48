//! Prints what is known of an image as JSON, with the SHA-256 of its samples (little-endian):
//!
//! ```console
//! $ cargo run -p gcapi-image --example describe -- case.mha
//! ```
//!
//! `--slice N` and `--region LEVEL X Y WIDTH HEIGHT` hash only that, `--check` reads everything first,
//! `--nifti FILE` writes a copy, `--samples FILE` the samples alone, and `--jpeg LEVEL X Y WIDTH HEIGHT
//! FILE` a region as the file has it, where that is possible. `--only-check` hashes nothing and prints
//! the number of bytes that were decoded.

#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use gcapi_image::{Image, Samples, open};
use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, options) = arguments.split_first().ok_or("name an image")?;
    let image = open(Path::new(path))?;
    if options == ["--only-check"] {
        println!("{}", image.check()?.decoded_bytes);
        return Ok(());
    }
    let samples = chosen(&image, options)?;
    let levels: Vec<[u64; 2]> = image
        .levels()
        .iter()
        .map(|level| [level.width, level.height])
        .collect();
    let description = serde_json::json!({
        "format": format!("{:?}", image.format()),
        "element": image.element().name(),
        "size": image.size(),
        "channels": image.channels(),
        "spacing": image.spacing(),
        "origin": image.origin(),
        "direction": image.direction(),
        "levels": levels,
        "sha256": digest(&samples),
    });
    println!("{description}");
    Ok(())
}

fn chosen(image: &Image, options: &[String]) -> Result<Samples, Box<dyn Error>> {
    let (option, numbers) = options
        .split_first()
        .map_or(("", &[][..]), |(option, rest)| (option.as_str(), rest));
    if let ("--nifti" | "--samples", [file]) = (option, numbers) {
        let samples = image.samples()?;
        let mut file = std::fs::File::create(file)?;
        if option == "--nifti" {
            gcapi_image::nifti::write(image, &mut file)?;
        } else {
            file.write_all(samples.as_bytes())?;
        }
        return Ok(samples);
    }
    let (numbers, file) = match (option, numbers) {
        ("--jpeg", [numbers @ .., file]) => (numbers, file.as_str()),
        _ => (numbers, ""),
    };
    let numbers: Vec<u64> = numbers
        .iter()
        .map(|number| number.parse())
        .collect::<Result<_, _>>()?;
    Ok(match (option, numbers.as_slice()) {
        ("", []) => image.samples()?,
        ("--check", []) => {
            image.check()?;
            image.samples()?
        }
        ("--slice", [index]) => image.slice(*index)?,
        ("--region", [level, x, y, width, height]) => {
            image.region(usize::try_from(*level)?, *x, *y, *width, *height)?
        }
        ("--jpeg", [level, x, y, width, height]) => {
            let level = usize::try_from(*level)?;
            if let Some(stored) = image.jpeg(level, *x, *y, *width, *height)? {
                std::fs::write(file, stored)?;
            }
            image.region(level, *x, *y, *width, *height)?
        }
        _ => return Err(format!("{options:?} is not an option").into()),
    })
}

fn digest(samples: &Samples) -> String {
    let bytes = samples.as_bytes();
    let size = bytes.len() / samples.len().max(1);
    let mut hash = Sha256::new();
    if cfg!(target_endian = "big") && size > 1 {
        for sample in bytes.chunks(size) {
            let reversed: Vec<u8> = sample.iter().rev().copied().collect();
            hash.update(reversed);
        }
    } else {
        hash.update(bytes);
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
