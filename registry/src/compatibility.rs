//! What a new version of a subject must have in common with those before.

use serde::{Deserialize, Serialize};
use windlass_converters::AvroSchema;

/// A compatibility level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Level {
    None,
    /// The new schema reads what the last one wrote.
    #[default]
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

impl Level {
    /// The level of a name, in whatever case.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(name.to_ascii_uppercase().into()).ok()
    }

    /// Why a schema may not follow these, the latest last; nothing when it may.
    pub(crate) fn check(self, new: &AvroSchema, earlier: &[AvroSchema]) -> Vec<String> {
        let transitive = matches!(
            self,
            Level::BackwardTransitive | Level::ForwardTransitive | Level::FullTransitive
        );
        let skipped = if transitive {
            0
        } else {
            earlier.len().saturating_sub(1)
        };
        let mut reasons = Vec::new();
        for old in earlier[skipped..].iter().rev() {
            if self.looks_back()
                && let Err(reason) = new.can_read(old)
            {
                reasons.push(format!("the new schema cannot read the old one: {reason}"));
            }
            if self.looks_forward()
                && let Err(reason) = old.can_read(new)
            {
                reasons.push(format!("the old schema cannot read the new one: {reason}"));
            }
        }
        reasons
    }

    fn looks_back(self) -> bool {
        matches!(
            self,
            Level::Backward | Level::BackwardTransitive | Level::Full | Level::FullTransitive
        )
    }

    fn looks_forward(self) -> bool {
        matches!(
            self,
            Level::Forward | Level::ForwardTransitive | Level::Full | Level::FullTransitive
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_look_where_they_should() {
        let record = |fields: &str| {
            let text = format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
            AvroSchema::parse(&text, []).unwrap()
        };
        let with = record(r#"{"name":"a","type":"int"}"#);
        let without = record("");
        let earlier = [without.clone(), with.clone()];
        // A field without a default came first, and goes again.
        assert!(!Level::Backward.check(&with, &earlier[..1]).is_empty());
        assert!(Level::Backward.check(&without, &earlier).is_empty());
        assert!(Level::BackwardTransitive.check(&with, &earlier).len() == 1);
        assert!(!Level::Forward.check(&without, &earlier).is_empty());
        assert!(Level::None.check(&with, &earlier[..1]).is_empty());
        assert_eq!(
            Level::from_name("full_transitive"),
            Some(Level::FullTransitive)
        );
        assert_eq!(Level::from_name("x"), None);
    }
}
