//! Single message transforms and predicates, one per file, named as the Java class.
//!
//! `$Key` and `$Value` of a class are one implementation with a `Target`. A record is changed where it
//! is: what depends on a schema only (the schema that a record gets, the places of fields) is worked out when that schema
//! is first seen and found again by pointer, see the module `recent`.

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
mod set_schema_metadata;
mod target;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

use windlass_api::Transform;

use crate::target::Target;

/// A transform class: its Java name and how to make one.
#[derive(Clone, Copy, Debug)]
pub struct TransformClass {
    /// The full Java class name.
    pub class: &'static str,
    /// Makes one that is not yet configured.
    pub new: fn() -> Box<dyn Transform>,
}

/// All transforms, by class name.
pub fn transforms() -> &'static [TransformClass] {
    TRANSFORMS
}

const TRANSFORMS: &[TransformClass] = &[
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Cast$Key",
        new: || Box::new(cast::Cast::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Cast$Value",
        new: || Box::new(cast::Cast::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.DropHeaders",
        new: || Box::<drop_headers::DropHeaders>::default(),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ExtractField$Key",
        new: || Box::new(extract_field::ExtractField::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ExtractField$Value",
        new: || Box::new(extract_field::ExtractField::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Filter",
        new: || Box::new(filter::Filter),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Flatten$Key",
        new: || Box::new(flatten::Flatten::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.Flatten$Value",
        new: || Box::new(flatten::Flatten::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HeaderFrom$Key",
        new: || Box::new(header_from::HeaderFrom::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HeaderFrom$Value",
        new: || Box::new(header_from::HeaderFrom::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HoistField$Key",
        new: || Box::new(hoist_field::HoistField::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.HoistField$Value",
        new: || Box::new(hoist_field::HoistField::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertField$Key",
        new: || Box::new(insert_field::InsertField::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertField$Value",
        new: || Box::new(insert_field::InsertField::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.InsertHeader",
        new: || Box::<insert_header::InsertHeader>::default(),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.MaskField$Key",
        new: || Box::new(mask_field::MaskField::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.MaskField$Value",
        new: || Box::new(mask_field::MaskField::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.RegexRouter",
        new: || Box::new(regex_router::RegexRouter::default()),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ReplaceField$Key",
        new: || Box::new(replace_field::ReplaceField::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ReplaceField$Value",
        new: || Box::new(replace_field::ReplaceField::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key",
        new: || Box::new(set_schema_metadata::SetSchemaMetadata::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
        new: || Box::new(set_schema_metadata::SetSchemaMetadata::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampConverter$Key",
        new: || Box::new(timestamp_converter::TimestampConverter::new(Target::Key)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampConverter$Value",
        new: || Box::new(timestamp_converter::TimestampConverter::new(Target::Value)),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.TimestampRouter",
        new: || Box::new(timestamp_router::TimestampRouter::default()),
    },
    TransformClass {
        class: "org.apache.kafka.connect.transforms.ValueToKey",
        new: || Box::new(value_to_key::ValueToKey::new()),
    },
];
