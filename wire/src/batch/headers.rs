//! The headers of one record.

use crate::{Result, WireError, varint};

/// A record's headers in order, duplicates kept, borrowed from the batch.
///
/// They were checked when the record was read, so iterating cannot fail. A key is UTF-8 by Kafka's rules, but nobody
/// enforces it: Java puts U+FFFD for what is not. Goes straight into [`super::BatchBuilder::append`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    bytes: &'a [u8],
    left: u32,
}

impl<'a> Headers<'a> {
    /// Checks the headers that begin with their count at `at` and must end with `bytes`.
    pub(super) fn parse(bytes: &'a [u8], mut at: usize) -> Result<Self> {
        let start = at;
        let count = varint::read_int(bytes, &mut at, "header count")?;
        let Ok(left) = u32::try_from(count) else {
            return Err(WireError::Malformed {
                what: "header count",
                position: start,
                expected: "0 or more",
                found: i64::from(count),
            });
        };
        let first = at;
        for _ in 0..left {
            read_header(bytes, &mut at)?;
        }
        if at != bytes.len() {
            return Err(WireError::Malformed {
                what: "record",
                position: at,
                expected: "the end behind its last header",
                found: (bytes.len() - at) as i64,
            });
        }
        Ok(Self {
            bytes: &bytes[first..],
            left,
        })
    }

    /// How many headers are left to iterate.
    #[must_use]
    pub fn len(&self) -> usize {
        self.left as usize
    }

    /// Whether there is none left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut at = 0;
        let header = read_header(self.bytes, &mut at).ok()?;
        self.bytes = &self.bytes[at..];
        Some(header)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl ExactSizeIterator for Headers<'_> {}

fn read_header<'a>(bytes: &'a [u8], at: &mut usize) -> Result<(&'a [u8], Option<&'a [u8]>)> {
    let start = *at;
    let Some(key) = read_bytes(bytes, at, "header key")? else {
        return Err(WireError::Malformed {
            what: "header key length",
            position: start,
            expected: "0 or more",
            found: -1,
        });
    };
    Ok((key, read_bytes(bytes, at, "header value")?))
}

/// Reads a varint length and that many bytes at `*at`; -1 is null.
#[inline]
pub(super) fn read_bytes<'a>(
    bytes: &'a [u8],
    at: &mut usize,
    what: &'static str,
) -> Result<Option<&'a [u8]>> {
    let start = *at;
    let len = varint::read_int(bytes, at, what)?;
    let Ok(len) = usize::try_from(len) else {
        if len == -1 {
            return Ok(None);
        }
        return Err(WireError::Malformed {
            what,
            position: start,
            expected: "a length of -1 or more",
            found: i64::from(len),
        });
    };
    let rest = &bytes[*at..];
    let Some(found) = rest.get(..len) else {
        return Err(WireError::Truncated {
            what,
            position: start,
            expected: len,
            found: rest.len(),
        });
    };
    *at += len;
    Ok(Some(found))
}
