//! Asking a cluster to create, describe and change things.
//!
//! Every method goes to the broker that can do it (the controller, a group's coordinator, the leaders), and is repeated
//! with back-off for at most `default.api.timeout.ms` while what fails may pass. Answers about single topics, groups or
//! partitions are a `Result` each: one failure does not hide what was done for the others.

mod cluster;
mod configs;
mod groups;
mod offsets;
mod producers;
mod records;
mod topics;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::protocol::StrBytes;
use windlass_wire::{ErrorCode, Request};

use crate::cluster::{Cluster, Coordinator, Lane, Topics};
use crate::error::ClientError;

pub use cluster::ClusterDescription;
pub use configs::{Alteration, ConfigEntry, ConfigSource, Resource};
pub use groups::{GroupDescription, ListedGroup, MemberDescription};
pub use offsets::OffsetAt;
pub use topics::{CreatedTopic, NewTopic};

/// Outcomes by what they are about.
pub type Each<K, T> = BTreeMap<K, Result<T, ClientError>>;

/// An admin client; cheap to clone.
#[derive(Debug, Clone)]
pub struct Admin {
    cluster: Cluster,
}

impl Admin {
    /// An admin client on `cluster`.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// The cluster it speaks to.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn limit(&self) -> Duration {
        self.cluster.config().api_timeout
    }

    /// How long a broker may take for a change, in ms.
    fn broker_limit_ms(&self) -> i32 {
        i32::try_from(self.cluster.config().request_timeout.as_millis()).unwrap_or(i32::MAX)
    }

    /// Sends to the controller; `check` looks for a failure of the whole request. A controller that moved is looked up again.
    async fn to_controller<R: Request, B: Borrow<R>>(
        &self,
        what: &str,
        build: impl Fn(i16) -> B,
        check: impl Fn(&R::Response) -> Result<(), ClientError>,
    ) -> Result<R::Response, ClientError> {
        self.cluster
            .retry(what, self.limit(), || async {
                let node = self.cluster.controller().await?;
                let attempt = self
                    .cluster
                    .send_with::<R, B>(Lane::Shared, node, &build)
                    .await;
                let checked = attempt.and_then(|(_, answer)| check(&answer).map(|()| answer));
                if checked.as_ref().is_err_and(ClientError::is_retriable) {
                    self.cluster.refresh(Topics::None).await?;
                }
                checked
            })
            .await
    }

    /// Sends to the coordinator of a group, which is looked up again when it moved.
    async fn to_coordinator<R: Request>(
        &self,
        what: &str,
        group: &str,
        build: impl Fn(i16) -> R,
        check: impl Fn(&R::Response) -> Result<(), ClientError>,
    ) -> Result<R::Response, ClientError> {
        let coordinator = Coordinator::Group(group.into());
        self.cluster
            .retry(what, self.limit(), || async {
                let node = self.cluster.coordinator(&coordinator).await?;
                let attempt = self
                    .cluster
                    .send_with::<R, R>(Lane::Shared, node, &build)
                    .await;
                let checked = attempt.and_then(|(_, answer)| check(&answer).map(|()| answer));
                if checked.as_ref().is_err_and(ClientError::is_retriable) {
                    self.cluster.coordinator_lost(&coordinator, node);
                }
                checked
            })
            .await
    }
}

/// The outcome of one thing, named in its error.
fn outcome(
    what: impl FnOnce() -> String,
    code: i16,
    message: Option<&StrBytes>,
) -> Result<(), ClientError> {
    ErrorCode::check(code).map_err(|code| {
        ClientError::broker_with(what(), code, message.map(|text| text.to_string()))
    })
}

/// Fails if any of these codes is worth repeating the whole request. A topic or partition that does not exist is not: as
/// Java's admin client, it is told at once.
fn any_retriable(what: &str, codes: impl IntoIterator<Item = i16>) -> Result<(), ClientError> {
    let retriable = codes
        .into_iter()
        .filter_map(ErrorCode::new)
        .find(|code| code.is_retriable() && *code != ResponseError::UnknownTopicOrPartition);
    retriable.map_or(Ok(()), |code| Err(ClientError::broker(what, code)))
}

/// Fails if the broker says that it is not the controller. Any other failure is about one thing only, and repeating the
/// whole would fail the things that are done.
fn not_controller(what: &str, codes: impl IntoIterator<Item = i16>) -> Result<(), ClientError> {
    let moved = codes
        .into_iter()
        .filter_map(ErrorCode::new)
        .find(|code| code.kind() == ResponseError::NotController);
    moved.map_or(Ok(()), |code| Err(ClientError::broker(what, code)))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn shared(text: &StrBytes) -> Arc<str> {
    Arc::from(text.as_str())
}
