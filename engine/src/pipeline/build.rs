//! Making converters and transforms as a connector's configuration says.

use windlass_api::{ClassNames, ConnectError, Result};

use super::{ConverterClasses, Converters, Guard, TransformStage, Transforms};
use crate::config::{self, ConnectorConfig, ConverterRole, WorkerConfig};
use crate::plugins::{PluginError, Plugins};
use crate::trace::java_class;

/// A connector's converters, or the worker's where it has none of its own.
///
/// # Errors
/// When there is no such class, or a value is wrong.
pub(crate) fn build_converters(
    plugins: &Plugins,
    connector: &ConnectorConfig,
    worker: &WorkerConfig,
) -> Result<Converters> {
    let data = |role, is_key| {
        let choice = connector.converter(role, worker)?;
        let (class, versions) = (&choice.plugin.class, &choice.plugin.versions);
        let mut converter = plugins.converter(class, versions).map_err(plugin)?;
        converter.configure(&choice.props, is_key)?;
        Ok::<_, ConnectError>((converter, full_name(plugins, class)))
    };
    let choice = connector.converter(ConverterRole::Header, worker)?;
    let (class, versions) = (&choice.plugin.class, &choice.plugin.versions);
    let mut header = plugins.header_converter(class, versions).map_err(plugin)?;
    header.configure(&choice.props)?;
    let header_class = full_name(plugins, class);
    let (key, key_class) = data(ConverterRole::Key, true)?;
    let (value, value_class) = data(ConverterRole::Value, false)?;
    Ok(Converters {
        key,
        value,
        header,
        classes: ConverterClasses {
            key: key_class,
            value: value_class,
            header: header_class,
        },
    })
}

/// The chain of a connector's transforms.
///
/// # Errors
/// When there is no such class, or a value is wrong.
pub(crate) fn build_transforms(
    plugins: &Plugins,
    connector: &ConnectorConfig,
) -> Result<Transforms> {
    let stages = connector.transforms().iter();
    let stages = stages.map(|stage| build_stage(plugins, stage));
    Ok(Transforms::new(stages.collect::<Result<_>>()?))
}

fn build_stage(plugins: &Plugins, stage: &config::TransformStage) -> Result<TransformStage> {
    let class = &stage.plugin.class;
    let mut transform = plugins.transform(class).map_err(plugin)?;
    transform.configure(&stage.props).map_err(wrapped)?;
    let guard = match &stage.predicate {
        Some(guard) => {
            let mut predicate = plugins.predicate(&guard.plugin.class).map_err(plugin)?;
            predicate.configure(&guard.props).map_err(wrapped)?;
            Some(Guard {
                predicate,
                negate: guard.negate,
            })
        }
        None => None,
    };
    Ok(TransformStage {
        alias: stage.alias.as_str().into(),
        class: full_name(plugins, class),
        transform,
        guard,
    })
}

/// As `ConnectorConfig.transformationStages` wraps what goes wrong.
fn wrapped(error: ConnectError) -> ConnectError {
    let class = java_class(error.kind());
    ConnectError::connect(format!("{class}: {}", error.message())).caused_by(error)
}

fn full_name(plugins: &Plugins, class: &str) -> Box<str> {
    plugins
        .full_name(class)
        .map_or_else(|| class.into(), String::into_boxed_str)
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn plugin(error: PluginError) -> ConnectError {
    ConnectError::connect(error.to_string())
}
