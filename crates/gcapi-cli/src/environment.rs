//! Every environment variable this program reads, beside those the TLS library
//! does to find the system's certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR`).

/// The token, as the Python client has it.
pub(crate) const TOKEN: &str = "GRAND_CHALLENGE_AUTHORIZATION";

/// The base URL of the API.
pub(crate) const BASE_URL: &str = "GCAPI_BASE_URL";

/// A file with more CA certificates to trust.
pub(crate) const CA_CERT: &str = "GCAPI_CA_CERT";

/// No colours, whatever the terminal can do (no-color.org).
pub(crate) const NO_COLOR: &str = "NO_COLOR";

/// Diagnostics, for example `debug` or `gcapi=trace`.
pub(crate) const LOG: &str = "GCAPI_LOG";

/// The proxy for `https`, in either spelling; the first that is set counts.
pub(crate) const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Hosts that are reached without the proxy.
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The value of the first variable that is set and not empty.
pub(crate) fn first_set(names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}

/// Whether a window can be opened, where that is said by the environment.
pub(crate) fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
