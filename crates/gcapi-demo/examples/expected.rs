//! Prints what independent readers have to find in a download of the demo
//! archive, as JSON, for `interoperability/readers.py`.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let expected = serde_json::to_string_pretty(&gcapi_demo::expected()?)?;
    writeln!(std::io::stdout(), "{expected}")?;
    Ok(())
}
