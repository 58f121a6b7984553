//! The types, importances and display widths of configuration keys.

use std::fmt;

/// The type of a configuration key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean,
    /// Text, trimmed.
    String,
    /// 32 bits, signed.
    Int,
    /// 16 bits, signed.
    Short,
    /// 64 bits, signed.
    Long,
    /// A double.
    Double,
    /// Texts separated by commas, trimmed.
    List,
    /// The name of a class.
    Class,
    /// Text that is never shown.
    Password,
}

impl Kind {
    /// Java's name: `BOOLEAN`, `STRING`, ...
    pub fn name(self) -> &'static str {
        match self {
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Int => "INT",
            Kind::Short => "SHORT",
            Kind::Long => "LONG",
            Kind::Double => "DOUBLE",
            Kind::List => "LIST",
            Kind::Class => "CLASS",
            Kind::Password => "PASSWORD",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much a key matters to most users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importance {
    /// Everybody looks at it.
    High,
    /// Many do.
    Medium,
    /// Few do.
    Low,
}

impl Importance {
    /// Java's name: `HIGH`, `MEDIUM`, `LOW`.
    pub fn name(self) -> &'static str {
        match self {
            Importance::High => "HIGH",
            Importance::Medium => "MEDIUM",
            Importance::Low => "LOW",
        }
    }
}

/// How wide a user interface shows the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Width {
    /// Not said.
    #[default]
    None,
    /// A number or a word.
    Short,
    /// A name.
    Medium,
    /// A path, a class, a list.
    Long,
}

impl Width {
    /// Java's name: `NONE`, `SHORT`, `MEDIUM`, `LONG`.
    pub fn name(self) -> &'static str {
        match self {
            Width::None => "NONE",
            Width::Short => "SHORT",
            Width::Medium => "MEDIUM",
            Width::Long => "LONG",
        }
    }
}
