//! The chain of single message transforms of a task.

use windlass_api::{Predicate, RecordMut, Result, Transform, Verdict};

use super::{Stage, StageError};

/// One transform with the condition under which it applies.
pub(crate) struct TransformStage {
    /// The alias that the configuration gives it.
    pub(crate) alias: Box<str>,
    /// The Java name of its class.
    pub(crate) class: Box<str>,
    pub(crate) transform: Box<dyn Transform>,
    pub(crate) guard: Option<Guard>,
}

/// The condition of a transform.
pub(crate) struct Guard {
    pub(crate) predicate: Box<dyn Predicate>,
    /// Whether the transform applies where the predicate does not hold.
    pub(crate) negate: bool,
}

/// What a stage did to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Yes(Verdict),
    /// Its condition did not hold.
    No,
}

/// Transforms in the order they are applied.
#[derive(Default)]
pub(crate) struct Transforms {
    stages: Vec<TransformStage>,
}

impl Transforms {
    pub(crate) fn new(stages: Vec<TransformStage>) -> Self {
        Transforms { stages }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// The stages in their order, to be applied one by one.
    pub(crate) fn stages_mut(&mut self) -> &mut [TransformStage] {
        &mut self.stages
    }

    /// The class of the stage at this place.
    pub(crate) fn class(&self, index: usize) -> &str {
        self.stages.get(index).map_or("", |stage| &stage.class)
    }

    /// Changes the record in place, or drops it.
    ///
    /// # Errors
    /// Those of the transforms and predicates.
    pub(crate) fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict, StageError> {
        for (index, stage) in self.stages.iter_mut().enumerate() {
            match stage.apply(record) {
                Ok(Applied::Yes(Verdict::Keep) | Applied::No) => {}
                Ok(Applied::Yes(Verdict::Drop)) => return Ok(Verdict::Drop),
                Err(error) => return Err(Stage::Transformation(index).failed()(error)),
            }
        }
        Ok(Verdict::Keep)
    }
}

impl TransformStage {
    /// Applies the transform if its condition holds.
    ///
    /// # Errors
    /// Those of the transform and the predicate.
    pub(crate) fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Applied> {
        if let Some(Guard { predicate, negate }) = &mut self.guard
            && predicate.test(record)? == *negate
        {
            return Ok(Applied::No);
        }
        self.transform.apply(record).map(Applied::Yes)
    }
}
