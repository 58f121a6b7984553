//! What a null in a field with a default means: `replace.null.with.default` (KIP-1040).

use windlass_api::{ConnectError, Field, Result, Schema, Struct, Value};

/// What a null in a field with a default means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// The default.
    #[default]
    AreDefaults,
    /// Null.
    Stay,
}

impl Nulls {
    /// The value of a field by its index.
    pub(crate) fn value(self, structure: &Struct, index: usize) -> &Value {
        match self {
            Nulls::AreDefaults => structure.value(index),
            Nulls::Stay => structure.values().get(index).unwrap_or(&Value::Null),
        }
    }

    /// The value of a field when `stored` is what the struct holds.
    pub(crate) fn read<'v>(self, field: &'v Schema, stored: &'v Value) -> &'v Value {
        match (self, stored) {
            (Nulls::AreDefaults, Value::Null) => field.default.as_ref().unwrap_or(&Value::Null),
            _ => stored,
        }
    }

    /// Makes the nulls among the values of a struct what they are in the copy that Java's transforms make, for the
    /// fields of `schema`, in which values of other fields were checked when they were put in.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) for a null that the field refuses.
    pub(crate) fn settle(self, schema: &Schema, values: &mut [Value]) -> Result<()> {
        for (field, value) in schema.fields.iter().zip(values) {
            if value.is_null() {
                self.settle_field(field, value)?;
            }
        }
        Ok(())
    }

    /// As [`settle`](Self::settle), for one field whose value is null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the field refuses it.
    #[cold]
    pub(crate) fn settle_field(self, field: &Field, value: &mut Value) -> Result<()> {
        *value = self.read(&field.schema, value).clone();
        put(field, value)
    }
}

/// Checks a value that is put into a field, as `Struct.put`.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it does not fit.
pub(crate) fn put(field: &Field, value: &Value) -> Result<()> {
    field
        .schema
        .validate(value)
        .map_err(|error| ConnectError::data(format!("field \"{}\": {error}", field.name)))
}

/// As [`put`], of a value that was copied from a field of this schema: of such only null, and the default in place of
/// null, may not fit.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it does not fit.
pub(crate) fn put_copy(field: &Field, value: &Value) -> Result<()> {
    match value {
        Value::Struct(structure) if !structure.schema().same(&field.schema) => put(field, value),
        Value::Null if !field.schema.optional => put(field, value),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use windlass_api::Type;

    use super::*;

    #[test]
    fn nulls_are_settled_as_a_copy_would() {
        let with_default = |optional: bool| {
            let builder = Schema::builder(Type::Int32);
            let builder = if optional {
                builder.optional()
            } else {
                builder
            };
            builder.default_value(7).build().unwrap()
        };
        let schema = Schema::structure()
            .field("plain", Schema::OPTIONAL_INT32)
            .field("optional", with_default(true))
            .field("required", with_default(false))
            .build()
            .unwrap();
        let nulls = || vec![Value::Null, Value::Null, Value::Null];
        let mut values = nulls();
        Nulls::AreDefaults.settle(&schema, &mut values).unwrap();
        assert_eq!(values, [Value::Null, Value::Int32(7), Value::Int32(7)]);

        let refused = Nulls::Stay.settle(&schema, &mut nulls()).unwrap_err();
        assert!(refused.message().contains("\"required\""), "{refused}");
        let mut values = vec![Value::Null, Value::Null, Value::Int32(1)];
        Nulls::Stay.settle(&schema, &mut values).unwrap();
        assert_eq!(values, [Value::Null, Value::Null, Value::Int32(1)]);
    }
}
