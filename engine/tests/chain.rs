//! Whole chains of transforms and predicates against the answers of Java's.

use std::sync::Arc;

use serde_json::Value as Json;
use windlass_api::{RecordMut, Verdict};
use windlass_engine::herder::ConnectorType;
use windlass_engine::offline::Chain;
use windlass_engine::plugins::Plugins;
use windlass_golden::{
    Case, Outcome, Report, cases, expect_error, folder, is_error, props, sink_record, source_record,
};

#[test]
fn chains_answer_as_java() {
    if !folder().join("transforms/chain.jsonl").exists() {
        return;
    }
    let plugins = Arc::new(Plugins::new([]));
    let mut report = Report::new();
    for case in cases("transforms/chain.jsonl") {
        let outcome = run(&plugins, &case);
        report.check(&case, outcome);
    }
    report.finish();
}

fn run(plugins: &Arc<Plugins>, case: &Case) -> Outcome {
    let kind = match case["kind"].as_str() {
        Some("sink") => ConnectorType::Sink,
        _ => ConnectorType::Source,
    };
    let mut config = props(&case["config"]);
    if kind == ConnectorType::Sink {
        // The vectors are of ConnectorConfig, which knows no topics.
        config.insert("topics".to_owned(), Some("t".to_owned()));
    }
    let (input, output) = (&case["in"], &case["out"]);
    let mut chain = match Chain::new(plugins, kind, config) {
        Ok(chain) => chain,
        Err(error) => return expect_error(output, "configure", &error),
    };
    let mut one = |input: &Json, output: &Json| match kind {
        ConnectorType::Sink => check(
            &mut chain,
            &mut RecordMut::Sink(&mut sink_record(input)),
            output,
        ),
        _ => check(
            &mut chain,
            &mut RecordMut::Source(&mut source_record(input)),
            output,
        ),
    };
    match (input.as_array(), output.as_array()) {
        (Some(inputs), Some(outputs)) if inputs.len() == outputs.len() => {
            let mut pairs = inputs.iter().zip(outputs).enumerate();
            pairs.try_for_each(|(i, (input, output))| {
                one(input, output).map_err(|error| format!("record {i}: {error}"))
            })
        }
        (None, _) => one(input, output),
        _ => Err(format!("expected {output}, found no error to configure")),
    }
}

fn check(chain: &mut Chain, record: &mut RecordMut<'_>, expected: &Json) -> Outcome {
    let kept = match chain.apply(record) {
        Ok(verdict) => verdict == Verdict::Keep,
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
