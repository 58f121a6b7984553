//! Reading schemas.

use std::collections::HashMap;

use serde_json::{Map, Value};
use windlass_api::{ConnectError, Result, Text};

use super::{AvroSchema, Enum, Fixed, Kind, Name, NodeId, Record, RecordField, check_part};

impl AvroSchema {
    /// Reads a schema; `references` are the texts of the schemas whose types it uses by name, each after those that it
    /// uses itself.
    ///
    /// Names are taken as they are, for Java's Avro can be told not to check them; see
    /// [`check_names`](Self::check_names).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it is no Avro schema.
    pub fn parse<'t>(text: &str, references: impl IntoIterator<Item = &'t str>) -> Result<Self> {
        let mut parser = Parser {
            schema: AvroSchema::empty(),
            names: HashMap::new(),
        };
        for reference in references {
            parser.text(reference)?;
        }
        parser.schema.borrowed = parser.schema.nodes.len();
        parser.schema.root = parser.text(text)?;
        Ok(parser.schema)
    }

    /// Checks all names against the rules of Avro.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) naming the first that breaks them.
    pub fn check_names(&self) -> Result<()> {
        for node in &self.nodes {
            if let Some(name) = node.kind.name() {
                name.check().map_err(invalid)?;
            }
            match &node.kind {
                Kind::Record(record) => {
                    for field in &record.fields {
                        check_part(&field.name).map_err(invalid)?;
                    }
                }
                Kind::Enum(symbols) => {
                    for symbol in &symbols.symbols {
                        check_part(symbol).map_err(invalid)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Parser {
    schema: AvroSchema,
    /// Named types by their full name.
    names: HashMap<String, NodeId>,
}

impl Parser {
    fn text(&mut self, text: &str) -> Result<NodeId> {
        let json: Value = serde_json::from_str(text)
            .map_err(|error| invalid(format!("expected JSON: {error}")))?;
        self.value(&json, None)
    }

    /// Reads a type; as deep as JSON nests, which the JSON parser limits.
    fn value(&mut self, json: &Value, space: Option<&str>) -> Result<NodeId> {
        match json {
            Value::String(label) => self.named(label, space),
            Value::Array(branches) => self.union(branches, space),
            Value::Object(object) => self.object(object, space),
            other => Err(invalid(format!("expected a type, found {other}"))),
        }
    }

    fn named(&mut self, label: &str, space: Option<&str>) -> Result<NodeId> {
        if let Some(kind) = Kind::primitive(label) {
            return Ok(self.schema.push(kind));
        }
        let full = Name::new(label, space).full();
        let known = self.names.get(&full).or_else(|| self.names.get(label));
        known
            .copied()
            .ok_or_else(|| invalid(format!("undefined name: \"{full}\"")))
    }

    fn union(&mut self, branches: &[Value], space: Option<&str>) -> Result<NodeId> {
        let mut ids: Vec<NodeId> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for branch in branches {
            let id = self.value(branch, space)?;
            if matches!(self.schema.kind(id), Kind::Union(_)) {
                return Err(invalid("a union directly in a union"));
            }
            let name = self.schema.full_name(id);
            if seen.contains(&name) {
                return Err(invalid(format!("duplicate in union: {name}")));
            }
            seen.push(name);
            ids.push(id);
        }
        Ok(self.schema.push(Kind::Union(ids)))
    }

    fn object(&mut self, object: &Map<String, Value>, space: Option<&str>) -> Result<NodeId> {
        let label = match object.get("type") {
            Some(Value::String(label)) => label.as_str(),
            // `{"type": {"type": "int"}}`: what is inside counts.
            Some(inner @ (Value::Object(_) | Value::Array(_))) => return self.value(inner, space),
            _ => return Err(invalid("expected the attribute \"type\"")),
        };
        if let Some(kind) = Kind::primitive(label) {
            let id = self.schema.push(kind);
            self.keep_props(id, object, &["type"]);
            return Ok(id);
        }
        match label {
            "array" => {
                let items = self.member(object, "items", space)?;
                let id = self.schema.push(Kind::Array(items));
                self.keep_props(id, object, &["type", "items"]);
                Ok(id)
            }
            "map" => {
                let values = self.member(object, "values", space)?;
                let id = self.schema.push(Kind::Map(values));
                self.keep_props(id, object, &["type", "values"]);
                Ok(id)
            }
            "record" | "error" => self.record(object, space),
            "enum" => self.enumeration(object, space),
            "fixed" => self.fixed(object, space),
            _ => self.named(label, space),
        }
    }

    fn member(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        space: Option<&str>,
    ) -> Result<NodeId> {
        let json = object
            .get(key)
            .ok_or_else(|| invalid(format!("expected the attribute \"{key}\"")))?;
        self.value(json, space)
    }

    fn record(&mut self, object: &Map<String, Value>, space: Option<&str>) -> Result<NodeId> {
        let name = name(object, space)?;
        let fields = object
            .get("fields")
            .and_then(Value::as_array)
            .ok_or_else(|| invalid(format!("record {}: expected fields", name.full())))?;
        let inner = name.space.clone();
        let id = self.define(Kind::Record(Record {
            aliases: aliases(object, inner.as_deref()),
            doc: text(object, "doc"),
            fields: Vec::new(),
            name,
        }))?;
        self.keep_props(id, object, &[&NAMED, &["fields"][..]].concat());
        let mut parsed: Vec<RecordField> = Vec::new();
        for json in fields {
            let field = self.field(json, inner.as_deref())?;
            parsed.push(field);
        }
        check_distinct(parsed.iter().map(|f| &*f.name))?;
        if let Kind::Record(record) = &mut self.schema.node_mut(id).kind {
            record.fields = parsed;
        }
        Ok(id)
    }

    fn field(&mut self, json: &Value, space: Option<&str>) -> Result<RecordField> {
        let object = json
            .as_object()
            .ok_or_else(|| invalid("expected a field to be an object"))?;
        let name =
            text(object, "name").ok_or_else(|| invalid("expected a field to have a name"))?;
        let schema = self.member(object, "type", space)?;
        let mut props = object.clone();
        for known in ["name", "type", "doc", "default", "order", "aliases"] {
            props.shift_remove(known);
        }
        Ok(RecordField {
            name: Text::from(name),
            doc: text(object, "doc"),
            schema,
            default: object.get("default").cloned(),
            order: text(object, "order"),
            aliases: texts(object, "aliases"),
            props,
        })
    }

    fn enumeration(&mut self, object: &Map<String, Value>, space: Option<&str>) -> Result<NodeId> {
        let name = name(object, space)?;
        let symbols = object
            .get("symbols")
            .and_then(Value::as_array)
            .ok_or_else(|| invalid(format!("enum {}: expected symbols", name.full())))?
            .iter()
            .map(|symbol| symbol.as_str().map(Text::from))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| invalid(format!("enum {}: expected symbols to be text", name.full())))?;
        check_distinct(symbols.iter().map(|s| &**s))?;
        let id = self.define(Kind::Enum(Enum {
            aliases: aliases(object, name.space.as_deref()),
            doc: text(object, "doc"),
            default: text(object, "default"),
            symbols,
            name,
        }))?;
        self.keep_props(id, object, &[&NAMED, &["symbols", "default"][..]].concat());
        Ok(id)
    }

    fn fixed(&mut self, object: &Map<String, Value>, space: Option<&str>) -> Result<NodeId> {
        let name = name(object, space)?;
        let size = object
            .get("size")
            .and_then(Value::as_u64)
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| invalid(format!("fixed {}: expected a size", name.full())))?;
        let id = self.define(Kind::Fixed(Fixed {
            aliases: aliases(object, name.space.as_deref()),
            doc: text(object, "doc"),
            size,
            name,
        }))?;
        self.keep_props(id, object, &[&NAMED, &["size"][..]].concat());
        Ok(id)
    }

    fn define(&mut self, kind: Kind) -> Result<NodeId> {
        let full = kind.name().map(Name::full).unwrap_or_default();
        let id = self.schema.push(kind);
        if self.names.insert(full.clone(), id).is_some() {
            return Err(invalid(format!("can't redefine: {full}")));
        }
        Ok(id)
    }

    fn keep_props(&mut self, id: NodeId, object: &Map<String, Value>, known: &[&str]) {
        let unknown = object
            .iter()
            .filter(|(key, _)| !known.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()));
        self.schema.node_mut(id).props = unknown.collect();
    }
}

fn name(object: &Map<String, Value>, space: Option<&str>) -> Result<Name> {
    let name = text(object, "name").ok_or_else(|| invalid("expected the attribute \"name\""))?;
    let own = object.get("namespace").and_then(Value::as_str);
    let name = Name::new(&name, own.or(space));
    if name.name.is_empty() {
        return Err(invalid("empty name"));
    }
    Ok(name)
}

fn aliases(object: &Map<String, Value>, space: Option<&str>) -> Vec<String> {
    texts(object, "aliases")
        .iter()
        .map(|alias| Name::new(alias, space).full())
        .collect()
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn texts(object: &Map<String, Value>, key: &str) -> Vec<String> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn check_distinct<'n>(names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(invalid(format!("duplicate name: {}", pair[0]))),
        None => Ok(()),
    }
}

fn invalid(reason: impl std::fmt::Display) -> ConnectError {
    ConnectError::data(format!("invalid Avro schema: {reason}"))
}

const NAMED: [&str; 5] = ["type", "name", "namespace", "doc", "aliases"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<AvroSchema> {
        AvroSchema::parse(text, [])
    }

    #[test]
    fn prints_what_it_read() {
        for text in [
            r#""int""#,
            r#"{"type":"int","connect.type":"int16"}"#,
            r#"["null",{"type":"bytes","scale":2,"precision":64,"logicalType":"decimal"}]"#,
            r#"{"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[{"name":"x","type":["null","R"],"doc":"e","default":null,"order":"ignore","aliases":["y"],"p":{"q":[1]}},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}},{"name":"f","type":{"type":"fixed","name":"F","namespace":"c","size":4,"z":1,"aliases":["c.G"]}},{"name":"g","type":"c.F"},{"name":"m","type":{"type":"map","values":{"type":"array","items":"E"}}}],"connect.name":"a.b.R"}"#,
            r#"{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"record","name":"S","namespace":"","fields":[]}}]}"#,
        ] {
            let schema = parse(text).unwrap();
            let printed = schema.to_string();
            let again = parse(&printed).unwrap();
            assert_eq!(printed, again.to_string());
            if !text.contains("a.R") {
                assert_eq!(printed, text);
            }
        }
    }

    #[test]
    fn refuses_what_is_no_schema() {
        for text in [
            "",
            "1",
            "{}",
            r#""nope""#,
            r#"{"type":"array"}"#,
            r#"[["int"]]"#,
            r#"["int","int"]"#,
            r#"{"type":"record","name":"R"}"#,
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
            r#"{"type":"fixed","name":"F","size":-1}"#,
            r#"[{"type":"enum","name":"E","symbols":["A"]},{"type":"enum","name":"x.E","symbols":["A","A"]}]"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn references_bring_their_types() {
        let address = r#"{"type":"record","name":"Address","namespace":"acme","fields":[]}"#;
        let person = r#"{"type":"record","name":"Person","namespace":"acme","fields":[{"name":"a","type":"Address"}]}"#;
        assert!(parse(person).is_err());
        let parsed = AvroSchema::parse(person, [address]).unwrap();
        assert_eq!(parsed.to_string(), person);
    }
}
