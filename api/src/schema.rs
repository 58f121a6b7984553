//! Schemas: the declared type of a value.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{Text, Value};

/// The type of a schema.
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
/// touches no reference count.
#[derive(Clone)]
pub struct Schema(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static SchemaDef),
    Shared(Arc<SchemaDef>),
}

/// What a schema says. Equality covers every field, as `ConnectSchema.equals`.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct SchemaDef {
    /// The type.
    pub kind: Type,
    /// Whether null is admitted.
    pub optional: bool,
    /// The value used when none is given.
    pub default: Option<Value>,
    /// The name: of a struct, or of a logical type.
    pub name: Option<Text>,
    /// The version of the schema.
    pub version: Option<i32>,
    /// Documentation.
    pub doc: Option<Text>,
    /// Metadata, such as the scale of a Decimal.
    pub parameters: Option<IndexMap<Text, Text>>,
    /// The fields of a struct, in declaration order.
    pub fields: Vec<Field>,
    /// The schema of map keys.
    pub key_schema: Option<Schema>,
    /// The schema of map values or array elements.
    pub value_schema: Option<Schema>,
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

impl SchemaDef {
    const fn primitive(kind: Type, optional: bool) -> Self {
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
        }
    }
}

macro_rules! primitives {
    ($($required:ident $optional:ident $kind:ident),* $(,)?) => {
        #[allow(missing_docs)]
        impl Schema {
            $(
                pub const $required: Schema = {
                    static DEF: SchemaDef = SchemaDef::primitive(Type::$kind, false);
                    Schema(Repr::Static(&DEF))
                };
                pub const $optional: Schema = {
                    static DEF: SchemaDef = SchemaDef::primitive(Type::$kind, true);
                    Schema(Repr::Static(&DEF))
                };
            )*
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
    fn from(def: SchemaDef) -> Self {
        Schema(Repr::Shared(Arc::new(def)))
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || **self == **other
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
