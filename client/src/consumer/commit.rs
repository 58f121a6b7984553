//! Commits: in the order of the calls, in the background.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::cluster::{Call, Cluster};
use crate::error::ClientError;
use crate::offsets::{self, Committer};
use crate::{OffsetAndMetadata, TopicPartition};

/// Resolves when the commit made with [`Consumer::commit_async`](super::Consumer::commit_async) is done.
///
/// The commit goes on when the handle is dropped. Asynchronous commits are not retried, as in Java: the next one
/// overtakes them.
#[derive(Debug)]
pub struct CommitHandle {
    answer: oneshot::Receiver<Result<(), ClientError>>,
}

impl CommitHandle {
    /// The result, if it has come. Gives it once.
    pub fn try_result(&mut self) -> Option<Result<(), ClientError>> {
        match self.answer.try_recv() {
            Ok(result) => Some(result),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(ClientError::Closed)),
        }
    }

    /// A commit that is refused before it is sent.
    pub(super) fn refused(error: ClientError) -> Self {
        let (told, answer) = oneshot::channel();
        // The receiver is right here.
        let _ = told.send(Err(error));
        Self { answer }
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

/// One commit to be made.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    pub(super) who: Committer,
    pub(super) call: Call,
    /// How long to go on retrying; `None` for one attempt.
    pub(super) retry_for: Option<Duration>,
}

/// Makes one commit after the other, on a task that is there from the first commit on.
#[derive(Debug)]
pub(super) struct CommitQueue {
    cluster: Cluster,
    worker: Option<Worker>,
}

#[derive(Debug)]
struct Worker {
    queue: mpsc::UnboundedSender<(Commit, oneshot::Sender<Result<(), ClientError>>)>,
    task: JoinHandle<()>,
}

impl CommitQueue {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            cluster: cluster.clone(),
            worker: None,
        }
    }

    pub(super) fn push(&mut self, commit: Commit, runtime: &Handle) -> CommitHandle {
        let worker = self
            .worker
            .get_or_insert_with(|| Worker::start(&self.cluster, runtime));
        let (told, answer) = oneshot::channel();
        // A worker that is gone drops `told`, which the handle reports.
        let _ = worker.queue.send((commit, told));
        CommitHandle { answer }
    }

    /// Waits until all commits are made, at most for `limit`.
    pub(super) async fn finish(self, limit: Duration) {
        let Some(worker) = self.worker else { return };
        drop(worker.queue);
        let mut task = worker.task;
        if tokio::time::timeout(limit, &mut task).await.is_err() {
            task.abort();
        }
    }
}

impl Worker {
    fn start(cluster: &Cluster, runtime: &Handle) -> Self {
        let (queue, mut jobs) = mpsc::unbounded_channel::<(Commit, oneshot::Sender<_>)>();
        let cluster = cluster.clone();
        let task = runtime.spawn(async move {
            while let Some((commit, told)) = jobs.recv().await {
                // Nobody may wait for the answer; the commit was wanted all the same.
                let _ = told.send(make(&cluster, &commit).await);
            }
        });
        Self { queue, task }
    }
}

async fn make(cluster: &Cluster, commit: &Commit) -> Result<(), ClientError> {
    let attempt = || offsets::commit(cluster, commit.call, &commit.who, &commit.offsets);
    match commit.retry_for {
        Some(limit) => cluster.retry("committing offsets", limit, attempt).await,
        None => attempt().await,
    }
}
