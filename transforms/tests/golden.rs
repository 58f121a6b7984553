//! The transforms and predicates against the answers of Java's.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use windlass_api::{ConnectError, RecordMut, Transform, Verdict};
use windlass_golden::{
    Case, Outcome, Report, cases, expect_error, folder, is_error, props, sink_record, source_record,
};
use windlass_transforms::predicates::predicates;
use windlass_transforms::transforms;

#[test]
fn transforms_answer_as_java() {
    let mut report = Report::new();
    for file in files() {
        for case in cases(&format!("transforms/{file}")) {
            report.check(&case, run(&case));
        }
    }
    report.finish();
}

#[test]
fn every_class_has_vectors() {
    let seen: BTreeSet<String> = files()
        .iter()
        .flat_map(|file| cases(&format!("transforms/{file}")))
        .map(|case| case["class"].as_str().unwrap().to_owned())
        .collect();
    let classes = transforms().iter().map(|t| t.class);
    let predicates = predicates().iter().map(|p| p.class);
    for class in classes.chain(predicates.filter(|class| class.starts_with("org.apache"))) {
        assert!(seen.contains(class), "{class}");
    }
}

/// Every file of vectors but that of whole chains, which the engine runs.
fn files() -> Vec<String> {
    let files = folder().join("transforms").read_dir().unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".jsonl") && name != "chain.jsonl")
        .collect();
    names.sort();
    names
}

fn run(case: &Case) -> Outcome {
    let class = case["class"].as_str().unwrap();
    if let Some(predicate) = predicates().iter().find(|p| p.class == class) {
        let mut predicate = (predicate.new)();
        let configured = predicate.configure(&props(&case["config"]));
        return each(case, configured, |record, expected| {
            match predicate.test(record) {
                Ok(answer) if *expected == answer => Ok(()),
                Ok(answer) => Err(format!("expected {expected}, found {answer}")),
                Err(error) => expect_error(expected, "apply", &error),
            }
        });
    }
    let Some(transform) = transforms().iter().find(|t| t.class == class) else {
        return Err(format!("no class {class}"));
    };
    let mut transform = (transform.new)();
    let configured = transform.configure(&props(&case["config"]));
    each(case, configured, |record, expected| {
        apply(transform.as_mut(), record, expected)
    })
}

/// Checks one record after the other, unless the configuration was refused.
fn each(
    case: &Case,
    configured: Result<(), ConnectError>,
    mut check: impl FnMut(&mut RecordMut<'_>, &Json) -> Outcome,
) -> Outcome {
    let (input, output) = (&case["in"], &case["out"]);
    if let Err(error) = configured {
        return expect_error(output, "configure", &error);
    }
    let is_sink = case["kind"] == "sink";
    let mut one = |input: &Json, output: &Json| {
        if is_sink {
            check(&mut RecordMut::Sink(&mut sink_record(input)), output)
        } else {
            check(&mut RecordMut::Source(&mut source_record(input)), output)
        }
    };
    match (input.as_array(), output.as_array()) {
        (Some(inputs), Some(outputs)) if inputs.len() == outputs.len() => inputs
            .iter()
            .zip(outputs)
            .enumerate()
            .try_for_each(|(i, (input, output))| {
                one(input, output).map_err(|e| format!("record {i}: {e}"))
            }),
        (None, _) => one(input, output),
        _ => Err(format!("expected {output}, found no error to configure")),
    }
}

fn apply(transform: &mut dyn Transform, record: &mut RecordMut<'_>, expected: &Json) -> Outcome {
    let kept = match transform.apply(record) {
        Ok(Verdict::Keep) => true,
        Ok(Verdict::Drop) => false,
        Err(error) => return expect_error(expected, "apply", &error),
    };
    let as_expected = match (expected, &*record) {
        (Json::Null, _) => !kept,
        (expected, _) if is_error(expected) => false,
        (expected, RecordMut::Source(record)) => kept && source_record(expected) == **record,
        (expected, RecordMut::Sink(record)) => kept && sink_record(expected) == **record,
    };
    if as_expected {
        return Ok(());
    }
    let found = kept.then_some(&**record);
    Err(format!("expected {expected}, found {found:?}"))
}
