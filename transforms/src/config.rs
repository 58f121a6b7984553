//! Configurations of transforms.

use windlass_api::{ConfigDef, ConnectError, ParsedConfig, Props, Result};

use crate::field_path::{FieldPath, FieldSyntax};
use crate::keys::{field_syntax_version, replace_null_with_default};
use crate::nulls::Nulls;

/// What `replace.null.with.default` says.
///
/// # Errors
/// When the configuration has no such key.
pub(crate) fn nulls(config: &ParsedConfig) -> Result<Nulls> {
    let name = replace_null_with_default().name;
    Ok(match config.get(&name)? {
        true => Nulls::AreDefaults,
        false => Nulls::Stay,
    })
}

/// What `field.syntax.version` says. Also read by transforms whose Java class has no such key: they do not list it among
/// their keys, for what lists and validates these must answer as Java.
///
/// # Errors
/// When it is neither `V1` nor `V2`.
pub(crate) fn field_syntax(props: &Props) -> Result<FieldSyntax> {
    let key = field_syntax_version();
    let name = key.name.clone();
    let config = ConfigDef::new().define(key).parse(props)?;
    let version: &str = config.get(&name)?;
    Ok(match version.eq_ignore_ascii_case("V2") {
        true => FieldSyntax::V2,
        false => FieldSyntax::V1,
    })
}

/// Names of fields as paths.
///
/// # Errors
/// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when a backtick is not closed, or a path leads nowhere.
pub(crate) fn field_paths(names: &[String], syntax: FieldSyntax) -> Result<Vec<FieldPath>> {
    let path = |name: &String| match FieldPath::new(name, syntax)? {
        path if path.steps().is_empty() => {
            Err(ConnectError::config("the path of a field is empty"))
        }
        path => Ok(path),
    };
    names.iter().map(path).collect()
}
