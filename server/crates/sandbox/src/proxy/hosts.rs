//! Which hosts may be reached: names compared as names, part by part from the right.

use std::fmt;
use std::net::IpAddr;

use super::address::{Reach, reach};

/// The ports that an entry without one opens: HTTP and HTTPS.
const USUAL_PORTS: [u16; 2] = [80, 443];

/// Where somebody wants to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// In lower case, without a final dot; a name or an address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    /// Reads `host:port`, `[address]:port`, or `host` with `usual_port`. `None` where it is not one.
    pub(crate) fn parse(text: &str, usual_port: Option<u16>) -> Option<Self> {
        let (host, port) = split_port(text)?;
        let host = host_of(host)?;
        Some(Self { host, port: port.or(usual_port)? })
    }

    /// The address, where it is named by one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Hosts that may be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Allowed(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: String,
    /// Whether it is any name below `host`, instead of `host`.
    below: bool,
    port: Option<u16>,
}

impl Allowed {
    /// Reads entries such as `example.org`, `*.example.org` and `example.org:8443`. An entry that is
    /// none of these allows nothing.
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = &'a String>) -> Self {
        Self(entries.into_iter().filter_map(|entry| Entry::parse(entry)).collect())
    }

    pub(crate) fn has(&self, target: &Target) -> bool {
        self.0.iter().any(|entry| entry.has(target))
    }
}

/// Whether a text is an entry of a list of hosts: `example.org`, `*.example.org`, an address, or one of
/// these with `:PORT`.
#[must_use]
pub fn is_host_entry(text: &str) -> bool {
    Entry::parse(text).is_some()
}

/// Whether an entry of a list of hosts says by itself that it leads to this machine or into a private
/// network: `localhost`, or an address there. A name that leads there unseen does not.
#[must_use]
pub fn is_inside(text: &str) -> bool {
    Entry::parse(text).is_some_and(|entry| match entry.host.parse() {
        Ok(address) => reach(address) == Reach::Private,
        Err(_) => !entry.below && entry.host == "localhost",
    })
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let (below, text) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (host, port) = split_port(text)?;
        let host = host_of(host)?;
        let is_address = host.parse::<IpAddr>().is_ok();
        (!below || !is_address).then_some(Self { host, below, port })
    }

    fn has(&self, target: &Target) -> bool {
        let port = self.port.map_or(USUAL_PORTS.contains(&target.port), |port| port == target.port);
        let host = match self.below {
            false => target.host == self.host,
            true => target
                .host
                .strip_suffix(&self.host)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        };
        port && host
    }
}

/// `host:port`, `[address]:port`, `[address]` or `host`.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let port = match rest {
            "" => None,
            rest => Some(number(rest.strip_prefix(':')?)?),
        };
        return Some((address, port));
    }
    match text.split_once(':') {
        None => Some((text, None)),
        Some((host, port)) => Some((host, Some(number(port)?))),
    }
}

fn number(port: &str) -> Option<u16> {
    port.parse().ok().filter(|port| *port != 0)
}

/// A host's name or address in the one spelling in which it is compared.
fn host_of(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    // The system reads a name whose last part is a number as an address in an old notation.
    let is_number = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.starts_with("0x") || last.bytes().all(|b| b.is_ascii_digit()));
    (name.len() <= 253 && name.split('.').all(is_part) && !is_number).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, target: &str) -> bool {
        let target = Target::parse(target, None).unwrap();
        Allowed::new([&entry.to_owned()]).has(&target)
    }

    #[test]
    fn a_name_allows_itself_alone() {
        assert!(allows("docs.rs", "docs.rs:443"));
        assert!(allows("docs.rs", "DOCS.rs.:80"));
        for other in ["docs.rs.evil.com:443", "evildocs.rs:443", "a.docs.rs:443", "rs:443"] {
            assert!(!allows("docs.rs", other), "{other}");
        }
    }

    #[test]
    fn a_star_allows_every_name_below_and_not_the_name() {
        assert!(allows("*.example.org", "a.example.org:443"));
        assert!(allows("*.example.org", "a.b.example.org:443"));
        for other in ["example.org:443", "evilexample.org:443", "a.example.org.evil.com:443"] {
            assert!(!allows("*.example.org", other), "{other}");
        }
    }

    #[test]
    fn a_port_that_is_not_a_webs_has_to_be_named() {
        assert!(!allows("example.org", "example.org:22"));
        assert!(allows("example.org:8443", "example.org:8443"));
        assert!(!allows("example.org:8443", "example.org:443"));
    }

    #[test]
    fn an_address_is_allowed_only_by_itself() {
        assert!(allows("192.0.2.1", "192.0.2.1:80"));
        assert!(allows("[2001:db8::1]", "[2001:DB8:0::1]:443"));
        assert!(!allows("*.0.2.1", "192.0.2.1:80"));
    }

    #[test]
    fn an_entry_shows_that_it_leads_inside_only_by_an_address_or_as_localhost() {
        for inside in ["localhost", "localhost:8000", "127.0.0.2:80", "[::1]:80", "10.0.0.5"] {
            assert!(is_inside(inside), "{inside}");
        }
        for other in
            ["docs.rs", "*.localhost", "192.0.2.1", "169.254.169.254", "localhost.evil.com"]
        {
            assert!(!is_inside(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_host_is_no_entry_and_no_target() {
        for text in [
            "",
            "*",
            "*.",
            "a*.org",
            "a..b",
            "user@host",
            "a/b",
            "a b",
            "http://a",
            "a:0",
            "a:99999",
            "a%2e",
            "2130706433",
            "0x7f000001",
            "127.1",
            "[::1",
            "ä.org",
        ] {
            assert!(!is_host_entry(text), "{text}");
            assert_eq!(Target::parse(text, Some(80)), None, "{text}");
        }
    }
}
