//! The recording certificate verifier: the only place where a certificate is accepted unseen.
//!
//! A probe must see a bad certificate in order to describe it, so the handshake accepts any chain
//! and records it; [`judge`] then says what a strict client would have said.
//! Invariant: nothing secret is ever sent over a connection that was accepted here, and signatures
//! of the handshake are still checked.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Certificates read of one chain; public chains have two to four.
const MAX_CERTIFICATES: usize = 10;
/// Bytes read of one chain.
const MAX_CHAIN_BYTES: usize = 64 * 1024;
/// Names shown of one certificate.
const MAX_NAMES: usize = 12;

/// The certificates that a strict client trusts: Mozilla's, and the operator's own.
#[derive(Clone, Debug)]
pub struct Roots(Arc<RootCertStore>);

impl Roots {
    /// Mozilla's roots and `extra`, such as a company's own authority. Unreadable ones are left out.
    pub fn new(extra: &[CertificateDer<'static>]) -> Self {
        let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        store.add_parsable_certificates(extra.iter().cloned());
        Self(Arc::new(store))
    }
}

/// Accepts every chain and keeps it.
#[derive(Debug)]
pub(super) struct Recorder {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    provider: Arc<CryptoProvider>,
}

impl Recorder {
    /// A client configuration that records, and its recorder. `alpn` in order of preference.
    pub(super) fn config(alpn: &[&str]) -> Result<(Arc<ClientConfig>, Arc<Self>), Error> {
        let provider = Arc::new(ring::default_provider());
        let chain = Mutex::default();
        let recorder = Arc::new(Self { chain, provider: Arc::clone(&provider) });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        // Each probe is a stranger: a resumed session would show no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        Ok((Arc::new(config), recorder))
    }

    /// The chain as the server sent it, leaf first.
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let size = leaf.len() + intermediates.iter().map(|cert| cert.len()).sum::<usize>();
        if intermediates.len() >= MAX_CERTIFICATES || size > MAX_CHAIN_BYTES {
            return Err(Error::General("the certificate chain is too large to read".into()));
        }
        let mut chain = vec![leaf.clone().into_owned()];
        chain.extend(intermediates.iter().map(|cert| cert.clone().into_owned()));
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What is wrong with a certificate chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The leaf's time has passed, or has not begun.
    Expired,
    /// It was issued for other names.
    Name,
    /// No path to a trusted root.
    Untrusted,
}

/// What a strict client says of `chain` for `name` at `now`.
pub(super) fn judge(
    chain: &[CertificateDer<'static>],
    name: &ServerName<'_>,
    now: UnixTime,
    roots: &Roots,
) -> Result<(), Trouble> {
    let Some((leaf, intermediates)) = chain.split_first() else { return Err(Trouble::Untrusted) };
    // First of all, since verifiers differ in what they complain of when several things are wrong.
    if let Some((not_before, not_after)) = validity(leaf) {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now > not_after || now < not_before {
            return Err(Trouble::Expired);
        }
    }
    let provider = Arc::new(ring::default_provider());
    let Ok(verifier) =
        WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots.0), provider).build()
    else {
        return Err(Trouble::Untrusted);
    };
    match verifier.verify_server_cert(leaf, intermediates, name, &[], now) {
        Ok(_) => Ok(()),
        Err(Error::InvalidCertificate(error)) => Err(match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Trouble::Name
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Trouble::Expired,
            _ => Trouble::Untrusted,
        }),
        Err(_) => Err(Trouble::Untrusted),
    }
}

/// The leaf's validity, Unix seconds.
fn validity(leaf: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let (_, cert) = X509Certificate::from_der(leaf).ok()?;
    let validity = cert.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// Subject, names, issuer and expiry of the leaf on one line, and the days left.
pub(super) fn describe(chain: &[CertificateDer<'static>], now: UnixTime) -> Option<(String, i64)> {
    let leaf = chain.first()?;
    let (_, cert) = X509Certificate::from_der(leaf).ok()?;
    let names = cert
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|names| {
            let shown = names.value.general_names.iter().take(MAX_NAMES).map(ToString::to_string);
            shown.collect::<Vec<_>>().join(" ")
        })
        .unwrap_or_default();
    let left =
        cert.validity().not_after.timestamp() - i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let line = format!(
        "not after {}, {} certificate(s) sent, subject {}, issuer {}, names {names}",
        cert.validity().not_after,
        chain.len(),
        cert.subject(),
        cert.issuer(),
    );
    Some((line, left.div_euclid(24 * 3600)))
}
