//! Schemas.

use serde_json::Value as Json;
use windlass_api::{Schema, SchemaBuilder, Type};

use crate::case::text;
use crate::report::Outcome;
use crate::value::value;

/// The schema; `None` for null.
///
/// # Panics
/// For one that cannot be built.
pub fn schema(json: &Json) -> Option<Schema> {
    if json.is_null() {
        return None;
    }
    let plain = build(json, false);
    let built = if json["default"].is_null() {
        plain
    } else {
        build(json, true)
    };
    Some(built.unwrap_or_else(|e| panic!("{json}: {e}")))
}

/// Checks a schema against an expected one.
///
/// # Errors
/// How they differ.
pub fn expect_schema(expected: &Json, actual: windlass_api::Result<Option<Schema>>) -> Outcome {
    let Some(actual) = crate::error::unless_error(expected, actual)? else {
        return Ok(());
    };
    if schema(expected) == actual {
        Ok(())
    } else {
        Err(format!("expected schema {expected}, found {actual:?}"))
    }
}

fn build(json: &Json, with_default: bool) -> windlass_api::Result<Schema> {
    let kind = Type::from_name(text(&json["type"])).expect("a type name");
    let mut builder = match (
        kind,
        schema(&json["keySchema"]),
        schema(&json["valueSchema"]),
    ) {
        (Type::Array, _, Some(element)) => Schema::array(element),
        (Type::Map, Some(key), Some(value)) => Schema::map(key, value),
        (Type::Map, Some(key), None) => SchemaBuilder::map_with_null_values(key),
        _ => Schema::builder(kind),
    };
    for field in json["fields"].as_array().into_iter().flatten() {
        let field_schema = schema(&field["schema"]).expect("a field has a schema");
        builder = builder.field(text(&field["name"]), field_schema);
    }
    if json["optional"] == true {
        builder = builder.optional();
    }
    if let Some(name) = json["name"].as_str() {
        builder = builder.name(name);
    }
    if let Some(doc) = json["doc"].as_str() {
        builder = builder.doc(doc);
    }
    if let Some(version) = json["version"].as_i64() {
        builder = builder.version(i32::try_from(version).expect("a version is an int"));
    }
    for (name, parameter) in json["parameters"].as_object().into_iter().flatten() {
        builder = builder.parameter(name.as_str(), text(parameter));
    }
    if with_default {
        // A default struct has the schema without the default.
        let declared = build(json, false)?;
        builder = builder.default_value(value(&json["default"], Some(&declared)));
    }
    builder.build()
}
