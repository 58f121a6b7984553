//! When anything is due.

use std::future::Future;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::Batch;
use super::queue::{Identity, Queue};
use super::tasks::Event;
use super::topics::At;
use super::transaction::Transaction;
use super::{Producer, Urge};
use crate::error::ClientError;

impl Producer {
    /// Does everything that can be done now, and arranges to be woken for the rest.
    pub(super) fn poll_drive(&mut self, context: &mut Context<'_>) {
        loop {
            while let std::task::Poll::Ready(Some((mark, answer))) =
                self.answers.1.poll_recv(context)
            {
                self.answered(mark, answer);
            }
            while let std::task::Poll::Ready(Some(event)) = self.events.1.poll_recv(context) {
                self.happened(event);
            }
            let now = Instant::now();
            let Some(moment) = self.send_due(now) else {
                return;
            };
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(moment)));
            // Moved only to an earlier moment, or once it has fired: too early a wake-up is cheaper than a timer moved for
            // each batch.
            if moment < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(moment);
            }
            if timer.as_mut().poll(context).is_pending() {
                return;
            }
        }
    }

    /// Takes what has come without waiting, and without a task to wake.
    pub(super) fn take_answers(&mut self) {
        while let Ok((mark, answer)) = self.answers.1.try_recv() {
            self.answered(mark, answer);
        }
    }

    /// Closes batches that are due, gives up those that are too old, sends what can be sent. Answers when to look again, if
    /// nothing happens before.
    pub(super) fn send_due(&mut self, now: Instant) -> Option<Instant> {
        self.follow_metadata();
        if let Some(failure) = self.transaction.as_ref().and_then(Transaction::failure)
            && !self.active.is_empty()
        {
            let failure = failure.clone();
            self.fail_all(&failure);
        }
        let mut wake = self.close_due(now);
        if let Some(moment) = self.send_waiting(now) {
            sooner(&mut wake, moment);
        }
        self.refresh_if_wanted(now, &mut wake);
        self.shrink_if_unused(now, &mut wake);
        wake
    }

    /// Every batch fails with `error`.
    pub(super) fn fail_all(&mut self, error: &ClientError) {
        for at in std::mem::take(&mut self.active) {
            for batch in self.topics.queue(at).drain() {
                self.give_up(at, batch, error.clone());
            }
        }
        self.sent.clear();
        for node in self.nodes.values_mut() {
            node.forget();
        }
    }

    /// Ends a batch with a failure.
    pub(super) fn give_up(&mut self, at: At, batch: Batch, error: ClientError) {
        if self.transaction.is_some() {
            self.spoil(error.clone());
        }
        let queue = self.topics.queue(at);
        let ack = queue.fail(&batch, error);
        if queue.needs_epoch {
            self.bump_epoch(at);
        }
        self.acks.extend(ack);
        self.free(batch);
        self.retire(at);
    }

    /// A partition whose last batch came to its end is not looked at any more.
    pub(super) fn retire(&mut self, at: At) {
        let queue = self.topics.queue(at);
        if queue.is_quiet() && queue.open.is_none() {
            self.active.remove(&at);
        }
    }

    /// Returns a batch's memory.
    pub(super) fn free(&mut self, batch: Batch) {
        let charged = batch.charged;
        match batch.into_builder() {
            Some(builder) => self.memory.give(builder, charged),
            None => self.memory.recharge(charged, 0),
        }
    }

    /// A partition has a gap in its sequences: from now on there is a new epoch, which it adopts when nothing of it is in
    /// flight. Other partitions go on under theirs until they have nothing unanswered.
    pub(super) fn bump_epoch(&mut self, at: At) {
        let current = self.identity;
        // Epochs of a transactional producer are the coordinator's: it raises them with the end of the transaction.
        if self.transaction.is_some() || !self.topics.queue(at).is_under(current) {
            return;
        }
        self.identity = current.and_then(|identity| {
            Some(Identity {
                epoch: identity.epoch.checked_add(1)?,
                ..identity
            })
        });
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Connected(node, result) => self.connected(node, result),
            Event::Refreshed(result) => {
                self.refreshing.running = false;
                if let Err(error) = result {
                    tracing::debug!("metadata refresh failed: {error}");
                    self.refreshing.wanted = true;
                }
            }
            Event::Added {
                number,
                added,
                asked,
            } => self.added_to_transaction(number, added, asked),
            Event::Identified(Ok(identity)) => {
                self.identifying = false;
                self.identity = Some(identity);
            }
            Event::Identified(Err(error)) => {
                self.identifying = false;
                if !error.is_retriable() {
                    self.ended = Some(error.clone());
                    self.fail_all(&error);
                }
            }
        }
    }

    fn follow_metadata(&mut self) {
        let latest = self.cluster.metadata();
        if !Arc::ptr_eq(&latest, &self.metadata) {
            self.topics
                .update(&latest, self.settings.batch_limit, &self.backoff);
            self.metadata = latest;
        }
    }

    /// Closes open batches that waited long enough and gives up old ones; answers when the next is due.
    fn close_due(&mut self, now: Instant) -> Option<Instant> {
        let (linger, delivery) = (self.settings.linger, self.settings.delivery_timeout);
        let mut wake = None;
        let mut expired = Vec::new();
        for at in &self.active {
            let queue = self.topics.queue(*at);
            if let Some(open) = &queue.open {
                let due = open.created.checked_add(linger);
                let eager = self.settings.eager && self.urge == Urge::Idle && queue.is_quiet();
                let now_due = due.is_some_and(|due| due <= now);
                if now_due || eager || self.urge == Urge::Flush || self.starved > 0 {
                    queue.close();
                } else if let Some(due) = due {
                    sooner(&mut wake, due);
                }
            }
            match queue.oldest() {
                None => {}
                Some(oldest) => match oldest.checked_add(delivery) {
                    Some(moment) if moment > now => sooner(&mut wake, moment),
                    Some(_) => expired.push(*at),
                    None => {}
                },
            }
        }
        for at in expired {
            self.expire(at, now, delivery);
        }
        wake
    }

    fn expire(&mut self, at: At, now: Instant, limit: Duration) {
        while let Some(batch) = self.topics.queue(at).expire(now, limit) {
            let Queue {
                topic, partition, ..
            } = self.topics.queue(at);
            let what = format!(
                "expiring {} record(s) for {topic}-{partition} that could not be sent",
                batch.count
            );
            self.give_up(at, batch, ClientError::Timeout { what, after: limit });
        }
    }

    fn refresh_if_wanted(&mut self, now: Instant, wake: &mut Option<Instant>) {
        let old = self
            .metadata
            .updated
            .is_some_and(|moment| now.duration_since(moment) > self.settings.metadata_max_age);
        let wanted = self.refreshing.wanted || (old && !self.active.is_empty());
        if !wanted || self.refreshing.running {
            return;
        }
        match self.refreshing.not_before {
            Some(moment) if moment > now => sooner(wake, moment),
            _ => {
                self.refreshing.wanted = false;
                self.refreshing.running = true;
                self.refreshing.not_before = now.checked_add(self.cluster.config().retry_backoff);
                self.refresh();
            }
        }
    }

    /// After a pause the buffers kept for reuse are given back.
    fn shrink_if_unused(&mut self, now: Instant, wake: &mut Option<Instant>) {
        let Some(moment) = self
            .last_used
            .and_then(|moment| moment.checked_add(SHRINK_AFTER))
        else {
            return;
        };
        if !self.active.is_empty() || !self.memory.has_spare() {
            return;
        }
        if moment <= now {
            self.memory.shrink();
        } else {
            sooner(wake, moment);
        }
    }
}

/// Moves `wake` to `moment` if that is sooner.
pub(super) fn sooner(wake: &mut Option<Instant>, moment: Instant) {
    *wake = Some(wake.map_or(moment, |known| known.min(moment)));
}

/// How long buffers are kept after the last batch.
const SHRINK_AFTER: Duration = Duration::from_secs(2);
