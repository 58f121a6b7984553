//! Single message transforms and predicates, one per file, named as the Java class.
//!
//! This crate knows the configuration of every transform and predicate that comes with Kafka Connect.

mod cast;
mod drop_headers;
mod extract_field;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod keys;
mod mask_field;
pub mod predicates;
mod regex_router;
mod replace_field;
mod set_schema_metadata;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

use windlass_api::ConfigDef;

/// A transform or predicate class: its Java name and its configuration.
#[derive(Clone, Copy, Debug)]
pub struct SmtClass {
    /// The full Java class name.
    pub class: &'static str,
    /// The configuration keys.
    pub config: fn() -> ConfigDef,
}

/// All transforms, by class name.
pub fn transforms() -> Vec<SmtClass> {
    let smt = |class, config| SmtClass { class, config };
    vec![
        smt("org.apache.kafka.connect.transforms.Cast$Key", cast::config),
        smt(
            "org.apache.kafka.connect.transforms.Cast$Value",
            cast::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.DropHeaders",
            drop_headers::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.ExtractField$Key",
            extract_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.ExtractField$Value",
            extract_field::config,
        ),
        smt("org.apache.kafka.connect.transforms.Filter", filter::config),
        smt(
            "org.apache.kafka.connect.transforms.Flatten$Key",
            flatten::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.Flatten$Value",
            flatten::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.HeaderFrom$Key",
            header_from::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.HeaderFrom$Value",
            header_from::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.HoistField$Key",
            hoist_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.HoistField$Value",
            hoist_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.InsertField$Key",
            insert_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.InsertField$Value",
            insert_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.InsertHeader",
            insert_header::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.MaskField$Key",
            mask_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.MaskField$Value",
            mask_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.RegexRouter",
            regex_router::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.ReplaceField$Key",
            replace_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.ReplaceField$Value",
            replace_field::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key",
            set_schema_metadata::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
            set_schema_metadata::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.TimestampConverter$Key",
            timestamp_converter::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.TimestampConverter$Value",
            timestamp_converter::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.TimestampRouter",
            timestamp_router::config,
        ),
        smt(
            "org.apache.kafka.connect.transforms.ValueToKey",
            value_to_key::config,
        ),
    ]
}
