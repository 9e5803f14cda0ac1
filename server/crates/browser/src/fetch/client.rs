//! The clients that requests go through: without cookies, referrers and redirects, and to no other place
//! than the guard has checked, or to the proxy that the user names.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, Proxy, Response, redirect};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::Verifier;
use tokio::sync::OnceCell;

use crate::WebError;
use crate::fault::{failed, root_cause};
use crate::guard::{Admitted, Forbidden, Guard, Scope, refused};

/// Who asks: the product that robots.txt names, and what it is.
const USER_AGENT: &str =
    concat!("devika/", env!("CARGO_PKG_VERSION"), " (reads single pages for its user)");

/// What can be read, the best first.
const ACCEPTED: &str = "text/html, application/xhtml+xml, text/markdown;q=0.9, text/plain;q=0.8, \
                        application/pdf;q=0.7, application/json;q=0.7, */*;q=0.1";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One client for the internet, and one for hosts that the user named. Each is made when it is first
/// needed: reading the system's certificates takes some tens of milliseconds.
pub(crate) struct Clients {
    guard: Guard,
    internet: OnceCell<Client>,
    named: OnceCell<Client>,
}

impl Clients {
    pub(crate) fn new(guard: Guard) -> Self {
        Self { guard, internet: OnceCell::new(), named: OnceCell::new() }
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Sends one request and returns its answer, a redirect too, with its body yet to be read.
    ///
    /// # Errors
    /// [`WebError::Refused`] where the name leads to where it must not, [`WebError::Failed`].
    pub(crate) async fn send(
        &self,
        admitted: &Admitted,
        headers: HeaderMap,
    ) -> Result<Response, WebError> {
        let address = admitted.url();
        if self.guard.upstream(admitted.scope()).is_some() {
            self.guard.check_name(admitted).await?;
        }
        let client = self.client(admitted.scope()).await.map_err(|why| failed(address, why))?;
        client.get(address.clone()).headers(headers).send().await.map_err(|error| {
            match forbidden(&error) {
                Some(forbidden) => refused(address.as_str(), &forbidden.to_string()),
                None => failed(address, root_cause(&error)),
            }
        })
    }

    async fn client(&self, scope: Scope) -> Result<&Client, String> {
        let cell = match scope {
            Scope::Internet => &self.internet,
            Scope::Named => &self.named,
        };
        cell.get_or_try_init(|| async { self.build(scope) }).await
    }

    fn build(&self, scope: Scope) -> Result<Client, String> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        // The environment's proxy would look names up itself without the user's having said so here.
        let builder = Client::builder().no_proxy();
        let builder = match self.guard.upstream(scope) {
            Some(upstream) => {
                let proxy = Proxy::all(upstream.url().clone());
                builder.proxy(proxy.map_err(|error| root_cause(&error))?)
            }
            None => builder.dns_resolver(self.guard.resolver(scope)),
        };
        builder
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .tls_backend_preconfigured(tls().map_err(|error| error.to_string())?)
            .build()
            .map_err(|error| root_cause(&error))
    }
}

/// TLS by rustls and ring that trusts whom the system trusts.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let ring = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier::new(Arc::clone(&ring))?);
    let mut config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        // The platform's own verifier, which the method's name does not do justice.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The guard's refusal among the causes of an error.
fn forbidden(error: &reqwest::Error) -> Option<&Forbidden> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(forbidden) = inner.downcast_ref() {
            return Some(forbidden);
        }
        cause = inner.source();
    }
    None
}
