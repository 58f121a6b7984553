//! How a run went.

use std::collections::BTreeMap;

use crate::case::Case;

/// Whether a case did what Java did, or how it differs.
pub type Outcome = Result<(), String>;

/// Counts outcomes; knows which cases are exceptions.
pub struct Report {
    exceptions: BTreeMap<&'static str, &'static str>,
    passed: usize,
    excepted: usize,
    failed: Vec<String>,
}

impl Report {
    /// A run that has not begun.
    pub fn new() -> Self {
        let lines = include_str!("../../golden/exceptions.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let exceptions = lines.map(|line| {
            line.split_once('\t')
                .expect("an exception is: id, tab, reason")
        });
        Report {
            exceptions: exceptions.collect(),
            passed: 0,
            excepted: 0,
            failed: Vec::new(),
        }
    }

    /// Takes the outcome of a case.
    pub fn check(&mut self, case: &Case, outcome: Outcome) {
        match (outcome, self.exceptions.get(case.id())) {
            (Ok(()), None) => self.passed += 1,
            (Err(_), Some(_)) => self.excepted += 1,
            (Ok(()), Some(reason)) => {
                self.failed.push(format!(
                    "{}: passes, but is listed as an exception: {reason}",
                    case.id()
                ));
            }
            (Err(difference), None) => self.failed.push(format!("{}: {difference}", case.id())),
        }
    }

    /// Prints the counts and what failed.
    ///
    /// # Panics
    /// When a case failed, or there was none.
    pub fn finish(self) {
        for failure in &self.failed {
            println!("FAILED {failure}");
        }
        println!(
            "{} passed, {} failed, {} exceptions",
            self.passed,
            self.failed.len(),
            self.excepted
        );
        assert!(self.passed > 0, "no case ran");
        assert!(
            self.failed.is_empty(),
            "{} golden vectors failed, listed above",
            self.failed.len()
        );
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}
