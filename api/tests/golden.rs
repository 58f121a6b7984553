//! The data model against the answers of Java's.

use serde_json::Value as Json;
use windlass_api::{
    ConnectError, Header, MapValue, Result, Schema, SchemaAndValue, SchemaBuilder, Struct, Text,
    Type, Value, date, decimal, project, time, timestamp, values,
};
use windlass_golden::{
    Case, Outcome, Report, cases, expect_error, expect_schema, expect_tagged, expect_value,
    is_error, schema, tagged, value,
};

#[test]
fn values_convert_and_parse() {
    run("data/values.jsonl", values_case);
}

#[test]
fn values_and_schemas_have_java_texts() {
    run("data/tostring.jsonl", text_case);
}

#[test]
fn schemas_and_structs_check_what_they_take() {
    run("data/schema.jsonl", schema_case);
}

#[test]
fn logical_types_convert() {
    run("data/logical.jsonl", logical_case);
}

#[test]
fn values_project() {
    run("data/projector.jsonl", |case| {
        let args = &case["args"];
        let (source, target) = (
            schema(&args["source"]).unwrap(),
            schema(&args["target"]).unwrap(),
        );
        let projected = project(&source, &value(&args["value"], Some(&source)), &target);
        expect_value(&case["out"], Some(&target), projected)
    });
}

fn run(file: &str, check: impl Fn(&Case) -> Outcome) {
    let mut report = Report::new();
    for case in cases(file) {
        report.check(&case, check(&case));
    }
    report.finish();
}

fn values_case(case: &Case) -> Outcome {
    let (args, out) = (&case["args"], &case["out"]);
    match case.op() {
        "Values.parseString" => {
            // Text that is Java's null is a Rust `Option`, and reads as null.
            let parsed = args["text"]
                .as_str()
                .and_then(|text| values::parse_string(&Text::from(text)));
            return expect_tagged(out, Ok(parsed.unwrap_or_default()));
        }
        "Values.inferSchema" => {
            return expect_schema(out, values::infer_schema(&value(&args["value"], None)));
        }
        _ => {}
    }
    let from = schema(&args["schema"]);
    let from = from.as_ref();
    let value = value(&args["value"], from);
    let converted = match case
        .op()
        .strip_prefix("Values.convertTo")
        .expect("a conversion")
    {
        "Boolean" => values::to_boolean(from, &value).map(Value::from),
        "Byte" => values::to_int8(from, &value).map(Value::from),
        "Short" => values::to_int16(from, &value).map(Value::from),
        "Integer" => values::to_int32(from, &value).map(Value::from),
        "Long" => values::to_int64(from, &value).map(Value::from),
        "Float" => values::to_float32(from, &value).map(Value::from),
        "Double" => values::to_float64(from, &value).map(Value::from),
        "String" if value.is_null() => Ok(Value::Null),
        "String" => Ok(values::to_text(&value).into()),
        "List" => values::to_list(&value).map(Value::from),
        "Map" => values::to_map(&value).map(Value::from),
        "Struct" => values::to_struct(&value).map(Value::from),
        "Time" => values::to_time(from, &value).map(Value::Date),
        "Date" => values::to_date(from, &value).map(Value::Date),
        "Timestamp" => values::to_timestamp(from, &value).map(Value::Date),
        "Decimal" => values::to_decimal(&value, number(&args["scale"])).map(Value::from),
        other => panic!("unknown conversion {other}"),
    };
    expect_value(out, from, converted)
}

fn text_case(case: &Case) -> Outcome {
    let text = match case.op() {
        "Schema.toString" => schema(&case["args"]["schema"]).unwrap().to_string(),
        "Object.toString" => tagged(&case["args"]).value.to_string(),
        other => panic!("unknown operation {other}"),
    };
    let expected = case["out"].as_str().unwrap();
    let text = if case.is_tagged("java-identity-hash") {
        without_hashes(&text)
    } else {
        text
    };
    if text == expected {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, found {text:?}"))
    }
}

fn schema_case(case: &Case) -> Outcome {
    let (args, out) = (&case["args"], &case["out"]);
    match case.op() {
        "ConnectSchema.validateValue" => {
            let SchemaAndValue { schema, value } = tagged(args);
            expect_ok(out, schema.unwrap().validate(&value))
        }
        "ConnectSchema.equals" => match schema(&args["a"]) == schema(&args["b"]) {
            equal if *out == equal => Ok(()),
            equal => Err(format!("expected {out}, found {equal}")),
        },
        "ConnectHeaders.add" => expect_ok(out, Header::new("h", tagged(args)).map(|_| ())),
        "SchemaBuilder" => build(args, out),
        "Struct" => struct_case(args, out),
        other => panic!("unknown operation {other}"),
    }
}

fn build(args: &Json, out: &Json) -> Outcome {
    let mut builder = SchemaBuilder::new(Type::Int8);
    for call in args["calls"].as_array().unwrap() {
        let argument = |at: usize| {
            call[at]
                .as_str()
                .ok_or("no schema or name can be null here")
                .map(str::to_owned)
        };
        let schema_at = |at: usize| schema(&call[at]).ok_or("no schema can be null here");
        builder = match call[0].as_str().unwrap() {
            "type" => SchemaBuilder::new(Type::from_name(&argument(1)?).unwrap()),
            "array" => SchemaBuilder::array(schema_at(1)?),
            "map" => SchemaBuilder::map(schema_at(1)?, schema_at(2)?),
            "optional" => builder.optional(),
            "required" => builder.required(),
            "name" if call[1].is_null() => builder,
            "name" => builder.name(argument(1)?),
            "version" => builder.version(number(&call[1])),
            "doc" => builder.doc(argument(1)?),
            "parameter" => builder.parameter(argument(1)?, argument(2)?),
            "parameters" => {
                let entries = call[1].as_object().unwrap();
                entries.iter().fold(builder, |b, (name, value)| {
                    b.parameter(name.as_str(), value.as_str().unwrap())
                })
            }
            "defaultValue" => builder.default_value(value(&call[1], None)),
            "field" => builder.field(call[1].as_str().unwrap_or_default(), schema_at(2)?),
            "build" => builder,
            "built.keySchema" | "built.valueSchema" if !is_error(out) => builder,
            accessor => {
                return Err(format!(
                    "{accessor} is a field or an Option here and cannot fail"
                ));
            }
        };
    }
    expect_schema(out, builder.build().map(Some))
}

fn struct_case(args: &Json, out: &Json) -> Outcome {
    let mut structure = match Struct::new(schema(&args["schema"]).unwrap()) {
        Ok(structure) => structure,
        Err(error) => return expect_error(out, "call", &error),
    };
    for (call, expected) in args["calls"]
        .as_array()
        .unwrap()
        .iter()
        .zip(out.as_array().unwrap())
    {
        struct_call(&mut structure, call, expected).map_err(|e| format!("{call}: {e}"))?;
    }
    Ok(())
}

fn struct_call(structure: &mut Struct, call: &Json, expected: &Json) -> Outcome {
    let name = call[1].as_str().unwrap_or_default();
    let declared = structure
        .schema()
        .field(name)
        .map(|field| field.schema.clone());
    let found: Result<Value> = match call[0].as_str().unwrap() {
        "put" => {
            return expect_ok(
                expected,
                structure
                    .put(name, value(&call[2], declared.as_ref()))
                    .map(|_| ()),
            );
        }
        "validate" => return expect_ok(expected, structure.validate()),
        "toString" => Ok(structure.to_string().into()),
        "get" => structure.get(name).cloned(),
        "getWithoutDefault" => structure.get_without_default(name).cloned(),
        "getInt8" => structure.int8(name).map(Value::from),
        "getInt32" => structure.int32(name).map(Value::from),
        "getInt64" => structure.int64(name).map(Value::from),
        "getString" => structure.string(name).map(|v| v.cloned().into()),
        "getArray" => structure
            .array(name)
            .map(|v| v.map(<[Value]>::to_vec).into()),
        "getMap" => structure
            .map(name)
            .map(|v: Option<&MapValue>| v.cloned().into()),
        "getStruct" => structure.structure(name).map(|v| v.cloned().into()),
        other => panic!("unknown call {other}"),
    };
    match (expected.as_str(), &found) {
        (Some(text), Ok(found)) if found.as_str() == Some(text) => Ok(()),
        (Some(text), found) => Err(format!("expected {text:?}, found {found:?}")),
        (None, _) => expect_value(expected, declared.as_ref(), found),
    }
}

fn logical_case(case: &Case) -> Outcome {
    let SchemaAndValue { schema, value } = tagged(&case["args"]);
    let schema = schema.unwrap();
    let converted = match (case.op(), value) {
        ("Decimal.fromLogical", Value::Decimal(v)) => {
            decimal::from_logical(&schema, &v).map(Value::from)
        }
        ("Decimal.toLogical", Value::Bytes(v)) => decimal::to_logical(&schema, &v).map(Value::from),
        ("Date.fromLogical", Value::Date(v)) => date::from_logical(&schema, v).map(Value::from),
        ("Date.toLogical", Value::Int32(v)) => date::to_logical(&schema, v).map(Value::Date),
        ("Time.fromLogical", Value::Date(v)) => time::from_logical(&schema, v).map(Value::from),
        ("Time.toLogical", Value::Int32(v)) => time::to_logical(&schema, v).map(Value::Date),
        ("Timestamp.fromLogical", Value::Date(v)) => {
            timestamp::from_logical(&schema, v).map(Value::from)
        }
        ("Timestamp.toLogical", Value::Int64(v)) => {
            timestamp::to_logical(&schema, v).map(Value::Date)
        }
        (op, value) => panic!("unknown operation {op} of {value:?}"),
    };
    expect_value(&case["out"], Some(&schema), converted)
}

fn expect_ok(expected: &Json, found: Result<(), ConnectError>) -> Outcome {
    match found {
        Ok(()) if !is_error(expected) => Ok(()),
        Ok(()) => Err(format!("expected {expected}, found no error")),
        Err(error) => expect_error(expected, "call", &error),
    }
}

/// Puts `HASH` for what stands after `[B@`.
fn without_hashes(text: &str) -> String {
    let mut parts = text.split("[B@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += "[B@HASH";
        out += part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out
}

fn number(json: &Json) -> i32 {
    json.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap()
}

#[test]
fn the_runner_sees_differences() {
    let wrong = serde_json::json!({"t": "int32", "v": 1});
    assert!(expect_value(&wrong, None, Ok(Value::Int64(1))).is_err());
    assert!(expect_value(&wrong, None, Err(ConnectError::data("no"))).is_err());
    let error = serde_json::json!({"error": {"phase": "call", "class": "org.apache.kafka.connect.errors.DataException"}});
    assert!(expect_value(&error, None, Ok(Value::Null)).is_err());
    assert!(expect_value(&error, None, Err(ConnectError::connect("no"))).is_err());
    assert!(
        expect_schema(
            &serde_json::json!({"type": "int32"}),
            Ok(Some(Schema::INT8))
        )
        .is_err()
    );
}
