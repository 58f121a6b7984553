//! Records read in place.

use super::header::BatchHeader;
use super::headers::{Headers, read_bytes};
use super::{RecordSet, TimestampType};
use crate::{Result, WireError, varint};

/// One record, borrowed from its [`RecordSet`].
///
/// To keep a key or value beyond the borrow without copying: [`RecordSet::bytes_of`].
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Absolute offset.
    pub offset: i64,
    /// Milliseconds since the epoch, -1 for none. With LogAppendTime the broker's time for the whole batch.
    pub timestamp: i64,
    /// The key, `None` for null.
    pub key: Option<&'a [u8]>,
    /// The value, `None` for null (a tombstone in a compacted topic).
    pub value: Option<&'a [u8]>,
    /// The headers in order, duplicates kept.
    pub headers: Headers<'a>,
}

/// A place in a [`RecordSet`]: an iterator without the borrow, for a consumer that keeps the set and reads on later.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordCursor {
    at: usize,
    index: i32,
}

impl RecordCursor {
    /// The next record of `set`, `None` behind the last. After an error there is nothing more.
    ///
    /// # Errors
    /// Corrupt records; positions count from the start of the decompressed payload.
    #[inline]
    pub fn next<'a>(&mut self, set: &'a RecordSet) -> Option<Result<Record<'a>>> {
        let header = set.header();
        let payload = &set.payload()[..];
        if self.index >= header.records_count {
            return self.finish(header, payload);
        }
        self.index += 1;
        match read_record(header, payload, &mut self.at) {
            Ok(record) => Some(Ok(record)),
            Err(error) => {
                *self = Self {
                    at: payload.len(),
                    index: i32::MAX,
                };
                Some(Err(error))
            }
        }
    }

    /// Behind the last record the payload must end and the count must have been one.
    fn finish<'a>(&mut self, header: &BatchHeader, payload: &[u8]) -> Option<Result<Record<'a>>> {
        if self.index == i32::MAX || (self.at == payload.len() && header.records_count >= 0) {
            return None;
        }
        let position = self.at;
        *self = Self {
            at: payload.len(),
            index: i32::MAX,
        };
        Some(Err(if header.records_count < 0 {
            WireError::Malformed {
                what: "record count",
                position,
                expected: "0 or more",
                found: i64::from(header.records_count),
            }
        } else {
            WireError::Malformed {
                what: "record batch",
                position,
                expected: "no bytes behind its last record",
                found: (payload.len() - position) as i64,
            }
        }))
    }
}

/// The records of a [`RecordSet`] in order.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    set: &'a RecordSet,
    cursor: RecordCursor,
}

impl<'a> Records<'a> {
    pub(super) fn new(set: &'a RecordSet) -> Self {
        Self {
            set,
            cursor: RecordCursor::default(),
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.next(self.set)
    }
}

#[inline]
fn read_record<'a>(header: &BatchHeader, payload: &'a [u8], at: &mut usize) -> Result<Record<'a>> {
    match read_plain(header, payload, at) {
        Some(record) => Ok(record),
        None => read_any(header, payload, at),
    }
}

/// A record without headers whose numbers are short: most. `None` leaves `*at` alone and the record to [`read_any`].
///
/// No error is made here and the numbers before the key come out of one register, so that the loop around this is short: it
/// halves the cost of a record.
#[inline]
fn read_plain<'a>(header: &BatchHeader, payload: &'a [u8], at: &mut usize) -> Option<Record<'a>> {
    let rest = payload.get(*at..)?;
    let mut numbers = ShortVarints::new(rest)?;
    let len = usize::try_from(numbers.next()?).ok()?;
    let end = numbers.read.checked_add(len)?;
    // The record's attributes, of which none is defined.
    numbers.skip_byte();
    let timestamp_delta = numbers.next()?;
    let offset_delta = numbers.next()?;
    let key_len = numbers.next()?;
    let (key, value_len, value_at) = if key_len == -1 {
        (None, numbers.next()?, numbers.read)
    } else {
        let mut value_at = numbers.read.checked_add(usize::try_from(key_len).ok()?)?;
        let key = rest.get(numbers.read..value_at)?;
        (
            Some(key),
            varint::read_short(rest, &mut value_at)?,
            value_at,
        )
    };
    let (value, value_end) = if value_len == -1 {
        (None, value_at)
    } else {
        let value_end = value_at.checked_add(usize::try_from(value_len).ok()?)?;
        (Some(rest.get(value_at..value_end)?), value_end)
    };
    // Behind the value one byte is left: no headers.
    if value_end.checked_add(1)? != end || *rest.get(value_end)? != 0 {
        return None;
    }
    *at += end;
    Some(record(
        header,
        timestamp_delta,
        offset_delta,
        key,
        value,
        Headers::default(),
    ))
}

/// Varints of at most three bytes off the front of sixteen bytes: five of them and a byte, without a bounds check.
struct ShortVarints {
    bits: u128,
    /// Bytes taken.
    read: usize,
}

impl ShortVarints {
    #[inline(always)]
    fn new(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            bits: u128::from_le_bytes(*bytes.first_chunk()?),
            read: 0,
        })
    }

    #[inline(always)]
    fn next(&mut self) -> Option<i64> {
        let low = self.bits as u32;
        let (value, bytes) = if low & 0x80 == 0 {
            (low & 0x7f, 1)
        } else if low & 0x8000 == 0 {
            (low & 0x7f | (low & 0x7f00) >> 1, 2)
        } else if low & 0x80_0000 == 0 {
            (low & 0x7f | (low & 0x7f00) >> 1 | (low & 0x7f_0000) >> 2, 3)
        } else {
            return None;
        };
        self.bits >>= 8 * bytes;
        self.read += bytes;
        Some(varint::unzigzag(u64::from(value)))
    }

    #[inline(always)]
    fn skip_byte(&mut self) {
        self.bits >>= 8;
        self.read += 1;
    }
}

#[inline(never)]
fn read_any<'a>(header: &BatchHeader, payload: &'a [u8], at: &mut usize) -> Result<Record<'a>> {
    let start = *at;
    let len = varint::read_int(payload, at, "record length")?;
    let rest = &payload[*at..];
    let Some(body) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
        return Err(bad_length(len, start, rest.len()));
    };
    let body_start = *at;
    *at += body.len();
    read_body(header, body).map_err(|error| shift(error, body_start))
}

fn read_body<'a>(header: &BatchHeader, body: &'a [u8]) -> Result<Record<'a>> {
    let mut at = 1;
    let timestamp_delta = varint::read_long(body, &mut at, "timestamp delta")?;
    let offset_delta = varint::read_int(body, &mut at, "offset delta")?;
    let key = read_bytes(body, &mut at, "record key")?;
    let value = read_bytes(body, &mut at, "record value")?;
    let headers = Headers::parse(body, at)?;
    Ok(record(
        header,
        timestamp_delta,
        i64::from(offset_delta),
        key,
        value,
        headers,
    ))
}

#[inline]
fn record<'a>(
    header: &BatchHeader,
    timestamp_delta: i64,
    offset_delta: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: Headers<'a>,
) -> Record<'a> {
    let timestamp = match header.attributes.timestamp_type() {
        TimestampType::CreateTime => header.base_timestamp.wrapping_add(timestamp_delta),
        TimestampType::LogAppendTime => header.max_timestamp,
    };
    Record {
        offset: header.base_offset.wrapping_add(offset_delta),
        timestamp,
        key,
        value,
        headers,
    }
}

#[cold]
fn bad_length(len: i32, position: usize, found: usize) -> WireError {
    match usize::try_from(len) {
        Ok(expected) => WireError::Truncated {
            what: "record",
            position,
            expected,
            found,
        },
        Err(_) => WireError::Malformed {
            what: "record length",
            position,
            expected: "0 or more",
            found: i64::from(len),
        },
    }
}

/// Positions inside a record's body become positions in the payload.
#[cold]
fn shift(error: WireError, by: usize) -> WireError {
    match error {
        WireError::Truncated {
            what,
            position,
            expected,
            found,
        } => WireError::Truncated {
            what,
            position: position + by,
            expected,
            found,
        },
        WireError::Malformed {
            what,
            position,
            expected,
            found,
        } => WireError::Malformed {
            what,
            position: position + by,
            expected,
            found,
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Attributes, Producer};
    use proptest::prelude::*;

    const HEADER: BatchHeader = BatchHeader {
        base_offset: 100,
        length: 0,
        leader_epoch: 0,
        crc: 0,
        attributes: Attributes(0),
        last_offset_delta: 0,
        base_timestamp: 1000,
        max_timestamp: 2000,
        producer: Producer::NONE,
        records_count: 1,
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The short path is only a faster way to what the long path gives. Most payloads here are one byte from a right one.
        #[test]
        fn both_paths_read_the_same(
            timestamp_delta in -200_000i64..200_000, offset_delta in 0i64..20_000, key in prop::option::of("[a-z]{0,70}"), value in prop::option::of("[a-z]{0,70}"),
            damage in prop::option::of((0usize..90, any::<u8>())),
        ) {
            let mut body = vec![0];
            varint::push(&mut body, timestamp_delta);
            varint::push(&mut body, offset_delta);
            for bytes in [&key, &value] {
                varint::push(&mut body, bytes.as_ref().map_or(-1, |bytes| bytes.len() as i64));
                body.extend_from_slice(bytes.as_deref().unwrap_or_default().as_bytes());
            }
            body.push(0);
            let mut payload = Vec::new();
            varint::push(&mut payload, body.len() as i64);
            payload.extend_from_slice(&body);
            payload.extend_from_slice(&[1; 16]);
            if let Some((at, byte)) = damage {
                let at = at % payload.len();
                payload[at] = byte;
            }
            let (mut short, mut long) = (0, 0);
            if let Some(plain) = read_plain(&HEADER, &payload, &mut short) {
                let any = read_any(&HEADER, &payload, &mut long).unwrap();
                prop_assert_eq!(short, long);
                prop_assert_eq!((plain.offset, plain.timestamp, plain.key, plain.value), (any.offset, any.timestamp, any.key, any.value));
                prop_assert!(any.headers.is_empty());
            } else {
                prop_assert!(damage.is_some(), "an undamaged record is plain");
                prop_assert_eq!(short, 0);
            }
        }
    }
}
