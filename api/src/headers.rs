//! Record headers.

use crate::logical::Logical;
use crate::{ConnectError, Result, Schema, SchemaAndValue, Text, Type, Value};

/// The headers of a record: an ordered list in which a key may occur more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers(Vec<Header>);

/// One header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The key.
    pub key: Text,
    /// The schema of the value; `None` for schemaless data.
    pub schema: Option<Schema>,
    /// The value.
    pub value: Value,
}

impl Header {
    /// A header whose value was checked against its schema (the outermost class only, as Java does).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the value is not of the schema's type.
    pub fn new(key: impl Into<Text>, content: SchemaAndValue) -> Result<Header> {
        let SchemaAndValue { schema, value } = content;
        if let Some(schema) = &schema {
            check(schema, &value)?;
        }
        Ok(Header {
            key: key.into(),
            schema,
            value,
        })
    }
}

impl Headers {
    /// No headers; allocates nothing.
    pub const fn new() -> Self {
        Headers(Vec::new())
    }

    /// Appends a header, keeping earlier ones of the same key.
    pub fn add(&mut self, header: Header) {
        self.0.push(header);
    }

    /// Appends a string.
    pub fn add_string(&mut self, key: impl Into<Text>, value: impl Into<Text>) {
        self.add(Header {
            key: key.into(),
            schema: Some(Schema::STRING),
            value: Value::String(value.into()),
        });
    }

    /// The headers, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The headers of one key, in order.
    pub fn all_with_name<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Header> {
        self.0.iter().filter(move |h| h.key == key)
    }

    /// The last header of a key.
    pub fn last_with_name(&self, key: &str) -> Option<&Header> {
        self.0.iter().rfind(|h| h.key == key)
    }

    /// Removes all headers of a key.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|h| h.key != key);
    }

    /// Keeps only the last header of this key; others are left alone.
    pub fn retain_latest(&mut self, key: &str) {
        if let Some(last) = self.0.iter().rposition(|h| h.key == key) {
            let mut at = 0;
            self.0.retain(|h| {
                at += 1;
                h.key != key || at - 1 == last
            });
        }
    }

    /// Keeps only the last header of each key.
    pub fn retain_latest_of_each(&mut self) {
        let mut seen = std::collections::HashSet::new();
        let mut keep: Vec<bool> = self
            .0
            .iter()
            .rev()
            .map(|h| seen.insert(h.key.clone()))
            .collect();
        self.0.retain(|_| keep.pop().unwrap_or(true));
    }

    /// Replaces each header by what `transform` makes of it; `None` removes it.
    ///
    /// # Errors
    /// The first error of `transform`; the headers are then as before.
    pub fn apply(
        &mut self,
        mut transform: impl FnMut(&Header) -> Result<Option<Header>>,
    ) -> Result<()> {
        let mut changed = Vec::with_capacity(self.0.len());
        for header in &self.0 {
            changed.extend(transform(header)?);
        }
        self.0 = changed;
        Ok(())
    }

    /// As [`apply`](Self::apply), for the headers of one key.
    ///
    /// # Errors
    /// The first error of `transform`; the headers are then as before.
    pub fn apply_to(
        &mut self,
        key: &str,
        mut transform: impl FnMut(&Header) -> Result<Option<Header>>,
    ) -> Result<()> {
        self.apply(|header| {
            if header.key == key {
                transform(header)
            } else {
                Ok(Some(header.clone()))
            }
        })
    }

    /// Removes all headers.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        Headers(headers.into_iter().collect())
    }
}

impl Extend<Header> for Headers {
    fn extend<I: IntoIterator<Item = Header>>(&mut self, headers: I) {
        self.0.extend(headers);
    }
}

impl IntoIterator for Headers {
    type Item = Header;
    type IntoIter = std::vec::IntoIter<Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The check of `ConnectHeaders.add`: looser than that of values, for it does not look inside.
fn check(schema: &Schema, value: &Value) -> Result<()> {
    if value.is_null() && !schema.optional {
        return Err(ConnectError::data(format!(
            "A null value requires an optional schema but was {schema}"
        )));
    }
    let fits = match (schema.kind, value) {
        (_, Value::Null)
        | (Type::Int8, Value::Int8(_))
        | (Type::Int16, Value::Int16(_))
        | (Type::Int32, Value::Int32(_))
        | (Type::Int64, Value::Int64(_))
        | (Type::Float32, Value::Float32(_))
        | (Type::Float64, Value::Float64(_))
        | (Type::Boolean, Value::Boolean(_))
        | (Type::String, Value::String(_))
        | (Type::Bytes, Value::Bytes(_))
        | (Type::Array, Value::Array(_))
        | (Type::Map, Value::Map(_))
        | (Type::Struct, Value::Struct(_)) => true,
        (Type::Bytes, Value::Decimal(_)) => Logical::of(schema) == Some(Logical::Decimal),
        (Type::Int32, Value::Date(_)) => {
            matches!(Logical::of(schema), Some(Logical::Date | Logical::Time))
        }
        (Type::Int64, Value::Date(_)) => Logical::of(schema) == Some(Logical::Timestamp),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(ConnectError::data(format!(
        "The value {value} is not compatible with the schema {schema}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(keys: &[&str]) -> Headers {
        let mut headers = Headers::new();
        for (i, key) in keys.iter().enumerate() {
            headers.add_string(*key, i.to_string());
        }
        headers
    }

    fn shown(headers: &Headers) -> String {
        headers
            .iter()
            .map(|h| format!("{}{} ", h.key, h.value))
            .collect()
    }

    #[test]
    fn retains_the_latest() {
        let mut one = headers(&["a", "b", "a", "c", "b"]);
        one.retain_latest("a");
        assert_eq!(shown(&one), "b1 a2 c3 b4 ");
        one.retain_latest("none");
        let mut each = headers(&["a", "b", "a", "c", "b"]);
        each.retain_latest_of_each();
        assert_eq!(shown(&each), "a2 c3 b4 ");
    }

    #[test]
    fn looks_up_and_removes() {
        let mut all = headers(&["a", "b", "a"]);
        assert_eq!(all.all_with_name("a").count(), 2);
        assert_eq!(all.last_with_name("a").unwrap().value, Value::from("2"));
        assert_eq!(all.last_with_name("z"), None);
        all.remove("a");
        assert_eq!(shown(&all), "b1 ");
    }

    #[test]
    fn an_error_of_apply_changes_nothing() {
        let mut all = headers(&["a", "b"]);
        let failed = all.apply(|h| {
            if h.key == "b" {
                Err(ConnectError::data("no"))
            } else {
                Ok(None)
            }
        });
        assert!(failed.is_err());
        assert_eq!(shown(&all), "a0 b1 ");
        all.apply_to("b", |_| Ok(None)).unwrap();
        assert_eq!(shown(&all), "a0 ");
    }
}
