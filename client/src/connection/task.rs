//! The task that owns a stream.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};
use windlass_wire::ApiKey;

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::waiting::{Waiter, Waiting};
use super::{Command, Outgoing, Reply, Shared};
use crate::error::ClientError;
use crate::net::Stream;

/// One stream and everything that is under way on it.
pub(super) struct Task {
    stream: Box<dyn Stream>,
    commands: mpsc::UnboundedReceiver<Command>,
    /// Requests that came while the client says who it is; `None` when it does not.
    held: Option<VecDeque<Outgoing>>,
    shared: Arc<Shared>,
    outbox: Outbox,
    inbox: Inbox,
    waiting: Waiting,
    /// Requests without an answer that are not wholly written.
    unwritten: Vec<Reply>,
    /// Fires at or before the next moment anything is due; moved only when it fires.
    timer: Pin<Box<Sleep>>,
    max_idle: Duration,
    last_used: Instant,
    /// Every handle is gone: finish what is under way and close.
    closing: bool,
}

/// Why a connection ended.
enum End {
    /// Nobody needs it any more.
    Unused,
    /// The stream failed, or an answer was overdue.
    Io(io::Error),
    /// The broker broke the protocol.
    Protocol(String),
    /// The broker does not take the client for whom it says it is.
    Failed(ClientError),
}

impl Task {
    pub(super) fn new(
        stream: Box<dyn Stream>,
        commands: mpsc::UnboundedReceiver<Command>,
        shared: Arc<Shared>,
        max_idle: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            stream,
            commands,
            held: None,
            shared,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            waiting: Waiting::default(),
            unwritten: Vec::new(),
            timer: Box::pin(tokio::time::sleep_until(far_future(now, max_idle))),
            max_idle,
            last_used: now,
            closing: false,
        }
    }

    /// Runs until the stream ends, and then fails everything that still waits.
    pub(super) async fn run(mut self) {
        let end = poll_fn(|context| self.poll(context)).await;
        let cause = self.cause(end);
        tracing::debug!(peer = %self.shared.peer, "connection ended: {cause}");
        // Set before the queue closes, so that a sender that is refused finds the cause.
        let cause = self.shared.ended.get_or_init(|| cause).clone();
        self.commands.close();
        self.waiting.fail(&cause);
        for reply in self.unwritten.drain(..) {
            reply.give(Err(cause.clone()));
        }
        for request in self.held.take().into_iter().flatten() {
            request.reply.give(Err(cause.clone()));
        }
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Send(request) = command {
                request.reply.give(Err(cause.clone()));
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Some(end) = self.accept(context) {
                return Poll::Ready(end);
            }
            match self.outbox.poll_write(&mut *self.stream, context) {
                Poll::Ready(Ok(())) => self.written(),
                Poll::Ready(Err(error)) => return Poll::Ready(End::Io(self.told(error, context))),
                Poll::Pending => {}
            }
            match self.inbox.poll_frame(&mut *self.stream, context) {
                Poll::Ready(Ok(Some(frame))) => {
                    self.last_used = Instant::now();
                    if let Err(what) = self.waiting.answer(frame) {
                        return Poll::Ready(End::Protocol(what));
                    }
                    continue;
                }
                Poll::Ready(Ok(None)) => {
                    let error =
                        io::Error::new(io::ErrorKind::ConnectionReset, "closed by the broker");
                    return Poll::Ready(End::Io(error));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(End::Io(error)),
                Poll::Pending => {}
            }
            if self.closing && self.waiting.is_empty() {
                return Poll::Ready(End::Unused);
            }
            match self.tick(context) {
                Some(end) => return Poll::Ready(end),
                None => {
                    let waiting = self.waiting.len();
                    self.shared.waiting.store(waiting, Ordering::Relaxed);
                    return Poll::Pending;
                }
            }
        }
    }

    /// What TLS read last, if that says why nothing more can be written: who refuses a certificate says so, and closes.
    fn told(&mut self, error: io::Error, context: &mut Context<'_>) -> io::Error {
        match self.inbox.poll_frame(&mut *self.stream, context) {
            Poll::Ready(Err(told)) if windlass_tls::explain(&told, "").is_some() => told,
            _ => error,
        }
    }

    /// Takes requests from the queue while there is room to write them.
    fn accept(&mut self, context: &mut Context<'_>) -> Option<End> {
        while !self.closing && self.outbox.has_room() {
            match self.commands.poll_recv(context) {
                Poll::Ready(Some(Command::Send(request))) => self.admit(request),
                Poll::Ready(Some(Command::Resume)) => {
                    for request in self.held.take().into_iter().flatten() {
                        self.take(request);
                    }
                }
                Poll::Ready(Some(Command::Fail(cause))) => return Some(End::Failed(cause)),
                Poll::Ready(None) => self.closing = true,
                Poll::Pending => return None,
            }
        }
        None
    }

    /// Between SASL's handshake and its end a broker takes nothing else (KIP-368).
    fn admit(&mut self, request: Outgoing) {
        match (&mut self.held, request.api) {
            (_, ApiKey::SaslHandshake) => {
                self.held.get_or_insert_default();
                self.take(request);
            }
            (Some(held), api) if api != ApiKey::SaslAuthenticate => held.push_back(request),
            _ => self.take(request),
        }
    }

    fn take(&mut self, request: Outgoing) {
        let now = Instant::now();
        self.last_used = now;
        self.outbox.push(request.frame);
        if matches!(request.reply, Reply::Written(..)) {
            self.unwritten.push(request.reply);
            return;
        }
        let deadline = far_future(now, request.timeout);
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
        let (correlation, api, reply) = (request.correlation, request.api, request.reply);
        self.waiting.push(Waiter {
            correlation,
            api,
            since: now,
            deadline,
            reply,
        });
    }

    fn written(&mut self) {
        for reply in self.unwritten.drain(..) {
            reply.give(Ok(Bytes::new()));
        }
    }

    /// Looks at the clock when the timer has fired, and sets it anew.
    fn tick(&mut self, context: &mut Context<'_>) -> Option<End> {
        while self.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if let Some(late) = self.waiting.overdue(now) {
                let waited = now.duration_since(late.since).as_millis();
                let text = format!("no answer to {:?} within {waited} ms", late.api);
                return Some(End::Io(io::Error::new(io::ErrorKind::TimedOut, text)));
            }
            if self.waiting.is_empty() && now >= far_future(self.last_used, self.max_idle) {
                return Some(End::Unused);
            }
            if now.duration_since(self.last_used) >= SHRINK_AFTER {
                self.inbox.shrink();
            }
            let next = self.next_tick(now);
            self.timer.as_mut().reset(next);
        }
        None
    }

    /// The timer is only ever moved back when it fires: a steady flow of requests moves it once per `request.timeout.ms`.
    fn next_tick(&self, now: Instant) -> Instant {
        let due = self
            .waiting
            .deadline()
            .unwrap_or_else(|| far_future(self.last_used, self.max_idle));
        if self.inbox.holds_memory() {
            due.min(now + SHRINK_AFTER)
        } else {
            due
        }
    }

    fn cause(&self, end: End) -> ClientError {
        let peer = Arc::clone(&self.shared.peer);
        match end {
            End::Unused => {
                let cause =
                    io::Error::new(io::ErrorKind::NotConnected, "closed because it was idle");
                ClientError::Connection {
                    peer,
                    cause: Arc::new(cause),
                }
            }
            End::Failed(cause) => cause,
            End::Io(error) => ClientError::Connection {
                peer,
                cause: Arc::new(error),
            },
            // Nothing on this stream can be trusted any more; on a new one all may be well.
            End::Protocol(what) => ClientError::Connection {
                peer,
                cause: Arc::new(io::Error::new(io::ErrorKind::InvalidData, what)),
            },
        }
    }
}

fn far_future(now: Instant, timeout: Duration) -> Instant {
    now.checked_add(timeout)
        .unwrap_or(now + Duration::from_secs(86_400 * 365))
}

/// Unused for this long, a connection gives back the buffers it keeps for reuse.
const SHRINK_AFTER: Duration = Duration::from_secs(5);
