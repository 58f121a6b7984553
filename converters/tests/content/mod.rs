//! Schemas and values of every kind, for tests of what holds for all of them.

#![allow(dead_code, reason = "each test uses a part")]

use num_bigint::BigInt;
use proptest::collection::vec;
use proptest::prelude::*;
use windlass_api::{
    Decimal, MapValue, Schema, SchemaAndValue, Struct, Type, Value, date, decimal, time, timestamp,
};

/// A schema with a value that fits.
pub(crate) fn content() -> impl Strategy<Value = SchemaAndValue> {
    schema().prop_flat_map(|schema| {
        let value = value_of(&schema);
        (Just(schema), value).prop_map(|(schema, value)| SchemaAndValue {
            schema: Some(schema),
            value,
        })
    })
}

/// A schema of any shape.
pub(crate) fn schema() -> BoxedStrategy<Schema> {
    let plain = prop_oneof![
        proptest::sample::select(&Type::PRIMITIVES[..])
            .prop_map(|kind| Schema::builder(kind).build().unwrap()),
        proptest::sample::select(&Type::PRIMITIVES[..])
            .prop_map(|kind| Schema::builder(kind).optional().build().unwrap()),
        (-3i32..10).prop_map(decimal::schema),
        Just(date::schema()),
        Just(time::schema()),
        Just(timestamp::schema()),
        text().prop_map(|name| Schema::builder(Type::Int16)
            .name(name)
            .version(3)
            .doc("d")
            .build()
            .unwrap()),
        (text(), text()).prop_map(|(k, v)| Schema::builder(Type::String)
            .parameter(k, v)
            .build()
            .unwrap()),
        any::<i32>().prop_map(|default| Schema::builder(Type::Int32)
            .default_value(default)
            .build()
            .unwrap()),
        text().prop_map(|default| Schema::builder(Type::String)
            .optional()
            .default_value(default)
            .build()
            .unwrap()),
    ];
    plain
        .prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                inner
                    .clone()
                    .prop_map(|element| Schema::array(element).build().unwrap()),
                (inner.clone(), inner.clone())
                    .prop_map(|(key, value)| Schema::map(key, value).build().unwrap()),
                inner
                    .clone()
                    .prop_map(|value| Schema::map(Schema::STRING, value)
                        .optional()
                        .build()
                        .unwrap()),
                (vec(inner, 0..12), any::<bool>()).prop_map(|(fields, optional)| {
                    let builder = fields
                        .into_iter()
                        .enumerate()
                        .fold(Schema::structure(), |builder, (i, field)| {
                            builder.field(format!("f\"{i}"), field)
                        });
                    if optional {
                        builder.optional()
                    } else {
                        builder
                    }
                    .build()
                    .unwrap()
                }),
            ]
        })
        .boxed()
}

/// A value that fits.
pub(crate) fn value_of(schema: &Schema) -> BoxedStrategy<Value> {
    let value = required_value_of(schema);
    if schema.optional {
        prop_oneof![1 => Just(Value::Null), 3 => value].boxed()
    } else {
        value
    }
}

fn required_value_of(schema: &Schema) -> BoxedStrategy<Value> {
    let scale = schema
        .parameter("scale")
        .and_then(|scale| scale.parse::<i32>().ok());
    if let Some(scale) = scale.filter(|_| schema.kind == Type::Bytes) {
        // Zero digits with a negative scale have no text of their own.
        let digits = any::<i128>().prop_filter("zero", |n| *n != 0);
        return digits
            .prop_map(move |n| {
                Decimal {
                    unscaled: BigInt::from(n),
                    scale,
                }
                .into()
            })
            .boxed();
    }
    match schema.name.as_deref() {
        Some(date::NAME) => {
            return (-100_000i64..100_000)
                .prop_map(|days| Value::Date(days * 86_400_000))
                .boxed();
        }
        Some(time::NAME) => return (0i64..=86_400_000).prop_map(Value::Date).boxed(),
        Some(timestamp::NAME) => return any::<i64>().prop_map(Value::Date).boxed(),
        _ => {}
    }
    match schema.kind {
        Type::Int8 => any::<i8>().prop_map(Value::from).boxed(),
        Type::Int16 => any::<i16>().prop_map(Value::from).boxed(),
        Type::Int32 => any::<i32>().prop_map(Value::from).boxed(),
        Type::Int64 => any::<i64>().prop_map(Value::from).boxed(),
        Type::Float32 => any::<f32>()
            .prop_map(|v| Value::from(if v.is_finite() { v + 0.0 } else { 0.5 }))
            .boxed(),
        Type::Float64 => finite().prop_map(Value::from).boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Type::String => text().prop_map(Value::from).boxed(),
        Type::Bytes => vec(any::<u8>(), 0..40).prop_map(Value::from).boxed(),
        Type::Array => vec(value_of(schema.value_schema.as_ref().unwrap()), 0..4)
            .prop_map(Value::Array)
            .boxed(),
        Type::Map => {
            let key = schema.key_schema.clone().unwrap();
            // The key of a JSON object cannot be null.
            let keys = if key.kind == Type::String {
                required_value_of(&key)
            } else {
                value_of(&key)
            };
            let entries = vec(
                (keys, value_of(schema.value_schema.as_ref().unwrap())),
                0..4,
            );
            entries
                .prop_map(|entries| Value::Map(MapValue::from_iter(entries)))
                .boxed()
        }
        Type::Struct => {
            let fields: Vec<_> = schema
                .fields
                .iter()
                .map(|field| value_of(&field.schema))
                .collect();
            let schema = schema.clone();
            fields
                .prop_map(move |values| Struct::from_values(schema.clone(), values).unwrap().into())
                .boxed()
        }
    }
}

/// Texts with what must be escaped.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,20}",
        "\\PC{0,10}",
        "[\"\\\\\u{0}-\u{20}é😀x]{0,30}"
    ]
}

/// Finite, and zero without a sign: the sign of zero is not read.
pub(crate) fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        (-1_000_000i64..1_000_000).prop_map(|n| n as f64 / 100.0)
    ]
    .prop_map(|v| if v.is_finite() { v + 0.0 } else { 0.5 })
}
