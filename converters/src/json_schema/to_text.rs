//! From Connect schemas to JSON Schema.

use std::collections::HashSet;

use windlass_api::{
    ConnectError, Result, Schema, SchemaDef, Text, Type, decimal, java_order, number,
};

use super::names::{
    ENUM, GENERALIZED_ENUM, ID, INDEX, KEY, NAMESPACE, NULL_SYMBOL, PARAMETERS, TYPE, VALUE,
    VERSION,
};
use super::options::Options;
use super::union::is_union;
use crate::json::dialect::Dialect;
use crate::json::escape::push_string;
use crate::json::write::Writer;

/// The JSON Schema of a Connect schema, member for member in Confluent's order: the registry knows it by its text.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a part has no schema, or a default does not fit.
pub fn to_json_schema(schema: &Schema, options: &Options) -> Result<String> {
    let mut printer = Printer {
        out: Vec::new(),
        options,
        ids: HashSet::new(),
    };
    printer.push(schema, None, Null::AsDeclared)?;
    String::from_utf8(printer.out).map_err(|e| ConnectError::data("schema text").caused_by(e))
}

struct Printer<'a> {
    out: Vec<u8>,
    options: &'a Options,
    /// Of schemas already written, to which others refer.
    ids: HashSet<Text>,
}

/// Whether null is one of the alternatives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Null {
    AsDeclared,
    Refused,
}

impl Printer<'_> {
    fn push(&mut self, schema: &Schema, index: Option<usize>, null: Null) -> Result<()> {
        let id = schema.parameter(ID).cloned();
        self.ids.extend(id.clone());
        let optional = schema.optional && null == Null::AsDeclared;
        if is_union(schema) && schema.kind == Type::Struct {
            self.open_one_of(id.as_ref(), index, optional);
            for field in &schema.fields {
                self.separate();
                self.push(&field.schema, Some(field.index), Null::Refused)?;
            }
            self.out.extend_from_slice(b"]}");
            return Ok(());
        }
        if optional {
            self.open_one_of(id.as_ref(), index, true);
            self.separate();
            let inner_id = id.filter(|_| schema.kind == Type::Struct);
            self.push_plain(schema, inner_id.as_ref(), None)?;
            self.out.extend_from_slice(b"]}");
            return Ok(());
        }
        self.push_plain(schema, id.as_ref(), index)
    }

    /// Begins a choice, with null as the first alternative when that is one.
    fn open_one_of(&mut self, id: Option<&Text>, index: Option<usize>, optional: bool) {
        self.out.push(b'{');
        self.push_id(id);
        if let Some(index) = index {
            self.member(INDEX);
            number::push_i64(&mut self.out, index as i64);
        }
        self.member("oneOf");
        self.out.push(b'[');
        if optional {
            self.out.extend_from_slice(b"{\"type\":\"null\"}");
        }
    }

    /// Writes a schema that is no choice and refuses null.
    fn push_plain(
        &mut self,
        schema: &Schema,
        id: Option<&Text>,
        index: Option<usize>,
    ) -> Result<()> {
        self.out.push(b'{');
        match schema.kind {
            Type::String => self.push_string_kind(schema),
            kind => self.push_type(self.json_type(kind, schema)),
        }
        if schema.kind == Type::Struct && !self.options.additional_properties {
            self.member("additionalProperties");
            self.out.extend_from_slice(b"false");
        }
        self.push_common(schema, id, index)?;
        match schema.kind {
            Type::Array => self.push_items(schema)?,
            Type::Map => self.push_entries(schema)?,
            Type::Struct => self.push_properties(schema)?,
            _ => {}
        }
        self.out.push(b'}');
        Ok(())
    }

    fn json_type(&self, kind: Type, schema: &Schema) -> &'static str {
        match kind {
            Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => "integer",
            Type::Float32 | Type::Float64 => "number",
            Type::Boolean => "boolean",
            Type::Bytes if self.options.numeric_decimals && is_decimal(schema) => "number",
            Type::Bytes | Type::String => "string",
            Type::Map if Dialect::JsonSchema.has_string_keys(schema) => "object",
            Type::Array | Type::Map => "array",
            Type::Struct => "object",
        }
    }

    /// A string, or an enum of the symbols that parameters name.
    fn push_string_kind(&mut self, schema: &Schema) {
        let is_enum =
            schema.parameter(ENUM).is_some() || schema.parameter(GENERALIZED_ENUM).is_some();
        let Some(parameters) = schema.parameters.as_ref().filter(|_| is_enum) else {
            return self.push_type("string");
        };
        let prefix = if self.options.generalized_sum_types {
            GENERALIZED_ENUM
        } else {
            ENUM
        };
        let mut symbols: Vec<&str> = parameters
            .keys()
            .filter_map(|name| name.strip_prefix(prefix)?.strip_prefix('.'))
            .collect();
        java_order::sort(&mut symbols, |symbol| symbol);
        self.member("enum");
        self.out.push(b'[');
        for symbol in symbols {
            self.separate();
            match symbol {
                NULL_SYMBOL => self.out.extend_from_slice(b"null"),
                symbol => push_string(&mut self.out, symbol),
            }
        }
        self.out.push(b']');
    }

    fn push_type(&mut self, name: &str) {
        self.member("type");
        push_string(&mut self.out, name);
    }

    fn push_id(&mut self, id: Option<&Text>) {
        if let Some(id) = id {
            self.member("id");
            push_string(&mut self.out, id);
        }
    }

    /// Name, documentation, default, and what JSON Schema has no words for.
    fn push_common(
        &mut self,
        schema: &Schema,
        id: Option<&Text>,
        index: Option<usize>,
    ) -> Result<()> {
        for (name, text) in [("title", &schema.name), ("description", &schema.doc)] {
            if let Some(text) = text {
                self.member(name);
                push_string(&mut self.out, text);
            }
        }
        if let Some(default) = &schema.default {
            self.member("default");
            let writer = Writer {
                dialect: Dialect::JsonSchema,
                numeric_decimals: self.options.numeric_decimals,
                replace_null: !self.options.ignore_default_for_nullables,
            };
            let start = self.out.len();
            writer.push(&mut self.out, Some(schema), default)?;
            shorten_number(&mut self.out, start);
        }
        self.push_id(id);
        let mut extras: Vec<(&str, Extra<'_>)> = Vec::new();
        if let Some(kind) = connect_type(schema) {
            extras.push((TYPE, Extra::Type(kind)));
        }
        if let Some(version) = schema.version {
            extras.push((VERSION, Extra::Number(i64::from(version))));
        }
        if schema
            .parameters
            .as_ref()
            .is_some_and(|all| all.keys().any(|name| !name.starts_with(NAMESPACE)))
        {
            extras.push((PARAMETERS, Extra::Parameters(schema)));
        }
        if let Some(index) = index {
            extras.push((INDEX, Extra::Number(index as i64)));
        }
        java_order::sort(&mut extras, |(name, _)| name);
        java_order::sort_copied(&mut extras, |(name, _)| name);
        for (name, extra) in extras {
            self.member(name);
            match extra {
                Extra::Type(kind) => push_string(&mut self.out, kind),
                Extra::Number(number) => number::push_i64(&mut self.out, number),
                Extra::Parameters(schema) => self.push_parameters(schema),
            }
        }
        Ok(())
    }

    fn push_parameters(&mut self, schema: &SchemaDef) {
        let mut parameters: Vec<(&Text, &Text)> = schema.parameters.iter().flatten().collect();
        parameters.retain(|(name, _)| !name.starts_with(NAMESPACE));
        java_order::sort(&mut parameters, |(name, _)| name);
        let size = parameters.len();
        java_order::sort_from(&mut parameters, size, |(name, _)| name);
        self.out.push(b'{');
        for (name, value) in parameters {
            self.member_of_map(name);
            push_string(&mut self.out, value);
        }
        self.out.push(b'}');
    }

    fn push_items(&mut self, schema: &Schema) -> Result<()> {
        let element = part(schema, schema.value_schema.as_ref(), "elements")?;
        self.member("items");
        self.push_or_refer(element, None)
    }

    fn push_entries(&mut self, schema: &Schema) -> Result<()> {
        let key = part(schema, schema.key_schema.as_ref(), "keys")?;
        let value = part(schema, schema.value_schema.as_ref(), "values")?;
        if Dialect::JsonSchema.has_string_keys(schema) {
            self.member("additionalProperties");
            return self.push(value, None, Null::AsDeclared);
        }
        self.member("items");
        self.out
            .extend_from_slice(b"{\"type\":\"object\",\"properties\":{");
        let mut parts = [(KEY, 0, key), (VALUE, 1, value)];
        java_order::sort(&mut parts, |(name, ..)| name);
        for (name, index, schema) in parts {
            self.member_of_map(name);
            self.push(schema, Some(index), Null::AsDeclared)?;
        }
        self.out.extend_from_slice(b"}}");
        Ok(())
    }

    fn push_properties(&mut self, schema: &Schema) -> Result<()> {
        if schema.fields.is_empty() {
            return Ok(());
        }
        let mut fields: Vec<_> = schema.fields.iter().collect();
        java_order::sort(&mut fields, |field| &field.name);
        self.member("properties");
        self.out.push(b'{');
        for field in fields {
            self.member_of_map(&field.name);
            self.push_or_refer(&field.schema, Some(field.index))?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Refers to a schema that has an id and was written before; writes others.
    fn push_or_refer(&mut self, schema: &Schema, index: Option<usize>) -> Result<()> {
        match schema.parameter(ID) {
            Some(id) if self.ids.contains(id) => {
                self.out.extend_from_slice(b"{\"$ref\":");
                push_string(&mut self.out, id);
                self.out.push(b'}');
                Ok(())
            }
            _ => self.push(schema, index, Null::AsDeclared),
        }
    }

    /// Begins a member of the names above, none of which needs escapes.
    fn member(&mut self, name: &str) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn member_of_map(&mut self, name: &str) {
        self.separate();
        push_string(&mut self.out, name);
        self.out.push(b':');
    }

    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }
}

enum Extra<'a> {
    Type(&'static str),
    Number(i64),
    Parameters(&'a SchemaDef),
}

fn connect_type(schema: &SchemaDef) -> Option<&'static str> {
    match schema.kind {
        Type::Boolean | Type::String | Type::Array | Type::Struct => None,
        kind => Some(kind.name()),
    }
}

fn is_decimal(schema: &SchemaDef) -> bool {
    schema
        .name
        .as_ref()
        .is_some_and(|name| *name == decimal::NAME)
}

fn part<'s>(of: &Schema, schema: Option<&'s Schema>, what: &str) -> Result<&'s Schema> {
    schema.ok_or_else(|| {
        ConnectError::data(format!("{of}: expected a schema of its {what}, found none"))
    })
}

/// Takes trailing zeros from the number that begins at `start`: `1.0` is written as `1`.
fn shorten_number(out: &mut Vec<u8>, start: usize) {
    let text = &out[start..];
    let is_plain =
        text.contains(&b'.') && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'.'));
    if !is_plain {
        return;
    }
    while out.last() == Some(&b'0') {
        out.pop();
    }
    if out.last() == Some(&b'.') {
        out.pop();
    }
}
