//! Typed configuration values.

use std::fmt;

use super::Password;

/// A configuration value with its type. `Display` is Java's `toString`, which error messages show.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ConfigData {
    /// Java's `null`: not set and no default, or set to null.
    #[default]
    Null,
    /// A boolean.
    Boolean(bool),
    /// Text.
    String(String),
    /// 32 bits.
    Int(i32),
    /// 16 bits.
    Short(i16),
    /// 64 bits.
    Long(i64),
    /// A double.
    Double(f64),
    /// Texts.
    List(Vec<String>),
    /// The full name of a class.
    Class(String),
    /// A secret.
    Password(Password),
}

impl ConfigData {
    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, ConfigData::Null)
    }

    /// The text that REST answers show and that a properties file could hold: lists joined by commas, classes by name,
    /// passwords hidden. `None` for null.
    pub fn to_text(&self) -> Option<String> {
        match self {
            ConfigData::Null => None,
            ConfigData::List(items) => Some(items.join(",")),
            ConfigData::Class(name) => Some(name.clone()),
            other => Some(other.to_string()),
        }
    }

    /// The Java class of the value, which type errors name.
    pub(crate) fn java_class(&self) -> &'static str {
        match self {
            ConfigData::Null => "null",
            ConfigData::Boolean(_) => "java.lang.Boolean",
            ConfigData::String(_) => "java.lang.String",
            ConfigData::Int(_) => "java.lang.Integer",
            ConfigData::Short(_) => "java.lang.Short",
            ConfigData::Long(_) => "java.lang.Long",
            ConfigData::Double(_) => "java.lang.Double",
            ConfigData::List(_) => "java.util.ArrayList",
            ConfigData::Class(_) => "java.lang.Class",
            ConfigData::Password(_) => "org.apache.kafka.common.config.types.Password",
        }
    }

    /// The value of a number as a double; `None` for what is not a number.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match *self {
            ConfigData::Int(n) => Some(f64::from(n)),
            ConfigData::Short(n) => Some(f64::from(n)),
            ConfigData::Long(n) => Some(n as f64),
            ConfigData::Double(n) => Some(n),
            _ => None,
        }
    }
}

impl fmt::Display for ConfigData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigData::Null => f.write_str("null"),
            ConfigData::Boolean(v) => write!(f, "{v}"),
            ConfigData::String(v) => f.write_str(v),
            ConfigData::Int(v) => write!(f, "{v}"),
            ConfigData::Short(v) => write!(f, "{v}"),
            ConfigData::Long(v) => write!(f, "{v}"),
            ConfigData::Double(v) => write!(f, "{v:?}"),
            ConfigData::List(v) => write!(f, "[{}]", v.join(", ")),
            ConfigData::Class(v) => write!(f, "class {v}"),
            ConfigData::Password(v) => write!(f, "{v}"),
        }
    }
}

impl From<bool> for ConfigData {
    fn from(v: bool) -> Self {
        ConfigData::Boolean(v)
    }
}

impl From<i16> for ConfigData {
    fn from(v: i16) -> Self {
        ConfigData::Short(v)
    }
}

impl From<i32> for ConfigData {
    fn from(v: i32) -> Self {
        ConfigData::Int(v)
    }
}

impl From<i64> for ConfigData {
    fn from(v: i64) -> Self {
        ConfigData::Long(v)
    }
}

impl From<f64> for ConfigData {
    fn from(v: f64) -> Self {
        ConfigData::Double(v)
    }
}

impl From<&str> for ConfigData {
    fn from(v: &str) -> Self {
        ConfigData::String(v.to_owned())
    }
}

impl From<String> for ConfigData {
    fn from(v: String) -> Self {
        ConfigData::String(v)
    }
}

impl From<Vec<String>> for ConfigData {
    fn from(v: Vec<String>) -> Self {
        ConfigData::List(v)
    }
}

impl From<Password> for ConfigData {
    fn from(v: Password) -> Self {
        ConfigData::Password(v)
    }
}
