//! Prometheus' text format, version 0.0.4.
//!
//! It is written by hand: a library would keep a registry of its own beside the tasks, and would name counters by
//! OpenMetrics' rules, under which `total-record-failures` cannot keep its name.

use std::fmt::Write;

/// The `Content-Type` of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How a figure behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows, until its subject is made anew.
    Counter,
    Gauge,
}

/// Figures under one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
}

/// The text under construction.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Family {
    pub(crate) const fn counter(name: &'static str, help: &'static str) -> Self {
        Family {
            name,
            kind: Kind::Counter,
            help,
        }
    }

    pub(crate) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Family {
            name,
            kind: Kind::Gauge,
            help,
        }
    }
}

impl Text {
    /// Begins a family; all its samples follow.
    pub(crate) fn family(&mut self, Family { name, kind, help }: Family) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A sample; `labels` is empty or made by [`labels`].
    pub(crate) fn sample(&mut self, family: Family, labels: &str, value: f64) {
        let name = family.name;
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// A family with one sample without labels.
    pub(crate) fn single(&mut self, family: Family, value: f64) {
        self.family(family);
        self.sample(family, "", value);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Labels as a sample has them, in braces.
pub(crate) fn labels(pairs: &[(&str, &str)]) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_cannot_break_the_text() {
        assert_eq!(
            labels(&[("connector", "a\"b\\c\nd"), ("task", "0")]),
            r#"{connector="a\"b\\c\nd",task="0"}"#
        );
    }

    #[test]
    fn a_family_has_its_type_before_its_samples() {
        let mut text = Text::default();
        text.single(Family::gauge("up", "Whether."), f64::NAN);
        assert_eq!(
            text.finish(),
            "# HELP up Whether.\n# TYPE up gauge\nup NaN\n"
        );
    }
}
