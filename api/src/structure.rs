//! Structs: values by field index.

use crate::{Schema, Value};

/// A schema and one value per field, by index.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    schema: Schema,
    values: Box<[Value]>,
}

impl Struct {
    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The values as stored, one per field; defaults are not filled in.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}
