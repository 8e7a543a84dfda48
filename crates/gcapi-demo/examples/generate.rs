//! Makes the demo archive in the folder that is named: `generate OUT`.

use std::io::Write as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("demo"), PathBuf::from);
    let archive = gcapi_demo::generate(&folder)?;
    writeln!(
        std::io::stdout(),
        "{} lies in {}",
        archive.slug,
        archive.folder.display()
    )?;
    Ok(())
}
