//! The schema of an envelope.

use windlass_api::{ConnectError, ErrorKind, Schema, SchemaBuilder, Text, Type, Value};

use super::dialect::Dialect;
use super::error::{self, ReadResult};
use super::node::{Content, Node};
use super::read::Reader;
use super::scanner::Scanner;

/// Reads the schema that stands in a text, of which it keeps slices; `None` for null.
///
/// # Errors
/// [`ErrorKind::Data`] when it is no schema, [`ErrorKind::SchemaBuilder`] when it breaks a rule of schemas.
pub(super) fn read_schema(text: &Text, replace_null: bool) -> ReadResult<Option<Schema>> {
    let node = Node::read(&mut Scanner::new(text))?;
    SchemaReader { text, replace_null }.schema(&node, 0)
}

struct SchemaReader<'a> {
    text: &'a Text,
    replace_null: bool,
}

impl SchemaReader<'_> {
    fn schema(&self, node: &Node, depth: usize) -> ReadResult<Option<Schema>> {
        if node.is_null() {
            return Ok(None);
        }
        if depth > MAX_DEPTH {
            return Err(error::data(format!(
                "Schema is nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let Some(kind) = node.get("type").and_then(Node::as_text) else {
            return Err(error::data("Schema must contain 'type' field"));
        };
        let mut builder = self.typed(kind, node, depth)?;
        builder = match node.get("optional").map(|n| &n.content) {
            Some(Content::Boolean(true)) => builder.optional(),
            _ => builder.required(),
        };
        if let Some(name) = node.get("name").and_then(Node::as_text) {
            builder = builder.name(name.clone());
        }
        if let Some(Content::Integer(version)) = node.get("version").map(|n| &n.content) {
            builder = builder.version(*version as i32);
        }
        if let Some(doc) = node.get("doc").and_then(Node::as_text) {
            builder = builder.doc(doc.clone());
        }
        if let Some(Content::Object(parameters)) = node.get("parameters").map(|n| &n.content) {
            for (name, value) in parameters {
                let value = value
                    .as_text()
                    .ok_or_else(|| error::data("Schema parameters must have string values."))?;
                builder = builder.parameter(name.clone(), value.clone());
            }
        }
        if let Some(default) = node.get("default") {
            return Ok(Some(self.with_default(builder, default)?));
        }
        Ok(Some(builder.build()?))
    }

    fn typed(&self, kind: &str, node: &Node, depth: usize) -> ReadResult<SchemaBuilder> {
        let kind = match kind {
            "float" => Type::Float32,
            "double" => Type::Float64,
            "float32" | "float64" => return Err(unknown_type(kind)),
            other => Type::from_name(other).ok_or_else(|| unknown_type(other))?,
        };
        match kind {
            Type::Array => {
                let items = node.get("items").filter(|items| !items.is_null());
                let items = items
                    .ok_or_else(|| error::data("Array schema did not specify the element type"))?;
                Ok(Schema::array(self.required_schema(
                    items,
                    depth,
                    "valueSchema",
                )?))
            }
            Type::Map => {
                let keys = node
                    .get("keys")
                    .ok_or_else(|| error::data("Map schema did not specify the key type"))?;
                let values = node
                    .get("values")
                    .ok_or_else(|| error::data("Map schema did not specify the value type"))?;
                let keys = self.required_schema(keys, depth, "keySchema")?;
                Ok(Schema::map(
                    keys,
                    self.required_schema(values, depth, "valueSchema")?,
                ))
            }
            Type::Struct => self.structure(node, depth),
            _ => Ok(Schema::builder(kind)),
        }
    }

    fn structure(&self, node: &Node, depth: usize) -> ReadResult<SchemaBuilder> {
        let Some(Content::Array(fields)) = node.get("fields").map(|n| &n.content) else {
            return Err(error::data(
                "Struct schema's \"fields\" argument is not an array.",
            ));
        };
        let mut builder = Schema::structure();
        for field in fields {
            let name = field.get("field").and_then(Node::as_text);
            let name = name
                .ok_or_else(|| error::data("Struct schema's field name not specified properly"))?;
            builder = builder.field(
                name.clone(),
                self.required_schema(field, depth, "fieldSchema")?,
            );
        }
        Ok(builder)
    }

    fn required_schema(&self, node: &Node, depth: usize, what: &str) -> ReadResult<Schema> {
        let schema = self.schema(node, depth + 1)?;
        schema.ok_or_else(|| {
            ConnectError::new(ErrorKind::SchemaBuilder, format!("{what} cannot be null.")).into()
        })
    }

    /// Reads the default as a value of the schema without one.
    fn with_default(&self, builder: SchemaBuilder, default: &Node) -> ReadResult<Schema> {
        let plain = builder.draft();
        let mut reader = Reader::new(
            Dialect::Envelope,
            Scanner::new(self.text),
            self.replace_null,
        );
        reader.scanner.seek_inside(default.span.start);
        let value = reader.typed(&plain)?;
        if matches!(value, Value::Struct(_)) {
            // In Java it has the schema of the struct, which is never that of the builder.
            return Err(
                ConnectError::new(ErrorKind::SchemaBuilder, "Invalid default value").into(),
            );
        }
        Ok(builder.default_value(value).build()?)
    }
}

fn unknown_type(kind: &str) -> Box<ConnectError> {
    error::data(format!("Unknown schema type: {kind}"))
}

/// Bounds the stack, of this and of whoever walks the schema later.
const MAX_DEPTH: usize = 128;
