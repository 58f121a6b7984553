//! The lines that tell what a task has done.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};
use windlass_api::Value;

/// The members of a line, in the order in which Java's `HashMap` writes them.
pub(super) type Members<'m> = &'m [(&'static str, Json)];

/// Lines that are written together, so that those of two tasks do not mix.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
}

impl Lines {
    /// A line of these members.
    pub(super) fn add(&mut self, members: Members<'_>) {
        let members = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let object = Json::Object(members.collect::<Map<_, _>>());
        self.text.extend(object.to_string().as_bytes());
        self.text.push(b'\n');
    }

    /// The line that Java writes in place of one with a value that Jackson knows no form for.
    pub(super) fn bad(&mut self, why: &str) {
        let line = format!("Bad data can't be written as json: {why}\n");
        self.text.extend(line.as_bytes());
    }

    /// Writes the lines to standard output. As with Java's `System.out`, nobody learns that nobody reads them.
    pub(super) fn print(&mut self) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&self.text).and_then(|()| out.flush());
        self.text.clear();
    }
}

/// A key or value as Jackson writes it; why not, where it cannot.
pub(super) fn json(value: &Value, member: &str) -> Result<Json, String> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::from(*value),
        Value::Int8(value) => Json::from(*value),
        Value::Int16(value) => Json::from(*value),
        Value::Int32(value) => Json::from(*value),
        Value::Int64(value) | Value::Date(value) => Json::from(*value),
        // Through its shortest text: as a double it would have digits it never had.
        Value::Float32(value) => Json::from(value.to_string().parse::<f64>().unwrap_or(f64::NAN)),
        Value::Float64(value) => Json::from(*value),
        Value::Decimal(_) | Value::BigInteger(_) => {
            let text = value.to_string();
            serde_json::from_str(&text).unwrap_or(Json::String(text))
        }
        Value::String(text) => Json::from(text.as_str()),
        Value::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
        Value::Array(items) => items
            .iter()
            .map(|item| json(item, member))
            .collect::<Result<_, _>>()?,
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| Ok((key.to_string(), json(value, member)?));
            Json::Object(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        other => {
            return Err(format!(
                "No serializer found for class {} and no properties discovered to create BeanSerializer (to avoid \
                 exception, disable SerializationFeature.FAIL_ON_EMPTY_BEANS) (through reference chain: \
                 java.util.HashMap[\"{member}\"])",
                other.java_class()
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use windlass_api::{Schema, Struct};

    use super::*;

    #[test]
    fn a_line_is_jacksons() {
        let mut lines = Lines::default();
        lines.add(&[
            ("committed", Json::from(true)),
            ("task", json(&Value::Int32(0), "task").expect("a number")),
            (
                "name",
                json(&Value::String("v\"s".into()), "name").expect("a text"),
            ),
            (
                "float",
                json(&Value::Float32(12.2), "float").expect("a number"),
            ),
        ]);
        lines.bad("for a reason");
        let text = String::from_utf8(lines.text).expect("text");
        let wanted = "{\"committed\":true,\"task\":0,\"name\":\"v\\\"s\",\"float\":12.2}\n\
                      Bad data can't be written as json: for a reason\n";
        assert_eq!(text, wanted);
        let schema = Schema::structure().build().expect("a schema");
        let structure = Struct::new(schema).expect("a struct");
        json(&Value::Struct(structure), "seqno").expect_err("no form known");
    }
}
