//! What of the configuration decides the mapping between Connect and JSON Schema.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, ParsedConfig, Result, Validator};

use crate::registry::config::{cached_schemas, cached_schemas_key};

/// How schemas and data are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Unions and enums in the form that all formats share.
    pub generalized_sum_types: bool,
    /// Null stays null where a field has a default.
    pub ignore_default_for_nullables: bool,
    /// Objects admit properties that they do not declare.
    pub additional_properties: bool,
    /// Properties that are not required become optional fields.
    pub optional_for_nonrequired: bool,
    /// Decimals are written as numbers.
    pub numeric_decimals: bool,
    /// A union of one is that one.
    pub flatten_singleton_unions: bool,
    /// How many schemas are kept in each direction.
    pub cache_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            generalized_sum_types: false,
            ignore_default_for_nullables: false,
            additional_properties: true,
            optional_for_nonrequired: false,
            numeric_decimals: false,
            flatten_singleton_unions: true,
            cache_size: 1000,
        }
    }
}

impl Options {
    /// Takes them from a configuration that has the keys of [`define`].
    pub(super) fn from_config(config: &ParsedConfig) -> Result<Self> {
        Ok(Options {
            generalized_sum_types: config.get("generalized.sum.type.support")?,
            ignore_default_for_nullables: config.get("ignore.default.for.nullables")?,
            additional_properties: config.get("object.additional.properties")?,
            optional_for_nonrequired: config.get("use.optional.for.nonrequired")?,
            numeric_decimals: config
                .get::<&str>("decimal.format")?
                .eq_ignore_ascii_case("NUMERIC"),
            flatten_singleton_unions: config.get("flatten.singleton.unions")?,
            cache_size: cached_schemas(config)?,
        })
    }
}

/// Adds the keys to those of the registry client.
pub(super) fn define(def: ConfigDef) -> ConfigDef {
    let flag = |name, default: bool, documentation| {
        ConfigKey::new(name, Kind::Boolean)
            .default_value(default)
            .documentation(documentation)
    };
    def.define(flag(
        "generalized.sum.type.support",
        false,
        "Whether enums and unions are written in the form that all formats share.",
    ))
    .define(flag(
        "ignore.default.for.nullables",
        false,
        "Whether a null stays null where the field has a default.",
    ))
    .define(cached_schemas_key())
    .define(flag(
        "object.additional.properties",
        true,
        "Whether the objects of a schema admit properties that it does not declare.",
    ))
    .define(flag(
        "use.optional.for.nonrequired",
        false,
        "Whether properties that are not required become optional fields.",
    ))
    .define(flag(
        "ignore.modern.dialects",
        false,
        "Whether schemas of drafts after 7 are read as draft 7; all drafts are read alike here.",
    ))
    .define(
        ConfigKey::new("decimal.format", Kind::String)
            .default_value("BASE64")
            .validator(Validator::one_of_ignore_case(&["BASE64", "NUMERIC"]))
            .importance(Importance::Low)
            .documentation("How decimals are written; both forms are read."),
    )
    .define(flag(
        "flatten.singleton.unions",
        true,
        "Whether a union of one is read as that one.",
    ))
    .define(flag(
        "json.fail.invalid.schema",
        false,
        "Not supported: messages are not checked against their schema.",
    ))
}
