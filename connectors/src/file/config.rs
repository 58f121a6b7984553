//! The keys of both connectors.

use std::path::PathBuf;

use windlass_api::{ConfigDef, ConfigKey, Importance, Kind, Props, Result, Validator};

/// `FileStreamSourceConnector.CONFIG_DEF`
pub(super) fn source() -> ConfigDef {
    ConfigDef::new()
        .define(file_key("Source filename. If not specified, the standard input will be used"))
        .define(
            ConfigKey::new(TOPIC, Kind::String)
                .validator(Validator::non_empty_string())
                .importance(Importance::High)
                .documentation("The topic to publish data to"),
        )
        .define(ConfigKey::new(BATCH_SIZE, Kind::Int).default_value(2000).documentation(
            "The maximum number of records the source task can read from the file each time it is polled",
        ))
}

/// `FileStreamSinkConnector.CONFIG_DEF`
pub(super) fn sink() -> ConfigDef {
    ConfigDef::new().define(file_key(
        "Destination filename. If not specified, the standard output will be used",
    ))
}

/// What a source is told.
pub(super) struct SourceConfig {
    /// The file to read, as the user wrote it; `None` for standard input.
    pub(super) file: Option<String>,
    pub(super) topic: String,
    /// The most records of one poll; at least 1, which is what Java's loop gives where the value is less.
    pub(super) batch_size: usize,
}

impl SourceConfig {
    pub(super) fn parse(props: &Props) -> Result<Self> {
        let config = source().parse(props)?;
        Ok(SourceConfig {
            file: config
                .get::<Option<String>>(FILE)?
                .filter(|file| !file.is_empty()),
            topic: config.get(TOPIC)?,
            batch_size: usize::try_from(config.get::<i32>(BATCH_SIZE)?)
                .unwrap_or(1)
                .max(1),
        })
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(PathBuf::from)
    }
}

/// The file a sink writes; `None` for standard output.
pub(super) fn sink_file(props: &Props) -> Result<Option<String>> {
    let config = sink().parse(props)?;
    Ok(config
        .get::<Option<String>>(FILE)?
        .filter(|file| !file.is_empty()))
}

fn file_key(documentation: &str) -> ConfigKey {
    ConfigKey::new(FILE, Kind::String)
        .optional()
        .importance(Importance::High)
        .documentation(documentation)
}

const FILE: &str = "file";
const TOPIC: &str = "topic";
const BATCH_SIZE: &str = "batch.size";
