//! Numbers and strings as the journal stores them.

use bytes::{Buf, BufMut, Bytes};

/// Builds the bytes of a journal key or value.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(kind: u8) -> Writer {
        Writer(vec![kind])
    }

    pub(crate) fn i16(mut self, value: i16) -> Writer {
        self.0.put_i16(value);
        self
    }

    pub(crate) fn i32(mut self, value: i32) -> Writer {
        self.0.put_i32(value);
        self
    }

    pub(crate) fn i64(mut self, value: i64) -> Writer {
        self.0.put_i64(value);
        self
    }

    pub(crate) fn u128(mut self, value: u128) -> Writer {
        self.0.put_u128(value);
        self
    }

    pub(crate) fn text(mut self, value: &str) -> Writer {
        self.0.put_u32(value.len() as u32);
        self.0.put_slice(value.as_bytes());
        self
    }

    pub(crate) fn bytes(mut self, value: &[u8]) -> Writer {
        self.0.put_u32(value.len() as u32);
        self.0.put_slice(value);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what a [`Writer`] built; `None` where the bytes end early or are no text.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.0.try_get_u8().ok()
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.0.try_get_i16().ok()
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.0.try_get_i32().ok()
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.0.try_get_i64().ok()
    }

    pub(crate) fn u128(&mut self) -> Option<u128> {
        self.0.try_get_u128().ok()
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let length = self.0.try_get_u32().ok()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }

    pub(crate) fn bytes(&mut self) -> Option<Bytes> {
        let length = self.0.try_get_u32().ok()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Bytes::copy_from_slice(bytes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
