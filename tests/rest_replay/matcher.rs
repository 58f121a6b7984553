//! Comparing what came with what is expected.

use fancy_regex::Regex;
use serde_json::Value;

/// The differences, one line each; `got` is `None` for what is not there.
pub(crate) fn differences(want: &Value, got: Option<&Value>, at: &str) -> Vec<String> {
    if let Value::Object(members) = want
        && let Some((matcher, argument)) = members.iter().find(|(key, _)| key.starts_with('$'))
    {
        return by_matcher(matcher, argument, want, got, at);
    }
    let Some(got) = got else {
        return vec![format!("{at}: missing, want {}", short(want))];
    };
    match (want, got) {
        (Value::Object(wanted), Value::Object(members)) => {
            let mut lines: Vec<_> = wanted
                .iter()
                .flat_map(|(key, want)| differences(want, members.get(key), &format!("{at}/{key}")))
                .collect();
            let unexpected = members.iter().filter(|(key, _)| !wanted.contains_key(*key));
            lines.extend(
                unexpected.map(|(key, got)| format!("{at}/{key}: unexpected {}", short(got))),
            );
            lines
        }
        (Value::Array(wanted), Value::Array(items)) => {
            let mut lines: Vec<_> = wanted
                .iter()
                .enumerate()
                .flat_map(|(i, want)| differences(want, items.get(i), &format!("{at}/{i}")))
                .collect();
            let unexpected = items.iter().enumerate().skip(wanted.len());
            lines.extend(unexpected.map(|(i, got)| format!("{at}/{i}: unexpected {}", short(got))));
            lines
        }
        _ if want == got => Vec::new(),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Vec::new(),
        _ => vec![format!("{at}: want {}, got {}", short(want), short(got))],
    }
}

fn by_matcher(
    matcher: &str,
    argument: &Value,
    want: &Value,
    got: Option<&Value>,
    at: &str,
) -> Vec<String> {
    let unless = |holds: bool| {
        let found = got.map_or("nothing".to_owned(), short);
        if holds {
            Vec::new()
        } else {
            vec![format!("{at}: want {}, got {found}", short(want))]
        }
    };
    let text = got.and_then(Value::as_str);
    match matcher {
        "$ignore" => Vec::new(),
        "$absent" => unless(got.is_none()),
        "$one_of" => unless(
            array(argument)
                .iter()
                .any(|want| differences(want, got, at).is_empty()),
        ),
        "$any" => unless(got.is_some_and(|got| {
            argument
                .as_str()
                .unwrap_or_default()
                .split('|')
                .any(|k| is(k, got))
        })),
        "$regex" => {
            unless(text.is_some_and(|text| matches(argument.as_str().unwrap_or_default(), text)))
        }
        "$tokens" => {
            let mut tokens: Vec<&str> =
                text.unwrap_or_default().split(',').map(str::trim).collect();
            tokens.sort_unstable();
            let mut wanted: Vec<&str> = array(argument).iter().filter_map(Value::as_str).collect();
            wanted.sort_unstable();
            unless(tokens == wanted)
        }
        "$length" => unless(got.and_then(length) == argument.as_u64()),
        "$superset" => {
            let members = argument.as_object().into_iter().flatten();
            members
                .flat_map(|(key, want)| {
                    differences(
                        want,
                        got.and_then(|got| got.get(key)),
                        &format!("{at}/{key}"),
                    )
                })
                .collect()
        }
        "$contains" | "$unordered" => {
            let key = want["key"].as_str();
            unordered(
                array(argument),
                got.map(array).unwrap_or_default(),
                key,
                matcher == "$unordered",
                at,
            )
        }
        _ => vec![format!("{at}: unknown matcher {matcher}")],
    }
}

/// Pairs each wanted element with the most similar one that is left, among those that agree about `key`.
fn unordered(
    wanted: &[Value],
    got: &[Value],
    key: Option<&str>,
    exact: bool,
    at: &str,
) -> Vec<String> {
    let mut left: Vec<&Value> = got.iter().collect();
    let mut lines = Vec::new();
    for want in wanted {
        let agrees = |got: &Value| match key {
            Some(key) => got.get(key) == want.get(key),
            None => differences(want, Some(got), at).is_empty(),
        };
        let candidates = (0..left.len()).filter(|i| agrees(left[*i]));
        match candidates.min_by_key(|i| differences(want, Some(left[*i]), at).len()) {
            Some(i) => lines.extend(differences(want, Some(left.remove(i)), at)),
            None => lines.push(format!("{at}: no element like {}", short(want))),
        }
    }
    if exact {
        lines.extend(
            left.iter()
                .map(|got| format!("{at}: unexpected {}", short(got))),
        );
    }
    lines
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => kind == "any",
    }
}

/// Whether the whole text fits; the dot matches line ends.
fn matches(regex: &str, text: &str) -> bool {
    let whole = Regex::new(&format!(r"(?s)\A(?:{regex})\z"));
    whole
        .expect("a regular expression")
        .is_match(text)
        .unwrap_or(false)
}

fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(want: &Value, got: &Value) -> bool {
        differences(want, Some(got), "").is_empty()
    }

    #[test]
    fn values_are_compared_structurally() {
        assert!(same(
            &json!({"a": 1, "b": [1, null]}),
            &json!({"b": [1, null], "a": 1})
        ));
        assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!same(&json!([1]), &json!([1, 2])));
        assert!(!same(&json!([1, 2]), &json!([2, 1])));
        assert!(!same(&json!(1), &json!("1")));
    }

    #[test]
    fn matchers_match_and_reject() {
        let cases = [
            (json!({"$any": "string|null"}), json!(null), json!(1)),
            (json!({"$regex": "a.*"}), json!("a\nb"), json!("ba")),
            (
                json!({"$contains": [{"n": 1}], "key": "n"}),
                json!([{"n": 2}, {"n": 1}]),
                json!([{"n": 2}]),
            ),
            (
                json!({"$unordered": [1, 2]}),
                json!([2, 1]),
                json!([2, 1, 3]),
            ),
            (
                json!({"$superset": {"a": 1}}),
                json!({"a": 1, "b": 2}),
                json!({"b": 2}),
            ),
            (json!({"$one_of": [1, 2]}), json!(2), json!(3)),
            (
                json!({"$tokens": ["GET", "PUT"]}),
                json!("PUT, GET"),
                json!("PUT"),
            ),
            (json!({"$length": 2}), json!([1, 2]), json!([1])),
        ];
        for (want, good, bad) in cases {
            assert!(same(&want, &good), "{want} must take {good}");
            assert!(!same(&want, &bad), "{want} must not take {bad}");
        }
        assert!(differences(&json!({"$absent": true}), None, "").is_empty());
        assert!(!same(&json!({"$absent": true}), &json!(null)));
    }
}
