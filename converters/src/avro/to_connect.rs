//! From Avro's schemas to Connect's, with the plan of how values are read.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};
use tracing::warn;
use windlass_api::{
    ConnectError, Result, Schema, SchemaBuilder, Text, Type, date, decimal, time, timestamp,
};

use super::config::Options;
use super::decode::{Branch, Decoder};
use super::default;
use super::names::{self, is_union};
use super::schema::{AvroSchema, Enum, Kind, Node, NodeId, Record, RecordField};

/// The Connect schema of what an Avro schema describes, and how to read it; no schema for what was schemaless.
///
/// `version` is that of the schema under its subject; an attribute of the schema outranks it.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Connect has no schema like it: one that contains itself, or a
/// union with two branches of one name.
pub(super) fn to_connect(
    avro: &AvroSchema,
    config: &Options,
    version: Option<i32>,
) -> Result<(Option<Schema>, Decoder)> {
    if super::anything::is_anything(avro) {
        return Ok((None, Decoder::Anything));
    }
    let mut conversion = Conversion {
        avro,
        config,
        open: Vec::new(),
        unions: 0,
        types: 0,
    };
    let top = Place {
        version,
        ..Place::default()
    };
    let (schema, decoder) = conversion.convert(avro.root, top)?;
    Ok((Some(schema), decoder))
}

struct Conversion<'a> {
    avro: &'a AvroSchema,
    config: &'a Options,
    /// The types around the one being converted.
    open: Vec<NodeId>,
    /// How many unions there were: part of their names, with `generalized.sum.type.support`.
    unions: usize,
    /// How many types there were: named ones are converted wherever they are used, which can be without end.
    types: usize,
}

/// What the surroundings of a type say about it.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    optional: bool,
    default: Option<&'a Json>,
    doc: Option<&'a str>,
    version: Option<i32>,
}

impl<'a> Conversion<'a> {
    fn convert(&mut self, id: NodeId, place: Place<'a>) -> Result<(Schema, Decoder)> {
        self.types += 1;
        if self.open.contains(&id) {
            let name = self.avro.full_name(id);
            return Err(ConnectError::data(format!(
                "Avro schema {name} contains itself: Connect's schemas cannot, in this release"
            )));
        }
        if self.open.len() >= MAX_DEPTH || self.types > MAX_TYPES {
            return Err(ConnectError::data(format!(
                "Avro schema {}: expected at most {MAX_DEPTH} types in each other and {MAX_TYPES} in all",
                self.avro.name()
            )));
        }
        self.open.push(id);
        let converted = self.convert_open(id, place);
        self.open.pop();
        converted
    }

    fn convert_open(&mut self, id: NodeId, place: Place<'a>) -> Result<(Schema, Decoder)> {
        let node = self.avro.node(id);
        let (builder, decoder) = match &node.kind {
            Kind::Union(branches) => match self.flattened(branches) {
                Some(flat) => {
                    let place = Place {
                        optional: flat.null.is_some(),
                        doc: place.doc,
                        ..Place::default()
                    };
                    let (schema, inner) = self.convert(flat.branch, place)?;
                    return Ok((schema, flat.decoder(inner)));
                }
                None => self.union(branches)?,
            },
            Kind::Record(record) => self.record(record)?,
            Kind::Array(items) => self.array(*items)?,
            Kind::Map(values) => {
                let (value, decoder) = self.convert(*values, Place::default())?;
                (
                    SchemaBuilder::map(Schema::STRING, value),
                    Decoder::Map(Box::new(decoder)),
                )
            }
            Kind::Enum(symbols) => self.enumeration(symbols),
            Kind::Null => {
                return Err(ConnectError::data(
                    "Standalone null schemas are not supported by this converter",
                ));
            }
            _ => primitive(node)?,
        };
        let schema = self.finish(id, node, builder, place)?;
        Ok((schema.clone(), decoder.with_schema(schema)))
    }

    fn record(&mut self, record: &'a Record) -> Result<(SchemaBuilder, Decoder)> {
        let with_docs = self.config.meta_data && !self.config.discard_type_doc_default;
        let mut builder = Schema::structure();
        if let Some(doc) = record.doc.as_ref().filter(|_| with_docs) {
            builder = builder.parameter(names::RECORD_DOC, doc.as_str());
        }
        let mut decoders = Vec::new();
        for field in &record.fields {
            if let Some(doc) = field.doc.as_ref().filter(|_| with_docs) {
                let name = format!("{}{}", names::FIELD_DOC, field.name);
                builder = builder.parameter(name, doc.as_str());
            }
            let place = Place {
                default: field.default.as_ref(),
                doc: field.doc.as_deref(),
                ..Place::default()
            };
            let (schema, decoder) = self.convert(field.schema, place)?;
            let schema = self.with_field_parameters(schema, field)?;
            builder = builder.field(field.name.clone(), schema.clone());
            decoders.push(decoder.with_schema(schema));
        }
        // The schema is put in when it is finished.
        Ok((builder, Decoder::record(decoders)))
    }

    /// Parameters that a field says of its type, where the type itself was written out elsewhere.
    fn with_field_parameters(&self, schema: Schema, field: &RecordField) -> Result<Schema> {
        let Some(Json::Object(parameters)) = field.props.get(names::CONNECT_PARAMETERS) else {
            return Ok(schema);
        };
        let is_known = |(name, value): (&String, &Json)| {
            schema
                .parameter(name)
                .is_some_and(|known| **known == *text_of(value))
        };
        if !self.config.meta_data || parameters.iter().all(is_known) {
            return Ok(schema);
        }
        let mut def = (*schema).clone();
        let all = def.parameters.get_or_insert_default();
        for (name, value) in parameters {
            all.insert(Text::from(name.as_str()), Text::from(text_of(value)));
        }
        Ok(def.into())
    }

    fn array(&mut self, items: NodeId) -> Result<(SchemaBuilder, Decoder)> {
        let node = self.avro.node(items);
        let Some(entry) = map_entry(node) else {
            let (element, decoder) = self.convert(items, Place::default())?;
            return Ok((
                SchemaBuilder::array(element),
                Decoder::Array(Box::new(decoder)),
            ));
        };
        let find = |name| entry.fields.iter().position(|f| f.name == name);
        let (2, Some(key), Some(value)) =
            (entry.fields.len(), find(names::KEY), find(names::VALUE))
        else {
            return Err(ConnectError::data(
                "Found map encoded as array of key-value pairs, but array elements do not match the expected format.",
            ));
        };
        let (key_schema, key_decoder) = self.convert(entry.fields[key].schema, Place::default())?;
        let (value_schema, value_decoder) =
            self.convert(entry.fields[value].schema, Place::default())?;
        Ok((
            SchemaBuilder::map(key_schema, value_schema),
            Decoder::Entries {
                key_first: key < value,
                key: Box::new(key_decoder),
                value: Box::new(value_decoder),
            },
        ))
    }

    fn enumeration(&self, symbols: &Enum) -> (SchemaBuilder, Decoder) {
        let config = self.config;
        let mut builder = Schema::builder(Type::String);
        let keeps_type = !config.discard_type_doc_default;
        if let Some(doc) = symbols.doc.as_ref().filter(|_| config.meta_data) {
            let name = if keeps_type {
                format!("{}{}", names::ENUM_DOC, symbols.name.name)
            } else {
                names::CONNECT_ENUM_DOC.to_owned()
            };
            builder = builder.parameter(name, doc.as_str());
        }
        if let Some(default) = symbols
            .default
            .as_ref()
            .filter(|_| config.meta_data && keeps_type)
        {
            let name = format!("{}{}", names::ENUM_DEFAULT, symbols.name.name);
            builder = builder.parameter(name, default.as_str());
        }
        let parameter = config.enum_parameter();
        builder = builder.parameter(parameter, symbols.name.full());
        for (index, symbol) in symbols.symbols.iter().enumerate() {
            let value = if config.generalized_sums {
                Text::from(index.to_string())
            } else {
                symbol.clone()
            };
            builder = builder.parameter(format!("{parameter}.{symbol}"), value);
        }
        (builder, Decoder::Enum(symbols.symbols.clone().into()))
    }

    /// The type that a union of one, or of one and null, is.
    fn flattened(&self, branches: &[NodeId]) -> Option<Flat> {
        let is_null = |id: &NodeId| matches!(self.avro.kind(*id), Kind::Null);
        match branches {
            [only] if self.config.flatten_singletons => Some(Flat {
                branch: *only,
                index: 0,
                null: None,
            }),
            [null, branch] if is_null(null) => Some(Flat {
                branch: *branch,
                index: 1,
                null: Some(0),
            }),
            [branch, null] if is_null(null) => Some(Flat {
                branch: *branch,
                index: 0,
                null: Some(1),
            }),
            _ => None,
        }
    }

    fn union(&mut self, branches: &[NodeId]) -> Result<(SchemaBuilder, Decoder)> {
        let name = if self.config.generalized_sums {
            self.unions += 1;
            format!("connect_union_{}", self.unions - 1)
        } else {
            names::UNION.to_owned()
        };
        let mut builder = Schema::structure().name(name.as_str());
        if self.config.generalized_sums {
            builder = builder.parameter(names::GENERALIZED_UNION, name);
        }
        let (mut decoders, mut seen) = (Vec::new(), HashSet::new());
        for (index, branch) in branches.iter().enumerate() {
            let kind = self.avro.kind(*branch);
            if matches!(kind, Kind::Null) {
                builder = builder.optional();
                decoders.push(Branch::Null);
                continue;
            }
            let field = self.config.branch_field(kind, index);
            if !seen.insert(field.clone()) {
                return Err(ConnectError::data(
                    "Multiple union schemas map to the Connect union field name",
                ));
            }
            let place = Place {
                optional: true,
                ..Place::default()
            };
            let (schema, decoder) = self.convert(*branch, place)?;
            builder = builder.field(field, schema);
            decoders.push(Branch::Field(seen.len() - 1, decoder));
        }
        Ok((builder, Decoder::union(decoders)))
    }

    /// What is common to all types: documentation, version, parameters, default, name.
    fn finish(
        &self,
        id: NodeId,
        node: &Node,
        mut builder: SchemaBuilder,
        place: Place<'a>,
    ) -> Result<Schema> {
        builder = self.with_doc(node, builder, place);
        if let Some(version) = version(node)? {
            builder = builder.version(version);
        } else if let Some(version) = place.version
            && builder.draft().version.is_none()
        {
            builder = builder.version(version);
        }
        builder = self.with_parameters(node, builder)?;
        let connect_default = node.props.get(names::CONNECT_DEFAULT);
        if place.default.is_some()
            && connect_default.is_none()
            && self.config.meta_data
            && !self.config.discard_type_doc_default
        {
            builder = builder.parameter(names::FIELD_DEFAULT_FLAG, "true");
        }
        if let Some(name) = self.name(node)? {
            builder = builder.name(name);
        }
        if place.optional {
            builder = builder.optional();
        }
        let Some(json) = place.default.or(connect_default) else {
            return builder.build();
        };
        let draft = builder.build()?;
        match default::from_json(self.config, self.avro, id, &draft, json) {
            Ok(value) if value.is_null() => Ok(draft),
            Ok(value) => {
                let mut def = (*draft).clone();
                def.default = Some(value);
                Ok(def.into())
            }
            Err(error) => {
                warn!(%error, schema = %self.avro.full_name(id), "ignoring an invalid default value");
                Ok(draft)
            }
        }
    }

    fn with_doc(&self, node: &Node, mut builder: SchemaBuilder, place: Place<'_>) -> SchemaBuilder {
        let own = match &node.kind {
            Kind::Record(record) => record.doc.as_deref(),
            Kind::Enum(symbols) => symbols.doc.as_deref(),
            Kind::Fixed(fixed) => fixed.doc.as_deref(),
            _ => None,
        };
        let connect = node.prop(names::CONNECT_DOC);
        if !self.config.discard_type_doc_default {
            return match connect.filter(|_| self.config.meta_data) {
                Some(doc) => builder.doc(doc),
                None => builder,
            };
        }
        if let Some(doc) = place.doc.or(own).or(connect) {
            builder = builder.doc(doc);
        }
        match own.filter(|_| self.config.meta_data) {
            Some(doc) => builder.parameter(names::CONNECT_RECORD_DOC, doc),
            None => builder,
        }
    }

    fn with_parameters(&self, node: &Node, mut builder: SchemaBuilder) -> Result<SchemaBuilder> {
        let parameters = node.props.get(names::CONNECT_PARAMETERS);
        if let Some(parameters) = parameters.filter(|_| self.config.meta_data) {
            for (name, value) in string_members(parameters)? {
                builder = builder.parameter(name, value);
            }
        }
        for (name, value) in &node.props {
            if name.starts_with("avro") {
                builder = builder.parameter(name.as_str(), text_of(value));
            }
        }
        Ok(builder)
    }

    /// The name in Connect; a logical type has its own already.
    fn name(&self, node: &Node) -> Result<Option<String>> {
        let own = match node.props.get(names::CONNECT_NAME) {
            Some(Json::String(name)) => Some(name.clone()),
            Some(other) => {
                return Err(ConnectError::data(format!("Invalid schema name: {other}")));
            }
            None => node
                .kind
                .name()
                .filter(|_| !is_decimal(node))
                .map(super::schema::Name::full),
        };
        Ok(own.filter(|name| !name.starts_with(names::DEFAULT_FULL_NAME)))
    }
}

/// A union that is told as one of its types.
struct Flat {
    branch: NodeId,
    index: i64,
    null: Option<i64>,
}

impl Flat {
    fn decoder(&self, inner: Decoder) -> Decoder {
        Decoder::Optional {
            null: self.null,
            branch: self.index,
            inner: Box::new(inner),
        }
    }
}

fn primitive(node: &Node) -> Result<(SchemaBuilder, Decoder)> {
    let plain = Schema::builder;
    let logical = |schema: Schema| {
        let name = schema.name.clone().unwrap_or_default();
        let version = schema.version.unwrap_or(1);
        plain(schema.kind).name(name).version(version)
    };
    let logical_type = node.prop("logicalType");
    let is = |name: &str| logical_type.is_some_and(|l| l.eq_ignore_ascii_case(name));
    Ok(match &node.kind {
        Kind::Boolean => (plain(Type::Boolean), Decoder::Boolean),
        Kind::Float => (plain(Type::Float32), Decoder::Float32),
        Kind::Double => (plain(Type::Float64), Decoder::Float64),
        Kind::String => (plain(Type::String), Decoder::String),
        Kind::Long if is("timestamp-millis") => (logical(timestamp::schema()), Decoder::Timestamp),
        Kind::Long => (plain(Type::Int64), Decoder::Int64),
        Kind::Int if is("date") => (logical(date::schema()), Decoder::Date),
        Kind::Int if is("time-millis") => (logical(time::schema()), Decoder::Time),
        Kind::Int => match node
            .prop(names::CONNECT_TYPE)
            .filter(|_| logical_type.is_none())
        {
            None => (plain(Type::Int32), Decoder::Int32),
            Some("int8") => (plain(Type::Int8), Decoder::Int8),
            Some("int16") => (plain(Type::Int16), Decoder::Int16),
            Some(_) => {
                return Err(ConnectError::data(
                    "Connect type annotation for Avro int field is null",
                ));
            }
        },
        Kind::Fixed(fixed) => {
            let size = Text::from(fixed.size.to_string());
            let (builder, scale) = bytes(node)?;
            let decoder = match scale {
                Some(scale) => Decoder::FixedDecimal(fixed.size, scale),
                None => Decoder::Fixed(fixed.size),
            };
            (builder.parameter(names::FIXED_SIZE, size), decoder)
        }
        _ => {
            let (builder, scale) = bytes(node)?;
            (builder, scale.map_or(Decoder::Bytes, Decoder::Decimal))
        }
    })
}

/// Bytes, or a decimal with its scale.
fn bytes(node: &Node) -> Result<(SchemaBuilder, Option<i32>)> {
    if !is_decimal(node) {
        return Ok((Schema::builder(Type::Bytes), None));
    }
    let number = |name| node.props.get(name).and_then(Json::as_i64);
    let scale = number("scale").unwrap_or(0) as i32;
    let mut builder = Schema::builder(Type::Bytes)
        .name(decimal::NAME)
        .version(1)
        .parameter("scale", scale.to_string());
    match (node.props.get("precision"), number("precision")) {
        (None, _) | (_, Some(names::DEFAULT_PRECISION)) => {}
        (_, Some(precision)) => {
            builder = builder.parameter(names::DECIMAL_PRECISION, precision.to_string());
        }
        (Some(_), None) => {
            return Err(ConnectError::data(
                "precision property must be a JSON Integer.",
            ));
        }
    }
    Ok((builder, Some(scale)))
}

fn is_decimal(node: &Node) -> bool {
    matches!(node.kind, Kind::Bytes | Kind::Fixed(_))
        && node
            .prop("logicalType")
            .is_some_and(|l| l.eq_ignore_ascii_case("decimal"))
}

/// The record of a map whose keys are no text.
fn map_entry(node: &Node) -> Option<&Record> {
    let Kind::Record(record) = &node.kind else {
        return None;
    };
    let by_name = record.name.space.as_deref() == Some(names::NAMESPACE)
        && record.name.name == names::MAP_ENTRY;
    let by_mark = node.prop(names::CONNECT_INTERNAL_TYPE) == Some(names::MAP_ENTRY);
    (by_name || by_mark).then_some(record)
}

/// What the schema says of its version.
fn version(node: &Node) -> Result<Option<i32>> {
    let version = match node.props.get(names::CONNECT_VERSION) {
        None => None,
        Some(Json::Number(number)) => number.as_i64().map(|v| v as i32),
        Some(other) => {
            return Err(ConnectError::data(format!(
                "Invalid Connect version found: {other}"
            )));
        }
    };
    Ok(version.filter(|v| *v >= 0))
}

fn string_members(parameters: &Json) -> Result<impl Iterator<Item = (&str, &str)>> {
    let wrong = |expected: &str, found: &Json| {
        ConnectError::data(format!("Expected {expected} but found: {found}"))
    };
    let members: &Map<String, Json> = parameters
        .as_object()
        .ok_or_else(|| wrong("JSON object for schema parameters", parameters))?;
    if let Some(other) = members.values().find(|value| !value.is_string()) {
        return Err(wrong("schema parameter values to be strings", other));
    }
    Ok(members
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default())))
}

/// Java's `toString` of a JSON value.
fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The Connect schema of one branch of a union, which stands in its struct.
pub(super) fn branch_schema<'s>(
    config: &Options,
    union: &'s Schema,
    branch: &Kind,
    index: usize,
) -> Option<&'s Schema> {
    debug_assert!(is_union(union));
    union
        .field(&config.branch_field(branch, index))
        .map(|field| &field.schema)
}

const MAX_DEPTH: usize = 64;
const MAX_TYPES: usize = 65_536;
