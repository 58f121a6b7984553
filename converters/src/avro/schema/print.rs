//! Writing schemas as Java's Avro does: its attributes first, in its order, then all others.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::{AvroSchema, Kind, Name, NodeId, RecordField};

impl fmt::Display for AvroSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_json())
    }
}

impl AvroSchema {
    fn to_json(&self) -> Value {
        let mut printer = Printer {
            schema: self,
            printed: HashSet::new(),
        };
        printer.node(self.root, None)
    }
}

struct Printer<'s> {
    schema: &'s AvroSchema,
    /// Named types that were written out; the next time their name is enough.
    printed: HashSet<NodeId>,
}

impl Printer<'_> {
    fn node(&mut self, id: NodeId, space: Option<&str>) -> Value {
        let node = self.schema.node(id);
        if let Some(name) = node.kind.name()
            && (self.schema.is_borrowed(id) || !self.printed.insert(id))
        {
            return Value::String(name.within(space));
        }
        let mut out = Map::new();
        out.insert("type".to_owned(), json!(node.kind.label()));
        match &node.kind {
            Kind::Union(branches) => {
                let branches = branches.iter().map(|branch| self.node(*branch, space));
                return Value::Array(branches.collect());
            }
            Kind::Array(items) => {
                out.insert("items".to_owned(), self.node(*items, space));
            }
            Kind::Map(values) => {
                out.insert("values".to_owned(), self.node(*values, space));
            }
            Kind::Record(record) => {
                push_name(&mut out, &record.name, record.doc.as_ref(), space);
                let inner = record.name.space.as_deref();
                let fields = record.fields.iter().map(|field| self.field(field, inner));
                out.insert("fields".to_owned(), Value::Array(fields.collect()));
            }
            Kind::Enum(symbols) => {
                push_name(&mut out, &symbols.name, symbols.doc.as_ref(), space);
                let texts = symbols.symbols.iter().map(|symbol| json!(symbol.as_str()));
                out.insert("symbols".to_owned(), Value::Array(texts.collect()));
                if let Some(default) = &symbols.default {
                    out.insert("default".to_owned(), json!(default));
                }
            }
            Kind::Fixed(fixed) => {
                push_name(&mut out, &fixed.name, fixed.doc.as_ref(), space);
                out.insert("size".to_owned(), json!(fixed.size));
            }
            kind if node.props.is_empty() => return json!(kind.label()),
            _ => {}
        }
        out.extend(node.props.clone());
        push_aliases(&mut out, node.kind.aliases());
        Value::Object(out)
    }

    fn field(&mut self, field: &RecordField, space: Option<&str>) -> Value {
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(field.name.as_str()));
        out.insert("type".to_owned(), self.node(field.schema, space));
        if let Some(doc) = &field.doc {
            out.insert("doc".to_owned(), json!(doc));
        }
        if let Some(default) = &field.default {
            out.insert("default".to_owned(), default.clone());
        }
        if let Some(order) = &field.order {
            out.insert("order".to_owned(), json!(order));
        }
        push_aliases(&mut out, &field.aliases);
        out.extend(field.props.clone());
        Value::Object(out)
    }
}

fn push_name(out: &mut Map<String, Value>, name: &Name, doc: Option<&String>, space: Option<&str>) {
    out.insert("name".to_owned(), json!(name.name));
    if name.space.as_deref() != space {
        out.insert(
            "namespace".to_owned(),
            json!(name.space.as_deref().unwrap_or_default()),
        );
    }
    if let Some(doc) = doc {
        out.insert("doc".to_owned(), json!(doc));
    }
}

fn push_aliases(out: &mut Map<String, Value>, aliases: &[String]) {
    if !aliases.is_empty() {
        out.insert("aliases".to_owned(), json!(aliases));
    }
}
