//! Which version of each API is spoken.

use std::fmt;

use kafka_protocol::messages::ApiVersionsResponse;

use crate::{ApiKey, Result, WireError};

/// Versions from `min` to `max`, both spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    /// Lowest version.
    pub min: i16,
    /// Highest version.
    pub max: i16,
}

impl VersionRange {
    /// The highest version in both ranges.
    #[must_use]
    pub fn highest_common(self, other: Self) -> Option<i16> {
        let max = self.max.min(other.max);
        (max >= self.min && max >= other.min).then_some(max)
    }

    /// Whether `version` is in the range.
    #[must_use]
    pub fn contains(self, version: i16) -> bool {
        (self.min..=self.max).contains(&version)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.min, self.max)
    }
}

/// The versions this crate speaks of an API, `None` for APIs no client of ours calls and no broker of ours serves.
///
/// The caps are Kafka 4.3's highest stable versions as far as the message definitions reach, lower where the reason stands beside them.
#[must_use]
pub fn ours(api: ApiKey) -> Option<VersionRange> {
    let (min, max) = match api {
        // 13 puts topic ids in the place of names: nothing is gained, and a topic created again under its name would be refused
        // until the next metadata refresh.
        ApiKey::Produce => (3, 12),
        // 13 and later need topic ids; 16 to 18 are for the broker's own use. 12 has sessions, epochs and rack.
        ApiKey::Fetch => (4, 12),
        ApiKey::ListOffsets => (1, 10),
        ApiKey::Metadata => (0, 13),
        // 10 wants topic ids.
        ApiKey::OffsetCommit => (2, 9),
        ApiKey::OffsetFetch => (1, 9),
        ApiKey::FindCoordinator => (0, 6),
        ApiKey::JoinGroup => (0, 9),
        ApiKey::Heartbeat => (0, 4),
        ApiKey::LeaveGroup => (0, 5),
        ApiKey::SyncGroup => (0, 5),
        ApiKey::DescribeGroups => (0, 6),
        ApiKey::ListGroups => (0, 5),
        ApiKey::SaslHandshake => (0, 1),
        ApiKey::ApiVersions => (0, 4),
        ApiKey::CreateTopics => (2, 7),
        ApiKey::DeleteTopics => (1, 6),
        ApiKey::DeleteRecords => (0, 2),
        ApiKey::InitProducerId => (0, 5),
        ApiKey::OffsetForLeaderEpoch => (2, 4),
        // 4 is for brokers among themselves; 5 is for transactions of version 2 (KIP-890).
        ApiKey::AddPartitionsToTxn => (0, 3),
        ApiKey::AddOffsetsToTxn => (0, 4),
        // 5 of these two is for transactions of version 2.
        ApiKey::EndTxn => (0, 5),
        ApiKey::TxnOffsetCommit => (0, 5),
        ApiKey::DescribeAcls => (1, 3),
        ApiKey::DescribeConfigs => (1, 4),
        ApiKey::AlterConfigs => (0, 2),
        ApiKey::SaslAuthenticate => (0, 2),
        ApiKey::CreatePartitions => (0, 3),
        ApiKey::DeleteGroups => (0, 2),
        ApiKey::IncrementalAlterConfigs => (0, 1),
        ApiKey::OffsetDelete => (0, 0),
        ApiKey::DescribeCluster => (0, 2),
        ApiKey::DescribeProducers => (0, 0),
        ApiKey::DescribeTransactions => (0, 0),
        ApiKey::ListTransactions => (0, 1),
        ApiKey::DescribeTopicPartitions => (0, 0),
        _ => return None,
    };
    Some(VersionRange { min, max })
}

/// What one broker speaks, from its answer to ApiVersions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerVersions {
    /// Sorted by key.
    ranges: Vec<(i16, VersionRange)>,
    transaction_version: i16,
}

impl BrokerVersions {
    /// Reads the ranges of an answer; keys not known here are kept out.
    #[must_use]
    pub fn new(response: &ApiVersionsResponse) -> Self {
        let mut ranges: Vec<_> = response
            .api_keys
            .iter()
            .map(|api| {
                (
                    api.api_key,
                    VersionRange {
                        min: api.min_version,
                        max: api.max_version,
                    },
                )
            })
            .collect();
        ranges.sort_by_key(|(key, _)| *key);
        ranges.dedup_by_key(|(key, _)| *key);
        let feature = response
            .finalized_features
            .iter()
            .find(|feature| feature.name.as_str() == "transaction.version");
        Self {
            ranges,
            transaction_version: feature.map_or(0, |feature| feature.max_version_level),
        }
    }

    /// The cluster's `transaction.version`, 0 where it has none. From 2 on a transaction takes in what is written
    /// without being told of it first, and each has an epoch of its own (KIP-890).
    #[must_use]
    pub fn transaction_version(&self) -> i16 {
        self.transaction_version
    }

    /// The broker's range of an API.
    #[must_use]
    pub fn theirs(&self, api: ApiKey) -> Option<VersionRange> {
        let at = self
            .ranges
            .binary_search_by_key(&(api as i16), |(key, _)| *key)
            .ok()?;
        Some(self.ranges[at].1)
    }

    /// The version to speak: the highest both know.
    ///
    /// # Errors
    /// [`WireError::NoSuchApi`], [`WireError::NoCommonVersion`]; both name the ranges.
    pub fn negotiate(&self, api: ApiKey) -> Result<i16> {
        self.negotiate_up_to(api, i16::MAX)
    }

    /// As [`Self::negotiate`] but never above `cap`, for a caller that needs an older form of the API.
    ///
    /// # Errors
    /// As [`Self::negotiate`].
    pub fn negotiate_up_to(&self, api: ApiKey, cap: i16) -> Result<i16> {
        let ours = ours(api).unwrap_or(NOTHING);
        let ours = VersionRange {
            max: ours.max.min(cap),
            ..ours
        };
        let theirs = self.theirs(api).ok_or(WireError::NoSuchApi { api, ours })?;
        ours.highest_common(theirs)
            .ok_or(WireError::NoCommonVersion { api, ours, theirs })
    }
}

/// The empty range.
const NOTHING: VersionRange = VersionRange { min: 0, max: -1 };

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::api_versions_response::ApiVersion;

    fn broker(ranges: &[(i16, i16, i16)]) -> BrokerVersions {
        let api = |&(key, min, max): &_| {
            ApiVersion::default()
                .with_api_key(key)
                .with_min_version(min)
                .with_max_version(max)
        };
        BrokerVersions::new(
            &ApiVersionsResponse::default().with_api_keys(ranges.iter().map(api).collect()),
        )
    }

    #[test]
    fn the_highest_common_version_is_spoken() {
        let broker = broker(&[(18, 0, 4), (3, 0, 99), (0, 0, 11), (1, 4, 17), (9999, 0, 1)]);
        assert_eq!(broker.negotiate(ApiKey::Metadata), Ok(13));
        assert_eq!(broker.negotiate(ApiKey::Produce), Ok(11));
        assert_eq!(broker.negotiate(ApiKey::Fetch), Ok(12));
        assert_eq!(broker.negotiate_up_to(ApiKey::Metadata, 8), Ok(8));
        assert_eq!(
            broker.theirs(ApiKey::Fetch),
            Some(VersionRange { min: 4, max: 17 })
        );
    }

    #[test]
    fn what_cannot_be_spoken_is_named_with_both_ranges() {
        let broker = broker(&[(0, 0, 2), (1, 13, 18)]);
        let text = |api| broker.negotiate(api).unwrap_err().to_string();
        assert_eq!(
            text(ApiKey::Produce),
            "Produce: we speak versions 3 to 12, the broker speaks 0 to 2"
        );
        assert_eq!(
            text(ApiKey::Fetch),
            "Fetch: we speak versions 4 to 12, the broker speaks 13 to 18"
        );
        assert_eq!(
            text(ApiKey::Metadata),
            "Metadata: the broker does not have this api (we speak versions 0 to 13)"
        );
    }

    /// A version beyond what kafka-protocol can encode would fail at the first request.
    #[test]
    fn our_ranges_lie_within_the_messages() {
        for key in 0..100 {
            let Ok(api) = ApiKey::try_from(key) else {
                continue;
            };
            if let Some(range) = ours(api) {
                let theirs = api.valid_versions();
                assert!(
                    range.min <= range.max && theirs.min <= range.min && range.max <= theirs.max,
                    "{api:?} {range}"
                );
            }
        }
    }
}
