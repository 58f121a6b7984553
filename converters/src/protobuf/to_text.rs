//! From Connect schemas to `.proto` files.

use std::collections::HashSet;

use windlass_api::{ConnectError, Logical, Result, Schema, SchemaDef, Type, java_order};

use super::known;
use super::names::{
    CONNECT_PRECISION, DATE, DECIMAL, DEFAULT_NAME, ENUM, GENERALIZED_ENUM, GENERALIZED_UNION, KEY,
    KIND, META_PRECISION, META_SCALE, META_TYPE, TAG, TIME, TIMESTAMP, UNION, UNION_PREFIX, VALUE,
    WRAPPER, entry_of_map, scrubbed,
};
use super::options::Options;
use super::printer::{Enum, Field, File, Message};
use super::scalar::Scalar;

/// The `.proto` file of a Connect schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtoText {
    /// The text.
    pub text: String,
    /// The full name of the message that records are.
    pub message: String,
}

/// The `.proto` file in which records of a Connect schema are messages.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Protobuf has nothing like it: an array or map by itself, an
/// array of arrays or of maps.
pub fn to_proto(schema: &Schema, options: &Options) -> Result<ProtoText> {
    if let Some(wrapper) = Scalar::wrapper_of(schema.kind) {
        return Ok(ProtoText {
            text: known::WRAPPERS.to_owned(),
            message: wrapper.to_owned(),
        });
    }
    if schema.kind != Type::Struct {
        let kind = schema.kind;
        return Err(ConnectError::data(format!(
            "Unsupported root schema of type {kind}"
        )));
    }
    let mut printer = Printer {
        options,
        imports: Vec::new(),
        package: None,
        unnamed: 0,
        depth: 0,
    };
    let full_name = printer.name_of(schema);
    let parts: Vec<_> = full_name
        .split('.')
        .map(|part| scrubbed(part, options.scrub_invalid_names))
        .collect();
    let (name, package) = parts
        .split_last()
        .map_or(("", &[][..]), |(name, rest)| (&**name, rest));
    printer.package = (!package.is_empty()).then(|| package.join("."));
    let message = printer.message(name.to_owned(), schema)?;
    let file = File {
        package: printer.package,
        imports: printer.imports,
        message,
    };
    Ok(ProtoText {
        text: file.print(),
        message: parts.join("."),
    })
}

struct Printer<'a> {
    options: &'a Options,
    imports: Vec<&'static str>,
    package: Option<String>,
    /// How many schemas had no name yet.
    unnamed: usize,
    depth: usize,
}

/// Where a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Message,
    Oneof,
}

impl Printer<'_> {
    fn message(&mut self, name: String, schema: &Schema) -> Result<Message> {
        self.enter()?;
        let mut message = Message {
            name,
            ..Message::default()
        };
        let mut numbers = Numbers::of(schema);
        for field in &schema.fields {
            let name = self.identifier(&field.name);
            if is_union(&field.schema) {
                self.oneof(&mut message, &field.schema, &mut numbers)?;
                continue;
            }
            let number = numbers.number_of(&field.schema);
            let field = self.field(&mut message, &field.schema, name, number, Place::Message)?;
            message.fields.push(field);
        }
        self.depth -= 1;
        Ok(message)
    }

    fn oneof(
        &mut self,
        message: &mut Message,
        union: &Schema,
        numbers: &mut Numbers,
    ) -> Result<()> {
        let name = match union.parameter(GENERALIZED_UNION) {
            Some(name) if self.options.generalized_sum_types => name.as_str().to_owned(),
            _ => {
                let name = union.name.as_ref().map_or("", |name| name.as_str());
                let name = name.strip_prefix(UNION_PREFIX).unwrap_or(name).to_owned();
                self.unqualified(Some(&name))
            }
        };
        let mut members = Vec::with_capacity(union.fields.len());
        for field in &union.fields {
            let name = self.identifier(&field.name);
            let number = numbers.number_of(&field.schema);
            members.push(self.field(message, &field.schema, name, number, Place::Oneof)?);
        }
        message.oneofs.push((name, members));
        Ok(())
    }

    fn field(
        &mut self,
        message: &mut Message,
        schema: &Schema,
        name: String,
        number: u32,
        place: Place,
    ) -> Result<Field> {
        let element = match (schema.kind, &schema.value_schema) {
            (Type::Array, Some(element)) if !matches!(element.kind, Type::Array | Type::Map) => {
                element
            }
            (Type::Array, _) => {
                return Err(ConnectError::data(format!(
                    "field {name}: Protobuf has no arrays of arrays or of maps"
                )));
            }
            _ => schema,
        };
        let label = match schema.kind {
            Type::Array | Type::Map => Some("repeated"),
            _ if self.options.optional_for_nullables
                && schema.optional
                && place == Place::Message =>
            {
                Some("optional")
            }
            _ => None,
        };
        let mut meta = Vec::new();
        let kind = self.kind(message, element, &name, place, &mut meta)?;
        Ok(Field {
            label,
            kind,
            name,
            number,
            meta,
        })
    }

    /// The name of a type; what has no definition yet is defined inside the message.
    fn kind(
        &mut self,
        message: &mut Message,
        schema: &Schema,
        field: &str,
        place: Place,
        meta: &mut Vec<(&'static str, String)>,
    ) -> Result<String> {
        if let Some(logical) = Logical::of(schema) {
            return Ok(self.logical(schema, logical, meta));
        }
        match schema.kind {
            Type::Struct => self.structure(message, schema, field),
            Type::Map => self.map(message, schema),
            Type::String | Type::Int32 if enum_name(schema).is_some() => {
                self.symbols(message, schema)
            }
            kind => {
                let small = match kind {
                    Type::Int8 => Some("int8"),
                    Type::Int16 => Some("int16"),
                    _ => None,
                };
                meta.extend(small.map(|kind| (META_TYPE, kind.to_owned())));
                self.scalar(schema, place)
            }
        }
    }

    fn logical(
        &mut self,
        schema: &Schema,
        logical: Logical,
        meta: &mut Vec<(&'static str, String)>,
    ) -> String {
        let name = match logical {
            Logical::Decimal => DECIMAL,
            Logical::Date => DATE,
            Logical::Time => TIME,
            Logical::Timestamp => TIMESTAMP,
        };
        if logical == Logical::Decimal {
            let parameters = [(META_PRECISION, CONNECT_PRECISION), (META_SCALE, "scale")];
            for (key, parameter) in parameters {
                if let Some(value) = schema.parameter(parameter) {
                    meta.push((key, value.as_str().to_owned()));
                }
            }
            java_order::sort(meta, |(key, _)| key);
        }
        self.imported(name)
    }

    fn structure(&mut self, message: &mut Message, schema: &Schema, field: &str) -> Result<String> {
        if is_union(schema) {
            return Err(ConnectError::data(format!(
                "field {field}: Protobuf has no repeated oneofs"
            )));
        }
        let mut name = self.unqualified(schema.name.as_deref());
        if name == field {
            // A message inside another one cannot be called as a field of that is.
            name.push_str("Message");
        }
        let is_known = message.name == name || message.messages.iter().any(|m| m.name == name);
        if !is_known {
            let inner = self.message(name.clone(), schema)?;
            message.messages.push(inner);
        }
        Ok(name)
    }

    fn map(&mut self, message: &mut Message, schema: &Schema) -> Result<String> {
        let (Some(key), Some(value)) = (&schema.key_schema, &schema.value_schema) else {
            return Err(ConnectError::data(format!(
                "{schema}: expected schemas of keys and values"
            )));
        };
        let name = entry_of_map(&self.unqualified(schema.name.as_deref()));
        self.enter()?;
        let mut entry = Message {
            name: name.clone(),
            ..Message::default()
        };
        for (schema, field, number) in [(key, KEY, 1), (value, VALUE, 2)] {
            let field = self.field(&mut entry, schema, field.to_owned(), number, Place::Message)?;
            entry.fields.push(field);
        }
        self.depth -= 1;
        message.messages.push(entry);
        Ok(name)
    }

    fn symbols(&mut self, message: &mut Message, schema: &Schema) -> Result<String> {
        let (prefix, name) = enum_name(schema).unwrap_or((ENUM, ""));
        let name = match name {
            "" => self.unqualified(schema.name.as_deref()),
            name => self.identifier(name),
        };
        if message.enums.iter().any(|known| known.name == name) {
            return Ok(name);
        }
        let mut symbols = Vec::new();
        for (key, value) in schema.parameters.iter().flatten() {
            let symbol = key
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.'));
            let Some(symbol) = symbol else { continue };
            let number = value.parse().map_err(|_| {
                ConnectError::data(format!(
                    "enum {name}: expected a number for {symbol}, found {value:?}"
                ))
            })?;
            symbols.push((symbol.to_owned(), number));
        }
        message.enums.push(Enum {
            name: name.clone(),
            symbols,
        });
        Ok(name)
    }

    fn scalar(&mut self, schema: &Schema, place: Place) -> Result<String> {
        let plain = match schema.kind {
            Type::Int8 | Type::Int16 => "int32",
            Type::Int32 | Type::Int64 => {
                let default = if schema.kind == Type::Int32 {
                    "int32"
                } else {
                    "int64"
                };
                schema.parameter(KIND).map_or(default, |kind| kind.as_str())
            }
            Type::Float32 => "float",
            Type::Float64 => "double",
            Type::Boolean => "bool",
            Type::String => "string",
            _ => "bytes",
        };
        let in_place = place == Place::Message || is_wrapper_member(schema);
        if !self.options.wrapper_for_nullables || !schema.optional || !in_place {
            return Ok(plain.to_owned());
        }
        let wrapper = match plain {
            "uint32" | "fixed32" => Some("google.protobuf.UInt32Value"),
            "uint64" | "fixed64" => Some("google.protobuf.UInt64Value"),
            _ => Scalar::wrapper_of(schema.kind),
        };
        Ok(wrapper.map_or_else(|| plain.to_owned(), |wrapper| self.imported(wrapper)))
    }

    /// A well-known type; its file is imported.
    fn imported(&mut self, name: &'static str) -> String {
        if let Some(file) = known::file_of(name)
            && !self.imports.contains(&file)
        {
            self.imports.push(file);
        }
        let first = name.split('.').next();
        let hidden = self
            .package
            .iter()
            .any(|package| package.split('.').any(|part| Some(part) == first));
        // Inside a package of that name the first part would be taken for it.
        format!("{}{name}", if hidden { "." } else { "" })
    }

    fn identifier(&self, name: &str) -> String {
        scrubbed(name, self.options.scrub_invalid_names).into_owned()
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ConnectError::data(
                "expected a schema of at most 40 levels for Protobuf",
            ));
        }
        Ok(())
    }

    /// The name of a schema; those without one are numbered.
    fn name_of(&mut self, schema: &SchemaDef) -> String {
        self.named(schema.name.as_deref())
    }

    fn named(&mut self, name: Option<&str>) -> String {
        match name {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => {
                self.unnamed += 1;
                format!("{DEFAULT_NAME}{}", self.unnamed)
            }
        }
    }

    fn unqualified(&mut self, name: Option<&str>) -> String {
        let name = self.named(name);
        self.identifier(name.rsplit('.').next().unwrap_or(&name))
    }
}

/// The numbers of fields: those that schemas say, and the next free ones.
struct Numbers {
    taken: HashSet<u32>,
    next: u32,
}

impl Numbers {
    fn of(schema: &Schema) -> Self {
        let members = |schema: &Schema| {
            let inner = if is_union(schema) {
                &schema.fields[..]
            } else {
                &[]
            };
            inner
                .iter()
                .filter_map(|f| tag(&f.schema))
                .collect::<Vec<_>>()
        };
        let fields = schema.fields.iter().map(|field| &field.schema);
        Numbers {
            taken: fields
                .flat_map(|schema| tag(schema).into_iter().chain(members(schema)))
                .collect(),
            next: 1,
        }
    }

    fn number_of(&mut self, schema: &SchemaDef) -> u32 {
        if let Some(number) = tag(schema) {
            return number;
        }
        while self.taken.contains(&self.next) {
            self.next += 1;
        }
        self.next += 1;
        self.next - 1
    }
}

fn tag(schema: &SchemaDef) -> Option<u32> {
    schema.parameter(TAG)?.parse().ok()
}

/// The parameter that marks an enum, and the name it gives.
pub(super) fn enum_name(schema: &SchemaDef) -> Option<(&'static str, &str)> {
    let name = |key| schema.parameter(key).map(|name| (key, name.as_str()));
    if schema.kind == Type::Int32 {
        return name(ENUM);
    }
    name(GENERALIZED_ENUM).or_else(|| name(ENUM))
}

/// Whether a struct's schema is that of a oneof.
pub(super) fn is_union(schema: &SchemaDef) -> bool {
    schema.kind == Type::Struct
        && (schema
            .name
            .as_ref()
            .is_some_and(|name| name.starts_with(UNION))
            || schema.parameter(GENERALIZED_UNION).is_some())
}

/// Whether an optional member of a oneof was a wrapper message.
fn is_wrapper_member(schema: &SchemaDef) -> bool {
    schema
        .parameter(WRAPPER)
        .is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
}

/// Bounds the stack, here and where the schema is read.
const MAX_DEPTH: usize = 40;
