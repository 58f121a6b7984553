//! `Flatten`: nested structures as one level of fields.

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, ErrorKind, Importance, Kind, MapValue, Props, RecordMut,
    Result, Schema, SchemaBuilder, Struct, Text, Transform, Type, Value, Verdict,
};

use crate::nulls::put_copy;
use crate::recent::SchemaCache;
use crate::require;
use crate::rewrite::{check_schema, copy_basics};
use crate::target::Target;

/// Joins the names of nested fields, so that no field is a structure. Null stays null.
pub(crate) struct Flatten {
    target: Target,
    delimiter: String,
    schemas: SchemaCache<Flat>,
    names: JoinedNames,
}

/// The names that the last schemaless record came to, in order: the next one mostly has the same, and need not copy them.
#[derive(Default)]
struct JoinedNames {
    names: Vec<Text>,
    /// How many this record has had.
    taken: usize,
}

/// How structs of a schema are flattened.
struct Flat {
    schema: Schema,
    root: Level,
}

/// The fields of a structure.
struct Level {
    fields: Vec<Node>,
    /// How many fields they become.
    width: usize,
}

enum Node {
    Leaf {
        /// What null is read as.
        default: Value,
    },
    Inner(Level),
}

impl Flatten {
    pub(crate) fn new(target: Target) -> Self {
        Flatten {
            target,
            delimiter: String::new(),
            schemas: SchemaCache::new(),
            names: JoinedNames::default(),
        }
    }
}

impl Transform for Flatten {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let delimiter: Option<String> = config().parse(props)?.get("delimiter")?;
        // What Java's concatenation makes of null.
        self.delimiter = delimiter.unwrap_or_else(|| "null".to_owned());
        self.schemas = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        if value.is_null() {
            return Ok(Verdict::Keep);
        }
        let Some(schema) = schema else {
            let map = require::take_map(value, PURPOSE)?;
            let mut flattening = MapFlattening {
                delimiter: &self.delimiter,
                prefix: String::new(),
                names: &mut self.names,
                flat: MapValue::with_capacity(map.len()),
            };
            flattening.names.taken = 0;
            flattening.add_all(map, true)?;
            *value = flattening.flat.into();
            return Ok(Verdict::Keep);
        };
        let structure = require::take_struct(value, PURPOSE)?;
        let flat = self
            .schemas
            .get_or_make(schema, |schema| Flat::new(schema, &self.delimiter))?;
        check_schema(&structure, schema)?;
        *value = flat.flatten(structure)?.into();
        *schema = flat.schema.clone();
        Ok(Verdict::Keep)
    }
}

impl Flat {
    fn new(schema: &Schema, delimiter: &str) -> Result<Self> {
        let default = match &schema.default {
            None => None,
            Some(Value::Struct(default)) => Some(default),
            Some(_) => {
                return Err(ConnectError::new(
                    ErrorKind::Internal,
                    format!("the default of {schema} is no struct"),
                ));
            }
        };
        let mut building = FlatBuilding {
            delimiter,
            prefix: String::new(),
            builder: copy_basics(schema, Schema::structure()),
        };
        let root = building.add_all(schema, schema.optional, default)?;
        Ok(Flat {
            schema: building.builder.build()?,
            root,
        })
    }

    fn flatten(&self, structure: Struct) -> Result<Struct> {
        let mut values = Vec::with_capacity(self.root.width);
        self.root.flatten(structure, &self.schema, &mut values)?;
        Struct::from_values(self.schema.clone(), values)
    }
}

impl Level {
    fn flatten(&self, structure: Struct, schema: &Schema, values: &mut Vec<Value>) -> Result<()> {
        for (node, value) in self.fields.iter().zip(structure.into_values()) {
            match (node, value) {
                (Node::Leaf { default }, Value::Null) => {
                    let field = &schema.fields[values.len()];
                    put_copy(field, default)?;
                    values.push(default.clone());
                }
                (Node::Leaf { .. }, value) => values.push(value),
                // The default of a structure is not read: its fields have it as theirs.
                (Node::Inner(level), Value::Null) => {
                    values.resize(values.len() + level.width, Value::Null);
                }
                (Node::Inner(level), mut value) => {
                    let inner = require::take_struct(&mut value, PURPOSE)?;
                    level.flatten(inner, schema, values)?;
                }
            }
        }
        Ok(())
    }
}

/// The making of a flat schema.
struct FlatBuilding<'a> {
    delimiter: &'a str,
    /// The names of the levels around the one that is worked on.
    prefix: String,
    builder: SchemaBuilder,
}

impl FlatBuilding<'_> {
    /// Adds the fields of a structure. `optional` is whether it, or one around it, is; `default` is its default.
    fn add_all(
        &mut self,
        schema: &Schema,
        optional: bool,
        default: Option<&Struct>,
    ) -> Result<Level> {
        let fields = require::fields(schema)?;
        let mut level = Level {
            fields: Vec::with_capacity(fields.len()),
            width: 0,
        };
        for field in fields {
            let outer = self.prefix.len();
            push_name(&mut self.prefix, self.delimiter, &field.name);
            let optional = optional || field.schema.optional;
            let own = field.schema.default.as_ref();
            let default = own
                .or_else(|| default.map(|default| default.value(field.index)))
                .filter(|value| !value.is_null());
            let node = match (field.schema.kind, default) {
                (Type::Map, _) => {
                    // A name that came twice is told first, as Java does.
                    std::mem::replace(&mut self.builder, Schema::structure()).build()?;
                    let name = &self.prefix;
                    return Err(ConnectError::data(format!(
                        "Flatten transformation does not support MAP for record with schemas (for field {name})."
                    )));
                }
                (Type::Struct, None) => Node::Inner(self.add_all(&field.schema, optional, None)?),
                (Type::Struct, Some(default)) => {
                    let default = require::structure(default, PURPOSE)?;
                    Node::Inner(self.add_all(&field.schema, optional, Some(default))?)
                }
                (_, default) => {
                    self.add_leaf(&field.schema, optional, default)?;
                    Node::Leaf {
                        default: own.cloned().unwrap_or_default(),
                    }
                }
            };
            level.width += node.width();
            level.fields.push(node);
            self.prefix.truncate(outer);
        }
        Ok(level)
    }

    fn add_leaf(&mut self, schema: &Schema, optional: bool, default: Option<&Value>) -> Result<()> {
        let new = match (schema.kind, &schema.value_schema) {
            (Type::Array, Some(element)) => Schema::array(element.clone()),
            (kind, _) => Schema::builder(kind),
        };
        let mut leaf = copy_basics(schema, new);
        if optional {
            leaf = leaf.optional();
        }
        if let Some(default) = default {
            leaf = leaf.default_value(default.clone());
        }
        let builder = std::mem::replace(&mut self.builder, Schema::structure());
        self.builder = builder.field(self.prefix.as_str(), leaf.build()?);
        Ok(())
    }
}

impl Node {
    fn width(&self) -> usize {
        match self {
            Node::Leaf { .. } => 1,
            Node::Inner(level) => level.width,
        }
    }
}

/// The flattening of schemaless data.
struct MapFlattening<'a> {
    delimiter: &'a str,
    /// The names of the levels around the one that is worked on.
    prefix: String,
    names: &'a mut JoinedNames,
    flat: MapValue,
}

impl JoinedNames {
    fn next(&mut self, name: &str) -> Text {
        let at = self.taken;
        self.taken += 1;
        match self.names.get_mut(at) {
            Some(known) if *known == name => known.clone(),
            Some(other) => {
                *other = name.into();
                other.clone()
            }
            None => {
                let text = Text::from(name);
                if at < KNOWN_NAMES {
                    self.names.push(text.clone());
                }
                text
            }
        }
    }
}

impl MapFlattening<'_> {
    fn add_all(&mut self, map: MapValue, is_root: bool) -> Result<()> {
        for (key, value) in map {
            // Java joins null as text, except that a structure under null has no name to go before its fields'.
            let name = require::field_name(&key)?.map_or("null", Text::as_str);
            match value {
                Value::Map(inner) => {
                    if is_root && key.is_null() && !inner.is_empty() {
                        let message = "expected a name of the fields inside, found null";
                        return Err(ConnectError::new(ErrorKind::Internal, message));
                    }
                    let outer = self.prefix.len();
                    push_name(&mut self.prefix, self.delimiter, name);
                    // Java takes the empty prefix for none, whatever the level.
                    self.add_all(inner, self.prefix.is_empty())?;
                    self.prefix.truncate(outer);
                }
                Value::Date(_) | Value::Decimal(_) | Value::BigInteger(_) | Value::Struct(_) => {
                    let class = value.java_class();
                    return Err(ConnectError::data(format!(
                        "Flatten transformation does not support class {class} for record without schemas (for field {name})."
                    )));
                }
                value if is_root => {
                    self.flat.insert(key, value);
                }
                value => {
                    let outer = self.prefix.len();
                    push_name(&mut self.prefix, self.delimiter, name);
                    self.flat.insert(self.names.next(&self.prefix), value);
                    self.prefix.truncate(outer);
                }
            }
        }
        Ok(())
    }
}

fn push_name(prefix: &mut String, delimiter: &str, name: &str) {
    if !prefix.is_empty() {
        prefix.push_str(delimiter);
    }
    prefix.push_str(name);
}

/// The configuration keys.
fn config() -> ConfigDef {
    let delimiter = ConfigKey::new("delimiter", Kind::String)
        .default_value(".")
        .importance(Importance::Medium)
        .documentation("What stands between the names of a nested field's levels in its new name.");
    ConfigDef::new().define(delimiter)
}

const PURPOSE: &str = "flattening";

/// How many joined names are kept from one record to the next.
const KNOWN_NAMES: usize = 256;
