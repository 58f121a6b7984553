//! One configuration key.

use super::{ConfigData, Importance, Kind, Recommender, Validator, Width};

/// A configuration key: its type, default, rules, and how a user interface shows it.
///
/// Without a default the key is required.
#[derive(Clone, Debug)]
pub struct ConfigKey {
    /// The key.
    pub name: String,
    /// The type of its value.
    pub kind: Kind,
    /// The value when it is not set; `None` makes it required. Null is a default as well.
    pub default: Option<ConfigData>,
    /// What the value must satisfy.
    pub validator: Option<Validator>,
    /// How much it matters.
    pub importance: Importance,
    /// What it is for, for users.
    pub documentation: String,
    /// The group it is shown in.
    pub group: Option<String>,
    /// Its place in the group; -1 when not said.
    pub order_in_group: i32,
    /// How wide it is shown.
    pub width: Width,
    /// The name it is shown by; the key itself unless set.
    pub display_name: String,
    /// Keys that matter only when this one is set a certain way.
    pub dependents: Vec<String>,
    /// Proposes values and says whether the key matters.
    pub recommender: Option<Recommender>,
}

impl ConfigKey {
    /// A required key of low importance.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let name = name.into();
        ConfigKey {
            display_name: name.clone(),
            name,
            kind,
            default: None,
            validator: None,
            importance: Importance::Low,
            documentation: String::new(),
            group: None,
            order_in_group: -1,
            width: Width::None,
            dependents: Vec::new(),
            recommender: None,
        }
    }

    /// The value when the key is not set. Text is parsed as the key's type, so that a list may be given as `"a,b"`
    /// and a class by its name; text that is not of the type stays text.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<ConfigData>) -> Self {
        let value = value.into();
        self.default = Some(
            super::parse_type(&self.name, &value, self.kind, &super::AnyClass).unwrap_or(value),
        );
        self
    }

    /// Not required, and null when it is not set.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.default = Some(ConfigData::Null);
        self
    }

    /// What the value must satisfy.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validator = Some(validator);
        self
    }

    /// How much it matters.
    #[must_use]
    pub fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// What it is for, for users.
    #[must_use]
    pub fn documentation(mut self, text: impl Into<String>) -> Self {
        self.documentation = text.into();
        self
    }

    /// The group it is shown in, and its place there.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>, order: i32) -> Self {
        self.group = Some(group.into());
        self.order_in_group = order;
        self
    }

    /// How wide it is shown.
    #[must_use]
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// The name it is shown by.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = name.into();
        self
    }

    /// Keys that matter only when this one is set a certain way.
    #[must_use]
    pub fn dependents<S: Into<String>>(mut self, keys: impl IntoIterator<Item = S>) -> Self {
        self.dependents = keys.into_iter().map(Into::into).collect();
        self
    }

    /// Proposes values and says whether the key matters.
    #[must_use]
    pub fn recommender(mut self, recommender: Recommender) -> Self {
        self.recommender = Some(recommender);
        self
    }

    /// Whether the key must be set.
    pub fn is_required(&self) -> bool {
        self.default.is_none()
    }
}
