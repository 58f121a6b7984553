//! Structs as objects.

use windlass_api::{ConnectError, Result, Schema, Struct};

use super::union::is_union;
use crate::json::escape::push_string;
use crate::json::write::Writer;

impl Writer {
    /// Appends a struct: the field that is set of a union; of others all fields but those that are required, have
    /// no default, and no value.
    pub(crate) fn push_object(
        self,
        out: &mut Vec<u8>,
        schema: &Schema,
        structure: &Struct,
    ) -> Result<()> {
        if is_union(schema) {
            return self.push_union(out, schema, structure);
        }
        out.push(b'{');
        let mut first = true;
        for (field, value) in structure.iter() {
            let schema = &field.schema;
            if value.is_null()
                && !schema.optional
                && (schema.default.is_none() || !self.replace_null)
            {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            push_string(out, &field.name);
            out.push(b':');
            self.push_typed(out, schema, value)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn push_union(self, out: &mut Vec<u8>, schema: &Schema, structure: &Struct) -> Result<()> {
        for (field, value) in structure.iter() {
            if !value.is_null() {
                return self.push_typed(out, &field.schema, value);
            }
        }
        if schema.optional {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        Err(ConnectError::data("Cannot find non-null field"))
    }
}
