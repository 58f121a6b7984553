//! What a step expects of its answers.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use windlass_testkit::Answer;

use crate::additions::without_additions;
use crate::matcher::differences;

/// The differences between a step's answers and what it expects; `files` are looked for below `directory`.
pub(crate) fn check(expect: &Value, answers: &[Answer], directory: &Path) -> Vec<String> {
    let answer = &answers[0];
    let mut lines = Vec::new();
    if let Some(want) = expect.get("statuses") {
        let mut counts = Map::new();
        for answer in answers {
            let count = counts.entry(answer.status.to_string()).or_insert(json!(0));
            *count = json!(count.as_u64().unwrap_or_default() + 1);
        }
        lines.extend(differences(want, Some(&Value::Object(counts)), "statuses"));
    }
    if let Some(want) = expect.get("status") {
        lines.extend(differences(want, Some(&json!(answer.status)), "status"));
    }
    if let Some(want) = expect.get("content_type") {
        lines.extend(differences(
            want,
            Some(&header(answer, "Content-Type")),
            "content type",
        ));
    }
    for (name, want) in expect["headers"].as_object().into_iter().flatten() {
        lines.extend(differences(
            want,
            Some(&header(answer, name)),
            &format!("header {name}"),
        ));
    }
    if let Some(want) = expect.get("body") {
        lines.extend(match serde_json::from_str::<Value>(&answer.body) {
            Ok(body) => differences(want, Some(&without_additions(body)), "body"),
            Err(error) => vec![format!("body: not JSON ({error}): {:?}", answer.body)],
        });
    }
    if let Some(want) = expect.get("body_text") {
        lines.extend(differences(want, Some(&json!(answer.body)), "body"));
    }
    for (name, want) in expect["files"].as_object().into_iter().flatten() {
        lines.extend(check_file(want, &directory.join(name)));
    }
    lines
}

/// The values of a header joined as one; null for none.
fn header(answer: &Answer, name: &str) -> Value {
    let values: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    if values.is_empty() {
        Value::Null
    } else {
        Value::String(values.join(", "))
    }
}

fn check_file(want: &Value, path: &Path) -> Vec<String> {
    let end = Instant::now() + FILE_PATIENCE;
    loop {
        let text = std::fs::read_to_string(path).map_or(Value::Null, Value::String);
        let lines = differences(want, Some(&text), &path.display().to_string());
        if lines.is_empty() || Instant::now() > end {
            return lines;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

const FILE_PATIENCE: Duration = Duration::from_secs(20);
