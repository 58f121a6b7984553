//! Which topics a consumer is interested in, and when to ask for their metadata.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::Subscription;
use crate::TopicPartition;
use crate::backoff::Backoff;
use crate::cluster::{Cluster, Topics};
use crate::config::ConsumerConfig;
use crate::error::ClientError;
use crate::metadata::Metadata;

/// What is read: nothing yet, partitions by hand, or topics of a group.
#[derive(Debug)]
pub(super) enum Interest {
    Nothing,
    Partitions(BTreeSet<Arc<str>>),
    Subscribed(Subscription),
}

/// Keeps the metadata of the topics of interest fresh.
#[derive(Debug)]
pub(super) struct TopicWatch {
    pub(super) interest: Interest,
    /// Topics subscribed to, as far as known.
    pub(super) subscribed: BTreeSet<Arc<str>>,
    asking: bool,
    /// When the newest answer came that spoke of all of them; `None` asks at once.
    asked_at: Option<Instant>,
    not_before: Option<Instant>,
    backoff: Backoff,
    rng: fastrand::Rng,
    /// The snapshot last looked at.
    seen: Option<Arc<Metadata>>,
}

impl TopicWatch {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            interest: Interest::Nothing,
            subscribed: BTreeSet::new(),
            asking: false,
            asked_at: None,
            not_before: None,
            backoff: cluster.backoff(),
            rng: cluster.rng(),
            seen: None,
        }
    }

    /// Looks for other topics from now on.
    pub(super) fn set(&mut self, interest: Interest) {
        self.subscribed = match &interest {
            Interest::Subscribed(Subscription::Topics(topics)) => {
                topics.iter().map(|t| Arc::from(t.as_str())).collect()
            }
            _ => BTreeSet::new(),
        };
        self.interest = interest;
        self.seen = None;
        self.asked_at = None;
    }

    /// Metadata is old: ask again, though not faster than the back-off lets.
    pub(super) fn is_stale(&mut self) {
        self.asked_at = None;
    }

    /// Looks at a snapshot; answers whether it is another than the last. A pattern is matched anew.
    pub(super) fn look(&mut self, metadata: &Arc<Metadata>, config: &ConsumerConfig) -> bool {
        if self
            .seen
            .as_ref()
            .is_some_and(|seen| Arc::ptr_eq(seen, metadata))
        {
            return false;
        }
        self.seen = Some(Arc::clone(metadata));
        if let Interest::Subscribed(Subscription::Pattern(matches)) = &self.interest {
            let wanted = metadata
                .topics()
                .filter(|t| !(t.internal && config.exclude_internal_topics) && matches(&t.name));
            self.subscribed = wanted.map(|t| t.name.clone()).collect();
        }
        true
    }

    /// Whether topics are known well enough to join: a pattern needs one look at the cluster.
    pub(super) fn is_known(&self) -> bool {
        match &self.interest {
            Interest::Nothing => false,
            Interest::Subscribed(Subscription::Pattern(_)) => {
                self.asked_at.is_some() || !self.subscribed.is_empty()
            }
            _ => true,
        }
    }

    /// The question that is due, if any, with what it must speak of; marks it as asked.
    pub(super) fn due<'a>(
        &mut self,
        config: &ConsumerConfig,
        others: impl Iterator<Item = &'a Arc<str>>,
        now: Instant,
    ) -> Option<Question> {
        if matches!(self.interest, Interest::Nothing)
            || self.wake_at(config, now).is_none_or(|at| at > now)
        {
            return None;
        }
        self.asking = true;
        self.not_before = None;
        let question = match &self.interest {
            Interest::Subscribed(Subscription::Pattern(_)) => Question::All,
            Interest::Partitions(topics) => {
                Question::Named(topics.clone(), config.auto_create_topics)
            }
            _ => {
                let topics = self.subscribed.iter().cloned().chain(others.cloned());
                Question::Named(topics.collect(), config.auto_create_topics)
            }
        };
        Some(question)
    }

    /// When the next question is due, `now` if it is; `None` while one is under way.
    pub(super) fn wake_at(&self, config: &ConsumerConfig, now: Instant) -> Option<Instant> {
        if self.asking || matches!(self.interest, Interest::Nothing) {
            return None;
        }
        let due = self.asked_at.map(|at| at + config.client.metadata_max_age);
        Some(self.not_before.max(due).unwrap_or(now))
    }

    /// The answer to the question: missing topics are asked for again after a while.
    pub(super) fn answered(&mut self, answer: &Result<Arc<Metadata>, ClientError>, now: Instant) {
        self.asking = false;
        let complete = match answer {
            Ok(metadata) => self.is_complete(metadata),
            Err(error) => {
                tracing::debug!("asking for metadata failed: {error}");
                false
            }
        };
        self.asked_at = answer.is_ok().then_some(now);
        if complete {
            // Even a question that is answered well is not asked again at once.
            self.backoff.reset();
            self.not_before = Some(now + self.backoff.next(&mut self.rng));
            self.backoff.reset();
        } else {
            self.asked_at = self.asked_at.filter(|_| {
                matches!(
                    self.interest,
                    Interest::Subscribed(Subscription::Pattern(_))
                )
            });
            self.not_before = Some(now + self.backoff.next(&mut self.rng));
        }
    }

    fn is_complete(&self, metadata: &Metadata) -> bool {
        let topics = match &self.interest {
            Interest::Partitions(topics) => topics,
            _ => &self.subscribed,
        };
        topics.iter().all(|t| {
            metadata
                .topic(t)
                .is_some_and(|t| t.partitions.iter().all(|p| p.leader.is_some()))
        })
    }
}

/// A question for metadata.
#[derive(Debug)]
pub(super) enum Question {
    All,
    /// These topics; the broker may create them.
    Named(BTreeSet<Arc<str>>, bool),
}

impl Question {
    pub(super) async fn ask(self, cluster: Cluster) -> Result<Arc<Metadata>, ClientError> {
        match self {
            Self::All => cluster.refresh(Topics::All).await,
            Self::Named(topics, create) => {
                let topics: Vec<Arc<str>> = topics.into_iter().collect();
                let topics = if create {
                    Topics::Created(&topics)
                } else {
                    Topics::Named(&topics)
                };
                cluster.refresh(topics).await
            }
        }
    }
}

/// The topics of some partitions.
pub(super) fn topics_of(partitions: &[TopicPartition]) -> BTreeSet<Arc<str>> {
    partitions.iter().map(|tp| tp.topic.clone()).collect()
}
