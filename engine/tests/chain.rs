//! Whole chains of transforms and predicates against the answers of Java's.

use std::sync::Arc;

use windlass_engine::herder::ConnectorType;
use windlass_engine::offline::Chain;
use windlass_engine::plugins::Plugins;
use windlass_golden::{
    Case, Outcome, Report, cases, each_record, expect_applied, expect_error, folder, props,
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
    let mut chain = match Chain::new(plugins, kind, config) {
        Ok(chain) => chain,
        Err(error) => return expect_error(&case["out"], "configure", &error),
    };
    each_record(case, Ok(()), |record, expected| {
        let applied = chain.apply(record);
        expect_applied(expected, applied, record)
    })
}
