//! Partitions come and go.

use windlass_api::{Result, TopicPartition};

use super::{Loss, SinkLoop, api_partition};
use crate::task::kafka;
use crate::task::watchdog::Call;

impl SinkLoop {
    /// The group gave partitions to this task.
    pub(super) async fn assigned(
        &mut self,
        partitions: &[windlass_client::TopicPartition],
    ) -> Result<()> {
        let mut opened = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let position = self.consumer.position(partition).await.map_err(kafka)?;
            opened.push(api_partition(partition));
            self.offsets.assigned(api_partition(partition), position);
        }
        // Redelivery ends when its records went with their partitions (B-081).
        self.redelivering &= !self.batch.is_empty();
        self.assignment_changed()?;
        self.common.metrics.assigned(&self.assignment());
        let call = self.common.watched.enter(Call::Open);
        self.task.open(&opened).await?;
        drop(call);
        self.apply_requests()
    }

    /// The group takes partitions from this task, or took them already.
    pub(super) async fn removed(
        &mut self,
        partitions: &[windlass_client::TopicPartition],
        loss: Loss,
    ) -> Result<()> {
        let partitions: Vec<_> = partitions.iter().map(api_partition).collect();
        let closed = match loss {
            Loss::Revoked => self.commit_and_close(&partitions).await,
            Loss::Lost => {
                if let Some(letters) = self.common.tolerance.reporter().dead_letters() {
                    letters.forget(&partitions);
                }
                self.close(&partitions).await
            }
        };
        self.offsets.removed(&partitions);
        let mut left = self.assignment();
        left.retain(|partition| !partitions.contains(partition));
        self.common.metrics.assigned(&left);
        self.batch.retain(|record| {
            let of = |p: &TopicPartition| {
                p.partition == record.original_partition && p.topic == record.original_topic
            };
            !partitions.iter().any(of)
        });
        // What the task paused stays noted: an eager rebalance may give the partition right back (SK-016).
        self.context
            .requests()
            .assignment
            .retain(|kept| !partitions.contains(kept));
        closed
    }

    /// Closes everything at the end.
    pub(super) async fn close_all(&mut self) -> Result<()> {
        let partitions = self.assignment();
        let partitions: Vec<_> = partitions
            .into_iter()
            .filter(|p| self.offsets.is_assigned(p))
            .collect();
        if partitions.is_empty() {
            return Ok(());
        }
        let closed = self.commit_and_close(&partitions).await;
        self.common.metrics.assigned(&[]);
        closed
    }

    fn assignment_changed(&mut self) -> Result<()> {
        let assignment = self.assignment();
        {
            let mut requests = self.context.requests();
            requests.paused.retain(|paused| assignment.contains(paused));
            requests.assignment = assignment;
        }
        if self.paused || self.redelivering || self.held.is_some() {
            self.pause_all()
        } else {
            self.resume_all()
        }
    }
}
