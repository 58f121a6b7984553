//! `TimestampConverter`: times as text, number, date, time or timestamp.

mod convert;

use windlass_api::{
    ConfigDef, ConfigKey, ConnectError, ErrorKind, Importance, Kind, Props, RecordMut, Result,
    Schema, Transform, Validator, Value, Verdict,
};

use self::convert::{Conversion, Form};
use crate::date_format::DateFormat;
use crate::field_path::FieldPath;
use crate::field_tree::FieldTree;
use crate::keys::replace_null_with_default;
use crate::nulls::Nulls;
use crate::recent::SchemaCache;
use crate::require;
use crate::rewrite::{FieldChange, Rewrite, keep_rest};
use crate::target::Target;

/// Changes the form of times.
pub(crate) struct TimestampConverter {
    target: Target,
    nulls: Nulls,
    what: What,
    conversion: Conversion,
    rewrites: SchemaCache<Rewrite<Plan>>,
}

/// What is converted.
#[derive(Debug)]
enum What {
    /// The whole value.
    Whole,
    /// A field.
    Field(FieldTree<()>),
    /// Nothing: the field is null, which Java finds when there is something to convert.
    Null,
}

/// The form of a field's times; what is wrong with its schema shows when there is a time to convert, as in Java.
type Plan = Result<Form, String>;

impl TimestampConverter {
    pub(crate) fn new(target: Target) -> Self {
        TimestampConverter {
            target,
            nulls: Nulls::default(),
            what: What::Whole,
            conversion: Conversion::default(),
            rewrites: SchemaCache::new(),
        }
    }
}

impl Transform for TimestampConverter {
    fn config(&self) -> ConfigDef {
        config()
    }

    fn configure(&mut self, props: &Props) -> Result<()> {
        let config = config().parse(props)?;
        self.nulls = crate::config::nulls(&config)?;
        self.what = match config.get::<Option<&str>>("field")? {
            None => What::Null,
            Some("") => What::Whole,
            Some(field) => {
                let path = FieldPath::new(field, crate::config::field_syntax(props)?)?;
                What::Field(FieldTree::new([(path, ())])?)
            }
        };
        let pattern = config.get::<Option<&str>>("format")?.unwrap_or_default();
        self.conversion = Conversion {
            to: Form::named(config.get("target.type")?)?,
            format: date_format(pattern)?,
            precision: config.get::<&str>("unix.precision")?.parse()?,
            text: String::new(),
        };
        if self.conversion.to == Form::Text && self.conversion.format.is_none() {
            return Err(ConnectError::config(
                "TimestampConverter requires format option to be specified when using string timestamps",
            ));
        }
        self.rewrites = SchemaCache::new();
        Ok(())
    }

    fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        let (schema, value) = self.target.of_mut(record);
        let conversion = &mut self.conversion;
        match (&self.what, &mut *schema) {
            (What::Field(_) | What::Null, None) if value.is_null() => {}
            (What::Whole, None) => *value = conversion.convert_untold(std::mem::take(value))?,
            (What::Whole, Some(schema)) => {
                let from = Form::of(schema).map_err(ConnectError::connect)?;
                *value = conversion.convert(from, std::mem::take(value))?;
                *schema = conversion.to.schema(schema.optional);
            }
            (What::Field(tree), None) => {
                let map = require::map_mut(value, PURPOSE)?;
                tree.change_map(map, &mut |(), value| conversion.convert_untold(value))?;
            }
            (What::Field(tree), Some(schema)) => {
                let structure = match value {
                    Value::Null => None,
                    value => Some(require::struct_mut(value, PURPOSE)?),
                };
                let rewrite = self.rewrites.get_or_make(schema, |from| {
                    Rewrite::new(from, tree, conversion, keep_rest)
                })?;
                if let Some(structure) = structure {
                    rewrite.apply(structure, self.nulls, conversion)?;
                }
                *schema = rewrite.schema().clone();
            }
            (What::Null, _) => {
                return Err(ConnectError::new(ErrorKind::Internal, "the field is null"));
            }
        }
        Ok(Verdict::Keep)
    }
}

impl FieldChange for Conversion {
    type Spec = ();
    type Plan = Plan;

    fn plan(&self, (): &(), field: &Schema) -> Result<(Plan, Schema)> {
        Ok((Form::of(field), self.to.schema(field.optional)))
    }

    fn change(&mut self, plan: &Plan, _: &Schema, value: Value) -> Result<Value> {
        match plan {
            Ok(from) => self.convert(*from, value),
            Err(message) => Err(ConnectError::connect(message)),
        }
    }
}

/// The format of a pattern; none when the pattern is blank.
fn date_format(pattern: &str) -> Result<Option<DateFormat>> {
    if pattern.chars().all(|c| c <= ' ') {
        return Ok(None);
    }
    DateFormat::new(pattern).map(Some).map_err(|error| {
        ConnectError::config(format!(
            "TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: {pattern}"
        ))
        .caused_by(error)
    })
}

/// The configuration keys.
fn config() -> ConfigDef {
    let key = |name: &str, importance, documentation: &str| {
        ConfigKey::new(name, Kind::String)
            .importance(importance)
            .documentation(documentation)
    };
    let types = ["string", "unix", "Date", "Time", "Timestamp"];
    let precisions = ["nanoseconds", "microseconds", "milliseconds", "seconds"];
    ConfigDef::new()
        .define(
            key(
                "field",
                Importance::High,
                "The field with the time; empty when the whole value is a time.",
            )
            .default_value(""),
        )
        .define(
            key("target.type", Importance::High, "What the time becomes.")
                .validator(Validator::one_of(&types)),
        )
        .define(
            key(
                "format",
                Importance::Medium,
                "The SimpleDateFormat pattern of times that are text.",
            )
            .default_value(""),
        )
        .define(
            key(
                "unix.precision",
                Importance::Low,
                "The unit of times that are numbers.",
            )
            .default_value("milliseconds")
            .validator(Validator::one_of(&precisions)),
        )
        .define(replace_null_with_default())
}

const PURPOSE: &str = "converting timestamp formats";
