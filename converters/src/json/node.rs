//! JSON as a tree: for schemas, which are read once.

use std::ops::Range;

use windlass_api::Text;

use super::error::ReadResult;
use super::scanner::{Kind, Scanner};

/// A value and where it stands.
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) span: Range<usize>,
}

/// What a value is.
pub(crate) enum Content {
    Null,
    Boolean(bool),
    /// An integer, cut to 64 bits.
    Integer(i64),
    /// A number with a point or exponent, which no schema asks for.
    Decimal,
    String(Text),
    Array(Vec<Node>),
    /// Every key once, with its last value.
    Object(Vec<(Text, Node)>),
}

impl Node {
    /// Reads the value that begins here.
    pub(crate) fn read(scanner: &mut Scanner<'_>) -> ReadResult<Node> {
        let kind = scanner.peek()?;
        let start = scanner.position();
        let content = match kind {
            Kind::Null => {
                scanner.null()?;
                Content::Null
            }
            Kind::Boolean => Content::Boolean(scanner.boolean()?),
            Kind::Number => {
                let number = scanner.number()?;
                if number.is_integral() {
                    Content::Integer(number.to_i64())
                } else {
                    Content::Decimal
                }
            }
            Kind::String => Content::String(scanner.string()?),
            Kind::Array => {
                let mut elements = Vec::new();
                scanner.enter()?;
                while scanner.next_element(elements.is_empty())? {
                    elements.push(Node::read(scanner)?);
                }
                Content::Array(elements)
            }
            Kind::Object => Content::Object(read_object(scanner)?),
            Kind::Missing => return Err(scanner.expected("a value")),
        };
        Ok(Node {
            content,
            span: start..scanner.position(),
        })
    }

    /// The value of a key; `None` too when this is no object.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Object(entries) => entries
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text of a string.
    pub(crate) fn as_text(&self) -> Option<&Text> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }
}

fn read_object(scanner: &mut Scanner<'_>) -> ReadResult<Vec<(Text, Node)>> {
    let mut entries: Vec<(Text, Node)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    scanner.enter()?;
    let mut first = true;
    while let Some(key) = scanner.next_key(first)? {
        let node = Node::read(scanner)?;
        match places.get(&key) {
            Some(&at) => {
                let entry: &mut (Text, Node) = &mut entries[at];
                entry.1 = node;
            }
            None => {
                places.insert(key.clone(), entries.len());
                entries.push((key, node));
            }
        }
        first = false;
    }
    Ok(entries)
}
