//! Cases in which a transform, a predicate or a chain is applied to one record, or to several one after the other.

use serde_json::Value as Json;
use windlass_api::{ConnectError, RecordMut, Verdict};

use crate::case::Case;
use crate::error::{expect_error, is_error};
use crate::record::{sink_record, source_record};
use crate::report::Outcome;

/// Checks what configuring came to, then each record of the case with what is expected of it.
pub fn each_record(
    case: &Case,
    configured: Result<(), ConnectError>,
    mut check: impl FnMut(&mut RecordMut<'_>, &Json) -> Outcome,
) -> Outcome {
    let (input, output) = (&case["in"], &case["out"]);
    if let Err(error) = configured {
        return expect_error(output, "configure", &error);
    }
    let is_sink = case["kind"] == "sink";
    let mut one = |input: &Json, output: &Json| {
        if is_sink {
            check(&mut RecordMut::Sink(&mut sink_record(input)), output)
        } else {
            check(&mut RecordMut::Source(&mut source_record(input)), output)
        }
    };
    match (input.as_array(), output.as_array()) {
        (Some(inputs), Some(outputs)) if inputs.len() == outputs.len() => inputs
            .iter()
            .zip(outputs)
            .enumerate()
            .try_for_each(|(i, (input, output))| {
                one(input, output).map_err(|e| format!("record {i}: {e}"))
            }),
        (None, _) => one(input, output),
        _ => Err(format!("expected {output}, found no error to configure")),
    }
}

/// Compares what became of a record: null stands for one that was dropped.
pub fn expect_applied(
    expected: &Json,
    applied: Result<Verdict, ConnectError>,
    record: &RecordMut<'_>,
) -> Outcome {
    let kept = match applied {
        Ok(verdict) => verdict == Verdict::Keep,
        Err(error) => return expect_error(expected, "apply", &error),
    };
    let as_expected = match (expected, record) {
        (Json::Null, _) => !kept,
        (expected, _) if is_error(expected) => false,
        (expected, RecordMut::Source(record)) => kept && source_record(expected) == **record,
        (expected, RecordMut::Sink(record)) => kept && sink_record(expected) == **record,
    };
    if as_expected {
        return Ok(());
    }
    let found = kept.then_some(&**record);
    Err(format!("expected {expected}, found {found:?}"))
}
