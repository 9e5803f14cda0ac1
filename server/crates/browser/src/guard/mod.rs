//! Which addresses are read: those of the web, and hosts that the user names.

mod hosts;
mod names;
mod reach;
mod upstream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use url::{Host, Url};

use hosts::{Entry, USUAL_PORTS};
pub use names::Names;
pub(crate) use names::{CheckedNames, Forbidden, Scope};
use names::{SystemNames, checked};
pub use upstream::Upstream;

use crate::WebError;

/// Bytes of an address. Longer ones carry something else than a place.
const ADDRESS_BYTES: usize = 2048;

/// Whether a text is an entry of a list of hosts: `example.org`, `*.example.org`, an IP address, or one
/// of these with `:PORT`.
#[must_use]
pub fn is_host_entry(text: &str) -> bool {
    Entry::parse(text).is_some()
}

/// Checks addresses, first by what they say, then by where their names lead.
#[derive(Clone)]
pub struct Guard {
    named: Vec<Entry>,
    names: Arc<dyn Names>,
    upstream: Option<Upstream>,
}

/// An address that may be read, as far as it itself tells. Where its name leads is checked when it is
/// connected to: [`Guard::resolve`], or the client of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    url: Url,
    scope: Scope,
}

impl Admitted {
    /// The address in its one spelling, without its fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }
}

impl Guard {
    /// A guard that lets through what is on the internet at the ports 80 and 443, and besides it
    /// `hosts`: `localhost:8080`, `docs.example.org`, `*.example.org`, an IP address. These may be
    /// this machine or in private networks; an entry without a port opens 80 and 443. What is no such
    /// entry allows nothing.
    pub fn new<T: AsRef<str>>(hosts: impl IntoIterator<Item = T>) -> Self {
        Self {
            named: hosts.into_iter().filter_map(|entry| Entry::parse(entry.as_ref())).collect(),
            names: Arc::new(SystemNames),
            upstream: None,
        }
    }

    /// The same guard, asking `names` instead of the system.
    #[must_use]
    pub fn with_names(self, names: Arc<dyn Names>) -> Self {
        Self { names, ..self }
    }

    /// The same guard for who reads the internet through a proxy, which looks names up itself: what a
    /// name is here is checked all the same, and one that only the proxy knows is left to it, unless it
    /// is of a network's own. Hosts that the user named are connected to directly.
    #[must_use]
    pub fn behind(self, upstream: Upstream) -> Self {
        Self { upstream: Some(upstream), ..self }
    }

    /// Checks an address by what it says: its scheme, host, port and length. Asks nobody.
    ///
    /// # Errors
    /// [`WebError::Refused`], where a rule forbids it.
    pub fn check(&self, address: &str) -> Result<Admitted, WebError> {
        let refused = |why: &str| refused(address, why);
        if address.len() > ADDRESS_BYTES {
            return Err(refused(&format!("it is longer than {ADDRESS_BYTES} bytes")));
        }
        let mut url =
            Url::parse(address).map_err(|error| refused(&format!("it is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("only http: and https: are read"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it carries a user's name or password"));
        }
        let host = url.host_str().unwrap_or_default();
        let name = host.strip_suffix('.').unwrap_or(host).to_owned();
        if name.split('.').any(str::is_empty) || url.set_host(Some(&name)).is_err() {
            return Err(refused("it names no host"));
        }
        url.set_fragment(None);
        let named = self.named.iter().any(|entry| entry.has(&url));
        let scope = if named { Scope::Named } else { Scope::Internet };
        let port = url.port_or_known_default().unwrap_or_default();
        if !named && !USUAL_PORTS.contains(&port) {
            return Err(refused(&format!(
                "port {port} is not the web's; the user can name the host with its port in \
                 `research.private_hosts`"
            )));
        }
        match ip_of(&url).and_then(|address| scope.forbids(address)) {
            Some(forbidden) => Err(refused(&forbidden.to_string())),
            None => Ok(Admitted { url, scope }),
        }
    }

    /// Checks where `from` redirects. From the web nothing leads to a host that only the user may ask
    /// for: they allowed themselves to read it, not every page to pick what is read there.
    ///
    /// # Errors
    /// [`WebError::Refused`], where a rule forbids it.
    pub fn check_redirect(&self, from: &Admitted, to: &str) -> Result<Admitted, WebError> {
        let admitted = self.check(to)?;
        match (from.scope, admitted.scope) {
            (Scope::Internet, Scope::Named) => {
                let stranger = Self { named: Vec::new(), ..self.clone() };
                let why = "only the user may ask for it, not a page of the web";
                stranger.check(to).map_err(|_| refused(to, why))
            }
            _ => Ok(admitted),
        }
    }

    /// Where to connect for an address. All of it was checked; connect to nothing else, and do not
    /// look the name up again.
    ///
    /// # Errors
    /// [`WebError::Refused`] where one IP address of the name is forbidden, [`WebError::Failed`]
    /// where the name leads nowhere.
    pub async fn resolve(&self, admitted: &Admitted) -> Result<Vec<SocketAddr>, WebError> {
        let url = &admitted.url;
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = match (ip_of(url), url.host_str()) {
            (Some(address), _) => vec![address],
            (None, name) => {
                let name = name.unwrap_or_default();
                checked(self.names.as_ref(), name, admitted.scope).await.map_err(|error| {
                    match error.is::<Forbidden>() {
                        true => refused(url.as_str(), &error.to_string()),
                        false => WebError::Failed {
                            address: url.to_string(),
                            why: format!("its name cannot be looked up: {error}"),
                        },
                    }
                })?
            }
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// The proxy that carries what is asked for in a scope.
    pub(crate) fn upstream(&self, scope: Scope) -> Option<&Upstream> {
        self.upstream.as_ref().filter(|_| scope == Scope::Internet)
    }

    /// Checks the name of an address that a proxy is about to look up.
    ///
    /// # Errors
    /// [`WebError::Refused`] where it leads to what is forbidden here, or nobody here knows it and it is
    /// of a network's own.
    pub(crate) async fn check_name(&self, admitted: &Admitted) -> Result<(), WebError> {
        let name = admitted.url.host_str().unwrap_or_default();
        match self.resolve(admitted).await {
            Ok(_) => Ok(()),
            Err(WebError::Failed { .. }) if !upstream::is_local(name) => Ok(()),
            Err(WebError::Failed { .. }) => Err(refused(
                admitted.url.as_str(),
                "it is a name of a private network, which the proxy may know",
            )),
            Err(error) => Err(error),
        }
    }

    /// The same guard, for whoever reads in a scope: on the internet, the hosts that the user named are
    /// not let through.
    #[cfg(feature = "chrome")]
    pub(crate) fn within(&self, scope: Scope) -> Self {
        match scope {
            Scope::Internet => Self { named: Vec::new(), ..self.clone() },
            Scope::Named => self.clone(),
        }
    }

    /// How a client looks names up in a scope.
    pub(crate) fn resolver(&self, scope: Scope) -> CheckedNames {
        CheckedNames { names: Arc::clone(&self.names), scope }
    }
}

/// The IP address of a host that is named by one.
fn ip_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// The refusal of an address, which is told without a password and not at any length.
pub(crate) fn refused(address: &str, why: &str) -> WebError {
    let mut shown = address.to_owned();
    if let Ok(mut url) = Url::parse(address)
        && (!url.username().is_empty() || url.password().is_some())
        && url.set_username("").is_ok()
        && url.set_password(None).is_ok()
    {
        shown = url.to_string();
    }
    if let Some((end, _)) = shown.char_indices().nth(200) {
        shown.truncate(end);
        shown.push('…');
    }
    WebError::Refused { address: shown, why: why.to_owned() }
}

#[cfg(test)]
mod tests;
