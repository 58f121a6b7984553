//! A configuration with typed values.

use indexmap::IndexMap;

use super::{ConfigData, Password};
use crate::{ConnectError, Result};

/// A configuration with typed values, in the order of the definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedConfig {
    values: IndexMap<String, ConfigData>,
}

impl ParsedConfig {
    /// The value of a key as `T`: `bool`, `i16`, `i32`, `i64`, `f64`, `&str`, `String`, `&[String]`, `Vec<String>`,
    /// `&Password`, `Password`, or an `Option` of these for keys that may be null. Class names are text.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the key is not defined, is null or has another type.
    pub fn get<'c, T: FromConfig<'c>>(&'c self, name: &str) -> Result<T> {
        let value = self
            .values
            .get(name)
            .ok_or_else(|| ConnectError::config(format!("Unknown configuration '{name}'")))?;
        T::from_config(value).ok_or_else(|| {
            let expected = std::any::type_name::<T>();
            ConnectError::config(format!(
                "configuration {name}: expected {expected}, found {}",
                value.java_class()
            ))
        })
    }

    /// The value of a key as it is.
    pub fn data(&self, name: &str) -> Option<&ConfigData> {
        self.values.get(name)
    }

    /// Sets a value.
    pub fn insert(&mut self, name: impl Into<String>, value: ConfigData) {
        self.values.insert(name.into(), value);
    }

    /// All values, in the order of the definition.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ConfigData)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The values whose keys start with the prefix, under the rest of the key.
    pub fn without_prefix(&self, prefix: &str) -> ParsedConfig {
        let values = self
            .values
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
            })
            .collect();
        ParsedConfig { values }
    }
}

/// What [`ParsedConfig::get`] can give.
pub trait FromConfig<'c>: Sized {
    /// The value, or `None` when it is null or of another type.
    fn from_config(value: &'c ConfigData) -> Option<Self>;
}

macro_rules! from_config {
    ($($type:ty: $pattern:pat => $value:expr;)*) => {$(
        impl<'c> FromConfig<'c> for $type {
            fn from_config(value: &'c ConfigData) -> Option<Self> {
                match value {
                    $pattern => Some($value),
                    _ => None,
                }
            }
        }
    )*};
}

from_config! {
    bool: ConfigData::Boolean(v) => *v;
    i16: ConfigData::Short(v) => *v;
    i32: ConfigData::Int(v) => *v;
    i64: ConfigData::Long(v) => *v;
    f64: ConfigData::Double(v) => *v;
    &'c str: ConfigData::String(v) | ConfigData::Class(v) => v;
    String: ConfigData::String(v) | ConfigData::Class(v) => v.clone();
    &'c [String]: ConfigData::List(v) => v;
    Vec<String>: ConfigData::List(v) => v.clone();
    &'c Password: ConfigData::Password(v) => v;
    Password: ConfigData::Password(v) => v.clone();
}

impl<'c, T: FromConfig<'c>> FromConfig<'c> for Option<T> {
    fn from_config(value: &'c ConfigData) -> Option<Self> {
        match value {
            ConfigData::Null => Some(None),
            value => T::from_config(value).map(Some),
        }
    }
}
