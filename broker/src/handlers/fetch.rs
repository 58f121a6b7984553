//! Fetch: records from many partitions, at once or when enough have come.

use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::fetch_request::FetchTopic;
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::messages::{FetchRequest, FetchResponse, ProducerId, TopicName};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Call, find_topic};
use crate::partition::{Found, Marks, Partition, Wanted};

pub(crate) async fn handle(call: &Call<'_>, request: FetchRequest) -> FetchResponse {
    let (session_id, asked) = match call.node.sessions.enter(&request) {
        Ok(entered) => entered,
        Err(error) => return FetchResponse::default().with_error_code(error.code()),
    };
    let fetch = Fetch {
        asked: asked
            .into_iter()
            .map(|asked| Source::find(call, asked))
            .collect(),
        max_bytes: usize::try_from(request.max_bytes)
            .unwrap_or(0)
            .min(MOST_BYTES),
        committed: request.isolation_level == READ_COMMITTED,
    };
    let min_bytes = usize::try_from(request.min_bytes).unwrap_or(0);
    let deadline =
        Instant::now() + Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let mut read = fetch.read();
    if !read.is_enough(min_bytes) && request.max_wait_ms > 0 {
        // An append between that read and this registration is seen by the next read.
        let waiting = Waiting::new(&fetch.asked);
        read = fetch.read();
        while !read.is_enough(min_bytes) {
            if timeout_at(deadline, waiting.waiter.notified())
                .await
                .is_err()
            {
                break;
            }
            read = fetch.read();
        }
    }
    let rows = call.node.sessions.leave(session_id, read.rows);
    FetchResponse::default()
        .with_session_id(session_id)
        .with_responses(by_topic(rows))
}

pub(crate) fn refuse(request: &FetchRequest, error: ResponseError) -> FetchResponse {
    let topic = |topic: &FetchTopic| {
        let failed = |index| failed(index, error, None);
        FetchableTopicResponse::default()
            .with_topic(topic.topic.clone())
            .with_topic_id(topic.topic_id)
            .with_partitions(
                topic
                    .partitions
                    .iter()
                    .map(|partition| failed(partition.partition))
                    .collect(),
            )
    };
    let topics = request.topics.iter().map(topic).collect();
    FetchResponse::default()
        .with_error_code(error.code())
        .with_responses(topics)
}

/// One partition as a client asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) place: Place,
    pub(crate) offset: i64,
    pub(crate) max_bytes: i32,
    /// -1 from clients that do not know.
    pub(crate) leader_epoch: i32,
}

/// A partition as a client names it: by the topic's id, or by its name in versions before 13.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) topic: TopicName,
    pub(crate) id: Uuid,
    pub(crate) index: i32,
}

/// What one partition is answered.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) data: PartitionData,
}

/// One partition asked for, and found or not.
struct Source {
    asked: Asked,
    partition: Result<Arc<Partition>, ResponseError>,
}

impl Source {
    fn find(call: &Call<'_>, asked: Asked) -> Source {
        let topic = find_topic(call, &asked.place.topic, asked.place.id);
        let unknown = ResponseError::UnknownTopicOrPartition;
        let partition = topic.and_then(|topic| topic.partition(asked.place.index).ok_or(unknown));
        let partition = match asked.leader_epoch {
            // There has been but one leader.
            1.. => Err(ResponseError::UnknownLeaderEpoch),
            _ => partition,
        };
        Source { asked, partition }
    }
}

struct Fetch {
    asked: Vec<Source>,
    max_bytes: usize,
    committed: bool,
}

/// What one look at the partitions gave.
struct Read {
    rows: Vec<Row>,
    bytes: usize,
    failed: bool,
}

impl Read {
    fn is_enough(&self, min_bytes: usize) -> bool {
        self.failed || self.bytes >= min_bytes
    }
}

impl Fetch {
    /// Every partition has its row. The first with records gives at least one batch, however large: a batch larger
    /// than what a client fetches must not stop it for ever (KIP-74).
    fn read(&self) -> Read {
        let mut read = Read {
            rows: Vec::with_capacity(self.asked.len()),
            bytes: 0,
            failed: false,
        };
        for source in &self.asked {
            let Asked {
                place,
                offset,
                max_bytes,
                ..
            } = &source.asked;
            let left = self.max_bytes.saturating_sub(read.bytes);
            let wanted = Wanted {
                offset: *offset,
                max_bytes: usize::try_from(*max_bytes).unwrap_or(0).min(left),
                at_least_one: read.bytes == 0,
                committed: self.committed,
            };
            let data = match &source.partition {
                Err(error) => failed(place.index, *error, None),
                Ok(partition) => match partition.fetch(wanted) {
                    Ok(found) => {
                        read.bytes += found.records.len();
                        data(place.index, found)
                    }
                    Err((error, marks)) => failed(place.index, error, Some(marks)),
                },
            };
            read.failed |= data.error_code != 0;
            read.rows.push(Row {
                place: place.clone(),
                data,
            });
        }
        read
    }
}

/// Someone who waits for appends, until dropped.
struct Waiting<'a> {
    sources: &'a [Source],
    waiter: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    fn new(sources: &'a [Source]) -> Waiting<'a> {
        let waiter = Arc::new(Notify::new());
        for partition in sources
            .iter()
            .filter_map(|source| source.partition.as_ref().ok())
        {
            partition.wait(&waiter);
        }
        Waiting { sources, waiter }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        for partition in self
            .sources
            .iter()
            .filter_map(|source| source.partition.as_ref().ok())
        {
            partition.leave(&self.waiter);
        }
    }
}

fn data(index: i32, found: Found) -> PartitionData {
    let aborted = found.aborted.map(|aborted| {
        let row = |aborted: crate::log::Aborted| {
            AbortedTransaction::default()
                .with_producer_id(ProducerId(aborted.producer_id))
                .with_first_offset(aborted.first)
        };
        aborted.into_iter().map(row).collect()
    });
    marked(index, Some(found.marks))
        .with_aborted_transactions(aborted)
        .with_records(Some(found.records))
}

fn failed(index: i32, error: ResponseError, marks: Option<Marks>) -> PartitionData {
    marked(index, marks)
        .with_error_code(error.code())
        .with_records(Some(bytes::Bytes::new()))
}

fn marked(index: i32, marks: Option<Marks>) -> PartitionData {
    let marks = marks.unwrap_or(Marks {
        start: -1,
        last_stable: -1,
        end: -1,
    });
    PartitionData::default()
        .with_partition_index(index)
        .with_high_watermark(marks.end)
        .with_last_stable_offset(marks.last_stable)
        .with_log_start_offset(marks.start)
        .with_aborted_transactions(None)
}

/// Rows of one topic that follow each other become one topic of the answer.
fn by_topic(rows: Vec<Row>) -> Vec<FetchableTopicResponse> {
    let mut topics: Vec<FetchableTopicResponse> = Vec::new();
    for row in rows {
        match topics.last_mut() {
            Some(last) if last.topic == row.place.topic && last.topic_id == row.place.id => {
                last.partitions.push(row.data);
            }
            _ => topics.push(
                FetchableTopicResponse::default()
                    .with_topic(row.place.topic)
                    .with_topic_id(row.place.id)
                    .with_partitions(vec![row.data]),
            ),
        }
    }
    topics
}

const READ_COMMITTED: i8 = 1;
/// `fetch.max.bytes` of the broker: the most one answer holds, but for a single larger batch.
const MOST_BYTES: usize = 55 * 1024 * 1024;
