//! The schema of an envelope.

use windlass_api::{Result, Schema, Type, number};

use super::escape::push_string;
use super::write::Writer;

/// Appends a schema in the order of Java's members.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a default does not fit.
pub(super) fn push_schema(out: &mut Vec<u8>, writer: Writer, schema: &Schema) -> Result<()> {
    push_open(out, writer, schema)?;
    out.push(b'}');
    Ok(())
}

/// Appends a schema without the closing brace.
fn push_open(out: &mut Vec<u8>, writer: Writer, schema: &Schema) -> Result<()> {
    out.extend_from_slice(b"{\"type\":\"");
    let name = match schema.kind {
        Type::Float32 => "float",
        Type::Float64 => "double",
        kind => kind.name(),
    };
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
    match schema.kind {
        Type::Array => push_part(out, writer, "items", schema.value_schema.as_ref())?,
        Type::Map => {
            push_part(out, writer, "keys", schema.key_schema.as_ref())?;
            push_part(out, writer, "values", schema.value_schema.as_ref())?;
        }
        Type::Struct => push_fields(out, writer, schema)?,
        _ => {}
    }
    out.extend_from_slice(if schema.optional {
        b",\"optional\":true"
    } else {
        b",\"optional\":false"
    });
    if let Some(name) = &schema.name {
        push_member(out, "name");
        push_string(out, name);
    }
    if let Some(version) = schema.version {
        push_member(out, "version");
        number::push_i64(out, i64::from(version));
    }
    if let Some(doc) = &schema.doc {
        push_member(out, "doc");
        push_string(out, doc);
    }
    if let Some(parameters) = &schema.parameters {
        push_member(out, "parameters");
        for (i, (name, value)) in parameters.iter().enumerate() {
            out.push(if i == 0 { b'{' } else { b',' });
            push_string(out, name);
            out.push(b':');
            push_string(out, value);
        }
        out.push(b'}');
    }
    if let Some(default) = &schema.default {
        push_member(out, "default");
        writer.push(out, Some(schema), default)?;
    }
    Ok(())
}

fn push_part(out: &mut Vec<u8>, writer: Writer, name: &str, schema: Option<&Schema>) -> Result<()> {
    push_member(out, name);
    match schema {
        Some(schema) => push_schema(out, writer, schema),
        None => {
            out.extend_from_slice(b"null");
            Ok(())
        }
    }
}

fn push_fields(out: &mut Vec<u8>, writer: Writer, schema: &Schema) -> Result<()> {
    push_member(out, "fields");
    out.push(b'[');
    for field in &schema.fields {
        if field.index > 0 {
            out.push(b',');
        }
        push_open(out, writer, &field.schema)?;
        push_member(out, "field");
        push_string(out, &field.name);
        out.push(b'}');
    }
    out.push(b']');
    Ok(())
}

fn push_member(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}
