//! `HeaderFrom`: fields moved or copied into headers.

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, ErrorKind, Header, Headers, Importance, Kind, Props,
    RecordMut, Result, Schema, SchemaAndValue, Struct, Text, Transform, Validator, Value, Verdict,
};

use crate::config::{field_paths, field_syntax};
use crate::field_path::{FieldPath, Place};
use crate::keys::replace_null_with_default;
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::reshape::{FieldEdits, Reshape};
use crate::rewrite::check_schema;
use crate::target::Target;

/// Moves or copies fields into headers.
pub(crate) struct HeaderFrom {
    target: Target,
    nulls: Nulls,
    fields: Vec<HeaderField>,
    /// What takes the fields away when they are moved.
    moved: Option<FieldEdits>,
    plans: SchemaCache<Plan>,
}

/// A field and its header.
struct HeaderField {
    path: FieldPath,
    header: Text,
    /// Whether another one needs the field, or a part of it, too.
    shared: bool,
}

/// What is done to structs of a schema.
struct Plan {
    /// Where the fields are; none for one that is not there.
    places: Vec<Option<Place>>,
    /// The struct without the fields, when they are moved.
    reshape: Option<Reshape>,
}

impl HeaderFrom {
    pub(crate) fn new(target: Target) -> Self {
        HeaderFrom {
            target,
            nulls: Nulls::default(),
            fields: Vec::new(),
            moved: None,
            plans: SchemaCache::new(),
        }
    }

    fn of_map(&self, value: &mut Value, headers: &mut Headers) -> Result<()> {
        let map = require::map_mut(value, purpose(self.moved.is_some()))?;
        for field in &self.fields {
            let value = match field.shared || self.moved.is_none() {
                true => field.path.value_in(map)?.cloned().unwrap_or_default(),
                false => field.path.remove_from(map)?,
            };
            headers.add(Header {
                key: field.header.clone(),
                schema: None,
                value,
            });
        }
        if self.moved.is_some() {
            for field in self.fields.iter().filter(|field| field.shared) {
                field.path.remove_from(map)?;
            }
        }
        Ok(())
    }

    fn of_struct(
        &mut self,
        schema: &mut Schema,
        value: &mut Value,
        headers: &mut Headers,
    ) -> Result<()> {
        let purpose = purpose(self.moved.is_some());
        let structure = require::struct_mut(value, purpose)?;
        let plan = self.plans.get_or_make(schema, |schema| {
            Plan::new(schema, &self.fields, self.moved.as_ref())
        })?;
        check_schema(structure, schema)?;
        let mut failed = None;
        for (field, place) in self.fields.iter().zip(&plan.places) {
            let is_last = plan.reshape.is_some() && !field.shared;
            match header(field, place.as_ref(), structure, self.nulls, is_last) {
                Ok(header) => headers.add(header),
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        if let Some(reshape) = &plan.reshape {
            let structure = require::take_struct(value, purpose)?;
            *value = reshape.apply(structure, self.nulls)?.into();
            *schema = reshape.schema().clone();
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Transform for HeaderFrom {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        let headers: Vec<String> = config.get("headers")?;
        let paths = field_paths(config.get("fields")?, field_syntax(props)?)?;
        if paths.len() != headers.len() {
            return Err(ConnectError::config(
                "'fields' config must have the same number of elements as 'headers' config.",
            ));
        }
        self.moved = (config.get::<&str>("operation")? == "move").then(|| {
            let mut edits = FieldEdits::default();
            paths.iter().for_each(|path| edits.drop_field(path));
            edits
        });
        let shared = |at: usize| {
            let mut others = paths.iter().enumerate().filter(|(i, _)| *i != at);
            others.any(|(_, other)| other.overlaps(&paths[at]))
        };
        let shared: Vec<bool> = (0..paths.len()).map(shared).collect();
        let fields = paths.into_iter().zip(headers).zip(shared);
        self.fields = fields
            .map(|((path, header), shared)| HeaderField {
                path,
                header: header.into(),
                shared,
            })
            .collect();
        self.nulls = crate::config::nulls(&config)?;
        self.plans = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let mut headers = std::mem::take(&mut record.headers);
        let (schema, value) = self.target.of_mut(record);
        match schema {
            Some(schema) => self.of_struct(schema, value, &mut headers)?,
            None => self.of_map(value, &mut headers)?,
        }
        record.headers = headers;
        Ok(Verdict::Keep)
    }
}

impl Plan {
    fn new(schema: &Schema, fields: &[HeaderField], moved: Option<&FieldEdits>) -> Result<Self> {
        let places = fields.iter().map(|field| field.path.place_in(schema));
        Ok(Plan {
            places: places.collect::<Result<_>>()?,
            reshape: moved.map(|edits| Reshape::new(schema, edits)).transpose()?,
        })
    }
}

/// The header of a field. The value is taken from the struct when nobody needs it there any more.
fn header(
    field: &HeaderField,
    place: Option<&Place>,
    structure: &mut Struct,
    nulls: Nulls,
    is_last: bool,
) -> Result<Header> {
    let Some(place) = place else {
        return Err(ConnectError::new(
            ErrorKind::Internal,
            format!("Unknown field: {}", field.path),
        ));
    };
    let value = match is_last {
        true => place.take(structure, nulls)?,
        false => place.copy(structure, nulls)?,
    };
    let content = SchemaAndValue {
        schema: Some(place.copied.clone()),
        value,
    };
    Header::new(field.header.clone(), content)
}

fn purpose(is_move: bool) -> &'static str {
    if is_move {
        "header move"
    } else {
        "header copy"
    }
}

/// The configuration keys.
fn config() -> ConfigDef {
    let list = |name, documentation: &str| {
        ConfigKey::new(name, Kind::List)
            .validator(Validator::non_empty_list())
            .importance(Importance::High)
            .documentation(documentation)
    };
    ConfigDef::new()
        .define(list("fields", "The fields whose values become headers."))
        .define(list(
            "headers",
            "The names of the headers, in the order of the fields.",
        ))
        .define(
            ConfigKey::new("operation", Kind::String)
                .validator(Validator::one_of(&["move", "copy"]))
                .importance(Importance::High)
                .documentation("move takes the fields away, copy keeps them."),
        )
        .define(replace_null_with_default())
}
