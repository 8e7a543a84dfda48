//! The program `gcapi`.
fn main() {}
