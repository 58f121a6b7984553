//! The converters by their Java class names.

use windlass_api::{Converter, HeaderConverter};

use crate::{
    AvroConverter, BooleanConverter, ByteArrayConverter, DoubleConverter, FloatConverter,
    IntegerConverter, JsonConverter, JsonSchemaConverter, LongConverter, ProtobufConverter,
    ShortConverter, SimpleHeaderConverter, StringConverter,
};

/// A converter class that the worker knows.
#[derive(Clone, Copy)]
pub struct ConverterPlugin {
    /// The full Java class name, as in `key.converter` or `header.converter`.
    pub class: &'static str,
    /// The version of Kafka whose class it matches, or with whose classes it came, as REST shows it.
    pub version: &'static str,
    /// Makes one for keys or values; `None` for a class that converts headers only.
    pub new: Option<fn() -> Box<dyn Converter>>,
    /// Makes one for headers.
    pub new_header: Option<fn() -> Box<dyn HeaderConverter>>,
}

/// All converters, by class name.
pub fn plugins() -> &'static [ConverterPlugin] {
    &PLUGINS
}

macro_rules! both {
    ($class:literal, $converter:ident) => {
        ConverterPlugin {
            class: $class,
            version: VERSION,
            new: Some(|| Box::new($converter::default())),
            new_header: Some(|| Box::new($converter::default())),
        }
    };
}

macro_rules! value_or_key {
    ($class:literal, $converter:ident) => {
        ConverterPlugin {
            class: $class,
            version: VERSION,
            new: Some(|| Box::new($converter::default())),
            new_header: None,
        }
    };
}

const VERSION: &str = "4.3.1";

static PLUGINS: [ConverterPlugin; 13] = [
    value_or_key!("io.confluent.connect.avro.AvroConverter", AvroConverter),
    value_or_key!(
        "io.confluent.connect.json.JsonSchemaConverter",
        JsonSchemaConverter
    ),
    value_or_key!(
        "io.confluent.connect.protobuf.ProtobufConverter",
        ProtobufConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.BooleanConverter",
        BooleanConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.ByteArrayConverter",
        ByteArrayConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.DoubleConverter",
        DoubleConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.FloatConverter",
        FloatConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.IntegerConverter",
        IntegerConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.LongConverter",
        LongConverter
    ),
    both!(
        "org.apache.kafka.connect.converters.ShortConverter",
        ShortConverter
    ),
    both!("org.apache.kafka.connect.json.JsonConverter", JsonConverter),
    ConverterPlugin {
        class: "org.apache.kafka.connect.storage.SimpleHeaderConverter",
        version: VERSION,
        new: None,
        new_header: Some(|| Box::new(SimpleHeaderConverter)),
    },
    both!(
        "org.apache.kafka.connect.storage.StringConverter",
        StringConverter
    ),
];
