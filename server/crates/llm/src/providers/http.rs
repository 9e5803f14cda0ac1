//! The HTTP client of one provider.

use std::sync::Arc;

use devika_config::Provider;
use reqwest::{Client, Url, redirect};
use rustls::{ClientConfig, RootCertStore, crypto};
use rustls_platform_verifier::Verifier;

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
    let tls = tls(address.scheme() == "https").map_err(|e| unusable(e.to_string()))?;
    let mut builder = Client::builder()
        .user_agent(concat!("devika/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(provider.connect_timeout)
        .tls_backend_preconfigured(tls);
    if is_loopback(&address) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| unusable(root_cause(&e)))
}

/// TLS by rustls and ring, chosen here and not by a process-wide default. Without `trust` no
/// certificate is accepted, which costs nothing to set up.
pub(crate) fn tls(trust: bool) -> Result<ClientConfig, rustls::Error> {
    let ring = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&ring))
        .with_safe_default_protocol_versions()?;
    if !trust {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = Arc::new(Verifier::new(ring)?);
    let mut config = builder
        // The platform's own verifier, which the method's name does not do justice.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
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
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
