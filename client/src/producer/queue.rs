//! The batches of one partition: one open, some waiting to be sent, some in flight.
//!
//! No I/O and no clock of its own: time comes in, decisions go out. What it keeps is the order. With idempotence each
//! batch gets its sequence when it is first sent; a batch that is sent again goes before every later one, alone, so that the
//! broker always sees the sequence it expects.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;
use windlass_wire::batch::{BatchBuilder, Producer as Stamp};
use windlass_wire::compression::{Codecs, Compression};

use super::batch::{Batch, Place, advance};
use super::outcome::{Ack, BatchId, Written};
use super::verdict::Facts;
use crate::backoff::Backoff;
use crate::error::ClientError;

/// A producer id and epoch, as a broker gave them or as bumped since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// One partition's batches.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Bytes at which a batch is complete; halved each time the broker finds one too large.
    pub(super) limit: usize,
    /// Bytes of the last complete batch: how large a buffer the next one probably needs.
    pub(super) expected: usize,
    pub(super) open: Option<Batch>,
    waiting: VecDeque<Batch>,
    /// In the order of their places; answers may come in any order when the leader moved.
    in_flight: Vec<Batch>,
    /// Batches that were split and have unfinished parts.
    splits: BTreeMap<BatchId, Split>,
    identity: Option<Identity>,
    next_sequence: i32,
    /// Sequence of the last record acknowledged under `identity`, -1 for none.
    last_acked: i32,
    /// A gap that only a new epoch can close: nothing is sent until nothing is in flight, and then sequences begin anew.
    pub(super) needs_epoch: bool,
    backoff: Backoff,
    retry_at: Option<Instant>,
}

/// What is known of a batch that was split.
#[derive(Debug)]
struct Split {
    unfinished: u32,
    count: u32,
    result: Result<Written, ClientError>,
}

impl Queue {
    pub(super) fn new(topic: Arc<str>, partition: i32, limit: usize, backoff: Backoff) -> Self {
        Self {
            topic,
            partition,
            limit,
            expected: 0,
            open: None,
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            splits: BTreeMap::new(),
            identity: None,
            next_sequence: 0,
            last_acked: -1,
            needs_epoch: false,
            backoff,
            retry_at: None,
        }
    }

    /// How many complete batches wait or are in flight.
    pub(super) fn load(&self) -> usize {
        self.waiting.len() + self.in_flight.len()
    }

    /// Whether nothing of this partition waits or is in flight, an open batch aside.
    pub(super) fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Completes the open batch.
    pub(super) fn close(&mut self) {
        if let Some(batch) = self.open.take() {
            self.expected = batch.len();
            self.waiting.push_back(batch);
        }
    }

    /// Whether the first waiting batch may be sent at `now`; if only time is missing, when.
    pub(super) fn may_send(
        &self,
        now: Instant,
        max_in_flight: usize,
    ) -> Result<(), Option<Instant>> {
        let Some(first) = self.waiting.front() else {
            return Err(None);
        };
        if let Some(moment) = self.retry_at.filter(|moment| *moment > now) {
            return Err(Some(moment));
        }
        let full = self.in_flight.len() >= max_in_flight;
        let gap = self.needs_epoch && !self.in_flight.is_empty();
        // A broker that knows nothing of a producer takes any first sequence. Were the first batch refused (the leader is
        // just moving) and the second taken, the first could never be written any more: so the first goes alone.
        let unproven = self.identity.is_some() && self.last_acked < 0 && !self.in_flight.is_empty();
        // A batch that was sent before is sent again only when nothing before it is undecided.
        let overtakes = first.stamp != Stamp::NONE
            && self
                .in_flight
                .first()
                .is_some_and(|other| other.place < first.place);
        if full || gap || unproven || overtakes {
            Err(None)
        } else {
            Ok(())
        }
    }

    /// Bytes of the first waiting batch, roughly if it is not sealed yet.
    pub(super) fn next_len(&self) -> usize {
        self.waiting.front().map_or(0, Batch::len)
    }

    /// Begins sequences anew under `identity`, if a gap calls for it or nothing that was stamped is left. Call before
    /// [`Queue::send`], with idempotence only.
    pub(super) fn adopt(&mut self, identity: Identity) {
        let stamped = |batch: &Batch| batch.stamp != Stamp::NONE;
        let free = self.in_flight.is_empty() && !self.waiting.iter().any(stamped);
        let changes = self.needs_epoch || (free && self.identity != Some(identity));
        if !changes {
            return;
        }
        for batch in &mut self.waiting {
            batch.stamp = Stamp::NONE;
        }
        self.needs_epoch = false;
        self.identity = Some(identity);
        self.next_sequence = 0;
        self.last_acked = -1;
    }

    /// Seals the first waiting batch and moves it in flight. The builder, if one comes back, is free again.
    pub(super) fn send(
        &mut self,
        compression: Compression,
        transactional: bool,
        codecs: &mut Codecs,
    ) -> Option<windlass_wire::Result<(Place, Bytes, Option<BatchBuilder>)>> {
        let mut batch = self.waiting.pop_front()?;
        let stamp = match self.identity {
            Some(identity) if batch.stamp == Stamp::NONE => {
                let base_sequence = self.next_sequence;
                self.next_sequence = advance(base_sequence, batch.count);
                Stamp {
                    id: identity.id,
                    epoch: identity.epoch,
                    base_sequence,
                }
            }
            _ => batch.stamp,
        };
        let sealed = batch.seal(stamp, compression, transactional, codecs);
        batch.attempts += 1;
        let place = batch.place;
        let at = self.in_flight.partition_point(|other| other.place < place);
        self.in_flight.insert(at, batch);
        Some(sealed.map(|(bytes, free)| (place, bytes, free)))
    }

    /// The batch that [`Queue::send`] failed to seal, taken out.
    pub(super) fn unsealed(&mut self) -> Option<Batch> {
        let at = self.in_flight.iter().position(|batch| !batch.is_sealed())?;
        Some(self.in_flight.remove(at))
    }

    /// Whether its sequences are counted under `identity`.
    pub(super) fn is_under(&self, identity: Option<Identity>) -> bool {
        identity.is_some() && self.identity == identity
    }

    /// The batch in flight at `place`, to recharge its memory.
    pub(super) fn sent(&mut self, place: Place) -> Option<&mut Batch> {
        self.in_flight.iter_mut().find(|batch| batch.place == place)
    }

    /// Takes the batch at `place` out of those in flight: its answer came.
    pub(super) fn answered(&mut self, place: Place) -> Option<Batch> {
        let at = self
            .in_flight
            .iter()
            .position(|batch| batch.place == place)?;
        Some(self.in_flight.remove(at))
    }

    /// What [`super::verdict::judge`] needs to know of an answered batch.
    pub(super) fn facts(&self, batch: &Batch, may_retry: bool) -> Facts {
        let idempotent = batch.stamp != Stamp::NONE;
        let early = ahead(batch.stamp.base_sequence, self.expected_sequence());
        let is_gap = idempotent && !self.needs_epoch && !early;
        Facts {
            count: batch.count,
            idempotent,
            is_gap,
            may_retry,
            transactional: false,
        }
    }

    fn expected_sequence(&self) -> i32 {
        if self.last_acked < 0 {
            0
        } else {
            advance(self.last_acked, 1)
        }
    }

    /// The batch is in the log.
    pub(super) fn written(&mut self, batch: &Batch, written: Written) -> Option<Ack> {
        self.backoff.reset();
        self.retry_at = None;
        let stamp = batch.stamp;
        if stamp != Stamp::NONE
            && self
                .identity
                .is_some_and(|identity| (identity.id, identity.epoch) == (stamp.id, stamp.epoch))
        {
            self.last_acked = advance(stamp.base_sequence, batch.count.saturating_sub(1));
        }
        self.finish(batch.place, batch.count, Ok(written))
    }

    /// The batch is to be sent again, after a back-off.
    pub(super) fn retry(&mut self, batch: Batch, now: Instant, rng: &mut fastrand::Rng) {
        self.retry_at = now.checked_add(self.backoff.next(rng));
        self.put_back(batch);
    }

    /// The batch is to be sent again in two halves, at once.
    pub(super) fn halves(&mut self, id: BatchId, count: u32, halves: [Batch; 2]) {
        self.splits
            .entry(id)
            .or_insert(Split {
                unfinished: 1,
                count,
                result: Ok(Written {
                    base_offset: None,
                    log_append_time: None,
                }),
            })
            .unfinished += 1;
        for half in halves {
            self.put_back(half);
        }
    }

    /// The batch is given up. What was sent may or may not be in the log, and later batches may count on its sequence:
    /// only a new epoch makes that good.
    pub(super) fn fail(&mut self, batch: &Batch, error: ClientError) -> Option<Ack> {
        if batch.stamp != Stamp::NONE {
            self.needs_epoch = true;
        }
        self.finish(batch.place, batch.count, Err(error))
    }

    /// The first waiting batch that is older than `limit` at `now`, taken out.
    pub(super) fn expire(&mut self, now: Instant, limit: std::time::Duration) -> Option<Batch> {
        let at = self
            .waiting
            .iter()
            .position(|batch| now.duration_since(batch.created) >= limit)?;
        self.waiting.remove(at)
    }

    /// When the oldest batch was begun that waits or is open.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().map(|batch| batch.created).min();
        waiting
            .into_iter()
            .chain(self.open.as_ref().map(|batch| batch.created))
            .min()
    }

    /// Everything that is unfinished, taken out.
    pub(super) fn drain(&mut self) -> Vec<Batch> {
        self.close();
        self.in_flight
            .drain(..)
            .chain(self.waiting.drain(..))
            .collect()
    }

    fn put_back(&mut self, batch: Batch) {
        let at = self
            .waiting
            .partition_point(|other| other.place < batch.place);
        self.waiting.insert(at, batch);
    }

    /// The ack of a batch; of a split one only when its last part is finished.
    pub(super) fn finish(
        &mut self,
        place: Place,
        count: u32,
        result: Result<Written, ClientError>,
    ) -> Option<Ack> {
        let ack = |queue: &Self, count, result| Ack {
            batch: place.id,
            topic: Arc::clone(&queue.topic),
            partition: queue.partition,
            count,
            result,
        };
        let Some(split) = self.splits.get_mut(&place.id) else {
            return Some(ack(self, count, result));
        };
        split.unfinished -= 1;
        match (&mut split.result, result) {
            (Ok(whole), Ok(part)) if place.first == 0 => *whole = part,
            (whole @ Ok(_), Err(error)) => *whole = Err(error),
            _ => {}
        }
        if split.unfinished > 0 {
            return None;
        }
        let split = self.splits.remove(&place.id)?;
        Some(ack(self, split.count, split.result))
    }
}

/// Whether `sequence` comes after `other`, over the wrap behind the largest.
fn ahead(sequence: i32, other: i32) -> bool {
    let distance = i64::from(sequence) - i64::from(other);
    let half = i64::from(i32::MAX) / 2;
    (1..=half).contains(&distance) || distance < -half
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use windlass_wire::batch::no_headers;

    const ME: Identity = Identity { id: 9, epoch: 0 };

    struct Rig {
        queue: Queue,
        codecs: Codecs,
        ids: u64,
        rng: fastrand::Rng,
    }

    impl Rig {
        fn new() -> Self {
            let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
            let queue = Queue::new("t".into(), 0, 16_384, backoff);
            Self {
                queue,
                codecs: Codecs::new(),
                ids: 0,
                rng: fastrand::Rng::with_seed(1),
            }
        }

        fn fill(&mut self, records: u32) {
            let mut batch = Batch::new(BatchId(self.ids), Instant::now(), BatchBuilder::new());
            self.ids += 1;
            for _ in 0..records {
                batch
                    .append(usize::MAX, 0, None, Some(b"v"), no_headers())
                    .unwrap();
            }
            self.queue.open = Some(batch);
            self.queue.close();
        }

        /// Sends the first batch and answers its id and first sequence.
        fn send(&mut self) -> (u64, i32) {
            self.queue.adopt(ME);
            let (place, _, _) = self
                .queue
                .send(Compression::None, false, &mut self.codecs)
                .unwrap()
                .unwrap();
            (
                place.id.0,
                self.queue.sent(place).unwrap().stamp.base_sequence,
            )
        }

        fn answered(&mut self, id: u64) -> Batch {
            self.queue
                .answered(Place {
                    id: BatchId(id),
                    first: 0,
                })
                .unwrap()
        }

        fn retry(&mut self, id: u64) {
            let batch = self.answered(id);
            self.queue.retry(batch, Instant::now(), &mut self.rng);
        }

        fn may_send(&self) -> bool {
            self.queue
                .may_send(Instant::now() + Duration::from_secs(5), 5)
                .is_ok()
        }
    }

    const WRITTEN: Written = Written {
        base_offset: Some(0),
        log_append_time: None,
    };

    #[tokio::test]
    async fn sequences_go_on_over_batches_and_stay_on_retries() {
        let mut rig = Rig::new();
        for records in [3, 2, 4] {
            rig.fill(records);
        }
        assert_eq!(rig.send(), (0, 0));
        let first = rig.answered(0);
        rig.queue.written(&first, WRITTEN);
        assert_eq!([rig.send(), rig.send()], [(1, 3), (2, 5)]);
        rig.retry(1);
        assert!(
            rig.queue.may_send(Instant::now(), 5).is_err(),
            "not before the back-off"
        );
        assert!(rig.may_send());
        assert_eq!(rig.send(), (1, 3));
    }

    #[tokio::test]
    async fn retries_go_one_at_a_time_in_order_before_anything_new() {
        let mut rig = Rig::new();
        for _ in 0..3 {
            rig.fill(1);
        }
        rig.send();
        rig.send();
        rig.retry(1);
        assert!(!rig.may_send(), "batch 0 is undecided");
        rig.retry(0);
        assert_eq!(rig.send(), (0, 0));
        assert!(!rig.may_send(), "batch 0 is undecided again");
        let first = rig.answered(0);
        assert!(rig.queue.written(&first, WRITTEN).is_some());
        assert_eq!(rig.send(), (1, 1));
        assert!(rig.may_send());
        assert_eq!(
            rig.send(),
            (2, 2),
            "a new one may follow a retry that is in flight"
        );
    }

    #[tokio::test]
    async fn the_first_batch_of_an_epoch_goes_alone() {
        let mut rig = Rig::new();
        for _ in 0..3 {
            rig.fill(1);
        }
        assert!(rig.may_send());
        rig.send();
        assert!(!rig.may_send(), "the broker may know nothing of us yet");
        let first = rig.answered(0);
        rig.queue.written(&first, WRITTEN);
        rig.send();
        assert!(rig.may_send());
    }

    #[test]
    fn sequences_are_compared_over_the_wrap() {
        assert!(ahead(5, 4) && !ahead(4, 4) && !ahead(3, 4));
        assert!(ahead(1, i32::MAX) && !ahead(i32::MAX, 1));
    }

    #[tokio::test]
    async fn a_gap_is_told_from_a_batch_that_came_too_early() {
        let mut rig = Rig::new();
        rig.fill(2);
        rig.fill(1);
        rig.send();
        rig.send();
        let (first, second) = (rig.answered(0), rig.answered(1));
        assert!(rig.queue.facts(&first, true).is_gap);
        assert!(!rig.queue.facts(&second, true).is_gap);
        rig.queue.written(&first, WRITTEN);
        assert!(rig.queue.facts(&second, true).is_gap);
    }

    #[tokio::test]
    async fn a_new_epoch_waits_for_what_is_in_flight_and_begins_at_zero() {
        let mut rig = Rig::new();
        for _ in 0..3 {
            rig.fill(2);
        }
        rig.send();
        rig.send();
        let lost = rig.answered(0);
        let ack = rig.queue.fail(&lost, ClientError::Closed).unwrap();
        assert_eq!((ack.batch, ack.count), (BatchId(0), 2));
        assert!(!rig.may_send());
        rig.retry(1);
        assert!(rig.may_send());
        rig.queue.adopt(Identity { id: 9, epoch: 1 });
        let (place, bytes, _) = rig
            .queue
            .send(Compression::None, false, &mut rig.codecs)
            .unwrap()
            .unwrap();
        let header = *windlass_wire::batch::Batch::parse(bytes).unwrap().header();
        assert_eq!(
            (
                place.id,
                header.producer.epoch,
                header.producer.base_sequence
            ),
            (BatchId(1), 1, 0)
        );
        assert_eq!(rig.send(), (2, 2));
    }

    #[tokio::test]
    async fn a_batch_that_was_never_sent_leaves_no_gap() {
        let mut rig = Rig::new();
        rig.fill(1);
        let old = rig
            .queue
            .expire(
                Instant::now() + Duration::from_secs(9),
                Duration::from_secs(9),
            )
            .unwrap();
        rig.queue.fail(&old, ClientError::Closed);
        assert!(!rig.queue.needs_epoch && rig.queue.is_quiet());
    }

    #[tokio::test]
    async fn a_split_batch_is_acknowledged_once_with_the_offset_of_its_first_part() {
        let mut rig = Rig::new();
        rig.fill(4);
        rig.send();
        let whole = rig.answered(0);
        let (id, count) = (whole.place.id, whole.count);
        let halves = whole.split(&mut rig.codecs).unwrap();
        rig.queue.halves(id, count, halves);
        assert_eq!(rig.send(), (0, 0));
        let left = rig.answered(0);
        assert!(
            rig.queue
                .written(
                    &left,
                    Written {
                        base_offset: Some(70),
                        log_append_time: None
                    }
                )
                .is_none()
        );
        rig.queue.adopt(ME);
        let (place, _, _) = rig
            .queue
            .send(Compression::None, false, &mut rig.codecs)
            .unwrap()
            .unwrap();
        assert_eq!(place.first, left.count);
        let right = rig.queue.answered(place).unwrap();
        assert_eq!(i64::from(right.stamp.base_sequence), i64::from(left.count));
        let ack = rig
            .queue
            .written(
                &right,
                Written {
                    base_offset: Some(99),
                    log_append_time: None,
                },
            )
            .unwrap();
        assert_eq!((ack.count, ack.result.unwrap().base_offset), (4, Some(70)));
    }
}
