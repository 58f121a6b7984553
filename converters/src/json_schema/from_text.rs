//! From JSON Schema to Connect schemas.

use std::collections::BTreeMap;

use windlass_api::{ConnectError, ErrorKind, Schema, SchemaBuilder, Text, Type, Value, java_order};

use super::documents::{Documents, Place};
use super::names::{
    ENUM, GENERALIZED_ENUM, INDEX, KEY, NULL_SYMBOL, ONE_OF, PARAMETERS, TYPE, UNION,
    UNION_FIELD_PREFIX, UNION_PREFIX, VALUE, VERSION,
};
use super::options::Options;
use super::parts::{Part, parts};
use crate::json::dialect::Dialect;
use crate::json::error::{self, ReadResult};
use crate::json::node::{Content, Node};
use crate::json::read::Reader;
use crate::json::scanner::Scanner;

/// The Connect schema of a JSON Schema. References come as name and text; the version is the registry's, for schemas
/// that do not tell one of their own.
///
/// # Errors
/// [`ErrorKind::Data`] when the text is no JSON Schema or one that Connect cannot express,
/// [`ErrorKind::SchemaBuilder`] when it breaks a rule of Connect's schemas.
pub fn from_json_schema(
    text: &str,
    references: &[(String, String)],
    version: Option<i32>,
    options: &Options,
) -> windlass_api::Result<Schema> {
    read(text, references, version, options).map_err(|e| *e)
}

fn read(
    text: &str,
    references: &[(String, String)],
    version: Option<i32>,
    options: &Options,
) -> ReadResult<Schema> {
    let documents = Documents::read(text, references)?;
    let mut loader = Loader {
        documents: &documents,
        options,
        unions: 0,
        budget: MAX_SCHEMAS,
        depth: 0,
    };
    loader.load(documents.root(), version, false)
}

pub(super) struct Loader<'d> {
    pub(super) documents: &'d Documents,
    pub(super) options: &'d Options,
    /// How many unions there were yet, for their names.
    unions: usize,
    /// How many schemas may still be made: references can multiply a short text.
    pub(super) budget: usize,
    depth: usize,
}

impl<'d> Loader<'d> {
    pub(super) fn load(
        &mut self,
        place: Place<'d>,
        version: Option<i32>,
        optional: bool,
    ) -> ReadResult<Schema> {
        let mut parts = parts(place.node)?;
        let part = match parts.len() {
            0 => {
                return Err(error::data(
                    "a JSON schema that says nothing of the type has no Connect schema",
                ));
            }
            1 => parts.remove(0),
            _ => return self.nested(|loader| loader.all_of(place, parts, version, optional)),
        };
        self.nested(|loader| loader.part(place, part, true, version, optional))
    }

    pub(super) fn nested(
        &mut self,
        load: impl FnOnce(&mut Self) -> ReadResult<Schema>,
    ) -> ReadResult<Schema> {
        if self.depth >= MAX_DEPTH || self.budget == 0 {
            return Err(error::data(
                "the JSON schema is recursive or too large: expected at most 128 levels and 20000 schemas",
            ));
        }
        self.budget -= 1;
        self.depth += 1;
        let schema = load(self);
        self.depth -= 1;
        schema
    }

    /// Loads a part; `whole` when it is all that the node says, so that name and default of the node are its own.
    pub(super) fn part(
        &mut self,
        place: Place<'d>,
        part: Part<'d>,
        whole: bool,
        version: Option<i32>,
        optional: bool,
    ) -> ReadResult<Schema> {
        let connect_type = attribute(place.node, TYPE).filter(|_| whole);
        let builder = match part {
            Part::Boolean => Schema::builder(Type::Boolean),
            Part::Number { integer } => Schema::builder(number_type(connect_type, integer)?),
            Part::String { .. } if connect_type.is_some_and(|kind| *kind == "bytes") => {
                Schema::builder(Type::Bytes)
            }
            Part::String { .. } => Schema::builder(Type::String),
            Part::Enum(symbols) => self.symbols(place, symbols),
            Part::Const(value) => self.symbols(place, std::slice::from_ref(value)),
            Part::Object(node) => self.object(Place { node, ..place }, connect_type)?,
            Part::Array(node) => self.array(Place { node, ..place }, connect_type)?,
            Part::Either(members) => {
                let members: Vec<_> = members.iter().map(Member::Node).collect();
                match self.either(place, &members, version)? {
                    Choice::Single(schema) => return Ok(schema),
                    Choice::Union(builder) => *builder,
                }
            }
            Part::Types(members) => {
                let members: Vec<_> = members.into_iter().map(Member::Part).collect();
                match self.either(place, &members, version)? {
                    Choice::Single(schema) => return Ok(schema),
                    Choice::Union(builder) => *builder,
                }
            }
            Part::All(nodes) if nodes.len() == 1 && self.options.flatten_singleton_unions => {
                return self.load(
                    Place {
                        node: &nodes[0],
                        ..place
                    },
                    None,
                    false,
                );
            }
            Part::All(_) => return self.all_of(place, vec![part], version, optional),
            Part::Schema(node) => return self.load(Place { node, ..place }, version, optional),
            Part::Reference(reference) => {
                let target = self.documents.resolve(place, reference)?;
                return self.load(target, version, optional);
            }
            Part::Null | Part::Other => return Err(unsupported()),
        };
        let builder = if whole {
            self.with_common(place, builder, version)?
        } else {
            builder
        };
        Ok(or_optional(builder, optional).build()?)
    }

    /// Name, version, documentation, parameters and default.
    fn with_common(
        &self,
        place: Place<'d>,
        mut builder: SchemaBuilder,
        version: Option<i32>,
    ) -> ReadResult<SchemaBuilder> {
        let node = place.node;
        if let Some(title) = attribute(node, "title")
            && builder.draft().name.is_none()
        {
            builder = builder.name(owned(title));
        }
        let own = node.get(VERSION).and_then(integer);
        if let Some(version) = own.and_then(|v| i32::try_from(v).ok()).or(version) {
            builder = builder.version(version);
        }
        if let Some(description) = attribute(node, "description") {
            builder = builder.doc(owned(description));
        }
        if let Some(Content::Object(parameters)) = node.get(PARAMETERS).map(|n| &n.content) {
            for (name, value) in parameters {
                builder = builder.parameter(owned(name), owned(&text_of(place, value)));
            }
        }
        match node.get("default") {
            Some(default) if !default.is_null() => {
                let value = read_default(place, default, &builder.draft())?;
                Ok(builder.default_value(value))
            }
            _ => Ok(builder),
        }
    }

    /// A string of which the symbols are known.
    fn symbols(&self, place: Place<'d>, symbols: &[Node]) -> SchemaBuilder {
        let generalized = self.options.generalized_sum_types;
        let prefix = if generalized { GENERALIZED_ENUM } else { ENUM };
        let builder = Schema::builder(Type::String).parameter(prefix, "");
        symbols
            .iter()
            .enumerate()
            .fold(builder, |builder, (i, node)| {
                let symbol = if node.is_null() {
                    Text::from_static(NULL_SYMBOL)
                } else {
                    text_of(place, node)
                };
                let value = if generalized {
                    i.to_string()
                } else {
                    symbol.as_str().to_owned()
                };
                builder.parameter(format!("{prefix}.{symbol}"), value)
            })
    }

    fn array(
        &mut self,
        place: Place<'d>,
        connect_type: Option<&Text>,
    ) -> ReadResult<SchemaBuilder> {
        let items = place
            .node
            .get("items")
            .filter(|items| !matches!(items.content, Content::Array(_)))
            .ok_or_else(|| error::data("Array schema did not specify the items type"))?;
        let items = Place {
            node: items,
            ..place
        };
        let entry = items.node.get("properties");
        if connect_type.is_some_and(|kind| *kind == "map")
            && let Some((key, value)) = entry.and_then(|e| Some((e.get(KEY)?, e.get(VALUE)?)))
        {
            let key = self.load(Place { node: key, ..place }, None, false)?;
            let value = self.load(
                Place {
                    node: value,
                    ..place
                },
                None,
                false,
            )?;
            return Ok(Schema::map(key, value));
        }
        Ok(Schema::array(self.load(items, None, false)?))
    }

    fn object(
        &mut self,
        place: Place<'d>,
        connect_type: Option<&Text>,
    ) -> ReadResult<SchemaBuilder> {
        let node = place.node;
        if connect_type.is_some_and(|kind| *kind == "map") {
            let values = node
                .get("additionalProperties")
                .ok_or_else(|| error::data("Map schema did not specify the type of its values"))?;
            let values = self.load(
                Place {
                    node: values,
                    ..place
                },
                None,
                false,
            )?;
            return Ok(Schema::map(Schema::STRING, values));
        }
        let mut ordered = BTreeMap::new();
        for (name, node) in properties(node) {
            let index = node.get(INDEX).and_then(integer);
            ordered.insert(index.unwrap_or(ordered.len() as i64), (name, node));
        }
        let required = required(node);
        let mut builder = Schema::structure();
        for (name, node) in ordered.into_values() {
            let optional = self.options.optional_for_nonrequired && !required.contains(&&name[..]);
            let schema = self.load(Place { node, ..place }, None, optional)?;
            builder = builder.field(owned(name), schema);
        }
        Ok(builder)
    }

    /// A choice: the one alternative to null, or a union.
    fn either(
        &mut self,
        place: Place<'d>,
        members: &[Member<'d>],
        version: Option<i32>,
    ) -> ReadResult<Choice> {
        if let [member] = members
            && self.options.flatten_singleton_unions
        {
            return self.member(place, member, None, false).map(Choice::Single);
        }
        let mut null = false;
        let mut others = Vec::new();
        for member in members {
            if member.is_null()? {
                null = true;
            } else {
                others.push(member);
            }
        }
        if let [member] = others[..]
            && null
            && members.len() == 2
        {
            return self
                .member(place, member, version, true)
                .map(Choice::Single);
        }
        let generalized = self.options.generalized_sum_types;
        let name = if generalized {
            self.unions += 1;
            format!("{UNION_PREFIX}{}", self.unions - 1)
        } else {
            ONE_OF.to_owned()
        };
        let mut builder = Schema::structure().name(name.clone());
        if generalized {
            builder = builder.parameter(UNION, name);
        }
        for (i, member) in others.into_iter().enumerate() {
            let field = if generalized {
                format!("{UNION_FIELD_PREFIX}{i}")
            } else {
                format!("{ONE_OF}.field.{i}")
            };
            builder = builder.field(field, self.member(place, member, None, true)?);
        }
        Ok(Choice::Union(Box::new(or_optional(builder, null))))
    }

    fn member(
        &mut self,
        place: Place<'d>,
        member: &Member<'d>,
        version: Option<i32>,
        optional: bool,
    ) -> ReadResult<Schema> {
        match member {
            Member::Node(node) => self.load(Place { node, ..place }, version, optional),
            Member::Part(part) => {
                let part = part.clone();
                self.nested(|loader| loader.part(place, part, false, version, optional))
            }
        }
    }
}

/// An alternative: a schema of its own, or a type that the schema declares among others.
enum Member<'d> {
    Node(&'d Node),
    Part(Part<'d>),
}

impl Member<'_> {
    fn is_null(&self) -> ReadResult<bool> {
        Ok(match self {
            Member::Node(node) => matches!(parts(node)?[..], [Part::Null]),
            Member::Part(part) => matches!(part, Part::Null),
        })
    }
}

enum Choice {
    Single(Schema),
    Union(Box<SchemaBuilder>),
}

/// The properties of an object, in Java's order.
pub(super) fn properties(object: &Node) -> Vec<(&Text, &Node)> {
    let mut all = match object.get("properties").map(|node| &node.content) {
        Some(Content::Object(all)) => all.iter().map(|(name, node)| (name, node)).collect(),
        _ => Vec::new(),
    };
    java_order::sort(&mut all, |(name, _)| name);
    all
}

pub(super) fn required(object: &Node) -> Vec<&str> {
    match object.get("required").map(|node| &node.content) {
        Some(Content::Array(names)) => {
            let names = names.iter().filter_map(Node::as_text);
            names.map(|name| name.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

fn number_type(connect_type: Option<&Text>, integer: bool) -> ReadResult<Type> {
    let Some(name) = connect_type else {
        return Ok(if integer { Type::Int64 } else { Type::Float64 });
    };
    match Type::from_name(name) {
        Some(
            kind @ (Type::Int8
            | Type::Int16
            | Type::Int32
            | Type::Int64
            | Type::Float32
            | Type::Float64
            | Type::Bytes),
        ) => Ok(kind),
        _ => Err(error::data(format!("Unsupported type {name}"))),
    }
}

fn attribute<'n>(node: &'n Node, name: &str) -> Option<&'n Text> {
    node.get(name).and_then(Node::as_text)
}

fn integer(node: &Node) -> Option<i64> {
    match node.content {
        Content::Integer(number) => Some(number),
        _ => None,
    }
}

/// A copy: a slice would keep the whole document alive.
pub(super) fn owned(text: &Text) -> Text {
    Text::from(text.as_str())
}

/// The text of a string, and of other values how they are written.
fn text_of(place: Place<'_>, node: &Node) -> Text {
    match node.as_text() {
        Some(text) => text.clone(),
        None => Text::from(&place.document.text[node.span.clone()]),
    }
}

fn read_default(place: Place<'_>, default: &Node, schema: &Schema) -> ReadResult<Value> {
    let mut reader = Reader::new(
        Dialect::JsonSchema,
        Scanner::new(&place.document.text),
        true,
    );
    reader.scanner.seek_inside(default.span.start);
    let value = reader.typed(schema)?;
    if matches!(value, Value::Struct(_)) {
        // In Java it has the schema of the struct, which is never that of the builder.
        let message = "Invalid default value";
        return Err(ConnectError::new(ErrorKind::SchemaBuilder, message).into());
    }
    Ok(value)
}

pub(super) fn or_optional(builder: SchemaBuilder, optional: bool) -> SchemaBuilder {
    if optional && !builder.draft().optional {
        builder.optional()
    } else {
        builder
    }
}

pub(super) fn unsupported() -> Box<ConnectError> {
    error::data("the JSON schema is one that Connect cannot express")
}

pub(super) const MAX_DEPTH: usize = 128;
const MAX_SCHEMAS: usize = 20_000;
