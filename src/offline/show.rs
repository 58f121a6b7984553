//! Records and their way for people to read.

use std::io::{self, Write};

use serde_json::Value as Json;
use windlass_engine::offline::{Change, Outcome, Run, Step};

/// Writes the way of one record: it as a whole at first, then what each stage changed.
pub(super) fn run(out: &mut impl Write, number: usize, run: &Run) -> io::Result<()> {
    writeln!(out, "record {number}")?;
    for (name, text) in members(&run.input) {
        writeln!(out, "    {name:<12} {text}")?;
    }
    let mut before = members(&run.input);
    // It belongs to where the record was, and no stage changes it.
    before.retain(|(name, _)| name != "offset");
    for step in &run.steps {
        writeln!(out, "  {}", title(step))?;
        match &step.change {
            Change::Record(record) => {
                let after = members(record);
                changes(out, &before, &after)?;
                before = after;
            }
            Change::NotApplied => writeln!(out, "    predicate does not hold: not applied")?,
            Change::Dropped => writeln!(out, "    dropped")?,
            Change::Failed => {}
        }
    }
    match &run.outcome {
        Outcome::Record(_) => writeln!(out, "  passed"),
        Outcome::Dropped => writeln!(out, "  dropped"),
        Outcome::Failed {
            stage,
            class,
            exception,
            message,
        } => {
            writeln!(out, "  FAILED in {stage} with {class}")?;
            writeln!(out, "    {exception}: {message}")
        }
    }
}

fn title(step: &Step) -> String {
    let classes: Vec<&str> = step.classes.iter().map(|class| simple(class)).collect();
    match step.alias.as_str() {
        "" => format!("{} {}", step.stage, classes.join(", ")),
        alias => format!("{} {alias}: {}", step.stage, classes.join(", ")),
    }
}

/// The class without its package.
fn simple(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

fn changes(
    out: &mut impl Write,
    before: &[(String, String)],
    after: &[(String, String)],
) -> io::Result<()> {
    let find = |list: &[(String, String)], name: &str| {
        let found = list.iter().find(|(n, _)| n == name);
        found.map(|(_, text)| text.clone())
    };
    let mut changed = false;
    for (name, text) in before {
        if find(after, name).as_ref() != Some(text) {
            writeln!(out, "  - {name:<12} {text}")?;
            changed = true;
        }
    }
    for (name, text) in after {
        if find(before, name).as_ref() != Some(text) {
            writeln!(out, "  + {name:<12} {text}")?;
            changed = true;
        }
    }
    if changed {
        Ok(())
    } else {
        writeln!(out, "    no change")
    }
}

/// What a record consists of, one line each; what is not there is left out.
fn members(record: &Json) -> Vec<(String, String)> {
    let members = record.as_object().into_iter().flatten();
    let there = members.filter(|(_, value)| !value.is_null() && **value != Json::Array(Vec::new()));
    there
        .map(|(name, value)| {
            let text = match name.as_str() {
                "headers" => headers(value),
                name if name.ends_with("Schema") => schema(value),
                _ => value.to_string(),
            };
            (name.clone(), text)
        })
        .collect()
}

fn headers(headers: &Json) -> String {
    let headers = headers.as_array().into_iter().flatten();
    let texts = headers.map(|header| {
        let key = header["key"].as_str().unwrap_or_default();
        match header.get("valueSchema") {
            Some(of) => format!("{key}={} ({})", header["value"], schema(of)),
            None => format!("{key}={}", header["value"]),
        }
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// A schema in short: `struct name {id: int32, at: int64 Timestamp?}`; `?` stands for optional.
fn schema(schema: &Json) -> String {
    let kind = schema["type"].as_str().unwrap_or("?");
    let of = |part: &str| schema.get(part).map_or_else(String::new, self::schema);
    let mut text = match kind {
        "struct" => {
            let fields = schema["fields"].as_array().into_iter().flatten();
            let fields = fields.map(|field| {
                let name = field["field"].as_str().unwrap_or_default();
                format!("{name}: {}", self::schema(field))
            });
            format!("struct {{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        "array" => format!("array<{}>", of("items")),
        "map" => format!("map<{}, {}>", of("keys"), of("values")),
        kind => kind.to_owned(),
    };
    if let Some(name) = schema["name"].as_str() {
        text = format!("{text} {name}");
    }
    if let Some(version) = schema["version"].as_i64() {
        text = format!("{text} v{version}");
    }
    if schema["optional"] == true {
        text.push('?');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_short() {
        let nested = json!({"type": "struct", "optional": false, "name": "s", "version": 2, "fields": [
            {"field": "a", "type": "int32", "optional": true},
            {"field": "b", "type": "array", "optional": false, "items": {"type": "string", "optional": false}},
        ]});
        assert_eq!(schema(&nested), "struct {a: int32?, b: array<string>} s v2");
    }

    #[test]
    fn only_what_changed_is_shown() {
        let run = Run {
            input: json!({"topic": "t", "key": null, "value": 1}),
            steps: vec![
                Step {
                    stage: "TRANSFORMATION".to_owned(),
                    alias: "a".to_owned(),
                    classes: vec!["org.x.Cast$Value".to_owned()],
                    change: Change::Record(json!({"topic": "t", "key": null, "value": "1"})),
                },
                Step {
                    stage: "TRANSFORMATION".to_owned(),
                    alias: "b".to_owned(),
                    classes: vec!["org.x.Filter".to_owned()],
                    change: Change::Dropped,
                },
            ],
            outcome: Outcome::Dropped,
        };
        let mut out = Vec::new();
        super::run(&mut out, 3, &run).expect("written");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "record 3\n    topic        \"t\"\n    value        1\n  TRANSFORMATION a: Cast$Value\n  \
             - value        1\n  + value        \"1\"\n  TRANSFORMATION b: Filter\n    dropped\n  dropped\n"
        );
    }
}
