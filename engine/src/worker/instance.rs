//! Calls into a connector object.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use windlass_api::{Props, Result, SourceConnectorContext};

use crate::herder::ConnectorType;
use crate::plugins::Connector;
use crate::task::{HandOver, ended};

impl Connector {
    pub(crate) fn kind(&self) -> ConnectorType {
        match self {
            Connector::Source(_) => ConnectorType::Source,
            Connector::Sink(_) => ConnectorType::Sink,
        }
    }

    pub(crate) fn task_class(&self) -> &'static str {
        match self {
            Connector::Source(c) => c.task_class(),
            Connector::Sink(c) => c.task_class(),
        }
    }

    pub(crate) async fn start(
        &mut self,
        context: SourceConnectorContext,
        props: Props,
    ) -> Result<()> {
        match self {
            Connector::Source(c) => c.start(context, props).await,
            Connector::Sink(c) => c.start(context.connector, props).await,
        }
    }

    pub(crate) async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>> {
        match self {
            Connector::Source(c) => c.task_configs(max_tasks).await,
            Connector::Sink(c) => c.task_configs(max_tasks).await,
        }
    }

    pub(crate) async fn stop(&mut self) -> Result<()> {
        match self {
            Connector::Source(c) => c.stop().await,
            Connector::Sink(c) => c.stop().await,
        }
    }
}

/// Runs code of a connector on the data runtime: a panic becomes an error, and a call that blocks its thread blocks
/// nobody here. Dropping the future gives the call up.
pub(crate) fn isolated<T, C>(
    data: &Handle,
    call: C,
) -> impl Future<Output = Result<T>> + Send + use<T, C>
where
    T: Send + 'static,
    C: Future<Output = Result<T>> + Send + 'static,
{
    let mut run = AbortOnDrop(data.spawn(HandOver::new(call, true)));
    async move { (&mut run.0).await.unwrap_or_else(|error| Err(ended(error))) }
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
