//! What follows from a broker's answer about one batch.

use kafka_protocol::error::ResponseError as Code;
use windlass_wire::ErrorCode;

/// What is known of a batch when its answer comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// Records in it.
    pub(super) count: u32,
    /// Whether the broker tells duplicates and gaps by its sequence.
    pub(super) idempotent: bool,
    /// Whether no earlier batch is undecided that its sequence could be waiting for.
    pub(super) is_gap: bool,
    /// Whether `retries` and `delivery.timeout.ms` allow another attempt.
    pub(super) may_retry: bool,
    /// Whether it is part of a transaction: what breaks the sequence breaks the transaction.
    pub(super) transactional: bool,
}

/// What to do with the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is in the log.
    Written,
    /// It was in the log already; the broker does not know any more where.
    Duplicate,
    /// Send it again, after a back-off.
    Retry {
        /// The leader may have moved.
        refresh: bool,
        /// The broker lost count: sequences must begin anew under a new epoch.
        new_epoch: bool,
    },
    /// Send it again in two halves.
    Split,
    /// Give it up.
    Fail,
}

/// As Java's `Sender.completeBatch` and `TransactionManager.canRetry` decide.
pub(super) fn judge(error: Option<ErrorCode>, facts: Facts) -> Verdict {
    let Some(error) = error else {
        return Verdict::Written;
    };
    match error.kind() {
        Code::DuplicateSequenceNumber => Verdict::Duplicate,
        Code::MessageTooLarge if facts.count > 1 => Verdict::Split,
        _ if !facts.may_retry => Verdict::Fail,
        // The batch before it failed and will be sent again: then this one fits. Only if there is none is there a gap.
        Code::OutOfOrderSequenceNumber
            if facts.idempotent && !(facts.is_gap && facts.transactional) =>
        {
            Verdict::Retry {
                refresh: false,
                new_epoch: facts.is_gap,
            }
        }
        // The broker forgot this producer (retention, or its log was lost).
        Code::UnknownProducerId if facts.idempotent && !facts.transactional => Verdict::Retry {
            refresh: false,
            new_epoch: true,
        },
        code if error.is_retriable() => Verdict::Retry {
            refresh: moves_leaders(code),
            new_epoch: false,
        },
        _ => Verdict::Fail,
    }
}

/// Java's `InvalidMetadataException`s.
fn moves_leaders(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownTopicOrPartition
            | Code::LeaderNotAvailable
            | Code::NotLeaderOrFollower
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::KafkaStorageError
            | Code::ListenerNotFound
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts {
        count: 5,
        idempotent: true,
        is_gap: false,
        may_retry: true,
        transactional: false,
    };

    fn code(code: i16) -> Option<ErrorCode> {
        ErrorCode::new(code)
    }

    #[test]
    fn leaders_that_moved_are_looked_up_again() {
        let retry = |refresh| Verdict::Retry {
            refresh,
            new_epoch: false,
        };
        assert_eq!(judge(code(6), FACTS), retry(true), "NOT_LEADER_OR_FOLLOWER");
        assert_eq!(
            judge(code(3), FACTS),
            retry(true),
            "UNKNOWN_TOPIC_OR_PARTITION"
        );
        assert_eq!(judge(code(19), FACTS), retry(false), "NOT_ENOUGH_REPLICAS");
        assert_eq!(
            judge(
                code(19),
                Facts {
                    may_retry: false,
                    ..FACTS
                }
            ),
            Verdict::Fail
        );
    }

    #[test]
    fn a_gap_is_one_only_if_nothing_before_it_is_missing() {
        assert_eq!(
            judge(code(45), FACTS),
            Verdict::Retry {
                refresh: false,
                new_epoch: false
            }
        );
        let next = Facts {
            is_gap: true,
            ..FACTS
        };
        assert_eq!(
            judge(code(45), next),
            Verdict::Retry {
                refresh: false,
                new_epoch: true
            }
        );
        let within = Facts {
            transactional: true,
            ..next
        };
        assert_eq!(judge(code(45), within), Verdict::Fail);
        assert_eq!(judge(code(59), within), Verdict::Fail);
        assert_eq!(
            judge(code(59), FACTS),
            Verdict::Retry {
                refresh: false,
                new_epoch: true
            }
        );
        assert_eq!(
            judge(
                code(45),
                Facts {
                    idempotent: false,
                    ..next
                }
            ),
            Verdict::Fail
        );
    }

    #[test]
    fn too_large_is_split_down_to_single_records() {
        assert_eq!(judge(code(10), FACTS), Verdict::Split);
        assert_eq!(judge(code(10), Facts { count: 1, ..FACTS }), Verdict::Fail);
    }

    #[test]
    fn a_duplicate_is_a_success_and_what_no_retry_helps_fails() {
        assert_eq!(judge(code(46), FACTS), Verdict::Duplicate);
        assert_eq!(
            judge(code(29), FACTS),
            Verdict::Fail,
            "TOPIC_AUTHORIZATION_FAILED"
        );
        assert_eq!(judge(code(87), FACTS), Verdict::Fail, "INVALID_RECORD");
        assert_eq!(judge(None, FACTS), Verdict::Written);
    }
}
