//! What all connections share: the one node of the cluster.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::config::{BrokerConfig, Storage};
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::group::Coordinator;
use crate::log::Check;
use crate::sessions::Sessions;
use crate::store::{Entry, Store};
use crate::topic_config::TopicConfig;
use crate::topics::{self, Topic, Topics};
use crate::transactions::Transactions;
use crate::wall_clock;

/// The one node of the cluster, shared by all connections.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) config: BrokerConfig,
    pub(crate) cluster_id: String,
    /// Host and port told to clients.
    pub(crate) advertised: (String, u16),
    pub(crate) faults: Faults,
    pub(crate) topics: Arc<Topics>,
    pub(crate) groups: Arc<Coordinator>,
    pub(crate) transactions: Transactions,
    pub(crate) sessions: Sessions,
    pub(crate) store: Arc<Store>,
    /// Topics are created, grown and deleted one at a time.
    changing_topics: Mutex<()>,
    rng: Mutex<fastrand::Rng>,
    /// Says that the directory is in use, for as long as it is open.
    lock: Option<File>,
}

/// Why a topic was not created or changed, with Kafka's message.
pub(crate) type TopicError = (ResponseError, String);

impl Node {
    pub(crate) fn open(mut config: BrokerConfig, advertised: (String, u16)) -> Result<Node> {
        let directory = match &config.storage {
            Storage::Memory => None,
            Storage::Directory(path) => Some(path.clone()),
        };
        let (lock, store, entries, check) = match &directory {
            None => (None, Store::in_memory(), Vec::new(), Check::Headers),
            Some(path) => {
                fs::create_dir_all(path).map_err(Error::storage("create", path))?;
                let lock = lock(path)?;
                let (store, entries) = Store::open(path)?;
                (Some(lock), store, entries, check(path)?)
            }
        };
        let store = Arc::new(store);
        let topics = Arc::new(Topics::new(directory.map(|path| path.join("logs"))));
        let groups = Arc::new(Coordinator::new(
            store.clone(),
            config.group_initial_rebalance_delay,
        ));
        let transactions = Transactions::new(topics.clone(), groups.clone(), store.clone());
        let cluster_id = new_cluster_id(&mut config.rng);
        let rng = Mutex::new(config.rng.fork());
        let mut node = Node {
            config,
            cluster_id,
            advertised,
            faults: Faults::default(),
            topics,
            groups,
            transactions,
            sessions: Sessions::default(),
            store,
            changing_topics: Mutex::default(),
            rng,
            lock,
        };
        node.restore(entries, check)?;
        Ok(node)
    }

    /// Brings everything to disk, and notes that it is there.
    pub(crate) fn close(&self) -> Result<()> {
        for topic in self.topics.all() {
            topic
                .partitions()
                .iter()
                .try_for_each(|partition| partition.sync())?;
        }
        self.store.sync()?;
        if let Storage::Directory(path) = &self.config.storage {
            let marker = path.join(CLEAN);
            fs::write(&marker, b"").map_err(Error::storage("write", &marker))?;
        }
        Ok(())
    }

    /// Lets another broker use the directory, also while somebody still holds this node.
    pub(crate) fn release(&self) {
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }

    /// Retention, compaction, and what else time makes due. What fails is logged, and tried again next time.
    pub(crate) fn tidy(&self) {
        let now = wall_clock::now_ms();
        for topic in self.topics.all() {
            let rules = topic.rules();
            for (index, partition) in topic.partitions().iter().enumerate() {
                if let Err(error) = partition.tidy(&rules, now) {
                    tracing::error!(topic = topic.name, partition = index, %error, "cannot tidy a log");
                }
            }
        }
    }

    /// Creates a topic. `validate_only` checks everything and creates nothing.
    pub(crate) fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        replicas: i16,
        config: BTreeMap<String, String>,
        validate_only: bool,
    ) -> Result<Created, TopicError> {
        if let Some(why) = topics::invalid_name(name) {
            return Err((ResponseError::InvalidTopicException, why));
        }
        let _changing = self
            .changing_topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.topics.by_name(name).is_some() {
            return Err((
                ResponseError::TopicAlreadyExists,
                format!("Topic '{name}' already exists."),
            ));
        }
        let partitions = if partitions == -1 {
            self.config.default_partitions
        } else {
            partitions
        };
        check_partitions(partitions)?;
        check_replicas(replicas)?;
        let config = TopicConfig::new(config).map_err(|why| (ResponseError::InvalidConfig, why))?;
        let id = self.new_uuid();
        if validate_only {
            return Ok(Created {
                id: Uuid::nil(),
                partitions,
                config,
            });
        }
        let entry = Entry::Topic {
            name: name.to_owned(),
            id,
            partitions,
            config: config.set().clone(),
        };
        self.store.put([entry]).map_err(storage)?;
        self.topics.create(name, id, partitions, config.clone());
        tracing::info!(topic = name, partitions, "topic created");
        Ok(Created {
            id,
            partitions,
            config,
        })
    }

    /// Gives a topic more partitions.
    pub(crate) fn grow_topic(
        &self,
        topic: &Topic,
        count: i32,
        validate_only: bool,
    ) -> Result<(), TopicError> {
        let _changing = self
            .changing_topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = topic.partition_count();
        if count <= now {
            let why = match count == now {
                true => format!("Topic already has {now} partition(s)."),
                false => format!(
                    "The topic {} currently has {now} partition(s); {count} would not be an increase.",
                    topic.name
                ),
            };
            return Err((ResponseError::InvalidPartitions, why));
        }
        check_partitions(count)?;
        if validate_only {
            return Ok(());
        }
        let (name, id, config) = (topic.name.clone(), topic.id, topic.config().set().clone());
        self.store
            .put([Entry::Topic {
                name,
                id,
                partitions: count,
                config,
            }])
            .map_err(storage)?;
        self.topics.grow(topic, count);
        tracing::info!(topic = topic.name, partitions = count, "partitions added");
        Ok(())
    }

    /// Deletes a topic, its records, and what groups have committed for it.
    pub(crate) fn delete_topic(&self, topic: &Topic) -> Result<()> {
        let _changing = self
            .changing_topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.store.delete_topic(topic)?;
        self.topics.delete(topic)?;
        self.groups.forget_topic(&topic.name)?;
        tracing::info!(topic = topic.name, "topic deleted");
        Ok(())
    }

    /// Sets a topic's configuration.
    pub(crate) fn configure_topic(&self, topic: &Topic, config: TopicConfig) -> Result<()> {
        let _changing = self
            .changing_topics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (name, id, partitions) = (topic.name.clone(), topic.id, topic.partition_count());
        self.store.put([Entry::Topic {
            name,
            id,
            partitions,
            config: config.set().clone(),
        }])?;
        topic.configure(config);
        tracing::info!(topic = topic.name, "topic configured");
        Ok(())
    }

    /// A version 4 UUID.
    pub(crate) fn new_uuid(&self) -> Uuid {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        uuid(&mut rng)
    }

    fn restore(&mut self, entries: Vec<Entry>, check: Check) -> Result<()> {
        let mut log_starts = Vec::new();
        let mut started = 0;
        for entry in entries {
            match entry {
                Entry::Cluster { id, starts } => (self.cluster_id, started) = (id, starts),
                Entry::ProducerIds { next } => self.transactions.restore_producer_ids(next),
                Entry::Topic {
                    name,
                    id,
                    partitions,
                    config,
                } => {
                    let config = TopicConfig::new(config).unwrap_or_else(|why| {
                        tracing::warn!(topic = name, why, "stored configuration ignored");
                        TopicConfig::default()
                    });
                    self.topics.load(&name, id, partitions, config, check)?;
                }
                Entry::LogStart {
                    topic,
                    partition,
                    start,
                } => log_starts.push((topic, partition, start)),
                Entry::Offset {
                    group,
                    partition,
                    committed,
                } => {
                    self.groups
                        .restore(&group, |offsets| offsets.commit(partition, committed));
                }
                Entry::PendingOffset {
                    group,
                    producer_id,
                    partition,
                    committed,
                } => {
                    self.groups.restore(&group, |offsets| {
                        offsets.commit_later(producer_id, partition, committed);
                    });
                }
                Entry::Group { id, snapshot } => self.groups.restore_members(&id, snapshot),
                Entry::Transaction { id, transaction } => {
                    self.transactions.restore(id, transaction);
                }
            }
        }
        // With the same seed the same ids would be given out again, to others.
        let rng = self.rng.get_mut().unwrap_or_else(PoisonError::into_inner);
        rng.seed(rng.get_seed().wrapping_add(started.cast_unsigned()));
        let (id, starts) = (self.cluster_id.clone(), started + 1);
        self.store.put([Entry::Cluster { id, starts }])?;
        for (topic, index, start) in log_starts {
            if let Some(partition) = self
                .topics
                .by_name(&topic)
                .and_then(|topic| topic.partition(index))
            {
                partition.delete_before(start)?;
            }
        }
        self.topics.sweep()?;
        self.transactions.recover()
    }
}

/// A topic that was created, or could be.
#[derive(Debug)]
pub(crate) struct Created {
    /// Nil when it was only validated.
    pub(crate) id: Uuid,
    pub(crate) partitions: i32,
    pub(crate) config: TopicConfig,
}

fn check_partitions(count: i32) -> Result<(), TopicError> {
    let why = match count {
        1..=MOST_PARTITIONS => return Ok(()),
        ..=0 => "Number of partitions was set to an invalid non-positive value.".to_owned(),
        _ => format!(
            "Number of partitions was set to {count}; the embedded broker has at most {MOST_PARTITIONS}."
        ),
    };
    Err((ResponseError::InvalidPartitions, why))
}

fn check_replicas(count: i16) -> Result<(), TopicError> {
    let why = match count {
        -1 | 1 => return Ok(()),
        ..=0 => {
            "Replication factor must be larger than 0, or -1 to use the default value.".to_owned()
        }
        _ => format!(
            "Unable to replicate the partition {count} time(s): The target replication factor of {count} cannot be reached because only 1 broker(s) are registered."
        ),
    };
    Err((ResponseError::InvalidReplicationFactor, why))
}

/// The failure of the storage as that of a topic.
pub(crate) fn storage(error: Error) -> TopicError {
    let why = error.to_string();
    (error.answer(), why)
}

fn lock(directory: &Path) -> Result<File> {
    let path = directory.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(Error::storage("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            path: directory.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(Error::storage("lock", &path)(source)),
    }
}

/// Whether the newest segments must be checked. The note of a clean stop holds for one start.
fn check(directory: &Path) -> Result<Check> {
    let marker = directory.join(CLEAN);
    match fs::remove_file(&marker) {
        Ok(()) => Ok(Check::Headers),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Check::Crc),
        Err(error) => Err(Error::storage("delete", &marker)(error)),
    }
}

/// 22 characters as Kafka's, of the alphabet that needs no escape in a URL.
fn new_cluster_id(rng: &mut fastrand::Rng) -> String {
    (0..22).map(|_| rng.alphanumeric()).collect()
}

fn uuid(rng: &mut fastrand::Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

/// The node's id.
pub(crate) const NODE_ID: i32 = 1;
/// Each costs memory from the moment the topic is created.
const MOST_PARTITIONS: i32 = 10_000;
/// Name of the note that everything was brought to disk.
const CLEAN: &str = "clean";
