//! The chain of single message transforms of a task.

use windlass_api::{Predicate, RecordMut, Result, Transform, Verdict};

/// One transform with the condition under which it applies.
pub(crate) struct TransformStage {
    pub(crate) transform: Box<dyn Transform>,
    /// The condition, and whether it is negated.
    pub(crate) predicate: Option<(Box<dyn Predicate>, bool)>,
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

    /// Changes the record in place, or drops it.
    ///
    /// # Errors
    /// Those of the transforms and predicates.
    pub(crate) fn apply(&mut self, record: &mut RecordMut<'_>) -> Result<Verdict> {
        for stage in &mut self.stages {
            if let Some((predicate, negate)) = &mut stage.predicate
                && predicate.test(record)? == *negate
            {
                continue;
            }
            if stage.transform.apply(record)? == Verdict::Drop {
                return Ok(Verdict::Drop);
            }
        }
        Ok(Verdict::Keep)
    }
}
