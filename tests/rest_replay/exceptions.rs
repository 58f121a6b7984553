//! `exceptions.txt`: what is not answered as Java answers it, and why.

use std::collections::BTreeMap;

/// Scenarios, and steps of scenarios (`SCENARIO/STEP`), with the reason.
pub(crate) struct Exceptions(BTreeMap<&'static str, &'static str>);

impl Exceptions {
    pub(crate) fn read() -> Self {
        let lines = include_str!("exceptions.txt").lines();
        let entries = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Exceptions(
            entries
                .map(|line| line.split_once('\t').expect("name, tab, reason"))
                .collect(),
        )
    }

    /// Whether the whole scenario is left out.
    pub(crate) fn excludes(&self, scenario: &str) -> bool {
        self.0.contains_key(scenario)
    }

    /// Why a step is answered otherwise.
    pub(crate) fn reason(&self, scenario: &str, step: &str) -> Option<&'static str> {
        self.0.get(format!("{scenario}/{step}").as_str()).copied()
    }

    /// The scenarios it speaks of.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0
            .keys()
            .map(|name| name.split_once('/').map_or(*name, |(scenario, _)| scenario))
    }
}
