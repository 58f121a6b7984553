//! Record headers.

use crate::{Schema, Text, Value};

/// The headers of a record: an ordered list in which a key may occur more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers(Vec<Header>);

/// One header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The key.
    pub key: Text,
    /// The schema of the value; `None` for schemaless data.
    pub schema: Option<Schema>,
    /// The value.
    pub value: Value,
}

impl Headers {
    /// No headers; allocates nothing.
    pub const fn new() -> Self {
        Headers(Vec::new())
    }

    /// Appends a header, keeping earlier ones of the same key.
    pub fn add(&mut self, header: Header) {
        self.0.push(header);
    }

    /// The headers, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
