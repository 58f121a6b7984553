//! Single message transforms and predicates, one per file, named as the Java class.
//!
//! `$Key` and `$Value` of a class are one implementation with a [`Target`](target::Target). A record is changed where it
//! is: what depends on a schema only (the schema that a record gets, the places of fields) is worked out when that schema
//! is first seen and found again by pointer, see [`schema_cache`].

#![allow(dead_code)]

mod cast;
mod config;
mod date_format;
mod drop_headers;
mod extract_field;
mod field_path;
mod field_tree;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod keys;
mod mask_field;
mod nulls;
pub mod predicates;
mod recent;
mod regex_router;
mod replace_field;
mod require;
mod reshape;
mod rewrite;
mod schema_cache;
mod set_schema_metadata;
mod target;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

use windlass_api::{ConfigDef, Transform};

use crate::target::Target;

/// A transform class: its Java name, its configuration and how to make one.
#[derive(Clone, Copy, Debug)]
pub struct TransformClass {
    /// The full Java class name.
    pub class: &'static str,
    /// The configuration keys.
    pub config: fn() -> ConfigDef,
    /// Makes one that is not yet configured.
    pub new: Option<fn() -> Box<dyn Transform>>,
}

/// All transforms, by class name.
pub fn transforms() -> &'static [TransformClass] {
    TRANSFORMS
}

const TRANSFORMS: &[TransformClass] = &[
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Cast$Key",
        config: cast::config,
        new: Some(|| Box::new(cast::Cast::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Cast$Value",
        config: cast::config,
        new: Some(|| Box::new(cast::Cast::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.DropHeaders",
        config: drop_headers::config,
        new: Some(|| Box::<drop_headers::DropHeaders>::default()),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ExtractField$Key",
        config: extract_field::config,
        new: Some(|| Box::new(extract_field::ExtractField::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ExtractField$Value",
        config: extract_field::config,
        new: Some(|| Box::new(extract_field::ExtractField::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Filter",
        config: filter::config,
        new: Some(|| Box::new(filter::Filter)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Flatten$Key",
        config: flatten::config,
        new: Some(|| Box::new(flatten::Flatten::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Flatten$Value",
        config: flatten::config,
        new: Some(|| Box::new(flatten::Flatten::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HeaderFrom$Key",
        config: header_from::config,
        new: Some(|| Box::new(header_from::HeaderFrom::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HeaderFrom$Value",
        config: header_from::config,
        new: Some(|| Box::new(header_from::HeaderFrom::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HoistField$Key",
        config: hoist_field::config,
        new: Some(|| Box::new(hoist_field::HoistField::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HoistField$Value",
        config: hoist_field::config,
        new: Some(|| Box::new(hoist_field::HoistField::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertField$Key",
        config: insert_field::config,
        new: Some(|| Box::new(insert_field::InsertField::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertField$Value",
        config: insert_field::config,
        new: Some(|| Box::new(insert_field::InsertField::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertHeader",
        config: insert_header::config,
        new: Some(|| Box::<insert_header::InsertHeader>::default()),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.MaskField$Key",
        config: mask_field::config,
        new: Some(|| Box::new(mask_field::MaskField::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.MaskField$Value",
        config: mask_field::config,
        new: Some(|| Box::new(mask_field::MaskField::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.RegexRouter",
        config: regex_router::config,
        new: Some(|| Box::new(regex_router::RegexRouter::default())),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ReplaceField$Key",
        config: replace_field::config,
        new: Some(|| Box::new(replace_field::ReplaceField::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ReplaceField$Value",
        config: replace_field::config,
        new: Some(|| Box::new(replace_field::ReplaceField::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key",
        config: set_schema_metadata::config,
        new: Some(|| Box::new(set_schema_metadata::SetSchemaMetadata::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
        config: set_schema_metadata::config,
        new: Some(|| Box::new(set_schema_metadata::SetSchemaMetadata::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampConverter$Key",
        config: timestamp_converter::config,
        new: Some(|| Box::new(timestamp_converter::TimestampConverter::new(Target::Key))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampConverter$Value",
        config: timestamp_converter::config,
        new: Some(|| Box::new(timestamp_converter::TimestampConverter::new(Target::Value))),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampRouter",
        config: timestamp_router::config,
        new: Some(|| Box::new(timestamp_router::TimestampRouter::default())),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ValueToKey",
        config: value_to_key::config,
        new: Some(|| Box::new(value_to_key::ValueToKey::new())),
    },
];
