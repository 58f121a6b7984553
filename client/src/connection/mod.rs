//! One stream to one broker, shared by everybody who talks to that broker on the same lane.
//!
//! A single task owns the stream: it gathers the requests of all senders into vectored writes, and hands each answer
//! to whoever waits for it. Requests are pipelined; a broker answers them in order. When the stream dies, or an answer
//! is overdue, every waiting request fails with the same cause.

mod inbox;
mod open;
mod outbox;
mod session;
mod task;
mod waiting;

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use windlass_wire::frame::{self, Frame};
use windlass_wire::versions::BrokerVersions;
use windlass_wire::{ApiKey, Request, message};

use crate::error::ClientError;

pub(crate) use open::{Opening, open};

/// A handle to an open connection; cheap to clone. The stream is closed when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    commands: mpsc::UnboundedSender<Command>,
    shared: Arc<Shared>,
}

/// What the handles and the task have in common.
#[derive(Debug)]
struct Shared {
    /// Broker id and address, for errors.
    peer: Arc<str>,
    /// What the broker speaks; set once, before the first handle is given out.
    versions: OnceLock<BrokerVersions>,
    next_correlation: AtomicI32,
    /// How many requests wait for their answer.
    waiting: AtomicUsize,
    /// Why the connection ended; set before the requests that waited are failed.
    ended: OnceLock<ClientError>,
}

/// What the task is told.
#[derive(Debug)]
enum Command {
    /// Send this.
    Send(Outgoing),
    /// The broker knows who we are: what was held back since the SASL handshake may go.
    Resume,
    /// End for this reason.
    Fail(ClientError),
}

/// A request on its way to the task.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Size, header and body; chunks of it are written from where they lie.
    pub(crate) frame: Frame,
    /// The id in the header.
    pub(crate) correlation: i32,
    /// What it is, for errors.
    pub(crate) api: ApiKey,
    /// How long the answer may take, from the moment the task accepts the request.
    pub(crate) timeout: Duration,
    /// Where the answer goes.
    pub(crate) reply: Reply,
}

/// Where an answer goes: the frame without its size, or why there is none.
#[derive(Debug)]
pub(crate) enum Reply {
    /// To one waiting caller.
    Once(oneshot::Sender<Answer>),
    /// To a queue that many requests share, with the mark that tells them apart.
    Queue(mpsc::UnboundedSender<(u64, Answer)>, u64),
    /// There will be no answer (Produce with `acks=0`): an empty one is given to the queue once all is written.
    Written(mpsc::UnboundedSender<(u64, Answer)>, u64),
}

pub(crate) type Answer = Result<Bytes, ClientError>;

impl Connection {
    /// Broker id and address, for errors.
    pub(crate) fn peer(&self) -> &Arc<str> {
        &self.shared.peer
    }

    /// How many requests wait for their answer.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Why the connection ended, if it has.
    pub(crate) fn ended(&self) -> Option<&ClientError> {
        self.shared.ended.get()
    }

    /// The version of `R` both sides speak, at most `max`.
    pub(crate) fn version<R: Request>(&self, max: i16) -> Result<i16, ClientError> {
        let Some(versions) = self.shared.versions.get() else {
            return Err(self.protocol("used before its handshake".to_owned()));
        };
        versions
            .negotiate_up_to(self.api::<R>()?, max)
            .map_err(|cause| ClientError::Unsupported {
                peer: Arc::clone(self.peer()),
                what: cause.to_string(),
            })
    }

    /// The cluster's `transaction.version`, 0 where it has none.
    pub(crate) fn transaction_version(&self) -> i16 {
        let versions = self.shared.versions.get();
        versions.map_or(0, BrokerVersions::transaction_version)
    }

    /// An id for the next request.
    pub(crate) fn next_correlation(&self) -> i32 {
        self.shared.next_correlation.fetch_add(1, Ordering::Relaxed) & i32::MAX
    }

    /// Queues a request; its answer comes through its [`Reply`].
    pub(crate) fn submit(&self, request: Outgoing) {
        if let Err(refused) = self.commands.send(Command::Send(request))
            && let Command::Send(request) = refused.0
        {
            let cause = self.ended().cloned().unwrap_or(ClientError::Closed);
            request.reply.give(Err(cause));
        }
    }

    /// Sends `request` and waits for its answer. Dropping the future forgets the answer, not the request.
    pub(crate) async fn call<R: Request>(
        &self,
        request: &R,
        version: i16,
        client_id: &str,
        timeout: Duration,
    ) -> Result<R::Response, ClientError> {
        let api = self.api::<R>()?;
        let correlation = self.next_correlation();
        let frame = message::encode_request(correlation, Some(client_id), version, request)
            .map_err(|cause| self.protocol(cause.to_string()))?;
        let (reply, answer) = oneshot::channel();
        self.submit(Outgoing {
            frame,
            correlation,
            api,
            timeout,
            reply: Reply::Once(reply),
        });
        let answer = answer.await.unwrap_or(Err(ClientError::Closed))?;
        self.decode::<R>(answer, version)
    }

    /// Reads the answer to a request of `version`.
    pub(crate) fn decode<R: Request>(
        &self,
        answer: Bytes,
        version: i16,
    ) -> Result<R::Response, ClientError> {
        let body = frame::response_body(self.api::<R>()?, version, answer);
        body.and_then(|body| message::decode_response::<R>(version, body))
            .map_err(|cause| self.protocol(cause.to_string()))
    }

    fn api<R: Request>(&self) -> Result<ApiKey, ClientError> {
        ApiKey::try_from(R::KEY)
            .map_err(|()| self.protocol(format!("api key {} is not known", R::KEY)))
    }

    fn protocol(&self, what: String) -> ClientError {
        ClientError::Protocol {
            peer: Arc::clone(self.peer()),
            what,
        }
    }
}

impl Reply {
    /// Hands the answer over; nobody waiting for it any more is no error.
    fn give(self, answer: Answer) {
        match self {
            Self::Once(waiter) => drop(waiter.send(answer)),
            Self::Queue(queue, mark) | Self::Written(queue, mark) => {
                drop(queue.send((mark, answer)));
            }
        }
    }
}
