//! What workers of a cluster ask each other.

use std::sync::Arc;

use bytes::Bytes;
use windlass_api::Props;

use super::HerderError;
use super::message::{Reply, answer};

/// A request of another worker, signed.
#[derive(Debug)]
pub(crate) struct InternalRequest {
    pub(crate) name: Arc<str>,
    pub(crate) what: Internal,
    pub(crate) signed: Signed,
    pub(crate) reply: Reply<()>,
}

/// What another worker asks for.
#[derive(Debug)]
pub(crate) enum Internal {
    /// The connector, which runs there, wants these tasks.
    Tasks(Vec<Arc<Props>>),
    /// The tasks of an earlier generation must not write any more; only with exactly-once delivery.
    Fence,
}

/// What the signature of a request is checked by.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    /// The body as it came.
    pub body: Bytes,
    /// The header [`AUTHORIZATION`](crate::peer::AUTHORIZATION).
    pub authorization: Option<String>,
    /// The header [`SIGNATURE_ALGORITHM`](crate::peer::SIGNATURE_ALGORITHM).
    pub algorithm: Option<String>,
}

impl InternalRequest {
    /// A standalone worker has no others.
    pub(crate) fn refuse_standalone(self) {
        let text = match self.what {
            Internal::Tasks(_) => {
                "Kafka Connect in standalone mode does not support externally setting task configurations."
            }
            Internal::Fence => {
                "Kafka Connect in standalone mode does not support exactly-once source connectors."
            }
        };
        answer(self.reply, Err(HerderError::Internal(text.to_owned())));
    }
}
