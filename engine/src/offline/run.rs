//! What a connector made of a sample.

use serde_json::{Value as Json, json};
use windlass_api::ConnectError;

use crate::pipeline::Stage;
use crate::trace::{chain, java_class};

/// The way of one record through a connector.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What goes in: the bytes in Kafka for a sink, what the task gives for a source.
    pub input: Json,
    /// The record after each stage that it reached.
    pub steps: Vec<Step>,
    /// What came out.
    pub outcome: Outcome,
}

/// One stage of a record's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The name of the stage as logs and dead letter queues have it; `CONVERTERS` for all three together.
    pub stage: String,
    /// The alias of a transform; empty for converters.
    pub alias: String,
    /// The Java names of the classes.
    pub classes: Vec<String>,
    /// What happened.
    pub change: Change,
}

/// What a stage did.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The record is this now.
    Record(Json),
    /// The condition of the transform did not hold.
    NotApplied,
    /// The record is dropped.
    Dropped,
    /// The record failed.
    Failed,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// This: what the task gets for a sink, the bytes in Kafka for a source.
    Record(Json),
    /// Nothing: a transform dropped it.
    Dropped,
    /// A failure.
    Failed {
        /// The name of the stage.
        stage: String,
        /// The Java name of the class that failed.
        class: String,
        /// The Java name of the exception.
        exception: String,
        /// Its message with those of its causes.
        message: String,
    },
}

impl Outcome {
    pub(super) fn failed(stage: Stage, class: &str, error: &ConnectError) -> Self {
        Outcome::Failed {
            stage: stage.to_string(),
            class: class.to_owned(),
            exception: java_class(error.kind()).to_owned(),
            message: chain(error),
        }
    }

    /// As JSON: the record, null when it was dropped, an object with `error` when it failed.
    pub fn to_json(&self) -> Json {
        match self {
            Outcome::Record(record) => record.clone(),
            Outcome::Dropped => Json::Null,
            Outcome::Failed {
                stage,
                class,
                exception,
                message,
            } => json!({"error": {
                "stage": stage, "class": class, "exception": exception, "message": message,
            }}),
        }
    }
}

impl Run {
    /// The whole way as one JSON object.
    pub fn to_json(&self) -> Json {
        let steps = self.steps.iter().map(|step| {
            let mut json = json!({"stage": step.stage, "classes": step.classes});
            if !step.alias.is_empty() {
                json["alias"] = step.alias.as_str().into();
            }
            match &step.change {
                Change::Record(record) => json["record"] = record.clone(),
                Change::NotApplied => json["applied"] = false.into(),
                Change::Dropped => json["record"] = Json::Null,
                Change::Failed => json["failed"] = true.into(),
            }
            json
        });
        json!({
            "input": self.input,
            "steps": steps.collect::<Vec<_>>(),
            "output": self.outcome.to_json(),
        })
    }
}
