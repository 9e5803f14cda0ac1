//! The HTTP client of one provider.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use devika_config::{Provider, ProviderKind};
use reqwest::{Client, Proxy, RequestBuilder, Response, Url, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto};
use rustls_platform_verifier::Verifier;

use super::wire;
use crate::ModelError;

/// Builds the client. For `http` addresses this takes well under a millisecond; for `https` it
/// reads the system's root certificates (some tens of milliseconds), so it is done at the first
/// request and not before.
///
/// It follows no redirect: the key must not travel to an address nobody configured.
pub(crate) fn client(provider: &Provider) -> Result<Client, ModelError> {
    let unusable = |why: String| ModelError::Unreachable {
        provider: provider.name.clone(),
        address: provider.base_url.clone(),
        why,
    };
    let address = Url::parse(&provider.base_url)
        .map_err(|e| unusable(format!("the address is not a URL ({e})")))?;
    let tls = if address.scheme() == "https" {
        let own = provider.ca_file.as_deref().map_or(Ok(Vec::new()), certificates);
        trusting(own.map_err(unusable)?)
    } else {
        tls(false)
    };
    let tls = tls.map_err(|e| unusable(e.to_string()))?;
    let mut builder = Client::builder()
        .user_agent(concat!("devika/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(provider.connect_timeout)
        .tls_backend_preconfigured(tls);
    if let Some(proxy) = &provider.proxy {
        let proxy = Proxy::all(proxy)
            .map_err(|e| unusable(format!("`proxy` cannot be used: {}", root_cause(&e))))?;
        builder = builder.proxy(proxy);
    } else if is_loopback(&address) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| unusable(root_cause(&e)))
}

/// A client for an address that is no provider's: TLS and proxies as for those, and no redirect is
/// followed. `silence` is how long a connection, and then the other side, may take to say anything.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub fn web_client(address: &str, silence: Duration) -> Result<Client, String> {
    let address = Url::parse(address).map_err(|e| format!("the address is not a URL ({e})"))?;
    let tls = tls(address.scheme() == "https").map_err(|e| e.to_string())?;
    let mut builder = Client::builder()
        .user_agent(concat!("devika/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(silence)
        .read_timeout(silence)
        .tls_backend_preconfigured(tls);
    if is_loopback(&address) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| root_cause(&e))
}

/// TLS by rustls and ring, chosen here and not by a process-wide default. Without `trust` no
/// certificate is accepted, which costs nothing to set up.
pub(crate) fn tls(trust: bool) -> Result<ClientConfig, rustls::Error> {
    if trust {
        return trusting(Vec::new());
    }
    let ring = Arc::new(crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// TLS that trusts whom the system trusts, and `own`.
fn trusting(own: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let ring = Arc::new(crypto::ring::default_provider());
    let verifier = Arc::new(Verifier::new_with_extra_roots(own, Arc::clone(&ring))?);
    let mut config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        // The platform's own verifier, which the method's name does not do justice.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a file.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: String| format!("`ca_file` {} cannot be used: {why}", file.display());
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(found)
}

/// Adds the headers of each request.
pub(crate) fn with_headers(request: RequestBuilder, provider: &Provider) -> RequestBuilder {
    wire::headers(provider)
        .into_iter()
        .fold(request, |request, (name, value)| request.header(name, value))
}

/// A body as text, up to `limit` bytes of it.
pub(crate) async fn read(mut response: Response, limit: usize) -> reqwest::Result<String> {
    let mut body = Vec::new();
    while body.len() < limit
        && let Some(part) = response.chunk().await?
    {
        body.extend_from_slice(&part);
    }
    body.truncate(limit);
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Whether a provider runs on the user's own machine, where its tokens cost nothing.
pub fn is_on_this_machine(provider: &Provider) -> bool {
    provider.kind == ProviderKind::Local
        || Url::parse(&provider.base_url).is_ok_and(|address| is_loopback(&address))
}

/// Whether an address names this machine, where no proxy can reach it.
pub(crate) fn is_loopback(address: &Url) -> bool {
    match address.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// The innermost cause of an error: `Connection refused`, where the outer ones say that a request
/// could not be sent.
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
