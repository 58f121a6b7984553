//! How what came out differs from what was expected.

use serde_json::Value as Json;

/// Where the two differ, one line each. Of what is expected only the members that are named count at the first level; below
/// it everything does, but for schemas, of which again only what is named counts.
pub(super) fn differences(expected: &Json, found: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    match (expected, found) {
        (Json::Object(expected), Json::Object(members)) => {
            for (name, expected) in expected {
                let found = members.get(name).unwrap_or(&Json::Null);
                match name.as_str() {
                    "headers" => headers(expected, found, &mut lines),
                    name if name.ends_with("Schema") || name == "error" => {
                        named(name, expected, found, &mut lines);
                    }
                    name => whole(name, expected, found, &mut lines),
                }
            }
        }
        _ => whole("record", expected, found, &mut lines),
    }
    lines
}

/// Headers in their order; a schema counts where it is named.
fn headers(expected: &Json, found: &Json, lines: &mut Vec<String>) {
    let list = |json: &Json| match json {
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| serde_json::json!({"key": key, "value": value}))
            .collect(),
        Json::Array(headers) => headers.clone(),
        _ => Vec::new(),
    };
    let (expected, found) = (list(expected), list(found));
    let text = |headers: &[Json]| {
        let pairs = headers.iter().map(|header| {
            format!(
                "{}={}",
                header["key"].as_str().unwrap_or(""),
                header["value"]
            )
        });
        format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
    };
    let pairs = || expected.iter().zip(&found);
    if expected.len() != found.len() || pairs().any(|(e, f)| e["key"] != f["key"]) {
        lines.push(line("headers", &text(&expected), &text(&found)));
        return;
    }
    for (expected, found) in pairs() {
        let place = format!("headers.{}", expected["key"].as_str().unwrap_or(""));
        for (member, expected) in expected.as_object().into_iter().flatten() {
            let found = found.get(member).unwrap_or(&Json::Null);
            let place = format!("{place}.{member}");
            match member.as_str() {
                "valueSchema" => named(&place, expected, found, lines),
                _ => whole(&place, expected, found, lines),
            }
        }
    }
}

/// Everything counts.
fn whole(place: &str, expected: &Json, found: &Json, lines: &mut Vec<String>) {
    match (expected, found) {
        (Json::Object(e), Json::Object(f)) => {
            for (name, expected) in e {
                match f.get(name) {
                    Some(found) => whole(&format!("{place}.{name}"), expected, found, lines),
                    None => lines.push(line(&format!("{place}.{name}"), expected, &"nothing")),
                }
            }
            for (name, found) in f.iter().filter(|(name, _)| !e.contains_key(*name)) {
                lines.push(line(&format!("{place}.{name}"), &"nothing", found));
            }
        }
        (Json::Array(e), Json::Array(f)) if e.len() == f.len() => {
            for (index, (expected, found)) in e.iter().zip(f).enumerate() {
                whole(&format!("{place}[{index}]"), expected, found, lines);
            }
        }
        _ if same(expected, found) => {}
        _ => lines.push(line(place, expected, found)),
    }
}

/// Members that are not named do not count.
fn named(place: &str, expected: &Json, found: &Json, lines: &mut Vec<String>) {
    match (expected, found) {
        (Json::Object(e), Json::Object(f)) => {
            for (name, expected) in e {
                let found = f.get(name).unwrap_or(&Json::Null);
                named(&format!("{place}.{name}"), expected, found, lines);
            }
        }
        (Json::Array(e), Json::Array(f)) if e.len() == f.len() => {
            for (index, (expected, found)) in e.iter().zip(f).enumerate() {
                named(&format!("{place}[{index}]"), expected, found, lines);
            }
        }
        _ => whole(place, expected, found, lines),
    }
}

/// Numbers are the same by value: `1` is `1.0`.
fn same(expected: &Json, found: &Json) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(e), Some(f)) if expected.is_f64() != found.is_f64() => e == f,
        _ => expected == found,
    }
}

fn line(place: &str, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display) -> String {
    format!("{place}: expected {expected}, found {found}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_count_as_a_whole_and_records_by_what_is_named() {
        let found = json!({"topic": "t", "value": {"a": 1, "b": [1, 2]}, "key": null});
        assert!(differences(&json!({"topic": "t"}), &found).is_empty());
        assert!(differences(&json!({"value": {"a": 1.0, "b": [1, 2]}}), &found).is_empty());
        assert_eq!(
            differences(
                &json!({"value": {"b": [1, 3], "c": null}, "key": "k"}),
                &found
            ),
            [
                "value.b[1]: expected 3, found 2",
                "value.c: expected null, found nothing",
                "value.a: expected nothing, found 1",
                "key: expected \"k\", found null",
            ]
        );
        assert_eq!(
            differences(&Json::Null, &json!({"topic": "t"})),
            ["record: expected null, found {\"topic\":\"t\"}"]
        );
    }

    #[test]
    fn schemas_and_errors_count_by_what_is_named() {
        let found = json!({"valueSchema": {"type": "int32", "optional": false}});
        assert!(differences(&json!({"valueSchema": {"type": "int32"}}), &found).is_empty());
        assert_eq!(
            differences(&json!({"valueSchema": {"type": "int64"}}), &found),
            ["valueSchema.type: expected \"int64\", found \"int32\""]
        );
        let failed = json!({"error": {"stage": "TRANSFORMATION", "message": "m"}});
        let expected = json!({"error": {"stage": "TRANSFORMATION"}});
        assert!(differences(&expected, &failed).is_empty());
        assert_eq!(
            differences(&json!({"error": {"stage": "X"}}), &Json::Null).len(),
            1
        );
    }

    #[test]
    fn headers_stand_in_order() {
        let found = json!({"headers": [{"key": "a", "value": 1, "valueSchema": {"type": "int8"}}, {"key": "b", "value": 2}]});
        assert!(differences(&json!({"headers": {"a": 1, "b": 2}}), &found).is_empty());
        assert_eq!(
            differences(&json!({"headers": {"b": 2, "a": 1}}), &found),
            ["headers: expected [b=2, a=1], found [a=1, b=2]"]
        );
        assert_eq!(
            differences(&json!({"headers": {"a": 1, "b": 3}}), &found),
            ["headers.b.value: expected 3, found 2"]
        );
    }
}
