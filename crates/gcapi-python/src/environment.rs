//! The variables of the environment that say how to reach the network, as the Python client's HTTP
//! library reads them. The TLS library reads `SSL_CERT_FILE` and `SSL_CERT_DIR` by itself.

/// The proxy for `https`; the first that is set counts.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Hosts that are reached without the proxy.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The address of the proxy, if there is one.
pub(crate) fn proxy() -> Option<String> {
    first_set(&PROXY)
}

/// Hosts that are reached without it.
pub(crate) fn no_proxy() -> Option<String> {
    first_set(&NO_PROXY)
}

fn first_set(names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}
