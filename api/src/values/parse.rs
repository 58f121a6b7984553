//! What a text says: the inference of header values.

use super::convert::convert;
use super::temporal;
use crate::{
    ConnectError, Decimal, MapValue, Result, Schema, SchemaAndValue, SchemaBuilder, Text, Type,
    Value, decimal,
};

/// Infers schema and value of a text: `null`, a boolean, the smallest number type that holds it, a date, time or
/// timestamp, a list, a map, and else the text itself. `None` is what Java returns for the text `null`.
///
/// Parsing never fails. Text nested deeper than 256 lists or maps is taken as a string.
pub fn parse_string(text: &Text) -> Option<SchemaAndValue> {
    if text.is_empty() {
        return Some(string(text.clone()));
    }
    let mut parser = Parser {
        tokens: Tokens {
            text,
            at: 0,
            next: None,
        },
        depth: 0,
    };
    parser
        .parse(false)
        .unwrap_or_else(|_| Some(string(text.clone())))
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn parse(&mut self, embedded: bool) -> Result<Option<SchemaAndValue>> {
        if !self.tokens.has_next() {
            return Ok(None);
        }
        if embedded && self.tokens.consume("\"") {
            return Ok(Some(self.quoted_string()));
        }
        if self.literal(embedded, "null") {
            return Ok(None);
        }
        for (text, value) in [("true", true), ("false", false)] {
            if self.literal(embedded, text) {
                return Ok(Some(with_schema(Schema::BOOLEAN, Value::Boolean(value))));
            }
        }
        let start = self.tokens.mark();
        match self.list_or_map() {
            Ok(Some(parsed)) => return Ok(Some(parsed)),
            Ok(None) => {}
            Err(_) => self.tokens.rewind(start),
        }
        let token = self.tokens.next();
        let trimmed = trim(token);
        if trimmed.is_empty() {
            return Ok(Some(string(self.tokens.text.slice_ref(token))));
        }
        self.scalar(embedded, trimmed).map(Some)
    }

    /// A word that stands alone, unless it is inside something, where a delimiter follows.
    fn literal(&mut self, embedded: bool, word: &str) -> bool {
        let start = self.tokens.mark();
        if self.tokens.consume(word) && (embedded || !self.tokens.has_next()) {
            return true;
        }
        self.tokens.rewind(start);
        false
    }

    fn list_or_map(&mut self) -> Result<Option<SchemaAndValue>> {
        let is_list = self.tokens.consume("[");
        if !is_list && !self.tokens.consume("{") {
            return Ok(None);
        }
        if self.depth == MAX_DEPTH {
            return Err(ConnectError::data("nested too deeply"));
        }
        self.depth += 1;
        let parsed = if is_list { self.list() } else { self.map() };
        self.depth -= 1;
        parsed.map(Some)
    }

    fn scalar(&mut self, embedded: bool, token: &str) -> Result<SchemaAndValue> {
        let first = token.as_bytes()[0];
        if first.is_ascii_digit()
            && let Some(parsed) = self.temporal(token)
        {
            return Ok(parsed);
        }
        if (first.is_ascii_digit() || matches!(first, b'+' | b'-'))
            && let Ok(number) = token.parse::<Decimal>()
        {
            return Ok(smallest_number(token, number));
        }
        if embedded {
            return Err(ConnectError::data("Failed to parse embedded value"));
        }
        Ok(string(self.tokens.text.clone()))
    }

    /// A time or timestamp is five tokens, for a colon is a delimiter; a date is one.
    fn temporal(&mut self, token: &str) -> Option<SchemaAndValue> {
        let start = self.tokens.mark();
        if let Some(rest) = self.tokens.next_four()
            && let Some(parsed) = temporal::parse(&[token, rest].concat())
        {
            return Some(parsed);
        }
        self.tokens.rewind(start);
        temporal::parse(token)
    }

    fn quoted_string(&mut self) -> SchemaAndValue {
        let mut parts: Vec<&str> = Vec::new();
        while self.tokens.has_next() && !self.tokens.consume("\"") {
            parts.push(self.tokens.next());
        }
        let content = match parts[..] {
            [part] => self.tokens.text.slice_ref(part),
            _ => Text::from(parts.concat()),
        };
        temporal::parse(&content).unwrap_or_else(|| string(content))
    }

    fn list(&mut self) -> Result<SchemaAndValue> {
        let mut elements = Vec::new();
        let mut common = CommonSchema::default();
        while self.tokens.has_next() {
            if self.tokens.consume("]") {
                return finish_list(elements, common.0);
            }
            if self.tokens.consume(",") {
                return Err(ConnectError::data("Unable to parse an empty array element"));
            }
            let element = self.parse(true)?;
            common.merge(element.as_ref());
            elements.push(element.map(|e| e.value).unwrap_or_default());

            let after = self.tokens.mark();
            if self.tokens.consume("]") {
                self.tokens.rewind(after);
            } else if !self.tokens.consume(",") {
                return Err(ConnectError::data("Array elements missing ',' delimiter"));
            }
        }
        Err(ConnectError::data("Array is missing terminating ']'"))
    }

    fn map(&mut self) -> Result<SchemaAndValue> {
        let mut entries = MapValue::new();
        let (mut keys, mut values) = (CommonSchema::default(), CommonSchema::default());
        while self.tokens.has_next() {
            if self.tokens.consume("}") {
                return finish_map(entries, keys.0, values.0);
            }
            if self.tokens.consume(",") {
                return Err(ConnectError::data(
                    "Unable to parse a map entry with no key or value",
                ));
            }
            let Some(key) = self.parse(true)?.filter(|key| !key.value.is_null()) else {
                return Err(ConnectError::data("Map entry may not have a null key"));
            };
            if !self.tokens.consume(":") {
                return Err(ConnectError::data("Map entry is missing ':'"));
            }
            let value = self.parse(true)?;
            self.tokens.consume(",");
            keys.merge(Some(&key));
            values.merge(value.as_ref());
            entries.insert(key.value, value.map(|v| v.value).unwrap_or_default());
        }
        Err(ConnectError::data("Map is missing terminating '}'"))
    }
}

fn finish_list(mut elements: Vec<Value>, common: Option<Option<Schema>>) -> Result<SchemaAndValue> {
    let Some(Some(element)) = common else {
        return Ok(with_schema(
            SchemaBuilder::new(Type::Array).build()?,
            Value::Array(elements),
        ));
    };
    for value in &mut elements {
        *value = convert(&element, None, value)?;
    }
    Ok(with_schema(
        Schema::array(element).build()?,
        Value::Array(elements),
    ))
}

fn finish_map(
    entries: MapValue,
    keys: Option<Option<Schema>>,
    values: Option<Option<Schema>>,
) -> Result<SchemaAndValue> {
    let Some(Some(key_schema)) = keys else {
        return Ok(with_schema(
            SchemaBuilder::new(Type::Map).build()?,
            Value::Map(entries),
        ));
    };
    let value_schema = values.flatten();
    let mut aligned = MapValue::with_capacity(entries.len());
    for (key, value) in entries {
        let value = match &value_schema {
            Some(schema) => convert(schema, None, &value)?,
            None => value,
        };
        aligned.insert(convert(&key_schema, None, &key)?, value);
    }
    let schema = match value_schema {
        Some(value_schema) => Schema::map(key_schema, value_schema),
        None => SchemaBuilder::map_with_null_values(key_schema),
    };
    Ok(with_schema(schema.build()?, Value::Map(aligned)))
}

/// The schema that all elements can be converted to: `None` as long as there is none, `Some(None)` when there cannot
/// be one.
#[derive(Default)]
struct CommonSchema(Option<Option<Schema>>);

impl CommonSchema {
    fn merge(&mut self, element: Option<&SchemaAndValue>) {
        let Some(schema) = element.and_then(|e| e.schema.as_ref()) else {
            return;
        };
        self.0 = Some(match self.0.take() {
            None => Some(schema.clone()),
            Some(None) => None,
            Some(Some(known)) => wider(known, schema),
        });
    }
}

/// The wider of two number types; equal types go together whatever their names are.
fn wider(known: Schema, new: &Schema) -> Option<Schema> {
    if known.kind == new.kind {
        return match (known.optional, new.optional) {
            (true, true) => Some(known),
            (false, false) => Some(new.clone()),
            _ => None,
        };
    }
    let rank = |schema: &Schema| Type::NUMBERS.iter().position(|kind| *kind == schema.kind);
    let (known_rank, new_rank) = (rank(&known)?, rank(new)?);
    Some(if known_rank > new_rank {
        known
    } else {
        new.clone()
    })
}

/// The smallest integer type; else a float, a double, or a decimal for what is out of their range.
///
/// A fraction that a float cannot hold exactly still becomes a float: Java only looks whether it overflows.
fn smallest_number(token: &str, number: Decimal) -> SchemaAndValue {
    if let Some(integer) = number.to_exact_i64() {
        return if let Ok(v) = i8::try_from(integer) {
            with_schema(Schema::INT8, v.into())
        } else if let Ok(v) = i16::try_from(integer) {
            with_schema(Schema::INT16, v.into())
        } else if let Ok(v) = i32::try_from(integer) {
            with_schema(Schema::INT32, v.into())
        } else {
            with_schema(Schema::INT64, integer.into())
        };
    }
    // From the text: putting the digits into words again could take long.
    let float = token
        .parse::<f32>()
        .ok()
        .filter(|v| v.is_finite() && number.scale != 0);
    let double = token
        .parse::<f64>()
        .ok()
        .filter(|v| v.is_finite() && number.scale != 0);
    if let Some(float) = float {
        with_schema(Schema::FLOAT32, float.into())
    } else if let Some(double) = double {
        with_schema(Schema::FLOAT64, double.into())
    } else {
        with_schema(decimal::schema(number.scale), number.into())
    }
}

fn string(text: Text) -> SchemaAndValue {
    with_schema(Schema::STRING, Value::String(text))
}

fn with_schema(schema: Schema, value: Value) -> SchemaAndValue {
    SchemaAndValue {
        schema: Some(schema),
        value,
    }
}

/// Splits a text at unescaped delimiters, each of which is a token of its own.
struct Tokens<'a> {
    text: &'a Text,
    at: usize,
    /// A token that was looked at and not taken; it ends at `at`.
    next: Option<&'a str>,
}

impl<'a> Tokens<'a> {
    fn has_next(&self) -> bool {
        self.next.is_some() || self.at < self.text.len()
    }

    fn mark(&self) -> usize {
        self.at - self.next.map_or(0, str::len)
    }

    fn rewind(&mut self, mark: usize) {
        self.at = mark;
        self.next = None;
    }

    fn next(&mut self) -> &'a str {
        self.next.take().unwrap_or_else(|| self.scan())
    }

    /// The text of the next four tokens, if there are as many.
    fn next_four(&mut self) -> Option<&'a str> {
        let text: &'a str = self.text;
        let start = self.mark();
        for _ in 0..4 {
            if !self.has_next() {
                return None;
            }
            self.next();
        }
        Some(&text[start..self.at])
    }

    /// Takes the next token if it is this one, blanks around it not counted.
    fn consume(&mut self, expected: &str) -> bool {
        if !self.has_next() {
            return false;
        }
        let mut token = self.next();
        while trim(token).is_empty() && self.at < self.text.len() {
            token = self.scan();
        }
        if trim(token) == expected {
            return true;
        }
        self.next = Some(token);
        false
    }

    fn scan(&mut self) -> &'a str {
        let text: &'a str = self.text;
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in text.as_bytes()[start..].iter().enumerate() {
            match byte {
                b'\\' => escaped = !escaped,
                b':' | b',' | b'{' | b'}' | b'[' | b']' | b'"' if !escaped => {
                    self.at = start + offset.max(1);
                    return &text[start..self.at];
                }
                _ => escaped = false,
            }
        }
        self.at = text.len();
        &text[start..]
    }
}

/// As `String.trim`: control characters count as blanks.
fn trim(token: &str) -> &str {
    token.trim_matches(|c| c <= ' ')
}

/// Bounds the stack.
const MAX_DEPTH: usize = 256;
