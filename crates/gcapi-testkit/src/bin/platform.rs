//! A platform in a process of its own, for benchmarks: serves a synthetic
//! archive with added latency and counts requests.
//!
//! ```text
//! platform FOLDER ITEMS FILES IMAGES SIZE LATENCY_MS
//! ```
//!
//! The archive is made in `FOLDER` if it is not there. One JSON line says how
//! it is reached; then every line on standard input is answered with the
//! number of requests since the line before; at its end the platform ends.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Duration;

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Interference, Platform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, items, files, images, size, latency] = arguments.as_slice() else {
        return Err("usage: platform FOLDER ITEMS FILES IMAGES SIZE LATENCY_MS".into());
    };
    let shape = Shape {
        items: items.parse()?,
        files: files.parse()?,
        images: images.parse()?,
        size: size.parse()?,
    };
    let latency = Duration::from_millis(latency.parse()?);
    let folder = Path::new(folder);
    if !folder.join("complete").exists() {
        synthetic::make(&folder.join("archive"), shape)?;
        std::fs::write(folder.join("complete"), "")?;
    }
    let platform = Platform::misbehaving(&folder.join("archive"), move |_| {
        if latency.is_zero() {
            Interference::Pass
        } else {
            Interference::Delay(latency)
        }
    });
    let mut stdout = std::io::stdout();
    let reached = serde_json::json!({
        "base_url": platform.base_url(),
        "ca_cert": platform.ca_certificate(),
        "token": platform.token(),
    });
    writeln!(stdout, "{reached}")?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(stdout, "{}", platform.requests().len())?;
        platform.forget_requests();
    }
    Ok(())
}
