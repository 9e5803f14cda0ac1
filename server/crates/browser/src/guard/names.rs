//! How names become IP addresses, and that a connection goes to no other than what was checked.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::reach::{Reach, reach};

/// Looks names up.
#[async_trait]
pub trait Names: Send + Sync {
    /// The IP addresses of a name.
    ///
    /// # Errors
    /// Where it has none, or nobody could be asked.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system.
pub(super) struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// How far a connection may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// To hosts on the internet.
    Internet,
    /// Also to this machine and private networks, since the user named the host.
    Named,
}

impl Scope {
    /// Why an IP address is not connected to, if it is not.
    pub(super) fn forbids(self, address: IpAddr) -> Option<Forbidden> {
        let why = match (reach(address), self) {
            (Reach::Internet, _) | (Reach::Private, Self::Named) => return None,
            (Reach::Private, Self::Internet) => {
                "is this machine or in a private network; the user can name the host in \
                 `research.private_hosts`"
            }
            (Reach::Never, _) => "is never read from: no host, or a cloud's credentials are there",
        };
        Some(Forbidden(format!("{address} {why}")))
    }
}

/// The IP addresses of a name, all of which may be connected to.
pub(super) async fn checked(
    names: &dyn Names,
    name: &str,
    scope: Scope,
) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let addresses = names.addresses(name).await?;
    if addresses.is_empty() {
        return Err(format!("{name} has no address").into());
    }
    // One that may not be is enough: whoever answers so is after what is behind it.
    match addresses.iter().find_map(|address| scope.forbids(*address)) {
        Some(forbidden) => Err(forbidden.into()),
        None => Ok(addresses),
    }
}

/// Looks names up for connections, and hands on only what was checked: between the check and the
/// connection there is no second answer that could differ.
pub(crate) struct CheckedNames {
    pub(super) names: Arc<dyn Names>,
    pub(super) scope: Scope,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, scope) = (Arc::clone(&self.names), self.scope);
        Box::pin(async move {
            let found = checked(names.as_ref(), name.as_str(), scope).await?;
            // Port 0 becomes the address's own.
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

/// A rule forbids an IP address.
#[derive(Debug)]
pub(crate) struct Forbidden(pub(super) String);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Forbidden {}
