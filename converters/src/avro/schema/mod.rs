//! Avro schemas, with every attribute that they were written with.

mod compatible;
mod name;
mod parse;
mod print;

use serde_json::{Map, Value};
use windlass_api::Text;

pub(crate) use name::{Name, check_part};

/// An Avro schema. `Display` gives it as JSON, the attributes in the order of Java's Avro; types of other schemas that it
/// uses stay names.
#[derive(Clone, Debug)]
pub struct AvroSchema {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    /// How many of the nodes, which come first, are those of other schemas.
    pub(crate) borrowed: usize,
}

/// The place of a type in its schema. Types that are used by name are shared, so that a schema may contain itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// A type, with the attributes that Avro itself does not know.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) props: Map<String, Value>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record(Record),
    Enum(Enum),
    Fixed(Fixed),
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) fields: Vec<RecordField>,
}

#[derive(Clone, Debug)]
pub(crate) struct RecordField {
    pub(crate) name: Text,
    pub(crate) doc: Option<String>,
    pub(crate) schema: NodeId,
    pub(crate) default: Option<Value>,
    pub(crate) order: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) props: Map<String, Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) symbols: Vec<Text>,
    pub(crate) default: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(crate) name: Name,
    pub(crate) doc: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) size: usize,
}

impl AvroSchema {
    /// A schema under construction, whose root is to be set.
    pub(crate) fn empty() -> Self {
        AvroSchema {
            nodes: Vec::new(),
            root: NodeId(0),
            borrowed: 0,
        }
    }

    /// Adds a type.
    pub(crate) fn push(&mut self, kind: Kind) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            kind,
            props: Map::new(),
        });
        id
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(crate) fn kind(&self, id: NodeId) -> &Kind {
        &self.node(id).kind
    }

    /// Whether a type is that of another schema.
    pub(crate) fn is_borrowed(&self, id: NodeId) -> bool {
        (id.0 as usize) < self.borrowed
    }

    /// The full name of a named type; of others the name of their kind.
    pub(crate) fn full_name(&self, id: NodeId) -> String {
        match self.kind(id).name() {
            Some(name) => name.full(),
            None => self.kind(id).label().to_owned(),
        }
    }

    /// The full name of the root: what the strategies take that name subjects by records.
    pub fn name(&self) -> String {
        self.full_name(self.root)
    }

    /// Whether both say the same to a reader and a writer: documentation, defaults and unknown attributes do not count.
    pub(crate) fn same_shape(&self, a: NodeId, b: NodeId) -> bool {
        let mut open = Vec::new();
        self.same_shape_within(a, b, &mut open)
    }

    fn same_shape_within(&self, a: NodeId, b: NodeId, open: &mut Vec<(NodeId, NodeId)>) -> bool {
        if a == b || open.contains(&(a, b)) {
            return true;
        }
        match (self.kind(a), self.kind(b)) {
            (Kind::Array(a), Kind::Array(b)) | (Kind::Map(a), Kind::Map(b)) => {
                self.same_shape_within(*a, *b, open)
            }
            (Kind::Union(a), Kind::Union(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|(a, b)| self.same_shape_within(*a, *b, open))
            }
            (Kind::Record(r), Kind::Record(s)) => {
                open.push((a, b));
                r.name == s.name
                    && r.fields.len() == s.fields.len()
                    && r.fields.iter().zip(&s.fields).all(|(f, g)| {
                        f.name == g.name && self.same_shape_within(f.schema, g.schema, open)
                    })
            }
            (Kind::Enum(a), Kind::Enum(b)) => a.name == b.name && a.symbols == b.symbols,
            (Kind::Fixed(a), Kind::Fixed(b)) => a.name == b.name && a.size == b.size,
            (of_a, of_b) => {
                std::mem::discriminant(of_a) == std::mem::discriminant(of_b)
                    && MEANING
                        .iter()
                        .all(|name| self.node(a).props.get(*name) == self.node(b).props.get(*name))
            }
        }
    }
}

/// The attributes of a primitive type that decide what its values mean.
const MEANING: [&str; 5] = [
    "logicalType",
    "precision",
    "scale",
    "connect.type",
    "connect.name",
];

impl Node {
    /// An attribute that is text.
    pub(crate) fn prop(&self, name: &str) -> Option<&str> {
        self.props.get(name)?.as_str()
    }
}

impl Kind {
    /// The name in the language.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Int => "int",
            Kind::Long => "long",
            Kind::Float => "float",
            Kind::Double => "double",
            Kind::Bytes => "bytes",
            Kind::String => "string",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Union(_) => "union",
            Kind::Record(_) => "record",
            Kind::Enum(_) => "enum",
            Kind::Fixed(_) => "fixed",
        }
    }

    pub(crate) fn name(&self) -> Option<&Name> {
        match self {
            Kind::Record(record) => Some(&record.name),
            Kind::Enum(symbols) => Some(&symbols.name),
            Kind::Fixed(fixed) => Some(&fixed.name),
            _ => None,
        }
    }

    pub(crate) fn aliases(&self) -> &[String] {
        match self {
            Kind::Record(record) => &record.aliases,
            Kind::Enum(symbols) => &symbols.aliases,
            Kind::Fixed(fixed) => &fixed.aliases,
            _ => &[],
        }
    }

    fn primitive(label: &str) -> Option<Kind> {
        Some(match label {
            "null" => Kind::Null,
            "boolean" => Kind::Boolean,
            "int" => Kind::Int,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "bytes" => Kind::Bytes,
            "string" => Kind::String,
            _ => return None,
        })
    }
}
