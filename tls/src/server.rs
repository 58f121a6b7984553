//! The side that is connected to.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use crate::client::{unusable_key, versions};
use crate::files::Stamps;
use crate::provider::provider;
use crate::trust::Anchors;
use crate::{ClientAuth, ServerStream, TlsError, TlsSettings, explain, store};

/// Accepts TLS on plain streams. Stores are read at the start, and again once their files have changed.
#[derive(Debug)]
pub struct ServerTls {
    settings: TlsSettings,
    loaded: Mutex<(Stamps, Arc<ServerConfig>)>,
}

impl ServerTls {
    /// Reads the stores.
    ///
    /// # Errors
    /// What is wrong with them, or with the processor; a server needs a private key.
    pub fn new(settings: TlsSettings) -> Result<Self, TlsError> {
        let loaded = (Stamps::of(&settings), Arc::new(build(&settings)?));
        Ok(Self {
            settings,
            loaded: Mutex::new(loaded),
        })
    }

    /// Shakes hands with whoever connected.
    ///
    /// # Errors
    /// Why they did not come to trust each other, or what the network said.
    pub async fn accept<S>(&self, stream: S) -> io::Result<ServerStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepting = TlsAcceptor::from(self.config()).accept(stream);
        accepting.await.map_err(|error| {
            explain(&error, "the client").map_or(error, |what| {
                io::Error::other(TlsError::Handshake {
                    peer: "a client".to_owned(),
                    what,
                })
            })
        })
    }

    fn config(&self) -> Arc<ServerConfig> {
        let stamps = Stamps::of(&self.settings);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.0 != stamps {
            match build(&self.settings) {
                Ok(config) => *loaded = (stamps, Arc::new(config)),
                Err(error) => {
                    tracing::warn!(%error, "a keystore or truststore has changed and cannot be read: using it as it was");
                }
            }
        }
        Arc::clone(&loaded.1)
    }
}

fn build(settings: &TlsSettings) -> Result<ServerConfig, TlsError> {
    let provider = provider(&settings.suites)?;
    let Some(identity) = store::identity(settings)? else {
        return Err(TlsError::Config(format!(
            "expected {0}ssl.keystore.location, or {0}ssl.keystore.key with ssl.keystore.type=PEM: a server needs a private key",
            settings.prefix
        )));
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(settings))
        .map_err(|error| TlsError::Config(format!("ssl.cipher.suites: {error}")))?;
    let builder = match settings.client_auth {
        ClientAuth::None => builder.with_no_client_auth(),
        asked => {
            let anchors = match store::trusted(settings)? {
                Some(certificates) => {
                    Anchors::listed(certificates, &settings.key("ssl.truststore"))?
                }
                None => Anchors::system(),
            };
            let required = asked == ClientAuth::Required;
            builder.with_client_cert_verifier(anchors.of_clients(&provider, required)?)
        }
    };
    builder
        .with_single_cert(identity.chain, identity.key)
        .map_err(|error| unusable_key(settings, &error))
}
