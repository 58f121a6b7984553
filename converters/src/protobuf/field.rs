//! What a field's descriptor says, in Connect's terms.

use std::collections::HashMap;

use prost_reflect::prost_types::field_descriptor_proto::Label;
use prost_reflect::{
    Cardinality, FieldDescriptor, MapKey, MessageDescriptor, OneofDescriptor, Syntax,
};
use windlass_api::{Logical, Result, Schema, SchemaBuilder, Struct, Type, Value};

use super::decode::{ValueReader, zero};
use super::names::{ENTRY_SUFFIX, FIELD_META, KEY, KIND, META_TYPE, VALUE};
use super::scalar::Scalar;

/// The schema and reader of a scalar.
pub(super) fn scalar_value(
    field: &FieldDescriptor,
    scalar: Scalar,
    meta: &HashMap<String, String>,
) -> (SchemaBuilder, ValueReader) {
    let kind = match (
        scalar.connect_type(),
        meta.get(META_TYPE).map(String::as_str),
    ) {
        (Type::Int32, Some("int8")) => Type::Int8,
        (Type::Int32, Some("int16")) => Type::Int16,
        (kind, _) => kind,
    };
    let mut builder = Schema::builder(kind);
    let is_plain = matches!(scalar, Scalar::Int32 | Scalar::Int64);
    if matches!(kind, Type::Int32 | Type::Int64) && !is_plain {
        builder = builder.parameter(KIND, scalar.name());
    }
    let reader = match scalar {
        Scalar::String => ValueReader::Text {
            is_checked: field.parent_file().syntax() != Syntax::Proto2,
        },
        scalar => ValueReader::Scalar(scalar, kind),
    };
    (builder, reader)
}

/// What a field holds when nothing was set: its default, or a message of such fields.
pub(super) fn default_of(
    field: &FieldDescriptor,
    schema: &Schema,
    reader: &ValueReader,
) -> Result<Value> {
    Ok(match reader {
        ValueReader::Message(reader) => {
            Struct::from_values(reader.schema.clone(), reader.absent.clone())?.into()
        }
        ValueReader::Wrapper(scalar) => zero(scalar.connect_type()),
        ValueReader::Date(Logical::Time | Logical::Timestamp) => Value::Date(0),
        ValueReader::Date(_) | ValueReader::Decimal => Value::Null,
        ValueReader::Enum(symbols) => {
            let number = field.default_value().as_enum_number().unwrap_or(0);
            symbols.value(number).unwrap_or(Value::Null)
        }
        ValueReader::Scalar(..) | ValueReader::Text { .. } => scalar_default(field, schema.kind),
    })
}

fn scalar_default(field: &FieldDescriptor, kind: Type) -> Value {
    use prost_reflect::Value as Default;
    let number = |number: i64| match kind {
        Type::Int8 => Value::Int8(number as i8),
        Type::Int16 => Value::Int16(number as i16),
        Type::Int32 => Value::Int32(number as i32),
        _ => Value::Int64(number),
    };
    match field.default_value() {
        Default::I32(v) => number(i64::from(v)),
        Default::U32(v) => number(i64::from(v)),
        Default::I64(v) => number(v),
        Default::U64(v) => number(v as i64),
        Default::F32(v) => Value::Float32(v),
        Default::F64(v) => Value::Float64(v),
        Default::Bool(v) => Value::Boolean(v),
        Default::String(v) => Value::from(v),
        Default::Bytes(v) => Value::Bytes(v),
        _ => zero(kind),
    }
}

/// The oneof of a field, unless it is the one that `optional` makes.
pub(super) fn real_oneof(field: &FieldDescriptor) -> Option<OneofDescriptor> {
    field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic())
}

/// Whether the field has the label `optional` of proto3.
pub(super) fn is_proto3_optional(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().proto3_optional()
}

/// Whether the field has the label `optional`, in proto2 outside of a oneof.
pub(super) fn has_optional_label(field: &FieldDescriptor) -> bool {
    is_proto3_optional(field)
        || field.parent_file().syntax() == Syntax::Proto2
            && field.cardinality() == Cardinality::Optional
            && field.containing_oneof().is_none()
}

/// Whether a repeated message is a map's: by its shape, for Confluent's converter writes maps without the keyword.
pub(super) fn is_map_entry(field: &FieldDescriptor, message: &MessageDescriptor) -> bool {
    let is_single = |name, field: Option<&prost_reflect::prost_types::FieldDescriptorProto>| {
        field.is_some_and(|field| field.name() == name && field.label() != Label::Repeated)
    };
    let fields = &message.descriptor_proto().field;
    field.cardinality() == Cardinality::Repeated
        && message.name().ends_with(ENTRY_SUFFIX)
        && fields.len() == 2
        && is_single(KEY, fields.first())
        && is_single(VALUE, fields.get(1))
}

/// What `confluent.field_meta` says of a field.
pub(super) fn meta(field: &FieldDescriptor) -> HashMap<String, String> {
    let extension = field
        .parent_file()
        .parent_pool()
        .get_extension_by_name(FIELD_META);
    let options = field.options();
    let Some(extension) = extension.filter(|extension| options.has_extension(extension)) else {
        return HashMap::new();
    };
    let meta = options.get_extension(&extension);
    let params = meta
        .as_message()
        .and_then(|meta| meta.get_field_by_name("params"));
    let params = params.as_deref().and_then(prost_reflect::Value::as_map);
    let entries = params.into_iter().flatten();
    entries
        .filter_map(|(key, value)| match (key, value.as_str()) {
            (MapKey::String(key), Some(value)) => Some((key.clone(), value.to_owned())),
            _ => None,
        })
        .collect()
}

/// A builder with the name, version and parameters of a logical type.
pub(super) fn basics(schema: &Schema) -> SchemaBuilder {
    let mut builder = Schema::builder(schema.kind);
    if let Some(name) = &schema.name {
        builder = builder.name(name.clone());
    }
    if let Some(version) = schema.version {
        builder = builder.version(version);
    }
    let parameters = schema.parameters.iter().flatten();
    parameters.fold(builder, |builder, (key, value)| {
        builder.parameter(key.clone(), value.clone())
    })
}
