//! A batch on its way: built, sealed, sent, perhaps sent again or split.

use bytes::Bytes;
use tokio::time::Instant;
use windlass_wire::batch::{self, BatchBuilder, BatchOptions, Producer as Stamp};
use windlass_wire::compression::{Codecs, Compression};
use windlass_wire::{Result, WireError};

use super::outcome::BatchId;

/// The place of a batch among those of its partition: halves of a split one stand where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The batch as the caller knows it.
    pub(super) id: BatchId,
    /// Index of its first record in that batch; 0 unless it was split.
    pub(super) first: u32,
}

/// Records of one partition that are sent together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) place: Place,
    pub(super) count: u32,
    /// When its first record was appended: `linger.ms` and `delivery.timeout.ms` count from here.
    pub(super) created: Instant,
    /// What it was last charged with in [`super::memory::Memory`].
    pub(super) charged: usize,
    /// Producer id, epoch and sequence it was last sent with; [`Stamp::NONE`] before, and after they became invalid.
    pub(super) stamp: Stamp,
    /// How often it was sent.
    pub(super) attempts: u32,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Building(BatchBuilder),
    Sealed(Bytes),
}

impl Batch {
    pub(super) fn new(id: BatchId, created: Instant, builder: BatchBuilder) -> Self {
        let charged = builder.capacity();
        let body = Body::Building(builder);
        Self {
            place: Place { id, first: 0 },
            count: 0,
            created,
            charged,
            stamp: Stamp::NONE,
            attempts: 0,
            body,
        }
    }

    /// Whether its bytes are final but for the stamp.
    pub(super) fn is_sealed(&self) -> bool {
        matches!(self.body, Body::Sealed(_))
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        match &self.body {
            Body::Building(builder) => builder.len(),
            Body::Sealed(bytes) => bytes.len(),
        }
    }

    /// Bytes of memory behind it.
    pub(super) fn capacity(&self) -> usize {
        match &self.body {
            Body::Building(builder) => builder.capacity(),
            Body::Sealed(bytes) => bytes.len().max(self.charged),
        }
    }

    /// Appends a record unless the batch would pass `limit`: `false` then, and when it is sealed.
    #[inline]
    pub(super) fn append<'h, H>(
        &mut self,
        limit: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<bool>
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let Body::Building(builder) = &mut self.body else {
            return Ok(false);
        };
        let appended = builder.append_within(limit, timestamp, key, value, headers)?;
        self.count += u32::from(appended);
        Ok(appended)
    }

    /// The bytes to send under `stamp`: sealed once, and afterwards only stamped anew where the stamp changed. The second
    /// value is the builder, if sealing left it empty and it can be used again.
    pub(super) fn seal(
        &mut self,
        stamp: Stamp,
        compression: Compression,
        transactional: bool,
        codecs: &mut Codecs,
    ) -> Result<(Bytes, Option<BatchBuilder>)> {
        let mut free = None;
        let bytes = match &mut self.body {
            Body::Building(builder) => {
                let options = BatchOptions {
                    compression,
                    producer: stamp,
                    transactional,
                };
                let sealed = builder.finish(&options, codecs)?;
                free = (compression != Compression::None).then(|| std::mem::take(builder));
                Bytes::from(sealed)
            }
            Body::Sealed(bytes) if self.stamp == stamp => return Ok((bytes.clone(), None)),
            Body::Sealed(bytes) => {
                let mut changed = Vec::from(std::mem::take(bytes));
                batch::set_producer(&mut changed, stamp)?;
                Bytes::from(changed)
            }
        };
        self.body = Body::Sealed(bytes.clone());
        self.stamp = stamp;
        Ok((bytes, free))
    }

    /// The buffer behind it, if nobody else holds a part of it any more.
    pub(super) fn into_builder(self) -> Option<BatchBuilder> {
        match self.body {
            Body::Building(builder) => Some(builder),
            Body::Sealed(bytes) => {
                let mut buffer = bytes.try_into_mut().ok()?;
                // Or its bytes, which start behind the builder's slack, would be moved to the front.
                buffer.clear();
                let mut builder = BatchBuilder::new();
                builder.reuse(Vec::from(buffer));
                Some(builder)
            }
        }
    }

    /// Two batches with its records, in order. A stamp is carried on: sequences go on through both halves.
    ///
    /// # Errors
    /// The bytes are not what was sealed.
    pub(super) fn split(self, codecs: &mut Codecs) -> Result<[Self; 2]> {
        let Body::Sealed(bytes) = self.body else {
            return Err(WireError::Encode {
                what: "record batch",
                reason: "split before it was sent".to_owned(),
            });
        };
        let set = batch::Batch::parse(bytes)?.open(codecs, usize::MAX)?;
        let half = set.payload().len() / 2;
        let mut halves = [BatchBuilder::new(), BatchBuilder::new()];
        for (index, record) in (0..self.count).zip(set.records()) {
            let record = record?;
            // Both halves get at least one record.
            let first = index == 0
                || (index + 1 < self.count && halves[0].len() < half && halves[1].is_empty());
            let builder = &mut halves[usize::from(!first)];
            builder.append(record.timestamp, record.key, record.value, record.headers)?;
        }
        let mut first = self.place.first;
        let mut sequence = self.stamp.base_sequence;
        Ok(halves.map(|builder| {
            let count = u32::try_from(builder.count()).unwrap_or(0);
            let stamp = Stamp {
                base_sequence: sequence,
                ..self.stamp
            };
            let place = Place {
                first,
                ..self.place
            };
            first += count;
            sequence = if self.stamp == Stamp::NONE {
                sequence
            } else {
                advance(sequence, count)
            };
            let charged = builder.capacity();
            let body = Body::Building(builder);
            Self {
                place,
                count,
                created: self.created,
                charged,
                stamp,
                attempts: self.attempts,
                body,
            }
        }))
    }
}

/// The sequence `count` records behind `sequence`; behind the largest comes 0.
pub(super) fn advance(sequence: i32, count: u32) -> i32 {
    let next = (i64::from(sequence) + i64::from(count)) % (i64::from(i32::MAX) + 1);
    i32::try_from(next).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn halves_hold_all_records_and_go_on_counting() {
        let mut codecs = Codecs::new();
        let mut batch = Batch::new(BatchId(7), Instant::now(), BatchBuilder::new());
        for i in 0..9u8 {
            let value = vec![i; 100];
            assert!(
                batch
                    .append(
                        usize::MAX,
                        1000 + i64::from(i),
                        Some(&[i]),
                        Some(&value),
                        [(&b"h"[..], None)]
                    )
                    .unwrap()
            );
        }
        let stamp = Stamp {
            id: 5,
            epoch: 0,
            base_sequence: i32::MAX - 1,
        };
        batch
            .seal(stamp, Compression::Gzip, false, &mut codecs)
            .unwrap();
        let [mut left, mut right] = batch.split(&mut codecs).unwrap();
        assert_eq!(left.count + right.count, 9);
        assert!(
            left.count.abs_diff(right.count) <= 1,
            "{} and {}",
            left.count,
            right.count
        );
        assert_eq!(
            (right.place, right.stamp.base_sequence),
            (
                Place {
                    id: BatchId(7),
                    first: left.count
                },
                advance(i32::MAX - 1, left.count)
            )
        );
        let mut seen = Vec::new();
        for half in [&mut left, &mut right] {
            let (bytes, _) = half
                .seal(half.stamp, Compression::None, false, &mut codecs)
                .unwrap();
            let set = batch::Batch::parse(bytes)
                .unwrap()
                .open(&mut codecs, usize::MAX)
                .unwrap();
            seen.extend(set.records().map(|record| record.unwrap().timestamp));
        }
        assert_eq!(seen, (1000..1009).collect::<Vec<i64>>());
    }

    #[tokio::test]
    async fn two_records_split_into_one_and_one() {
        let mut codecs = Codecs::new();
        let mut batch = Batch::new(BatchId(0), Instant::now(), BatchBuilder::new());
        for value in [&[1u8; 1][..], &[2u8; 5000][..]] {
            batch
                .append(usize::MAX, 0, None, Some(value), batch::no_headers())
                .unwrap();
        }
        batch
            .seal(Stamp::NONE, Compression::None, false, &mut codecs)
            .unwrap();
        let halves = batch.split(&mut codecs).unwrap();
        assert_eq!(halves.map(|half| half.count), [1, 1]);
    }

    #[tokio::test]
    async fn a_new_stamp_changes_only_the_stamp() {
        let mut codecs = Codecs::new();
        let mut batch = Batch::new(BatchId(0), Instant::now(), BatchBuilder::new());
        batch
            .append(usize::MAX, 0, None, Some(b"x"), batch::no_headers())
            .unwrap();
        let stamp = Stamp {
            id: 1,
            epoch: 0,
            base_sequence: 10,
        };
        batch
            .seal(stamp, Compression::None, false, &mut codecs)
            .unwrap();
        let (bytes, _) = batch
            .seal(
                Stamp {
                    epoch: 1,
                    base_sequence: 0,
                    ..stamp
                },
                Compression::None,
                false,
                &mut codecs,
            )
            .unwrap();
        let header = *batch::Batch::parse(bytes).unwrap().header();
        assert_eq!(
            (
                header.producer.epoch,
                header.producer.base_sequence,
                header.records_count
            ),
            (1, 0, 1)
        );
    }

    #[test]
    fn sequences_wrap_to_zero() {
        assert_eq!(advance(i32::MAX, 1), 0);
        assert_eq!(advance(i32::MAX - 1, 3), 1);
        assert_eq!(advance(5, 10), 15);
    }
}
