//! What metrics say a task is made of (KIP-891).

use windlass_api::{ClassNames, Result};

use super::Worker;
use crate::config::{ConnectorConfig, ConverterRole};
use crate::herder::ConnectorType;
use crate::metrics::TaskDetails;
use crate::plugins::{PluginInfo, PluginKind};

impl Worker {
    /// The classes and versions of a task and of what its records go through.
    ///
    /// # Errors
    /// When the connector's configuration names no converter that can be had.
    pub(super) fn task_details(
        &self,
        kind: ConnectorType,
        connector: PluginInfo,
        task_class: &str,
        config: &ConnectorConfig,
    ) -> Result<TaskDetails> {
        let mut info: Vec<(&'static str, Box<str>)> = vec![
            ("connector_class", connector.class.into()),
            ("connector_type", kind.as_str().into()),
            ("connector_version", connector.version.into()),
            ("task_class", task_class.into()),
            ("task_version", connector.version.into()),
        ];
        for (role, plugin, class_label, version_label) in CONVERTERS {
            let choice = config.converter(role, &self.config)?;
            let [class, version] = self.class_and_version(plugin, &choice.plugin.class);
            info.push((class_label, class));
            info.push((version_label, version));
        }
        let stages = config.transforms();
        let transforms = stages.iter().map(|stage| {
            let class = &stage.plugin.class;
            let [class, version] = self.class_and_version(PluginKind::Transformation, class);
            [stage.alias.as_str().into(), class, version]
        });
        let predicates = stages.iter().filter_map(|stage| {
            let predicate = stage.predicate.as_ref()?;
            let class = &predicate.plugin.class;
            let [class, version] = self.class_and_version(PluginKind::Predicate, class);
            Some([predicate.alias.as_str().into(), class, version])
        });
        let mut predicates: Vec<_> = predicates.collect();
        predicates.sort();
        predicates.dedup();
        Ok(TaskDetails {
            kind,
            info,
            transforms: transforms.collect(),
            predicates,
        })
    }

    fn class_and_version(&self, kind: PluginKind, class: &str) -> [Box<str>; 2] {
        let full = self.plugins.full_name(class);
        let full = full.map_or_else(|| class.into(), String::into_boxed_str);
        let version = self.plugins.version_of(kind, class).unwrap_or_default();
        [full, version.into()]
    }
}

const CONVERTERS: [(ConverterRole, PluginKind, &str, &str); 3] = [
    (
        ConverterRole::Key,
        PluginKind::Converter,
        "key_converter_class",
        "key_converter_version",
    ),
    (
        ConverterRole::Value,
        PluginKind::Converter,
        "value_converter_class",
        "value_converter_version",
    ),
    (
        ConverterRole::Header,
        PluginKind::HeaderConverter,
        "header_converter_class",
        "header_converter_version",
    ),
];
