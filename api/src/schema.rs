//! Schemas: the declared type of a value.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::{SchemaBuilder, Text, Value};

/// The type of a schema. `Display` gives Java's constant, such as `INT32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Type {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
    Bytes,
    Array,
    Map,
    Struct,
}

/// An immutable schema, cheap to clone and compared by pointer before it is compared by content.
///
/// The plain primitives (`Schema::STRING`, `Schema::OPTIONAL_INT64`, ...) live in static memory: cloning them
/// touches no reference count. Others are made by a [`SchemaBuilder`]. `Display` gives Java's text, such as
/// `Schema{org.acme.Order:STRUCT}`.
#[derive(Clone)]
pub struct Schema(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static SchemaDef),
    Shared(Arc<SchemaDef>),
}

/// What a schema says. Equality covers every field, as `ConnectSchema.equals`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SchemaDef {
    /// The type.
    pub kind: Type,
    /// Whether null is admitted.
    pub optional: bool,
    /// The value used when none is given; never [`Value::Null`].
    pub default: Option<Value>,
    /// The name: of a struct, or of a logical type.
    pub name: Option<Text>,
    /// The version of the schema.
    pub version: Option<i32>,
    /// Documentation.
    pub doc: Option<Text>,
    /// Metadata, such as the scale of a Decimal; never empty.
    pub parameters: Option<IndexMap<Text, Text>>,
    /// The fields of a struct, in declaration order.
    pub fields: Vec<Field>,
    /// The schema of map keys.
    pub key_schema: Option<Schema>,
    /// The schema of map values or array elements.
    pub value_schema: Option<Schema>,
    /// Indices of `fields` in order of name, for structs too wide to search one by one.
    by_name: Vec<u32>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name, unique in its struct.
    pub name: Text,
    /// The position in its struct, from 0.
    pub index: usize,
    /// The schema of the values.
    pub schema: Schema,
}

impl Type {
    /// The types of numbers, from narrow to wide.
    pub const NUMBERS: [Type; 6] = [
        Type::Int8,
        Type::Int16,
        Type::Int32,
        Type::Int64,
        Type::Float32,
        Type::Float64,
    ];

    /// The types that [`is_primitive`](Self::is_primitive).
    pub const PRIMITIVES: [Type; 9] = [
        Type::Int8,
        Type::Int16,
        Type::Int32,
        Type::Int64,
        Type::Float32,
        Type::Float64,
        Type::Boolean,
        Type::String,
        Type::Bytes,
    ];

    /// The name as in Java's `Schema.Type.getName`: `int8`, `float32`, `struct`.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Int8 => "int8",
            Type::Int16 => "int16",
            Type::Int32 => "int32",
            Type::Int64 => "int64",
            Type::Float32 => "float32",
            Type::Float64 => "float64",
            Type::Boolean => "boolean",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Array => "array",
            Type::Map => "map",
            Type::Struct => "struct",
        }
    }

    /// The type of a name that [`name`](Self::name) gives.
    pub fn from_name(name: &str) -> Option<Type> {
        ALL_TYPES.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is neither an array, nor a map, nor a struct.
    pub const fn is_primitive(self) -> bool {
        !matches!(self, Type::Array | Type::Map | Type::Struct)
    }
}

impl SchemaDef {
    /// A definition of this type with everything else empty; `optional` is the only thing a plain primitive has.
    pub(crate) const fn new(kind: Type, optional: bool) -> Self {
        SchemaDef {
            kind,
            optional,
            default: None,
            name: None,
            version: None,
            doc: None,
            parameters: None,
            fields: Vec::new(),
            key_schema: None,
            value_schema: None,
            by_name: Vec::new(),
        }
    }

    /// The field of this name; none when there is no such field or this is no struct.
    pub fn field(&self, name: &str) -> Option<&Field> {
        if self.by_name.is_empty() {
            return self
                .fields
                .iter()
                .find(|f| f.name.as_bytes() == name.as_bytes());
        }
        let at = self.by_name.binary_search_by(|&i| {
            self.fields[i as usize].name.as_bytes()[..].cmp(name.as_bytes())
        });
        at.ok().map(|at| &self.fields[self.by_name[at] as usize])
    }

    /// A parameter, such as `scale` of a Decimal.
    pub fn parameter(&self, name: &str) -> Option<&Text> {
        self.parameters.as_ref()?.get(name.as_bytes())
    }

    fn index_fields(&mut self) {
        if self.fields.len() > SEARCHED_FIELDS {
            self.by_name = (0..self.fields.len() as u32).collect();
            self.by_name.sort_by(|&a, &b| {
                self.fields[a as usize]
                    .name
                    .cmp(&self.fields[b as usize].name)
            });
        } else {
            self.by_name = Vec::new();
        }
    }
}

macro_rules! primitives {
    ($($required:ident $optional:ident $kind:ident),* $(,)?) => {
        #[allow(missing_docs)]
        impl Schema {
            $(
                pub const $required: Schema = {
                    static DEF: SchemaDef = SchemaDef::new(Type::$kind, false);
                    Schema(Repr::Static(&DEF))
                };
                pub const $optional: Schema = {
                    static DEF: SchemaDef = SchemaDef::new(Type::$kind, true);
                    Schema(Repr::Static(&DEF))
                };
            )*

            /// The plain schema of a primitive type; none for arrays, maps and structs.
            pub fn primitive(kind: Type, optional: bool) -> Option<Schema> {
                Some(match (kind, optional) {
                    $(
                        (Type::$kind, false) => Schema::$required,
                        (Type::$kind, true) => Schema::$optional,
                    )*
                    _ => return None,
                })
            }
        }
    };
}

primitives! {
    INT8 OPTIONAL_INT8 Int8,
    INT16 OPTIONAL_INT16 Int16,
    INT32 OPTIONAL_INT32 Int32,
    INT64 OPTIONAL_INT64 Int64,
    FLOAT32 OPTIONAL_FLOAT32 Float32,
    FLOAT64 OPTIONAL_FLOAT64 Float64,
    BOOLEAN OPTIONAL_BOOLEAN Boolean,
    STRING OPTIONAL_STRING String,
    BYTES OPTIONAL_BYTES Bytes,
}

impl Schema {
    /// Starts a schema of any type.
    pub fn builder(kind: Type) -> SchemaBuilder {
        SchemaBuilder::new(kind)
    }

    /// Starts the schema of a struct.
    pub fn structure() -> SchemaBuilder {
        SchemaBuilder::new(Type::Struct)
    }

    /// Starts the schema of an array.
    pub fn array(element: Schema) -> SchemaBuilder {
        SchemaBuilder::array(element)
    }

    /// Starts the schema of a map.
    pub fn map(key: Schema, value: Schema) -> SchemaBuilder {
        SchemaBuilder::map(key, value)
    }

    /// Whether both are the same object; what caches compare first.
    pub fn same(&self, other: &Schema) -> bool {
        std::ptr::eq::<SchemaDef>(&**self, &**other)
    }
}

impl std::ops::Deref for Schema {
    type Target = SchemaDef;

    fn deref(&self) -> &SchemaDef {
        match &self.0 {
            Repr::Static(def) => def,
            Repr::Shared(def) => def,
        }
    }
}

impl From<SchemaDef> for Schema {
    fn from(mut def: SchemaDef) -> Self {
        def.index_fields();
        Schema(Repr::Shared(Arc::new(def)))
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || **self == **other
    }
}

impl Eq for Schema {}

impl PartialEq for SchemaDef {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.optional == other.optional
            && self.version == other.version
            && self.name == other.name
            && self.doc == other.doc
            && self.default == other.default
            && self.parameters == other.parameters
            && self.key_schema == other.key_schema
            && self.value_schema == other.value_schema
            && self.fields == other.fields
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Int8 => "INT8",
            Type::Int16 => "INT16",
            Type::Int32 => "INT32",
            Type::Int64 => "INT64",
            Type::Float32 => "FLOAT32",
            Type::Float64 => "FLOAT64",
            Type::Boolean => "BOOLEAN",
            Type::String => "STRING",
            Type::Bytes => "BYTES",
            Type::Array => "ARRAY",
            Type::Map => "MAP",
            Type::Struct => "STRUCT",
        })
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "Schema{{{name}:{}}}", self.kind),
            None => write!(f, "Schema{{{}}}", self.kind),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Up to this many fields, comparing one name after the other beats a search.
const SEARCHED_FIELDS: usize = 8;

const ALL_TYPES: [Type; 12] = [
    Type::Int8,
    Type::Int16,
    Type::Int32,
    Type::Int64,
    Type::Float32,
    Type::Float64,
    Type::Boolean,
    Type::String,
    Type::Bytes,
    Type::Array,
    Type::Map,
    Type::Struct,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_fields_of_narrow_and_wide_structs() {
        for width in [1, SEARCHED_FIELDS, SEARCHED_FIELDS + 1, 100] {
            let builder = (0..width).rev().fold(Schema::structure(), |b, i| {
                b.field(format!("f{i}"), Schema::INT32)
            });
            let schema = builder.build().unwrap();
            for i in 0..width {
                let field = schema.field(&format!("f{i}")).unwrap();
                assert_eq!(
                    (field.name.as_str(), field.index),
                    (format!("f{i}").as_str(), width - 1 - i)
                );
            }
            assert!(schema.field("f").is_none() && schema.field("").is_none());
        }
    }

    #[test]
    fn type_names_read_back() {
        for kind in ALL_TYPES {
            assert_eq!(Type::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Type::from_name("INT8"), None);
    }
}
