//! The topics and where they are kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;
use windlass_wire::batch::{Batch, ControlMarker};
use windlass_wire::compression::Codecs;

use crate::error::{Error, Result};
use crate::log::{Check, Log, Producers};
use crate::partition::Partition;
use crate::topic_config::{Rules, TopicConfig};

/// One topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    config: RwLock<TopicConfig>,
    partitions: RwLock<Vec<Arc<Partition>>>,
}

impl Topic {
    pub(crate) fn config(&self) -> TopicConfig {
        self.config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn rules(&self) -> Rules {
        *self
            .config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .rules()
    }

    pub(crate) fn configure(&self, config: TopicConfig) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        let partitions = self
            .partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        partitions.get(usize::try_from(index).ok()?).cloned()
    }

    pub(crate) fn partitions(&self) -> Vec<Arc<Partition>> {
        self.partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn partition_count(&self) -> i32 {
        self.partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len() as i32
    }
}

/// All topics, by name and by id.
#[derive(Debug)]
pub(crate) struct Topics {
    /// Where logs are files; `None` in memory.
    directory: Option<PathBuf>,
    tables: RwLock<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    by_name: BTreeMap<String, Arc<Topic>>,
    by_id: BTreeMap<Uuid, Arc<Topic>>,
}

impl Topics {
    pub(crate) fn new(directory: Option<PathBuf>) -> Topics {
        Topics {
            directory,
            tables: RwLock::default(),
        }
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<Arc<Topic>> {
        self.tables
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .get(name)
            .cloned()
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.tables
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(&id)
            .cloned()
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.tables
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .values()
            .cloned()
            .collect()
    }

    /// Makes room for a topic without records. `None` when the name is taken.
    pub(crate) fn create(
        &self,
        name: &str,
        id: Uuid,
        partitions: i32,
        config: TopicConfig,
    ) -> Option<Arc<Topic>> {
        let partitions = (0..partitions)
            .map(|index| self.empty(name, index))
            .collect();
        self.insert(name, id, partitions, config)
    }

    /// Reads a topic's records back.
    pub(crate) fn load(
        &self,
        name: &str,
        id: Uuid,
        partitions: i32,
        config: TopicConfig,
        check: Check,
    ) -> Result<Option<Arc<Topic>>> {
        let partitions = (0..partitions)
            .map(|index| self.read(name, index, check))
            .collect::<Result<_>>()?;
        Ok(self.insert(name, id, partitions, config))
    }

    /// Gives the topic more partitions.
    pub(crate) fn grow(&self, topic: &Topic, count: i32) {
        let mut partitions = topic
            .partitions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for index in partitions.len() as i32..count {
            partitions.push(self.empty(&topic.name, index));
        }
    }

    /// Forgets the topic and deletes its records.
    pub(crate) fn delete(&self, topic: &Topic) -> Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.by_name.remove(&topic.name);
        tables.by_id.remove(&topic.id);
        drop(tables);
        topic
            .partitions()
            .iter()
            .try_for_each(|partition| partition.delete())
    }

    /// Deletes the directories of topics that are not here: a crash came between forgetting and deleting them.
    pub(crate) fn sweep(&self) -> Result<()> {
        let Some(directory) = self
            .directory
            .as_deref()
            .filter(|directory| directory.exists())
        else {
            return Ok(());
        };
        for entry in std::fs::read_dir(directory).map_err(Error::storage("read", directory))? {
            let path = entry.map_err(Error::storage("read", directory))?.path();
            let owner = path
                .file_name()
                .and_then(|name| name.to_str()?.rsplit_once('-'));
            let known = owner.is_some_and(|(name, index)| {
                let topic = self.by_name(name);
                topic.is_some_and(|topic| {
                    index
                        .parse()
                        .is_ok_and(|index| topic.partition(index).is_some())
                })
            });
            if !known {
                std::fs::remove_dir_all(&path).map_err(Error::storage("delete", &path))?;
            }
        }
        Ok(())
    }

    fn insert(
        &self,
        name: &str,
        id: Uuid,
        partitions: Vec<Arc<Partition>>,
        config: TopicConfig,
    ) -> Option<Arc<Topic>> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if tables.by_name.contains_key(name) {
            return None;
        }
        let (config, partitions) = (RwLock::new(config), RwLock::new(partitions));
        let topic = Arc::new(Topic {
            name: name.to_owned(),
            id,
            config,
            partitions,
        });
        tables.by_name.insert(name.to_owned(), topic.clone());
        tables.by_id.insert(id, topic.clone());
        Some(topic)
    }

    fn empty(&self, name: &str, index: i32) -> Arc<Partition> {
        Arc::new(Partition::new(
            Log::new(self.path(name, index)),
            Producers::default(),
        ))
    }

    fn read(&self, name: &str, index: i32, check: Check) -> Result<Arc<Partition>> {
        let Some(path) = self.path(name, index) else {
            return Ok(self.empty(name, index));
        };
        let mut producers = Producers::default();
        let log = Log::open(&path, check, |header, control| match control {
            None => producers.note(header),
            Some(bytes) => {
                if let Some(marker) = marker(bytes) {
                    producers.note_marker(header, marker);
                }
            }
        })?;
        Ok(Arc::new(Partition::new(log, producers)))
    }

    fn path(&self, name: &str, index: i32) -> Option<PathBuf> {
        let directory: &Path = self.directory.as_deref()?;
        Some(directory.join(format!("{name}-{index}")))
    }
}

/// Why a name is no topic's, in Kafka's words.
pub(crate) fn invalid_name(name: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let why = if name.is_empty() {
        "the empty string is not allowed".to_owned()
    } else if name == "." || name == ".." {
        format!("'{name}' is not allowed")
    } else if name.len() > MOST_NAME_BYTES {
        format!("the length of '{name}' is longer than the max allowed length {MOST_NAME_BYTES}")
    } else if !name.bytes().all(allowed) {
        format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        )
    } else {
        return None;
    };
    Some(format!("Topic name is invalid: {why}"))
}

fn marker(batch: bytes::Bytes) -> Option<ControlMarker> {
    let records = Batch::parse(batch)
        .ok()?
        .open_unchecked(&mut Codecs::default(), 1024)
        .ok()?;
    let record = records.records().next()?.ok()?;
    ControlMarker::parse(&record).ok()
}

const MOST_NAME_BYTES: usize = 249;
