//! Values proposed for a key.

use std::fmt;
use std::sync::Arc;

use super::{ConfigData, ParsedConfig};
use crate::Result;

type Values = dyn Fn(&str, &ParsedConfig) -> Result<Vec<ConfigData>> + Send + Sync;
type Visible = dyn Fn(&str, &ParsedConfig) -> bool + Send + Sync;

/// Proposes values for a key, given the others, and says whether it matters. Proposals are advice: other values stay
/// valid.
#[derive(Clone)]
pub struct Recommender {
    values: Arc<Values>,
    visible: Arc<Visible>,
}

impl Recommender {
    /// Proposes values; the key always matters. An error becomes an error of the key.
    pub fn new(
        values: impl Fn(&str, &ParsedConfig) -> Result<Vec<ConfigData>> + Send + Sync + 'static,
    ) -> Self {
        Recommender {
            values: Arc::new(values),
            visible: Arc::new(|_, _| true),
        }
    }

    /// Says when the key matters.
    #[must_use]
    pub fn visible_if(
        mut self,
        visible: impl Fn(&str, &ParsedConfig) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.visible = Arc::new(visible);
        self
    }

    /// The values proposed for the key `name`.
    ///
    /// # Errors
    /// When the other values make no proposal possible.
    pub fn values(&self, name: &str, parsed: &ParsedConfig) -> Result<Vec<ConfigData>> {
        (self.values)(name, parsed)
    }

    /// Whether the key `name` matters.
    pub fn visible(&self, name: &str, parsed: &ParsedConfig) -> bool {
        (self.visible)(name, parsed)
    }

    /// The same among keys that carry a prefix: it sees them without.
    pub(super) fn embedded(self, prefix: &str) -> Self {
        let (values_prefix, visible_prefix) = (prefix.to_owned(), prefix.to_owned());
        let (values, visible) = (self.values, self.visible);
        Recommender {
            values: Arc::new(move |name, parsed| {
                values(
                    bare(name, &values_prefix),
                    &parsed.without_prefix(&values_prefix),
                )
            }),
            visible: Arc::new(move |name, parsed| {
                visible(
                    bare(name, &visible_prefix),
                    &parsed.without_prefix(&visible_prefix),
                )
            }),
        }
    }
}

impl fmt::Debug for Recommender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recommender")
    }
}

fn bare<'n>(name: &'n str, prefix: &str) -> &'n str {
    name.strip_prefix(prefix).unwrap_or(name)
}
