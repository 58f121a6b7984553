//! What a JSON Schema says, taken apart as the validator behind Confluent's converter does it.

use windlass_api::Text;

use crate::json::error::{self, ReadResult};
use crate::json::node::{Content, Node};

/// One of the things that a schema demands of a value.
#[derive(Clone)]
pub(super) enum Part<'n> {
    Boolean,
    Number {
        integer: bool,
    },
    String {
        has_format: bool,
    },
    Null,
    Object(&'n Node),
    Array(&'n Node),
    Enum(&'n [Node]),
    Const(&'n Node),
    /// One or any of several schemas.
    Either(&'n [Node]),
    /// All of several schemas.
    All(&'n [Node]),
    /// A schema inside that is several parts itself.
    Schema(&'n Node),
    /// One of several types.
    Types(Vec<Part<'n>>),
    Reference(&'n Text),
    /// Something that says nothing of the type.
    Other,
}

/// The parts of a schema; none when it admits anything.
pub(super) fn parts(node: &Node) -> ReadResult<Vec<Part<'_>>> {
    if matches!(node.content, Content::Boolean(true)) {
        return Ok(Vec::new());
    }
    if !matches!(node.content, Content::Object(_)) {
        return Err(error::data("expected an object for a JSON schema"));
    }
    if let Some(reference) = node.get("$ref").and_then(Node::as_text) {
        return Ok(vec![Part::Reference(reference)]);
    }
    let mut parts = Vec::new();
    if let Some(symbols) = node.get("enum") {
        parts.push(Part::Enum(elements(symbols)?));
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        if let Some(node) = node.get(name) {
            let schemas = elements(node)?;
            parts.push(if name == "allOf" {
                Part::All(schemas)
            } else {
                Part::Either(schemas)
            });
        }
    }
    if node.get("not").is_some() {
        parts.push(Part::Other);
    }
    if let Some(value) = node.get("const") {
        parts.push(Part::Const(value));
    }
    match node.get("type") {
        None => parts.extend(implied(node, "")),
        Some(kind) => {
            let part = declared(node, kind)?;
            let name = kind.as_text().map_or("", |name| name.as_str());
            parts.push(part);
            parts.extend(implied(node, name));
        }
    }
    Ok(parts)
}

fn declared<'n>(node: &'n Node, kind: &'n Node) -> ReadResult<Part<'n>> {
    let part_of = |kind: &Node| match kind.as_text().map(|text| text.as_str()) {
        Some("string") => Ok(Part::String {
            has_format: node.get("format").is_some(),
        }),
        Some("integer") => Ok(Part::Number { integer: true }),
        Some("number") => Ok(Part::Number { integer: false }),
        Some("boolean") => Ok(Part::Boolean),
        Some("null") => Ok(Part::Null),
        Some("array") => Ok(Part::Array(node)),
        Some("object") => Ok(Part::Object(node)),
        _ => Err(error::data(
            "expected the name of a type for \"type\" in a JSON schema",
        )),
    };
    match &kind.content {
        Content::Array(kinds) => Ok(Part::Types(
            kinds.iter().map(part_of).collect::<ReadResult<_>>()?,
        )),
        _ => part_of(kind),
    }
}

/// What keywords tell of the type that belong to another one than is declared.
fn implied<'n>(node: &'n Node, declared: &str) -> Vec<Part<'n>> {
    let has = |names: &[&str]| names.iter().any(|name| node.get(name).is_some());
    let several = node
        .get("type")
        .is_some_and(|kind| matches!(kind.content, Content::Array(_)));
    let mut parts = Vec::new();
    if several {
        return parts;
    }
    if declared != "array" && has(ARRAY_KEYWORDS) {
        parts.push(Part::Array(node));
    }
    if declared != "object" && has(OBJECT_KEYWORDS) {
        parts.push(Part::Object(node));
    }
    if !matches!(declared, "integer" | "number") && has(NUMBER_KEYWORDS) {
        parts.push(Part::Number { integer: false });
    }
    if declared != "string" && has(STRING_KEYWORDS) {
        parts.push(Part::String {
            has_format: node.get("format").is_some(),
        });
    }
    if has(&["if", "then", "else"]) {
        parts.push(Part::Other);
    }
    parts
}

/// The elements of an array.
pub(super) fn elements(node: &Node) -> ReadResult<&[Node]> {
    match &node.content {
        Content::Array(elements) => Ok(elements),
        _ => Err(error::data("expected an array in a JSON schema")),
    }
}

const ARRAY_KEYWORDS: &[&str] = &[
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
];
const OBJECT_KEYWORDS: &[&str] = &[
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
];
const NUMBER_KEYWORDS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];
const STRING_KEYWORDS: &[&str] = &["minLength", "maxLength", "pattern", "format"];
