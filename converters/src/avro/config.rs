//! The configuration keys of how Connect's schemas and Avro's are made from each other.

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, ParsedConfig, Result};

use crate::registry;

/// What `AvroConverter` is configured by.
pub(super) fn definition() -> ConfigDef {
    let flag = |name, default: bool, text: &str| {
        ConfigKey::new(name, Kind::Boolean)
            .default_value(default)
            .documentation(text)
    };
    registry::config::define(ConfigDef::new())
        .define(
            flag("generalized.sum.type.support", false, "Whether enums and unions are told as the converters of other formats tell them.")
                .importance(Importance::Medium),
        )
        .define(
            flag("ignore.default.for.nullables", false, "Whether a null in an optional field is written as null where the field has a default.")
                .importance(Importance::Medium),
        )
        .define(registry::config::cached_schemas_key())
        .define(
            flag("enhanced.avro.schema.support", false, "Whether enums and the namespaces in unions are kept.")
                .importance(Importance::Medium),
        )
        .define(
            flag("scrub.invalid.names", false, "Whether characters that Avro's names do not admit are replaced.")
                .importance(Importance::Medium),
        )
        .define(flag("connect.meta.data", true, "Whether what Avro has no place for is kept in attributes."))
        .define(flag("discard.type.doc.default", false, "Whether the documentation and defaults of types are left out; those of fields stay."))
        .define(flag("allow.optional.map.keys", false, "Whether maps with optional text keys become Avro maps."))
        .define(flag("flatten.singleton.unions", true, "Whether a union of one type is that type."))
}

/// How schemas are made from each other: Confluent's `AvroDataConfig`. The default is Confluent's.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// `generalized.sum.type.support`
    pub generalized_sums: bool,
    /// `ignore.default.for.nullables`
    pub ignore_default_for_nullables: bool,
    /// `enhanced.avro.schema.support`
    pub enhanced: bool,
    /// `scrub.invalid.names`
    pub scrub_names: bool,
    /// `connect.meta.data`
    pub meta_data: bool,
    /// `discard.type.doc.default`
    pub discard_type_doc_default: bool,
    /// `allow.optional.map.keys`
    pub optional_map_keys: bool,
    /// `flatten.singleton.unions`
    pub flatten_singletons: bool,
}

impl Options {
    pub(super) fn new(config: &ParsedConfig) -> Result<Self> {
        Ok(Options {
            generalized_sums: config.get("generalized.sum.type.support")?,
            ignore_default_for_nullables: config.get("ignore.default.for.nullables")?,
            enhanced: config.get("enhanced.avro.schema.support")?,
            scrub_names: config.get("scrub.invalid.names")?,
            meta_data: config.get("connect.meta.data")?,
            discard_type_doc_default: config.get("discard.type.doc.default")?,
            optional_map_keys: config.get("allow.optional.map.keys")?,
            flatten_singletons: config.get("flatten.singleton.unions")?,
        })
    }

    /// The parameter that tells an enum, its value the name of the enum.
    pub(super) fn enum_parameter(&self) -> &'static str {
        if self.generalized_sums {
            super::names::GENERALIZED_ENUM
        } else {
            super::names::ENUM
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            generalized_sums: false,
            ignore_default_for_nullables: false,
            enhanced: false,
            scrub_names: false,
            meta_data: true,
            discard_type_doc_default: false,
            optional_map_keys: false,
            flatten_singletons: true,
        }
    }
}
