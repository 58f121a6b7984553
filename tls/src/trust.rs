//! Whom to trust, as Java's PKIX trust manager does.
//!
//! A certificate that stands in the truststore itself is trusted whatever it says about its use and its time: Java takes
//! it for an anchor. All others need a chain to one of the truststore.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use crate::{TlsError, host_name};

/// The certificates that chains may end at.
pub(crate) struct Anchors {
    roots: Arc<RootCertStore>,
    /// Empty for the roots of the system: nobody is one of them himself.
    listed: Vec<CertificateDer<'static>>,
}

impl Anchors {
    /// Of a truststore; what in it is no certificate is passed over, unless that is all.
    pub(crate) fn listed(
        certificates: Vec<CertificateDer<'static>>,
        place: &str,
    ) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let (good, _) = roots.add_parsable_certificates(certificates.iter().cloned());
        if good == 0 {
            return Err(TlsError::Store {
                place: place.to_owned(),
                what: "expected a certificate that can be trusted, found none".to_owned(),
            });
        }
        Ok(Self {
            roots: Arc::new(roots),
            listed: certificates,
        })
    }

    /// Of the system; where it has none, those that come with the binary.
    pub(crate) fn system() -> Self {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Self {
            roots: Arc::new(roots),
            listed: Vec::new(),
        }
    }

    /// How a client looks at servers.
    pub(crate) fn of_servers(
        self,
        provider: &Arc<CryptoProvider>,
        check_host: bool,
    ) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        let chains = WebPkiServerVerifier::builder_with_provider(self.roots, Arc::clone(provider))
            .build()
            .map_err(|error| TlsError::Config(format!("truststore: {error}")))?;
        Ok(Arc::new(Servers {
            chains,
            listed: self.listed,
            check_host,
        }))
    }

    /// How a server looks at clients.
    pub(crate) fn of_clients(
        self,
        provider: &Arc<CryptoProvider>,
        required: bool,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let builder = WebPkiClientVerifier::builder_with_provider(self.roots, Arc::clone(provider));
        let builder = if required {
            builder
        } else {
            builder.allow_unauthenticated()
        };
        let chains = builder
            .build()
            .map_err(|error| TlsError::Config(format!("truststore: {error}")))?;
        Ok(Arc::new(Clients {
            chains,
            listed: self.listed,
        }))
    }
}

#[derive(Debug)]
struct Servers {
    chains: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
    check_host: bool,
}

impl ServerCertVerifier for Servers {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.listed.iter().any(|listed| listed == end_entity) {
            let chain = self.chains.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
            // The name is looked at last: a wrong one means that the chain is good.
            match chain {
                Ok(verified) => return Ok(verified),
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName
                    | CertificateError::NotValidForNameContext { .. },
                )) => {}
                Err(error) => return Err(error),
            }
        }
        if self.check_host {
            host_name::check(end_entity, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

#[derive(Debug)]
struct Clients {
    chains: Arc<dyn ClientCertVerifier>,
    listed: Vec<CertificateDer<'static>>,
}

impl ClientCertVerifier for Clients {
    fn offer_client_auth(&self) -> bool {
        self.chains.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chains.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chains.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.listed.iter().any(|listed| listed == end_entity) {
            return Ok(ClientCertVerified::assertion());
        }
        self.chains
            .verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}
