//! What is cast to what.

use windlass_api::{ConfigData, ConnectError, ErrorKind, Result, Type};

use crate::field_path::{FieldPath, FieldSyntax};
use crate::field_tree::FieldTree;

/// What is cast to what.
#[derive(Debug)]
pub(super) enum Spec {
    /// The whole value.
    Whole(Type),
    /// Fields.
    Fields(FieldTree<Type>),
}

impl Spec {
    /// Reads items, each a type or a field and its type.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when they are not as [`check_spec`] demands.
    pub(super) fn new(items: &[String], syntax: FieldSyntax) -> Result<Self> {
        let mut fields = Vec::new();
        for item in items {
            match read(item)? {
                (None, kind) => return Ok(Spec::Whole(kind)),
                (Some(field), kind) => fields.push((FieldPath::new(field, syntax)?, kind)),
            }
        }
        Ok(Spec::Fields(FieldTree::new(fields)?))
    }
}

impl Default for Spec {
    fn default() -> Self {
        Spec::Whole(Type::String)
    }
}

/// Checks the list of items as Java does when it reads them; null is no list.
///
/// # Errors
/// [`ErrorKind::Config`] saying which item is wrong.
pub(super) fn check_spec(value: &ConfigData) -> Result<()> {
    let items = match value {
        ConfigData::List(items) if !items.is_empty() => items,
        _ => {
            return Err(ConnectError::config(
                "Must specify at least one field to cast.",
            ));
        }
    };
    let mut whole_value = false;
    for item in items {
        whole_value |= read(item)?.0.is_none();
    }
    if whole_value && items.len() > 1 {
        return Err(ConnectError::config(
            "Cast transformations that specify a type to cast the entire value to may ONLY specify a single cast in \
             their spec",
        ));
    }
    Ok(())
}

/// The field, if one is named, and the type.
fn read(item: &str) -> Result<(Option<&str>, Type)> {
    // As `String.split`: empty parts at the end do not count.
    let mut parts: Vec<&str> = item.split(':').collect();
    while parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    match parts[..] {
        [""] if !item.is_empty() => Err(ConnectError::new(
            ErrorKind::Internal,
            format!("no type in the casting spec {item}"),
        )),
        [kind] => Ok((None, parse_type(kind.trim())?)),
        [field, kind] => Ok((Some(field.trim()), parse_type(kind.trim())?)),
        // Java swaps name and value here.
        _ => invalid(item, "Invalid rename mapping"),
    }
}

fn parse_type(text: &str) -> Result<Type> {
    match Type::from_name(&text.to_ascii_lowercase()) {
        Some(kind) if kind.is_primitive() && kind != Type::Bytes => Ok(kind),
        Some(kind) => Err(ConnectError::config(format!(
            "Unsupported type in casting spec: {kind}"
        ))),
        None => {
            let name = text.to_uppercase();
            invalid(
                &format!(
                    "java.lang.IllegalArgumentException: No enum constant \
                     org.apache.kafka.connect.data.Schema.Type.{name}"
                ),
                &format!("Invalid type found in casting spec: {text}"),
            )
        }
    }
}

fn invalid<T>(what: &str, item: &str) -> Result<T> {
    Err(ConnectError::config(format!(
        "Invalid value {what} for configuration {item}"
    )))
}
