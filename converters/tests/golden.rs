//! The converters against the answers of Java's.

use serde_json::Value as Json;
use windlass_api::{ConnectError, Encoded, Props, Result, SchemaAndValue, Value};
use windlass_converters::{ConverterPlugin, plugins};
use windlass_golden::{
    Case, Outcome, Report, bytes, cases, expect_bytes, expect_error, expect_tagged, folder, props,
    tagged,
};

#[test]
fn converters_answer_as_java() {
    let mut report = Report::new();
    let mut files: Vec<_> = folder()
        .join("converters")
        .read_dir()
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    files.sort();
    for file in files {
        for case in cases(&format!("converters/{}", file.to_str().unwrap())) {
            report.check(&case, run(&case));
        }
    }
    report.finish();
}

#[test]
fn every_converter_has_vectors() {
    // Confluent's are not part of Kafka: nothing was recorded of them.
    let kafkas = |plugin: &&ConverterPlugin| plugin.class.starts_with("org.apache.kafka.");
    for plugin in plugins().iter().filter(kafkas) {
        let name = plugin.class.rsplit('.').next().unwrap();
        assert!(
            folder().join(format!("converters/{name}.jsonl")).exists(),
            "{}",
            plugin.class
        );
    }
}

fn run(case: &Case) -> Outcome {
    let class = case["class"].as_str().unwrap();
    let plugin = plugins()
        .iter()
        .find(|p| p.class == class)
        .ok_or_else(|| format!("no converter {class}"))?;
    let mut converter = match configured(plugin, &props(&case["config"]), case) {
        Ok(converter) => converter,
        Err(error) => return expect_error(&case["out"], "configure", &error),
    };
    match (case["in"].as_array(), case["out"].as_array()) {
        (Some(inputs), Some(outputs)) => {
            for (input, output) in inputs.iter().zip(outputs) {
                converter
                    .check(input, output)
                    .map_err(|e| format!("{input}: {e}"))?;
            }
            Ok(())
        }
        _ => converter.check(&case["in"], &case["out"]),
    }
}

/// A converter for one of the four operations.
enum Operation {
    From(Box<dyn windlass_api::Converter>),
    To(Box<dyn windlass_api::Converter>),
    FromHeader(Box<dyn windlass_api::HeaderConverter>),
    ToHeader(Box<dyn windlass_api::HeaderConverter>),
}

fn configured(plugin: &ConverterPlugin, props: &Props, case: &Case) -> Result<Operation> {
    let is_key = case["isKey"].as_bool().unwrap();
    let converter = || {
        let mut converter = (plugin.new.unwrap())();
        converter.configure(props, is_key).map(|()| converter)
    };
    let header_converter = || {
        let mut converter = (plugin.new_header.unwrap())();
        converter.configure(props).map(|()| converter)
    };
    match case.op() {
        "from" => converter().map(Operation::From),
        "to" => converter().map(Operation::To),
        "fromHeader" => header_converter().map(Operation::FromHeader),
        "toHeader" => header_converter().map(Operation::ToHeader),
        op => panic!("unknown operation {op}"),
    }
}

impl Operation {
    fn check(&mut self, input: &Json, expected: &Json) -> Outcome {
        match self {
            Operation::From(converter) => check_written(input, expected, |content, out| {
                converter
                    .from_connect_data("t", content.schema.as_ref(), &content.value, out)
                    .map(kept)
            }),
            Operation::FromHeader(converter) => check_written(input, expected, |content, out| {
                converter
                    .from_connect_header("t", "h", content.schema.as_ref(), &content.value, out)
                    .map(kept)
            }),
            Operation::To(converter) => {
                expect_tagged(expected, converter.to_connect_data("t", bytes(input)))
            }
            Operation::ToHeader(converter) => expect_tagged(
                expected,
                converter.to_connect_header("t", "h", bytes(input)),
            ),
        }
    }
}

/// Where the bytes are, those borrowed being copied.
enum Written {
    Null,
    Borrowed(Vec<u8>),
    Appended,
}

fn kept(encoded: Encoded<'_>) -> Written {
    match encoded {
        Encoded::Null => Written::Null,
        Encoded::Borrowed(bytes) => Written::Borrowed(bytes.to_vec()),
        Encoded::Appended => Written::Appended,
    }
}

fn check_written(
    input: &Json,
    expected: &Json,
    write: impl FnOnce(&SchemaAndValue, &mut Vec<u8>) -> Result<Written, ConnectError>,
) -> Outcome {
    let mut out = b"before".to_vec();
    let written = write(&tagged(input), &mut out);
    assert!(out.starts_with(b"before"), "what was in the buffer is gone");
    let bytes = written.map(|written| match written {
        Written::Null => None,
        Written::Borrowed(bytes) => Some(bytes),
        Written::Appended => Some(out.split_off(6)),
    });
    match bytes {
        Ok(bytes) => expect_bytes(expected, Ok(bytes.as_deref())),
        Err(error) => expect_bytes(expected, Err(error)),
    }
}

#[test]
fn a_value_keeps_its_own_bytes() {
    let plugin = plugins()
        .iter()
        .find(|p| p.class.ends_with("StringConverter"))
        .unwrap();
    let mut converter = (plugin.new.unwrap())();
    let value = Value::from("text");
    let mut out = Vec::new();
    let encoded = converter
        .from_connect_data("t", None, &value, &mut out)
        .unwrap();
    assert_eq!(encoded, Encoded::Borrowed(b"text"));
    assert!(out.is_empty());
}
