//! Saying to a broker who the client is, and saying it again before the broker forgets (KIP-368).

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use windlass_wire::ErrorCode;

use super::{Command, Connection, Opening, Shared};
use crate::error::ClientError;
use crate::sasl::{Sasl, SaslError, Step};

/// Authenticates a new connection whose task is `running`, and sees to it that it stays authenticated.
///
/// # Errors
/// [`ClientError::Authentication`] when the broker refuses, or is not the one that knows the password.
pub(super) async fn begin(
    connection: &Connection,
    sasl: &Arc<Sasl>,
    opening: &Opening<'_>,
    running: JoinHandle<()>,
) -> Result<(), ClientError> {
    let client = Client {
        sasl: Arc::clone(sasl),
        client_id: opening.config.client_id.clone(),
        timeout: opening.config.request_timeout,
    };
    let lifetime = client.authenticate(connection).await?;
    if let Some(lifetime) = lifetime {
        let weak = connection.commands.downgrade();
        let shared = Arc::clone(&connection.shared);
        tokio::spawn(client.stay(lifetime, weak, shared, running));
    }
    Ok(())
}

struct Client {
    sasl: Arc<Sasl>,
    client_id: String,
    timeout: Duration,
}

impl Client {
    /// Answers for how long the broker will remember; `None` for as long as the connection lasts.
    async fn authenticate(&self, connection: &Connection) -> Result<Option<Duration>, ClientError> {
        let result = self.converse(connection).await;
        if result.is_ok() {
            // The task may be gone: whoever sends next will be told why.
            let _ = connection.commands.send(Command::Resume);
        }
        result
    }

    async fn converse(&self, connection: &Connection) -> Result<Option<Duration>, ClientError> {
        let peer = Arc::clone(connection.peer());
        let failed = |what: String| ClientError::Authentication {
            peer: Arc::clone(&peer),
            what,
        };
        let mechanism = self.sasl.mechanism();
        let (mut exchange, mut message) = match self.sasl.begin().await {
            Ok(begun) => begun,
            Err(SaslError::Final(what)) => return Err(failed(what)),
            Err(SaslError::Passing(what)) => {
                return Err(ClientError::Connection {
                    peer,
                    cause: Arc::new(std::io::Error::other(what)),
                });
            }
        };
        let request =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        let answer = connection
            .call(&request, 1, &self.client_id, self.timeout)
            .await?;
        if ErrorCode::check(answer.error_code).is_err() {
            let offered: Vec<_> = answer.mechanisms.iter().map(|name| name.as_str()).collect();
            return Err(failed(format!(
                "sasl.mechanism={mechanism} is not enabled in the broker: it offers {}",
                offered.join(", ")
            )));
        }
        let version = connection.version::<SaslAuthenticateRequest>(2)?;
        loop {
            let request = SaslAuthenticateRequest::default().with_auth_bytes(message.into());
            let answer = connection
                .call(&request, version, &self.client_id, self.timeout)
                .await?;
            if let Err(code) = ErrorCode::check(answer.error_code) {
                let told = answer.error_message.filter(|text| !text.is_empty());
                return Err(failed(
                    told.map_or(code.to_string(), |text| text.to_string()),
                ));
            }
            message = match exchange.step(&answer.auth_bytes).map_err(failed)? {
                Step::Done => return Ok(lifetime(answer.session_lifetime_ms)),
                Step::Send(message) => message,
            };
        }
    }

    /// Authenticates again, each time shortly before the broker forgets, until the connection ends.
    async fn stay(
        self,
        mut lifetime: Duration,
        weak: mpsc::WeakUnboundedSender<Command>,
        shared: Arc<Shared>,
        mut running: JoinHandle<()>,
    ) {
        loop {
            // Java's share, and its spread: not all connections at once.
            let share = 0.85 + 0.1 * self.sasl.chance();
            tokio::select! {
                _ = &mut running => return,
                () = tokio::time::sleep(lifetime.mul_f64(share)) => {}
            }
            let Some(commands) = weak.upgrade() else {
                return;
            };
            let connection = Connection {
                commands,
                shared: Arc::clone(&shared),
            };
            match self.authenticate(&connection).await {
                Ok(Some(next)) => lifetime = next,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(peer = %shared.peer, %error, "authenticating again failed");
                    let _ = connection.commands.send(Command::Fail(error));
                    return;
                }
            }
        }
    }
}

fn lifetime(ms: i64) -> Option<Duration> {
    let ms = u64::try_from(ms).ok().filter(|ms| *ms > 0)?;
    Some(Duration::from_millis(ms))
}
