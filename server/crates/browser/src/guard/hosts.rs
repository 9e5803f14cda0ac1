//! The hosts that the user names: entries such as `localhost:8080`, `docs.example.org` and
//! `*.example.org`.

use url::{Host, Url};

/// The ports that an entry without one opens: HTTP and HTTPS.
pub(super) const USUAL_PORTS: [u16; 2] = [80, 443];

/// One entry of a list of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    host: Host,
    /// Whether it is any name below `host`, instead of `host`.
    below: bool,
    port: Option<u16>,
}

impl Entry {
    /// Reads an entry, with the parser that reads addresses, so that the two never differ about a
    /// host. `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (below, text) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || "/\\?#@*%".contains(c)) {
            return None;
        }
        let http = Url::parse(&format!("http://{text}/")).ok()?;
        // Each scheme leaves its own port out.
        let https = Url::parse(&format!("https://{text}/")).ok()?;
        let port = http.port().or(https.port());
        let host = host_of(&http)?;
        let is_entry = port != Some(0) && (!below || matches!(host, Host::Domain(_)));
        is_entry.then_some(Self { host, below, port })
    }

    /// Whether an address is at this host and port.
    pub(super) fn has(&self, address: &Url) -> bool {
        let Some(at) = address.port_or_known_default() else { return false };
        let port = self.port.map_or(USUAL_PORTS.contains(&at), |port| port == at);
        port && host_of(address).is_some_and(|host| self.has_host(&host))
    }

    fn has_host(&self, host: &Host) -> bool {
        match (self.below, &self.host, host) {
            (false, own, host) => own == host,
            (true, Host::Domain(own), Host::Domain(host)) => host
                .strip_suffix(own.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            (true, ..) => false,
        }
    }
}

/// An address's host, a name without its final dot.
fn host_of(address: &Url) -> Option<Host> {
    Some(match address.host()?.to_owned() {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            (!name.is_empty()).then(|| Host::Domain(name.to_owned()))?
        }
        address => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, address: &str) -> bool {
        Entry::parse(entry).unwrap().has(&Url::parse(address).unwrap())
    }

    #[test]
    fn a_name_allows_itself_alone() {
        assert!(allows("docs.rs", "https://docs.rs/serde"));
        assert!(allows("docs.rs", "http://DOCS.rs./"));
        for other in ["https://docs.rs.evil.com", "https://evildocs.rs", "https://a.docs.rs"] {
            assert!(!allows("docs.rs", other), "{other}");
        }
    }

    #[test]
    fn a_star_allows_every_name_below_and_not_the_name() {
        assert!(allows("*.example.org", "https://a.b.example.org"));
        for other in
            ["https://example.org", "https://evilexample.org", "https://a.example.org.evil.com"]
        {
            assert!(!allows("*.example.org", other), "{other}");
        }
    }

    #[test]
    fn a_port_that_is_not_a_webs_has_to_be_named() {
        assert!(!allows("example.org", "http://example.org:22"));
        assert!(allows("example.org:8443", "https://example.org:8443"));
        assert!(!allows("example.org:8443", "https://example.org"));
        assert!(allows("example.org:80", "http://example.org"));
        assert!(!allows("example.org:80", "https://example.org"));
    }

    #[test]
    fn a_name_in_another_script_is_compared_as_it_is_looked_up() {
        assert!(allows("bücher.example", "https://xn--bcher-kva.example/"));
        // The first letter is Cyrillic.
        assert!(!allows("apple.com", "https://аpple.com/"));
    }

    #[test]
    fn an_address_is_allowed_only_by_itself() {
        assert!(allows("127.0.0.1:8080", "http://0x7f.1:8080/"));
        assert!(allows("[::1]:8080", "http://[0:0::1]:8080/"));
        assert!(!allows("127.0.0.1", "http://localhost/"));
    }

    #[test]
    fn what_is_no_host_is_no_entry() {
        for text in
            ["", "*", "*.", "a*.org", "user@host", "a/b", "a b", "http://a", "a:0", "a:99999"]
        {
            assert_eq!(Entry::parse(text), None, "{text}");
        }
        for text in ["*.127.0.0.1", "[::1", ".", "a%2e", "a?b", "a#b"] {
            assert_eq!(Entry::parse(text), None, "{text}");
        }
    }
}
