//! The answer to an asynchronous commit.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::ClientError;

/// Resolves when the commit made with [`Consumer::commit_async`](super::Consumer::commit_async) is done.
///
/// The commit goes on when the handle is dropped. Asynchronous commits are not retried, as in Java: the next one
/// overtakes them.
#[derive(Debug)]
pub struct CommitHandle {
    answer: oneshot::Receiver<Result<(), ClientError>>,
}

impl CommitHandle {
    pub(crate) fn new(answer: oneshot::Receiver<Result<(), ClientError>>) -> Self {
        Self { answer }
    }

    /// The result, if it has come. Gives it once.
    pub fn try_result(&mut self) -> Option<Result<(), ClientError>> {
        match self.answer.try_recv() {
            Ok(result) => Some(result),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(ClientError::Closed)),
        }
    }
}

impl Future for CommitHandle {
    type Output = Result<(), ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer)
            .poll(cx)
            .map(|r| r.unwrap_or(Err(ClientError::Closed)))
    }
}
