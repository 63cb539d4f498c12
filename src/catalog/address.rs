//! Web addresses: which of them a server may send us on to.

use std::net::IpAddr;

use reqwest::Url;

/// The host of an address, with its port when it is not the usual one.
pub(crate) fn host_of(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return url.to_owned() };
    let host = url.host_str().unwrap_or("?");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Refuses a redirect from a protected connection to an open one, to another kind of address, and from
/// outside to this machine or its link.
pub(crate) fn check_redirect(from: &Url, to: &Url) -> Result<(), String> {
    if !matches!(to.scheme(), "http" | "https") {
        return Err(format!("it redirects to a {} address", to.scheme()));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err("it redirects from https to http".into());
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err("it redirects to an address with a password".into());
    }
    if is_loopback(to) && !is_loopback(from) {
        return Err("it redirects to this machine".into());
    }
    match ip_of(to) {
        Some(ip) if is_forbidden(ip) => Err(format!("it redirects to {ip}")),
        _ => Ok(()),
    }
}

/// Addresses that no server of files has: link-local ones, where clouds keep their secrets, and the like.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast(),
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || ip_of(url).is_some_and(|ip| ip.to_canonical().is_loopback())
}

fn ip_of(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_redirects_that_leave_what_is_safe() {
        // Cases 41 and 42.
        let check =
            |from: &str, to: &str| check_redirect(&Url::parse(from).unwrap(), &Url::parse(to).unwrap());
        let refused = [
            ("https://hub.example", "http://hub.example/x"),
            ("https://hub.example", "file:///etc/passwd"),
            ("https://hub.example", "https://169.254.169.254/latest"),
            ("http://127.0.0.1:80", "http://169.254.169.254/latest"),
            ("https://hub.example", "https://[fe80::1]/x"),
            ("https://hub.example", "https://[::ffff:169.254.169.254]/x"),
            ("https://hub.example", "https://127.0.0.1/x"),
            ("https://hub.example", "https://localhost/x"),
            ("https://hub.example", "https://0.0.0.0/x"),
            ("https://hub.example", "https://user:secret@cdn.example/x"),
        ];
        for (from, to) in refused {
            assert!(check(from, to).is_err(), "{from} to {to}");
        }
        assert!(check("https://hub.example", "https://cdn.example/x?signature=1").is_ok());
        assert!(check("http://127.0.0.1:1", "http://127.0.0.1:2/x").is_ok());
    }
}
