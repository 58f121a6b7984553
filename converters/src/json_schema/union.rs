//! Unions: structs of which one field is set, which stand in JSON as the value of that field.

use windlass_api::{Schema, SchemaDef, Struct, Type, Value};

use super::names::{ONE_OF, UNION};
use crate::json::error::{self, ReadResult};
use crate::json::node::{Content, Node};
use crate::json::read::Reader;
use crate::json::scanner::Kind;

/// Whether a struct's schema is that of a union.
pub(crate) fn is_union(schema: &SchemaDef) -> bool {
    schema.name.as_ref().is_some_and(|name| *name == ONE_OF) || schema.parameter(UNION).is_some()
}

impl Reader<'_> {
    /// Reads the value of one member: the first that a value of this kind can be, or the struct that has most of
    /// its properties in common.
    pub(crate) fn union(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Value> {
        let index = match self.simple_member(schema, kind)? {
            Some(index) => index,
            None => self
                .struct_member(schema, kind)?
                .ok_or_else(|| error::data("Did not find matching oneof field for data"))?,
        };
        let mut values = vec![Value::Null; schema.fields.len()];
        values[index] = self.typed(&schema.fields[index].schema)?;
        Ok(Value::Struct(Struct::from_values(schema.clone(), values)?))
    }

    fn simple_member(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Option<usize>> {
        let is_integral = if kind == Kind::Number {
            let start = self.scanner.position();
            let number = self.scanner.number()?;
            self.scanner.rewind(start);
            number.is_integral()
        } else {
            false
        };
        let matches = |member: &SchemaDef| match member.kind {
            Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => is_integral,
            Type::Float32 | Type::Float64 => kind == Kind::Number,
            Type::Boolean => kind == Kind::Boolean,
            Type::String => kind == Kind::String,
            Type::Bytes => kind == Kind::Number && !is_integral,
            Type::Array => kind == Kind::Array,
            Type::Map => matches!(kind, Kind::Object | Kind::Array),
            Type::Struct => false,
        };
        // Java takes text for bytes in no union, not even in one that it wrote itself.
        let is_base64 = |member: &SchemaDef| member.kind == Type::Bytes && kind == Kind::String;
        let position = |matches: &dyn Fn(&SchemaDef) -> bool| {
            schema
                .fields
                .iter()
                .position(|field| matches(&field.schema))
        };
        Ok(position(&matches).or_else(|| position(&is_base64)))
    }

    fn struct_member(&mut self, schema: &Schema, kind: Kind) -> ReadResult<Option<usize>> {
        if kind != Kind::Object {
            return Ok(None);
        }
        let start = self.scanner.position();
        let object = Node::read(&mut self.scanner)?;
        self.scanner.rewind(start);
        let mut best = (0, None);
        for field in &schema.fields {
            let matching = common_properties(&field.schema, &object);
            if matching > best.0 {
                best = (matching, Some(field.index));
            }
        }
        Ok(best.1)
    }
}

/// How many fields of a struct are properties of the object, those of structs inside counted too.
fn common_properties(schema: &Schema, node: &Node) -> usize {
    let Content::Object(properties) = &node.content else {
        return 0;
    };
    if schema.kind != Type::Struct {
        return 0;
    }
    properties
        .iter()
        .filter_map(|(name, value)| Some((schema.field(name)?, value)))
        .map(|(field, value)| 1 + common_properties(&field.schema, value))
        .sum()
}
