//! A proxy that the user names, through which the internet is read.

use url::Url;

/// A proxy through which the internet is read, such as a company's. It looks names up itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream(Url);

impl Upstream {
    /// The proxy at an address: `http://proxy.example:3128`.
    ///
    /// # Errors
    /// Why it cannot be used, as a sentence.
    pub fn at(address: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("the proxy {address} cannot be used: {why}");
        let url = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
        if url.scheme() != "http" {
            return Err(wrong("its address has to begin with http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("one that asks for a name and a password is not supported"));
        }
        Ok(Self(url))
    }

    /// Its address.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Its host and port.
    #[cfg(any(feature = "chrome", test))]
    pub(crate) fn place(&self) -> (String, u16) {
        let host = self.0.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        (host, self.0.port_or_known_default().unwrap_or(80))
    }
}

/// Whether a name that nobody here knows is one that only a network's own servers do: the proxy would
/// ask them.
pub(super) fn is_local(name: &str) -> bool {
    const LOCAL: [&str; 8] =
        [".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".arpa"];
    !name.contains('.') || LOCAL.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_http_address_without_a_password() {
        let place = |address| Upstream::at(address).map(|proxy| proxy.place());
        assert_eq!(place("http://proxy.example:3128"), Ok(("proxy.example".to_owned(), 3128)));
        assert_eq!(place("http://[::1]/"), Ok(("::1".to_owned(), 80)));
        for wrong in ["https://proxy.example", "http://a:b@proxy.example", "proxy:3128", ""] {
            assert!(place(wrong).unwrap_err().contains("cannot be used"), "{wrong}");
        }
    }

    #[test]
    fn a_name_of_a_network_of_its_own_is_told_from_one_of_the_internet() {
        assert!(
            ["intranet", "metadata.google.internal", "printer.local"].into_iter().all(is_local)
        );
        assert!(
            !["example.org", "local.example", "internal.example.com"].into_iter().any(is_local)
        );
    }
}
