//! What the platform says about itself.

use serde::Deserialize;

/// Which versions of the official Python client the platform supports. They say how old the API
/// may be taken to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PlatformVersion {
    /// The newest version.
    pub latest_version: String,
    /// The oldest version that is still served.
    pub lowest_supported_version: String,
}
