//! Definitions, parsing and validation of configurations against the answers of Java's classes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use windlass_api::{
    ConfigData, ConfigDef, ConfigKey, ConfigValue, Kind, Password, Validator, parse_type,
};
use windlass_engine::config::{definition, topics};
use windlass_engine::plugins::{Plugins, VersionRange};
use windlass_golden::{Case, Outcome, Report, cases, expect_error, is_error, props};

#[test]
fn answers_as_java() {
    let plugins = Arc::new(Plugins::new(windlass_connectors::plugins()));
    let mut report = Report::new();
    for case in cases("data/configdef.jsonl") {
        let outcome = match case.op() {
            "ConfigDef.parseType" => parse_one(&case, &plugins),
            "ConfigDef.validator" => check_one(&case),
            "ConfigDef.parse" => parse(&case, &plugins),
            "ConfigDef.validate" => validate(&case, &plugins),
            "ConfigDef.keys" => keys(&case, &plugins),
            "SinkConnectorConfig.validate" => fails_as_expected(
                &case["out"],
                topics::validate(&props(&case["args"]["props"])),
            ),
            op => Err(format!("unknown operation {op}")),
        };
        report.check(&case, outcome);
    }
    report.finish();
}

fn parse_one(case: &Case, plugins: &Plugins) -> Outcome {
    let kind = kind(&case["args"]["type"]);
    let found = parse_type("name", &data(&case["args"]["value"]), kind, plugins);
    match found {
        Err(error) => expect_text(&case["out"], &error),
        Ok(found) => same(&case["out"], &v(&found)),
    }
}

fn check_one(case: &Case) -> Outcome {
    let validator = validator(&case["args"]["validator"]);
    fails_as_expected(
        &case["out"],
        validator.check("name", &data(&case["args"]["value"])),
    )
}

fn parse(case: &Case, plugins: &Arc<Plugins>) -> Outcome {
    let found =
        def(&case["args"]["def"], plugins).parse_with(&props(&case["args"]["props"]), &**plugins);
    let found = match found {
        Err(error) => return expect_text(&case["out"], &error),
        Ok(found) => found,
    };
    let found: serde_json::Map<String, Json> = found
        .iter()
        .map(|(name, value)| (name.to_owned(), v(value)))
        .collect();
    same(&case["out"], &Json::Object(found))
}

fn validate(case: &Case, plugins: &Arc<Plugins>) -> Outcome {
    let given = props(&case["args"]["props"]);
    let answers = def(&case["args"]["def"], plugins).validate_with(&given, &**plugins);
    let all = case["args"]["full"] == true;
    let expected = case["out"].as_object().ok_or("expected an object")?;
    let listed = |answer: &&ConfigValue| {
        all || given.contains_key(&answer.name) || !answer.errors.is_empty()
    };
    let found: Vec<&ConfigValue> = answers.iter().filter(listed).collect();
    let names: BTreeSet<&str> = found.iter().map(|answer| answer.name.as_str()).collect();
    same(
        &json!(expected.keys().map(String::as_str).collect::<BTreeSet<_>>()),
        &json!(names),
    )?;
    found.into_iter().try_for_each(|answer| {
        let expected = &expected[&answer.name];
        same(&expected["value"], &v(&answer.value))?;
        let errors = expected["errors"].as_array().ok_or("expected errors")?;
        if errors.len() != answer.errors.len() {
            return Err(format!(
                "{}: expected {errors:?}, found {:?}",
                answer.name, answer.errors
            ));
        }
        errors
            .iter()
            .zip(&answer.errors)
            .try_for_each(|(expected, found)| same_text(expected, found))?;
        let recommended = answer.recommended_values.iter().map(v).collect::<Vec<_>>();
        same(
            expected.get("recommended").unwrap_or(&json!([])),
            &json!(recommended),
        )?;
        same(
            expected.get("visible").unwrap_or(&json!(true)),
            &json!(answer.visible),
        )
    })
}

fn keys(case: &Case, plugins: &Arc<Plugins>) -> Outcome {
    let def = def(&case["args"]["def"], plugins);
    let mut keys: Vec<&ConfigKey> = def.keys().collect();
    keys.sort_by_key(|key| &key.name);
    let found: Vec<Json> = keys.into_iter().map(shown).collect();
    same(&case["out"], &Json::Array(found))
}

fn shown(key: &ConfigKey) -> Json {
    json!({
        "name": key.name, "type": key.kind.name(), "required": key.is_required(),
        "default": key.default.as_ref().map(v), "importance": key.importance.name(), "group": key.group,
        "orderInGroup": key.order_in_group, "width": key.width.name(), "displayName": key.display_name,
        "dependents": key.dependents,
    })
}

fn def(name: &Json, plugins: &Arc<Plugins>) -> ConfigDef {
    let class = match name.as_str().unwrap() {
        "connector" => return definition::connector_keys(plugins),
        "sink" => return definition::sink_keys(plugins),
        "source" => return definition::source_keys(plugins),
        "file-source" => "FileStreamSource".to_owned(),
        "file-sink" => "FileStreamSink".to_owned(),
        "json-converter" => "JsonConverter".to_owned(),
        "string-converter" => "StringConverter".to_owned(),
        "number-converter" => "LongConverter".to_owned(),
        smt => format!("org.apache.kafka.connect.transforms.{smt}"),
    };
    plugins.config(&class, &VersionRange::default()).unwrap()
}

fn validator(json: &Json) -> Validator {
    let args = json["args"].as_array().cloned().unwrap_or_default();
    let int = |i: usize| i32::try_from(args[i].as_i64().unwrap()).unwrap();
    let flag = |i: usize| args[i].as_bool().unwrap();
    let texts: Vec<&str> = args.iter().filter_map(Json::as_str).collect();
    match json["kind"].as_str().unwrap() {
        "Range.between" => Validator::between(int(0), int(1)),
        "Range.atLeast" => Validator::at_least(int(0)),
        "ValidString.in" => Validator::one_of(&texts),
        "CaseInsensitiveValidString.in" => Validator::one_of_ignore_case(&texts),
        "ValidList.in" => Validator::list_of(&texts),
        "ValidList.anyNonDuplicateValues" => Validator::distinct_list(flag(0), flag(1)),
        "NonNullValidator" => Validator::non_null(),
        "NonEmptyString" => Validator::non_empty_string(),
        "NonEmptyStringWithoutControlChars" => Validator::non_empty_string_without_control_chars(),
        "ListSize.atMostOfSize" => Validator::at_most_items(usize::try_from(int(0)).unwrap()),
        "NonEmptyListValidator" => Validator::non_empty_list(),
        "RegexValidator" => Validator::regex(),
        kind => panic!("unknown validator {kind}"),
    }
}

fn kind(name: &Json) -> Kind {
    let kinds = [
        Kind::Boolean,
        Kind::String,
        Kind::Int,
        Kind::Short,
        Kind::Long,
        Kind::Double,
        Kind::List,
        Kind::Class,
        Kind::Password,
    ];
    kinds
        .into_iter()
        .find(|kind| kind.name() == name.as_str().unwrap())
        .unwrap()
}

/// A value of the vectors as a configuration value.
fn data(json: &Json) -> ConfigData {
    let value = &json["v"];
    let text = || value.as_str().unwrap().to_owned();
    match json["t"].as_str().unwrap() {
        "null" => ConfigData::Null,
        "boolean" => ConfigData::Boolean(value.as_bool().unwrap()),
        "string" => ConfigData::String(text()),
        "int16" => ConfigData::Short(i16::try_from(value.as_i64().unwrap()).unwrap()),
        "int32" => ConfigData::Int(i32::try_from(value.as_i64().unwrap()).unwrap()),
        "int64" => ConfigData::Long(value.as_i64().unwrap()),
        "float64" => ConfigData::Double(text().parse().unwrap()),
        "array" => {
            let items = value.as_array().unwrap().iter();
            ConfigData::List(
                items
                    .map(|item| item["v"].as_str().unwrap().to_owned())
                    .collect(),
            )
        }
        other => panic!("unknown type {other}"),
    }
}

/// A configuration value as the vectors write it.
fn v(data: &ConfigData) -> Json {
    match data {
        ConfigData::Null => json!({"t": "null"}),
        ConfigData::Boolean(v) => json!({"t": "boolean", "v": v}),
        ConfigData::String(v) => json!({"t": "string", "v": v}),
        ConfigData::Int(v) => json!({"t": "int32", "v": v}),
        ConfigData::Short(v) => json!({"t": "int16", "v": v}),
        ConfigData::Long(v) => json!({"t": "int64", "v": v}),
        ConfigData::Double(v) => json!({"t": "float64", "v": format!("{v:?}")}),
        ConfigData::List(v) => {
            let items: Vec<Json> = v
                .iter()
                .map(|item| json!({"t": "string", "v": item}))
                .collect();
            json!({"t": "array", "v": items})
        }
        ConfigData::Class(v) => json!({"t": "class", "v": v}),
        ConfigData::Password(v) => json!({"t": "password", "v": Password::reveal(v)}),
    }
}

fn fails_as_expected(expected: &Json, found: windlass_api::Result<()>) -> Outcome {
    match found {
        Err(error) => expect_text(expected, &error),
        Ok(()) => same(expected, &json!("ok")),
    }
}

/// The error with its text, for REST shows it to users.
fn expect_text(expected: &Json, found: &windlass_api::ConnectError) -> Outcome {
    expect_error(expected, "call", found)?;
    same_text(&expected["error"]["message"], found.message())
}

fn same_text(expected: &Json, found: &str) -> Outcome {
    let expected = expected.as_str().unwrap_or_default();
    // What Java says about the null it had for a pattern is its own business.
    let comparable = |text: &str| {
        text.split("Invalid regex: Cannot invoke")
            .next()
            .unwrap()
            .to_owned()
    };
    let about_null = expected.contains("Invalid regex: Cannot invoke");
    if expected == found || (about_null && found.starts_with(&comparable(expected))) {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {found:?}"))
}

fn same(expected: &Json, found: &Json) -> Outcome {
    if is_error(expected) || expected != found {
        return Err(format!("expected {expected}, found {found}"));
    }
    Ok(())
}
