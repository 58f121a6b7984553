//! A Produce request around record batches that are not copied.
//!
//! kafka-protocol's encoder copies every batch into its buffer. Here each batch becomes a chunk of the frame and is written from where
//! [`crate::batch::BatchBuilder::finish`] left it.

use bytes::{BufMut, Bytes, BytesMut};

use crate::frame::{Frame, FrameWriter};
use crate::{ApiKey, Result, WireError};

/// What a Produce request says, versions 3 to 12.
#[derive(Debug, Clone, Default)]
pub struct ProduceRequest<'a> {
    /// Set when the batches are of a transaction.
    pub transactional_id: Option<&'a str>,
    /// -1: all in-sync replicas, 1: the leader, 0: no answer will come.
    pub acks: i16,
    /// How long the broker may wait for its replicas, in ms.
    pub timeout_ms: i32,
    /// The batches, each topic once.
    pub topics: Vec<TopicBatches<'a>>,
}

/// Batches for one topic.
#[derive(Debug, Clone)]
pub struct TopicBatches<'a> {
    /// The topic's name.
    pub name: &'a str,
    /// Partition and its batch: one batch, each partition once.
    pub partitions: Vec<(i32, Bytes)>,
}

impl ProduceRequest<'_> {
    /// The request as a frame.
    ///
    /// # Errors
    /// [`WireError::Encode`] for a version outside 3 to 12, a name above 32,767 bytes, a frame of 2 GiB.
    pub fn encode(
        &self,
        correlation_id: i32,
        client_id: Option<&str>,
        version: i16,
    ) -> Result<Frame> {
        if !(3..=12).contains(&version) {
            return Err(WireError::Encode {
                what: "produce request",
                reason: format!("version {version} is outside 3 to 12"),
            });
        }
        // Versions 3 to 8 and 9 to 12 differ in how lengths are written, and in nothing else.
        let form = Form {
            flexible: version >= 9,
        };
        let mut out = FrameWriter::new();
        out.request_head(ApiKey::Produce, version, correlation_id, client_id)?;
        let buffer = out.buffer();
        form.nullable_string(buffer, self.transactional_id)?;
        buffer.put_i16(self.acks);
        buffer.put_i32(self.timeout_ms);
        form.array_len(buffer, self.topics.len())?;
        for topic in &self.topics {
            let buffer = out.buffer();
            form.string(buffer, topic.name)?;
            form.array_len(buffer, topic.partitions.len())?;
            for (partition, batch) in &topic.partitions {
                let buffer = out.buffer();
                buffer.put_i32(*partition);
                form.bytes_len(buffer, batch.len())?;
                out.chunk(batch.clone());
                form.end(out.buffer());
            }
            form.end(out.buffer());
        }
        form.end(out.buffer());
        out.finish()
    }
}

/// How lengths are written: as integers of fixed size, or compact with tagged fields behind each struct.
#[derive(Clone, Copy)]
struct Form {
    flexible: bool,
}

impl Form {
    fn nullable_string(self, out: &mut BytesMut, text: Option<&str>) -> Result<()> {
        match text {
            Some(text) => self.string(out, text)?,
            None if self.flexible => out.put_u8(0),
            None => out.put_i16(-1),
        }
        Ok(())
    }

    fn string(self, out: &mut BytesMut, text: &str) -> Result<()> {
        let len = i16::try_from(text.len()).map_err(|_| WireError::Encode {
            what: "produce request",
            reason: format!("a name has {} bytes, at most 32767 are allowed", text.len()),
        })?;
        if self.flexible {
            put_unsigned_varint(out, u32::from(len.unsigned_abs()) + 1);
        } else {
            out.put_i16(len);
        }
        out.put_slice(text.as_bytes());
        Ok(())
    }

    fn array_len(self, out: &mut BytesMut, len: usize) -> Result<()> {
        self.bytes_len(out, len)
    }

    fn bytes_len(self, out: &mut BytesMut, len: usize) -> Result<()> {
        let len = i32::try_from(len).map_err(|_| WireError::Encode {
            what: "produce request",
            reason: format!("a length of {len} does not fit 31 bits"),
        })?;
        if self.flexible {
            put_unsigned_varint(out, len.unsigned_abs() + 1);
        } else {
            out.put_i32(len);
        }
        Ok(())
    }

    /// The end of a struct: no tagged fields.
    fn end(self, out: &mut BytesMut) {
        if self.flexible {
            out.put_u8(0);
        }
    }
}

fn put_unsigned_varint(out: &mut BytesMut, mut value: u32) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}
