//! Making schemas.

use indexmap::IndexMap;

use crate::{ConnectError, ErrorKind, Field, Result, Schema, SchemaDef, Text, Type, Value};

/// Makes a [`Schema`] step by step.
///
/// The first rule broken is kept and returned by [`build`](Self::build), so that calls can be chained: a property set
/// twice to different values, a field on something that is no struct, a field name that is empty or taken, a default
/// that does not fit.
///
/// ```
/// use windlass_api::{Schema, decimal};
///
/// let order = Schema::structure()
///     .name("acme.Order")
///     .field("id", Schema::INT64)
///     .field("note", Schema::OPTIONAL_STRING)
///     .field("price", decimal::schema(2))
///     .build()?;
/// assert_eq!(order.fields.len(), 3);
/// # Ok::<(), windlass_api::ConnectError>(())
/// ```
#[derive(Debug)]
pub struct SchemaBuilder {
    def: SchemaDef,
    /// `None` until said; then required or optional.
    optional: Option<bool>,
    error: Option<ConnectError>,
}

impl SchemaBuilder {
    /// Starts a schema of this type. An array or map made this way has no element schemas.
    pub fn new(kind: Type) -> Self {
        SchemaBuilder {
            def: SchemaDef::new(kind, false),
            optional: None,
            error: None,
        }
    }

    /// Starts the schema of an array.
    pub fn array(element: Schema) -> Self {
        let mut builder = SchemaBuilder::new(Type::Array);
        builder.def.value_schema = Some(element);
        builder
    }

    /// Starts the schema of a map.
    pub fn map(key: Schema, value: Schema) -> Self {
        let mut builder = SchemaBuilder::map_with_null_values(key);
        builder.def.value_schema = Some(value);
        builder
    }

    /// Starts the schema of a map whose values have no schema: what parsing a map with mixed values gives.
    pub fn map_with_null_values(key: Schema) -> Self {
        let mut builder = SchemaBuilder::new(Type::Map);
        builder.def.key_schema = Some(key);
        builder
    }

    /// Admits null.
    #[must_use]
    pub fn optional(self) -> Self {
        self.set_optional(true)
    }

    /// Refuses null, which is also what holds when nothing is said.
    #[must_use]
    pub fn required(self) -> Self {
        self.set_optional(false)
    }

    /// Sets the name: of a struct, or of a logical type.
    #[must_use]
    pub fn name(mut self, name: impl Into<Text>) -> Self {
        let name = Some(name.into());
        self.check_unset("name", self.def.name.is_some() && self.def.name != name);
        self.def.name = name;
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: i32) -> Self {
        self.check_unset("version", self.def.version.is_some_and(|v| v != version));
        self.def.version = Some(version);
        self
    }

    /// Sets the documentation.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<Text>) -> Self {
        let doc = Some(doc.into());
        self.check_unset("doc", self.def.doc.is_some() && self.def.doc != doc);
        self.def.doc = doc;
        self
    }

    /// Adds or replaces a parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.def
            .parameters
            .get_or_insert_with(IndexMap::new)
            .insert(name.into(), value.into());
        self
    }

    /// Sets the value used when none is given; checked against what was said so far, hence call it last.
    ///
    /// It implies nothing about null: a required field with a default still refuses null. Null itself is no default,
    /// and refused by a required schema.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.check_unset(
            "default",
            self.def.default.as_ref().is_some_and(|v| *v != value),
        );
        if self.error.is_none() {
            match self.draft().validate(&value) {
                Ok(()) => self.def.default = Some(value).filter(|v| !v.is_null()),
                Err(e) => self.fail("Invalid default value", Some(e)),
            }
        }
        self
    }

    /// Appends a field to a struct.
    #[must_use]
    pub fn field(mut self, name: impl Into<Text>, schema: Schema) -> Self {
        let name = name.into();
        if self.def.kind != Type::Struct {
            self.fail(
                format!("Cannot create fields on type {}", self.def.kind),
                None,
            );
        } else if name.is_empty() {
            self.fail("fieldName cannot be null.", None);
        } else if self.def.fields.len() < SCANNED_FIELDS
            && self.def.fields.iter().any(|f| f.name == name)
        {
            self.fail(
                format!("Cannot create field because of field name duplication {name}"),
                None,
            );
        } else {
            let index = self.def.fields.len();
            self.def.fields.push(Field {
                name,
                index,
                schema,
            });
        }
        self
    }

    /// The schema. A plain primitive comes as the shared constant.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaBuilder`] with the first rule that a call broke.
    pub fn build(mut self) -> Result<Schema> {
        if self.def.fields.len() >= SCANNED_FIELDS {
            self.check_wide_struct();
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        self.def.optional = self.optional.unwrap_or(false);
        if let Some(plain) =
            Schema::primitive(self.def.kind, self.def.optional).filter(|plain| **plain == self.def)
        {
            return Ok(plain);
        }
        Ok(self.def.into())
    }

    /// The schema as said so far, rules unchecked: what a default is read by and checked against.
    pub fn draft(&self) -> Schema {
        let mut def = self.def.clone();
        def.optional = self.optional.unwrap_or(false);
        def.into()
    }

    fn set_optional(mut self, optional: bool) -> Self {
        self.check_unset("optional", self.optional.is_some_and(|o| o != optional));
        self.optional = Some(optional);
        self
    }

    fn check_unset(&mut self, property: &str, set: bool) {
        if set {
            self.fail(
                format!("Invalid SchemaBuilder call: {property} has already been set."),
                None,
            );
        }
    }

    /// Finds equal names by sorting: comparing each new name with all others would be quadratic.
    fn check_wide_struct(&mut self) {
        let mut names: Vec<&Text> = self.def.fields.iter().map(|f| &f.name).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!(
                "Cannot create field because of field name duplication {}",
                pair[0]
            );
            self.fail(message, None);
        }
    }

    fn fail(&mut self, message: impl Into<String>, cause: Option<ConnectError>) {
        if self.error.is_none() {
            let error = ConnectError::new(ErrorKind::SchemaBuilder, message);
            self.error = Some(match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            });
        }
    }
}

/// From this many fields on, equal names are looked for once, in `build`.
const SCANNED_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_primitives_are_the_constants() {
        let built = Schema::builder(Type::String).optional().build().unwrap();
        assert!(built.same(&Schema::OPTIONAL_STRING));
        assert!(
            !Schema::builder(Type::String)
                .name("n")
                .build()
                .unwrap()
                .same(&Schema::STRING)
        );
    }

    #[test]
    fn duplicates_are_found_in_wide_structs_too() {
        let wide = (0..200).fold(Schema::structure(), |b, i| {
            b.field(format!("f{i}"), Schema::INT8)
        });
        let error = wide.field("f7", Schema::INT8).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaBuilder);
        assert!(error.message().ends_with("duplication f7"), "{error}");
    }

    #[test]
    fn the_first_broken_rule_is_reported() {
        let error = Schema::builder(Type::Int8)
            .doc("a")
            .doc("b")
            .version(1)
            .version(2)
            .build()
            .unwrap_err();
        assert!(error.message().contains("doc"), "{error}");
    }
}
