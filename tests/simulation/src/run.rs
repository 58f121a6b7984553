//! One run of one task, as the journal knows it.

use std::sync::Arc;

use windlass_api::{ConnectError, Props, Result};

use crate::journal::{Journal, Task};

/// Ends with the task, or with the worker under it.
#[derive(Debug)]
pub(crate) struct Running {
    journal: Arc<Journal>,
    task: Task,
    number: u64,
}

impl Running {
    /// Notes that a task with this configuration begins.
    pub(crate) fn begin(journal: &Arc<Journal>, host: &str, props: &Props) -> Result<Self> {
        let task = (text(props, "name")?, number(props, "task.number")?);
        let (revision, of) = (number(props, REVISION)?, number(props, "task.count")?);
        Ok(Running {
            number: journal.begin(&task, host, revision, of),
            journal: Arc::clone(journal),
            task,
        })
    }

    /// Which run it is, of all runs of all tasks.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Connector and number.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.task.0, self.task.1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.journal.end(&self.task, self.number);
    }
}

/// A key with a number.
pub(crate) fn number<T: std::str::FromStr>(props: &Props, key: &str) -> Result<T> {
    let text = text(props, key)?;
    text.parse()
        .map_err(|_| ConnectError::connect(format!("{key}: expected a number, found {text}")))
}

fn text(props: &Props, key: &str) -> Result<String> {
    let value = props.get(key).cloned().flatten();
    value.ok_or_else(|| ConnectError::connect(format!("{key} is missing")))
}

/// Counts the configurations of a connector.
pub(crate) const REVISION: &str = "revision";
