//! The transforms and predicates against the answers of Java's.

use std::collections::BTreeSet;

use windlass_golden::{
    Case, Outcome, Report, cases, each_record, expect_applied, expect_error, folder, props,
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
        return each_record(case, configured, |record, expected| {
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
    each_record(case, configured, |record, expected| {
        let applied = transform.apply(record);
        expect_applied(expected, applied, record)
    })
}
