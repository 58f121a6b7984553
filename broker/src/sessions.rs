//! Fetch sessions (KIP-227): a client that follows many partitions names only those it changes its mind about, and is
//! told only of those where something is new.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::FetchRequest;

use crate::handlers::fetch::{Asked, Place, Row};

/// All fetch sessions; a client without one asks for everything each time.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_id: BTreeMap<i32, Session>,
    last_id: i32,
    /// Grows with each use of any session.
    uses: u64,
}

#[derive(Debug)]
struct Session {
    /// Of the next request.
    epoch: i32,
    /// In the order the client first asked for them.
    partitions: Vec<Followed>,
    last_use: u64,
}

#[derive(Debug)]
struct Followed {
    asked: Asked,
    /// High watermark, last stable offset and log start as last told; `None` before, and after an error.
    told: Option<(i64, i64, i64)>,
}

impl Sessions {
    /// The session the request is of (0 for none), and every partition it asks for.
    pub(crate) fn enter(&self, request: &FetchRequest) -> Result<(i32, Vec<Asked>), ResponseError> {
        let mut table = self.lock();
        match (request.session_id, request.session_epoch) {
            (id, FINAL_EPOCH) => {
                table.by_id.remove(&id);
                Ok((0, asked(request).collect()))
            }
            (id, INITIAL_EPOCH) => {
                table.by_id.remove(&id);
                let id = table.open(asked(request));
                Ok((id, asked(request).collect()))
            }
            (id, epoch) => {
                table.uses += 1;
                let uses = table.uses;
                let session = table
                    .by_id
                    .get_mut(&id)
                    .ok_or(ResponseError::FetchSessionIdNotFound)?;
                if session.epoch != epoch {
                    return Err(ResponseError::InvalidFetchSessionEpoch);
                }
                session.epoch = epoch.checked_add(1).unwrap_or(1);
                session.last_use = uses;
                session.update(request);
                Ok((
                    id,
                    session
                        .partitions
                        .iter()
                        .map(|followed| followed.asked.clone())
                        .collect(),
                ))
            }
        }
    }

    /// The rows the client has to be told: all without a session, else those with something new.
    pub(crate) fn leave(&self, session_id: i32, rows: Vec<Row>) -> Vec<Row> {
        let mut table = self.lock();
        let Some(session) = table.by_id.get_mut(&session_id) else {
            return rows;
        };
        let mut rows = rows;
        let mut index = 0..;
        rows.retain(|row| session.is_news(index.next().unwrap_or_default(), row));
        rows
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn open(&mut self, asked: impl Iterator<Item = Asked>) -> i32 {
        if self.by_id.len() >= MOST_SESSIONS {
            // Its client is told that its session is not found, and opens another.
            let idle = self
                .by_id
                .iter()
                .min_by_key(|(_, session)| session.last_use)
                .map(|(id, _)| *id);
            idle.map(|id| self.by_id.remove(&id));
        }
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.uses += 1;
        let partitions = asked.map(|asked| Followed { asked, told: None }).collect();
        self.by_id.insert(
            self.last_id,
            Session {
                epoch: 1,
                partitions,
                last_use: self.uses,
            },
        );
        self.last_id
    }
}

impl Session {
    fn update(&mut self, request: &FetchRequest) {
        for topic in &request.forgotten_topics_data {
            self.partitions.retain(|followed| {
                let place = &followed.asked.place;
                let of_topic = place.topic == topic.topic && place.id == topic.topic_id;
                !(of_topic && topic.partitions.contains(&place.index))
            });
        }
        if request.topics.is_empty() {
            return;
        }
        let places = self.partitions.iter().enumerate();
        let places: BTreeMap<Place, usize> = places
            .map(|(index, followed)| (followed.asked.place.clone(), index))
            .collect();
        for asked in asked(request) {
            match places.get(&asked.place) {
                Some(&index) => self.partitions[index].asked = asked,
                None => self.partitions.push(Followed { asked, told: None }),
            }
        }
    }

    /// The rows come in the order of the partitions, as long as no other request of the session came between.
    fn is_news(&mut self, index: usize, row: &Row) -> bool {
        let expected = self.partitions.get_mut(index);
        let Some(followed) = expected.filter(|followed| followed.asked.place == row.place) else {
            return true;
        };
        let data = &row.data;
        if data.error_code != 0 {
            followed.told = None;
            return true;
        }
        let marks = Some((
            data.high_watermark,
            data.last_stable_offset,
            data.log_start_offset,
        ));
        let news = followed.told != marks
            || data
                .records
                .as_ref()
                .is_some_and(|records| !records.is_empty());
        followed.told = marks;
        news
    }
}

fn asked(request: &FetchRequest) -> impl Iterator<Item = Asked> {
    request.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| Asked {
            place: Place {
                topic: topic.topic.clone(),
                id: topic.topic_id,
                index: partition.partition,
            },
            offset: partition.fetch_offset,
            max_bytes: partition.partition_max_bytes,
            leader_epoch: partition.current_leader_epoch,
        })
    })
}

/// Opens a session, in place of the one named.
const INITIAL_EPOCH: i32 = 0;
/// Without a session; the one named ends.
const FINAL_EPOCH: i32 = -1;
/// `max.incremental.fetch.session.cache.slots`
const MOST_SESSIONS: usize = 1000;
