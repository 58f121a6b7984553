//! What of the configuration decides the mapping between Connect and Protobuf.

use windlass_api::{ConfigDef, ConfigKey, Kind, ParsedConfig, Result};

use crate::registry::config::{cached_schemas, cached_schemas_key};

/// How schemas and data are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Unions and enums in the form that all formats share.
    pub generalized_sum_types: bool,
    /// Null stays null where a field has a default.
    pub ignore_default_for_nullables: bool,
    /// Names keep their package.
    pub enhanced_schemas: bool,
    /// Names that are no identifiers are made ones.
    pub scrub_invalid_names: bool,
    /// Enums are their numbers.
    pub int_for_enums: bool,
    /// Optional fields have the label `optional`.
    pub optional_for_nullables: bool,
    /// Fields of proto2 with that label may be null.
    pub optional_for_proto2: bool,
    /// Optional fields are wrapper messages.
    pub wrapper_for_nullables: bool,
    /// A wrapper message by itself is the primitive inside.
    pub wrapper_for_raw_primitives: bool,
    /// Messages that are not there are structs of defaults.
    pub generate_struct_for_nulls: bool,
    /// The names of the fields that hold unions end with a number.
    pub generate_index_for_unions: bool,
    /// The members of a oneof are fields of their message.
    pub flatten_unions: bool,
    /// How many schemas are kept in each direction.
    pub cache_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            generalized_sum_types: false,
            ignore_default_for_nullables: false,
            enhanced_schemas: false,
            scrub_invalid_names: false,
            int_for_enums: false,
            optional_for_nullables: false,
            optional_for_proto2: true,
            wrapper_for_nullables: false,
            wrapper_for_raw_primitives: true,
            generate_struct_for_nulls: false,
            generate_index_for_unions: true,
            flatten_unions: false,
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
            enhanced_schemas: config.get("enhanced.protobuf.schema.support")?,
            scrub_invalid_names: config.get("scrub.invalid.names")?,
            int_for_enums: config.get("int.for.enums")?,
            optional_for_nullables: config.get("optional.for.nullables")?,
            optional_for_proto2: config.get("optional.for.proto2")?,
            wrapper_for_nullables: config.get("wrapper.for.nullables")?,
            wrapper_for_raw_primitives: config.get("wrapper.for.raw.primitives")?,
            generate_struct_for_nulls: config.get("generate.struct.for.nulls")?,
            generate_index_for_unions: config.get("generate.index.for.unions")?,
            flatten_unions: config.get("flatten.unions")?,
            cache_size: cached_schemas(config)?,
        })
    }
}

/// Adds the keys to those of the registry client.
pub(super) fn define(def: ConfigDef) -> ConfigDef {
    let def = def.define(cached_schemas_key());
    FLAGS
        .iter()
        .fold(def, |def, (name, default, documentation)| {
            def.define(
                ConfigKey::new(*name, Kind::Boolean)
                    .default_value(*default)
                    .documentation(*documentation),
            )
        })
}

const FLAGS: [(&str, bool, &str); 12] = [
    (
        "generalized.sum.type.support",
        false,
        "Whether enums and unions are written in the form that all formats share.",
    ),
    (
        "ignore.default.for.nullables",
        false,
        "Whether a null stays null where the field has a default.",
    ),
    (
        "enhanced.protobuf.schema.support",
        false,
        "Whether names keep their package.",
    ),
    (
        "scrub.invalid.names",
        false,
        "Whether names that are no identifiers are made ones.",
    ),
    (
        "int.for.enums",
        false,
        "Whether enums are read as their numbers.",
    ),
    (
        "optional.for.nullables",
        false,
        "Whether optional fields have the label optional.",
    ),
    (
        "optional.for.proto2",
        true,
        "Whether fields of proto2 with the label optional may be null.",
    ),
    (
        "wrapper.for.nullables",
        false,
        "Whether optional fields are wrapper messages.",
    ),
    (
        "wrapper.for.raw.primitives",
        true,
        "Whether a wrapper message by itself is read as the primitive inside.",
    ),
    (
        "generate.struct.for.nulls",
        false,
        "Whether messages that are not there are read as structs of defaults.",
    ),
    (
        "generate.index.for.unions",
        true,
        "Whether the names of the fields that hold unions end with an underscore and a number.",
    ),
    (
        "flatten.unions",
        false,
        "Whether the members of a oneof are read as fields of their message.",
    ),
];
