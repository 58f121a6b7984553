//! From Connect's schemas to Avro's.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};
use tracing::warn;
use windlass_api::{ConnectError, Logical, Result, Schema, SchemaDef, Text, Type, decimal};

use super::anything;
use super::config::Options;
use super::default;
use super::encode::is_string_map;
use super::names::{self, fixed_size, is_union};
use super::schema::{AvroSchema, Enum, Fixed, Kind, Name, NodeId, Record, RecordField, check_part};

/// The Avro schema of values of a Connect schema, or of schemaless ones.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Avro has none like it: a name that it does not admit, two
/// structs of one name.
pub(super) fn from_connect(config: &Options, schema: Option<&Schema>) -> Result<AvroSchema> {
    let Some(schema) = schema else {
        return Ok(anything::schema().clone());
    };
    let mut conversion = Conversion {
        config,
        avro: AvroSchema::empty(),
        converted: Vec::new(),
        named: HashMap::new(),
        seen: HashSet::new(),
        unnamed: 0,
        depth: 0,
    };
    conversion.avro.root = conversion.convert(schema, false)?;
    Ok(conversion.avro)
}

struct Conversion<'c> {
    config: &'c Options,
    avro: AvroSchema,
    /// The required schemas converted so far: an equal one is the same type.
    converted: Vec<(Schema, NodeId)>,
    /// Named types, each of which is written out once.
    named: HashMap<String, NodeId>,
    /// The names that schemas of fields had.
    seen: HashSet<Text>,
    /// How many types had to be given a name.
    unnamed: usize,
    depth: usize,
}

impl Conversion<'_> {
    fn convert(&mut self, schema: &Schema, ignore_optional: bool) -> Result<NodeId> {
        if self.depth == MAX_DEPTH {
            return Err(ConnectError::data(format!(
                "expected schemas to nest at most {MAX_DEPTH} deep"
            )));
        }
        let is_shared = !is_union(schema)
            && !schema.optional
            && (schema.name.is_some() || !schema.kind.is_primitive());
        if is_shared && let Some((_, id)) = self.converted.iter().find(|(s, _)| s == schema) {
            return Ok(*id);
        }
        self.depth += 1;
        let id = self.convert_new(schema, ignore_optional)?;
        self.depth -= 1;
        if is_shared {
            self.converted.push((schema.clone(), id));
        }
        Ok(id)
    }

    fn convert_new(&mut self, schema: &Schema, ignore_optional: bool) -> Result<NodeId> {
        if schema.kind == Type::Struct && is_union(schema) {
            return self.union(schema);
        }
        if schema.kind == Type::Struct && schema.optional {
            let inner = self.convert(&required(schema), false)?;
            return Ok(if ignore_optional {
                inner
            } else {
                self.optional(inner, false)
            });
        }
        let id = self.base(schema)?;
        self.push_props(schema, id)?;
        let id = self.named(id)?;
        Ok(if schema.optional && !ignore_optional {
            self.optional(id, schema.default.is_some())
        } else {
            id
        })
    }

    fn base(&mut self, schema: &Schema) -> Result<NodeId> {
        let kind = match schema.kind {
            Type::Int8 | Type::Int16 | Type::Int32 => Kind::Int,
            Type::Int64 => Kind::Long,
            Type::Float32 => Kind::Float,
            Type::Float64 => Kind::Double,
            Type::Boolean => Kind::Boolean,
            Type::String => self.string(schema)?,
            Type::Bytes => self.bytes(schema)?,
            Type::Array => Kind::Array(self.element(schema.value_schema.as_ref())?),
            Type::Map if is_string_map(self.config, schema) => {
                Kind::Map(self.element(schema.value_schema.as_ref())?)
            }
            Type::Map => Kind::Array(self.map_entry(schema)?),
            Type::Struct => self.record(schema)?,
        };
        Ok(self.avro.push(kind))
    }

    fn element(&mut self, schema: Option<&Schema>) -> Result<NodeId> {
        match schema {
            Some(schema) => self.convert(schema, false),
            None => Err(ConnectError::data(
                "an array or map whose elements have no schema cannot be written as Avro",
            )),
        }
    }

    fn string(&mut self, schema: &Schema) -> Result<Kind> {
        let config = self.config;
        let keeps_enums = config.generalized_sums || config.enhanced;
        if !keeps_enums || !names::is_enum(schema) {
            return Ok(Kind::String);
        }
        let parameter = config.enum_parameter();
        let name = schema.parameter(parameter).ok_or_else(|| {
            ConnectError::data(format!("{schema}: expected the parameter {parameter}"))
        })?;
        let prefix = format!("{parameter}.");
        let symbols: Vec<Text> = schema
            .parameters
            .iter()
            .flatten()
            .filter_map(|(key, _)| key.strip_prefix(&*prefix).map(Text::from))
            .collect();
        symbols
            .iter()
            .try_for_each(|s| check_part(s))
            .map_err(ConnectError::data)?;
        let own = self.name(schema).name;
        let text = |key: String| schema.parameter(&key).map(|text| text.as_str().to_owned());
        let (doc, default) = if config.discard_type_doc_default {
            (text(names::CONNECT_ENUM_DOC.to_owned()), None)
        } else {
            (
                text(format!("{}{own}", names::ENUM_DOC)),
                text(format!("{}{own}", names::ENUM_DEFAULT)),
            )
        };
        Ok(Kind::Enum(Enum {
            name: Name::new(name, None),
            doc,
            aliases: Vec::new(),
            symbols,
            default,
        }))
    }

    fn bytes(&mut self, schema: &Schema) -> Result<Kind> {
        let Some(size) = fixed_size(schema) else {
            return Ok(Kind::Bytes);
        };
        let size = size.parse().map_err(|_| {
            ConnectError::data(format!(
                "{}: expected a number, found \"{size}\"",
                names::FIXED_SIZE
            ))
        })?;
        Ok(Kind::Fixed(Fixed {
            name: self.name(schema),
            doc: None,
            aliases: Vec::new(),
            size,
        }))
    }

    /// The record of a map whose keys are no text.
    fn map_entry(&mut self, schema: &Schema) -> Result<NodeId> {
        let name = match &schema.name {
            Some(_) => self.name(schema),
            None => Name::new(names::MAP_ENTRY, Some(names::NAMESPACE)),
        };
        let (Some(key), Some(value)) = (&schema.key_schema, &schema.value_schema) else {
            return self.element(None);
        };
        let fields = vec![
            self.field(names::KEY, key, None)?,
            self.field(names::VALUE, value, None)?,
        ];
        let id = self.avro.push(Kind::Record(Record {
            name,
            doc: None,
            aliases: Vec::new(),
            fields,
        }));
        if schema.name.is_some() {
            let mark = (
                names::CONNECT_INTERNAL_TYPE.to_owned(),
                json!(names::MAP_ENTRY),
            );
            self.avro.node_mut(id).props.extend([mark]);
        }
        self.named(id)
    }

    fn union(&mut self, schema: &Schema) -> Result<NodeId> {
        let mut branches = Vec::new();
        if schema.optional {
            branches.push(self.avro.push(Kind::Null));
        }
        for field in &schema.fields {
            branches.push(self.convert(&required(&field.schema), true)?);
        }
        Ok(self.avro.push(Kind::Union(branches)))
    }

    fn record(&mut self, schema: &Schema) -> Result<Kind> {
        let discard = self.config.discard_type_doc_default;
        let text = |key: &str| schema.parameter(key).map(|text| text.as_str().to_owned());
        let name = self.name(schema);
        let doc = text(if discard {
            names::CONNECT_RECORD_DOC
        } else {
            names::RECORD_DOC
        });
        let mut fields = Vec::with_capacity(schema.fields.len());
        for field in &schema.fields {
            let doc = text(&format!("{}{}", names::FIELD_DOC, field.name)).filter(|_| !discard);
            let name = self.config.field_name(&field.name);
            fields.push(self.field(&name, &field.schema, doc)?);
        }
        Ok(Kind::Record(Record {
            name,
            doc,
            aliases: Vec::new(),
            fields,
        }))
    }

    fn field(&mut self, name: &str, schema: &Schema, doc: Option<String>) -> Result<RecordField> {
        check_part(name).map_err(ConnectError::data)?;
        let is_known = schema
            .name
            .as_ref()
            .is_some_and(|name| !self.seen.insert(name.clone()));
        let id = self.convert(schema, false)?;
        let default = match &schema.default {
            Some(value) => Some(default::to_json(self.config, schema, value)?),
            None => schema.optional.then_some(Json::Null),
        };
        let valid = default.filter(|json| default::is_valid(&self.avro, id, json));
        if schema.default.is_some() && valid.is_none() {
            warn!(
                field = name,
                "ignoring a default value that Avro does not admit"
            );
        }
        let mut props = Map::new();
        if is_known && self.config.meta_data && self.is_named(id) {
            self.push_parameters(schema, &mut props);
        }
        Ok(RecordField {
            name: Text::from(name),
            doc: if self.config.discard_type_doc_default {
                schema.doc.as_ref().map(|doc| doc.as_str().to_owned())
            } else {
                doc
            },
            schema: id,
            default: valid,
            order: None,
            aliases: Vec::new(),
            props,
        })
    }

    /// Whether it is a named type, or a union with one.
    fn is_named(&self, id: NodeId) -> bool {
        match self.avro.kind(id) {
            Kind::Union(branches) => branches
                .iter()
                .any(|branch| self.avro.kind(*branch).name().is_some()),
            kind => kind.name().is_some(),
        }
    }

    fn optional(&mut self, id: NodeId, has_default: bool) -> NodeId {
        let null = self.avro.push(Kind::Null);
        // The default of a field is of the first branch.
        let branches = if has_default {
            vec![id, null]
        } else {
            vec![null, id]
        };
        self.avro.push(Kind::Union(branches))
    }

    /// What Avro has no place for, and what logical types are told by; in the order in which Java adds it.
    fn push_props(&mut self, schema: &Schema, id: NodeId) -> Result<()> {
        let mut props = Map::new();
        let decimal = is_named(schema, decimal::NAME);
        if decimal {
            props.insert("scale".to_owned(), json!(decimal::scale(schema)?));
            props.insert("precision".to_owned(), json!(precision(schema)?));
        }
        if self.config.meta_data {
            self.push_meta_data(schema, &mut props)?;
        }
        if let Some(name) = logical_type(schema) {
            props.insert("logicalType".to_owned(), json!(name));
        }
        for (key, value) in schema.parameters.iter().flatten() {
            if key.starts_with("avro") {
                props.insert(key.as_str().to_owned(), json!(value.as_str()));
            }
        }
        self.avro.node_mut(id).props.extend(props);
        Ok(())
    }

    fn push_meta_data(&self, schema: &Schema, props: &mut Map<String, Json>) -> Result<()> {
        let mut push = |key: &str, value: Json| props.insert(key.to_owned(), value);
        if let Some(doc) = &schema.doc {
            push(names::CONNECT_DOC, json!(doc.as_str()));
        }
        if let Some(version) = schema.version {
            push(names::CONNECT_VERSION, json!(version));
        }
        self.push_parameters(schema, props);
        let mut push = |key: &str, value: Json| props.insert(key.to_owned(), value);
        if let Some(value) = &schema.default
            && (self.config.discard_type_doc_default
                || schema.parameter(names::FIELD_DEFAULT_FLAG).is_none())
        {
            push(
                names::CONNECT_DEFAULT,
                default::to_json(self.config, schema, value)?,
            );
        }
        if let Some(name) = &schema.name {
            push(names::CONNECT_NAME, json!(name.as_str()));
        }
        match schema.kind {
            Type::Int8 => push(names::CONNECT_TYPE, json!("int8")),
            Type::Int16 => push(names::CONNECT_TYPE, json!("int16")),
            _ => None,
        };
        Ok(())
    }

    fn push_parameters(&self, schema: &Schema, props: &mut Map<String, Json>) {
        let keeps =
            |key: &str| self.config.discard_type_doc_default || key != names::FIELD_DEFAULT_FLAG;
        let parameters: Map<String, Json> = schema
            .parameters
            .iter()
            .flatten()
            .filter(|(key, _)| keeps(key))
            .map(|(key, value)| (key.as_str().to_owned(), json!(value.as_str())))
            .collect();
        if !parameters.is_empty() {
            props.insert(
                names::CONNECT_PARAMETERS.to_owned(),
                Json::Object(parameters),
            );
        }
    }

    /// The type itself, or the one of its name that came before: Avro writes a named type out once.
    fn named(&mut self, id: NodeId) -> Result<NodeId> {
        let Some(name) = self.avro.kind(id).name() else {
            return Ok(id);
        };
        name.check().map_err(ConnectError::data)?;
        let full = name.full();
        match self.named.get(&full) {
            Some(known) if self.avro.same_shape(*known, id) => Ok(*known),
            Some(_) => Err(ConnectError::data(format!("Can't redefine: {full}"))),
            None => {
                self.named.insert(full, id);
                Ok(id)
            }
        }
    }

    fn name(&mut self, schema: &SchemaDef) -> Name {
        if let Some(name) = &schema.name {
            return self.config.name(name);
        }
        self.unnamed += 1;
        let name = match self.unnamed {
            1 => names::DEFAULT_NAME.to_owned(),
            n => format!("{}{n}", names::DEFAULT_NAME),
        };
        Name::new(&name, Some(names::NAMESPACE))
    }
}

fn required(schema: &Schema) -> Schema {
    if !schema.optional {
        return schema.clone();
    }
    let mut def = (**schema).clone();
    def.optional = false;
    def.into()
}

fn precision(schema: &SchemaDef) -> Result<i64> {
    let Some(text) = schema.parameter(names::DECIMAL_PRECISION) else {
        return Ok(names::DEFAULT_PRECISION);
    };
    text.parse().map_err(|_| {
        let key = names::DECIMAL_PRECISION;
        ConnectError::data(format!("{key}: expected a number, found \"{text}\""))
    })
}

fn logical_type(schema: &SchemaDef) -> Option<&'static str> {
    Some(match Logical::of(schema)? {
        Logical::Decimal => "decimal",
        Logical::Date => "date",
        Logical::Time => "time-millis",
        Logical::Timestamp => "timestamp-millis",
    })
}

fn is_named(schema: &SchemaDef, name: &str) -> bool {
    schema.name.as_ref().is_some_and(|n| *n == name)
}

const MAX_DEPTH: usize = 64;
