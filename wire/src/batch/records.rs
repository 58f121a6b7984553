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
/// No error is made here, so that the loop around it stays in registers: this is 10 of 17 ns.
#[inline]
fn read_plain<'a>(header: &BatchHeader, payload: &'a [u8], at: &mut usize) -> Option<Record<'a>> {
    let mut next = *at;
    let len = varint::read_short(payload, &mut next)?;
    let end = next.checked_add(usize::try_from(len).ok()?)?;
    let body = payload.get(next..end)?;
    // The first byte is the record's attributes, of which none is defined.
    let mut next = 1;
    let timestamp_delta = varint::read_short(body, &mut next)?;
    let offset_delta = varint::read_short(body, &mut next)?;
    let key = read_short_bytes(body, &mut next)?;
    let value = read_short_bytes(body, &mut next)?;
    if body.get(next..)? != [0] {
        return None;
    }
    *at = end;
    Some(record(
        header,
        timestamp_delta,
        offset_delta,
        key,
        value,
        Headers::default(),
    ))
}

#[inline]
fn read_short_bytes<'a>(body: &'a [u8], at: &mut usize) -> Option<Option<&'a [u8]>> {
    let len = varint::read_short(body, at)?;
    if len == -1 {
        return Some(None);
    }
    let end = at.checked_add(usize::try_from(len).ok()?)?;
    let bytes = body.get(*at..end)?;
    *at = end;
    Some(Some(bytes))
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
