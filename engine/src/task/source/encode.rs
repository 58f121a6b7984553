//! From source records to bytes.

use std::ops::Range;

use windlass_api::{Encoded, Header, Record, RecordMut, SourceRecord, Text, Verdict};

use crate::pipeline::{Converters, Stage, StageError, Transforms};

/// What makes bytes of source records. Its buffers are used again for each record.
pub(crate) struct Encoding {
    converters: Converters,
    transforms: Transforms,
    key: Vec<u8>,
    value: Vec<u8>,
    header_values: Vec<u8>,
    headers: Vec<EncodedHeader>,
}

/// A header's key, and its value as a part of the buffer.
#[derive(Clone, Debug)]
struct EncodedHeader {
    key: Text,
    value: Option<Range<usize>>,
}

/// A record ready for the producer.
pub(super) struct Bytes<'r> {
    pub(super) key: Option<&'r [u8]>,
    pub(super) value: Option<&'r [u8]>,
    headers: &'r [EncodedHeader],
    header_values: &'r [u8],
}

impl Encoding {
    pub(crate) fn new(converters: Converters, transforms: Transforms) -> Self {
        Encoding {
            converters,
            transforms,
            key: Vec::new(),
            value: Vec::new(),
            header_values: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Whether records change on their way.
    pub(super) fn has_transforms(&self) -> bool {
        !self.transforms.is_empty()
    }

    /// Applies the transforms in place.
    pub(super) fn transform(&mut self, record: &mut SourceRecord) -> Result<Verdict, StageError> {
        if self.transforms.is_empty() {
            return Ok(Verdict::Keep);
        }
        self.transforms.apply(&mut RecordMut::Source(record))
    }

    /// Converts key, value and headers; what a value already holds as bytes is lent, not copied.
    pub(super) fn encode<'r>(&'r mut self, record: &'r Record) -> Result<Bytes<'r>, StageError> {
        let Encoding {
            converters,
            key: key_out,
            value: value_out,
            ..
        } = self;
        key_out.clear();
        value_out.clear();
        let topic = &*record.topic;
        if !record.headers.is_empty() {
            encode_headers(
                converters,
                record,
                &mut self.headers,
                &mut self.header_values,
            )?;
        } else {
            self.headers.clear();
        }
        let key = converters
            .key
            .from_connect_data(topic, record.key_schema.as_ref(), &record.key, key_out)
            .map_err(Stage::KeyConverter.failed())?;
        let value = converters
            .value
            .from_connect_data(
                topic,
                record.value_schema.as_ref(),
                &record.value,
                value_out,
            )
            .map_err(Stage::ValueConverter.failed())?;
        Ok(Bytes {
            key: bytes(key, key_out),
            value: bytes(value, value_out),
            headers: &self.headers,
            header_values: &self.header_values,
        })
    }

    /// The class that a stage runs.
    pub(super) fn class(&self, stage: Stage) -> &str {
        match stage {
            Stage::Transformation(index) => self.transforms.class(index),
            stage => self.converters.class(stage),
        }
    }

    /// Does the I/O that the last conversion asked for.
    pub(super) async fn prepare(&mut self, stage: Stage) -> windlass_api::Result<()> {
        self.converters.prepare(stage).await
    }
}

impl<'r> Bytes<'r> {
    /// How many bytes key and value have.
    pub(super) fn size(&self) -> u64 {
        let bytes = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len) as u64;
        bytes(self.key) + bytes(self.value)
    }

    /// The headers, in order.
    pub(super) fn headers(
        &self,
    ) -> impl Iterator<Item = (&'r [u8], Option<&'r [u8]>)> + Clone + use<'r> {
        let values = self.header_values;
        self.headers.iter().map(move |header| {
            let value = header.value.clone().and_then(|range| values.get(range));
            (&**header.key.as_bytes(), value)
        })
    }
}

fn bytes<'r>(encoded: Encoded<'r>, out: &'r [u8]) -> Option<&'r [u8]> {
    match encoded {
        Encoded::Null => None,
        Encoded::Borrowed(bytes) => Some(bytes),
        Encoded::Appended => Some(out),
    }
}

fn encode_headers(
    converters: &mut Converters,
    record: &Record,
    headers: &mut Vec<EncodedHeader>,
    out: &mut Vec<u8>,
) -> Result<(), StageError> {
    headers.clear();
    out.clear();
    for Header { key, schema, value } in record.headers.iter() {
        let from = out.len();
        let encoded = converters
            .header
            .from_connect_header(&record.topic, key, schema.as_ref(), value, out)
            .map_err(Stage::HeaderConverter.failed())?;
        let value = match encoded {
            Encoded::Null => None,
            Encoded::Borrowed(bytes) => {
                out.extend_from_slice(bytes);
                Some(from..out.len())
            }
            Encoded::Appended => Some(from..out.len()),
        };
        headers.push(EncodedHeader {
            key: key.clone(),
            value,
        });
    }
    Ok(())
}
