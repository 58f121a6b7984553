//! The side that connects.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ClientConfig, Resumption};
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::files::Stamps;
use crate::provider::provider;
use crate::trust::Anchors;
use crate::{ClientStream, TlsError, TlsSettings, explain, store};

/// Makes TLS streams out of plain ones. Stores are read for the first stream, and again once their files have changed.
#[derive(Debug)]
pub struct ClientTls {
    settings: TlsSettings,
    loaded: Mutex<Option<(Stamps, Arc<ClientConfig>)>>,
}

impl ClientTls {
    /// By these settings; nothing is read yet.
    pub fn new(settings: TlsSettings) -> Self {
        Self {
            settings,
            loaded: Mutex::new(None),
        }
    }

    /// Reads the stores unless they are read already and unchanged.
    ///
    /// # Errors
    /// What is wrong with the stores, or with the processor. A store that was good and has changed into a bad one is
    /// warned of, and goes on to be used as it was.
    pub fn load(&self) -> Result<(), TlsError> {
        self.config().map(drop)
    }

    /// Shakes hands with `host` over `stream`.
    ///
    /// # Errors
    /// A [`TlsError`] inside of the error where it was TLS that failed, which trying again does not mend; anything else is
    /// the network's.
    pub async fn connect<S>(&self, host: &str, stream: S) -> io::Result<ClientStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self.config().map_err(io::Error::other)?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            io::Error::other(TlsError::Handshake {
                peer: host.to_owned(),
                what: "expected a host name or an address".to_owned(),
            })
        })?;
        let connecting = TlsConnector::from(config).connect(name, stream);
        connecting.await.map_err(|error| named(error, host))
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let stamps = Stamps::of(&self.settings);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some((seen, config)) if *seen == stamps => return Ok(Arc::clone(config)),
            _ => {}
        }
        match (build(&self.settings), &*loaded) {
            (Ok(config), _) => {
                let config = Arc::new(config);
                *loaded = Some((stamps, Arc::clone(&config)));
                Ok(config)
            }
            (Err(error), Some((_, config))) => {
                tracing::warn!(%error, "a keystore or truststore has changed and cannot be read: using it as it was");
                Ok(Arc::clone(config))
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// The error with a [`TlsError`] inside if TLS is what failed.
fn named(error: io::Error, peer: &str) -> io::Error {
    match explain(&error, peer) {
        Some(what) => io::Error::other(TlsError::Handshake {
            peer: peer.to_owned(),
            what,
        }),
        None if error.kind() == io::ErrorKind::UnexpectedEof => io::Error::new(
            error.kind(),
            "closed during the TLS handshake: is this a port without TLS?",
        ),
        None => error,
    }
}

fn build(settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
    let provider = provider(&settings.suites)?;
    let anchors = match store::trusted(settings)? {
        Some(certificates) => Anchors::listed(certificates, &settings.key("ssl.truststore"))?,
        None => Anchors::system(),
    };
    let verifier = anchors.of_servers(&provider, settings.check_host)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(settings))
        .map_err(|error| TlsError::Config(format!("ssl.cipher.suites: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match store::identity(settings)? {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain, identity.key)
            .map_err(|error| unusable_key(settings, &error))?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}

pub(crate) fn unusable_key(settings: &TlsSettings, error: &rustls::Error) -> TlsError {
    TlsError::Store {
        place: settings.key("ssl.keystore"),
        what: format!(
            "the private key cannot be used: {error}; expected RSA, EC P-256 or P-384, or Ed25519, and the certificate that belongs to it"
        ),
    }
}

pub(crate) fn versions(settings: &TlsSettings) -> Vec<&'static rustls::SupportedProtocolVersion> {
    let chosen = [(settings.tls13, &TLS13), (settings.tls12, &TLS12)];
    chosen
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, version)| version)
        .collect()
}

/// One client speaks to few hosts.
const SESSIONS: usize = 16;
