//! The documents that a JSON Schema consists of: its own text and those that it refers to.

use windlass_api::Text;

use crate::json::error::{self, ReadResult};
use crate::json::node::{Content, Node};
use crate::json::scanner::Scanner;

/// A schema's text and the texts that its references name.
pub(super) struct Documents {
    all: Vec<Document>,
}

/// One text, as a tree.
pub(super) struct Document {
    name: String,
    pub(super) text: Text,
    pub(super) root: Node,
}

/// A schema in one of the documents.
#[derive(Clone, Copy)]
pub(super) struct Place<'d> {
    pub(super) document: &'d Document,
    pub(super) node: &'d Node,
}

impl Documents {
    /// Reads the texts; the references come as name and text.
    pub(super) fn read(text: &str, references: &[(String, String)]) -> ReadResult<Self> {
        let mut all = vec![Document::read(String::new(), text)?];
        for (name, text) in references {
            all.push(Document::read(name.clone(), text)?);
        }
        Ok(Documents { all })
    }

    /// The schema itself.
    pub(super) fn root(&self) -> Place<'_> {
        let document = &self.all[0];
        Place {
            document,
            node: &document.root,
        }
    }

    /// What a `$ref` points to.
    pub(super) fn resolve<'d>(&'d self, from: Place<'d>, reference: &str) -> ReadResult<Place<'d>> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let unknown = || {
            error::data(format!(
                "cannot resolve the reference {reference:?} in a JSON schema"
            ))
        };
        let document = self.document(from.document, uri);
        if let Some(document) = document {
            let node = if fragment.is_empty() || fragment.starts_with('/') {
                pointer(&document.root, fragment)
            } else {
                anchor(&document.root, fragment)
            };
            return Ok(Place {
                document,
                node: node.ok_or_else(unknown)?,
            });
        }
        // A schema inside the document may have the whole reference for its id.
        let node = with_id(&from.document.root, &|id| id == reference).ok_or_else(unknown)?;
        Ok(Place {
            document: from.document,
            node,
        })
    }

    fn document<'d>(&'d self, from: &'d Document, uri: &str) -> Option<&'d Document> {
        if uri.is_empty() {
            return Some(from);
        }
        let absolute = join(from.id().unwrap_or(""), uri);
        self.all.iter().find(|document| {
            let id = document.id().unwrap_or("");
            [uri, &absolute].iter().any(|wanted| {
                document.name == *wanted
                    || id.trim_end_matches('#') == *wanted
                    || !document.name.is_empty()
                        && join(from.id().unwrap_or(""), &document.name) == **wanted
            })
        })
    }
}

impl Document {
    fn read(name: String, text: &str) -> ReadResult<Self> {
        let text = Text::from(text);
        let root = Node::read(&mut Scanner::new(&text))?;
        Ok(Document { name, text, root })
    }

    fn id(&self) -> Option<&str> {
        let id = self.root.get("$id").or_else(|| self.root.get("id"))?;
        id.as_text().map(|text| text.as_str())
    }
}

/// A relative address seen from a base: as much of RFC 3986 as names of schemas need.
fn join(base: &str, uri: &str) -> String {
    if uri.contains("://") || uri.starts_with("urn:") {
        return uri.to_owned();
    }
    if let Some(path) = uri.strip_prefix('/') {
        let host = base.find("://").map(|at| at + 3);
        let end = host.and_then(|at| base[at..].find('/').map(|slash| at + slash));
        return format!("{}/{path}", &base[..end.unwrap_or(base.len())]);
    }
    let directory = base.rfind('/').map_or("", |at| &base[..=at]);
    format!("{directory}{}", uri.strip_prefix("./").unwrap_or(uri))
}

fn pointer<'d>(root: &'d Node, pointer: &str) -> Option<&'d Node> {
    pointer
        .split('/')
        .skip(1)
        .try_fold(root, |node, step| match &node.content {
            Content::Array(elements) => elements.get(step.parse::<usize>().ok()?),
            _ => node.get(&percent_decoded(step)?.replace("~1", "/").replace("~0", "~")),
        })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let (code, tail) = tail.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn anchor<'d>(root: &'d Node, name: &str) -> Option<&'d Node> {
    let is_anchor = |node: &Node| {
        let anchor = node.get("$anchor").and_then(Node::as_text);
        anchor.is_some_and(|anchor| anchor.as_str() == name)
    };
    let is_id = |id: &str| id.strip_prefix('#') == Some(name);
    find(root, &is_anchor).or_else(|| with_id(root, &is_id))
}

fn with_id<'d>(root: &'d Node, wanted: &dyn Fn(&str) -> bool) -> Option<&'d Node> {
    find(root, &|node| {
        let id = node.get("$id").or_else(|| node.get("id"));
        id.and_then(Node::as_text).is_some_and(|id| wanted(id))
    })
}

fn find<'d>(node: &'d Node, wanted: &dyn Fn(&Node) -> bool) -> Option<&'d Node> {
    if wanted(node) {
        return Some(node);
    }
    match &node.content {
        Content::Array(elements) => elements.iter().find_map(|node| find(node, wanted)),
        Content::Object(members) => members.iter().find_map(|(_, node)| find(node, wanted)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_join_as_urls_do() {
        assert_eq!(
            join("http://a.org/s/order.json", "item.json"),
            "http://a.org/s/item.json"
        );
        assert_eq!(
            join("http://a.org/s/order.json", "/x.json"),
            "http://a.org/x.json"
        );
        assert_eq!(join("", "item.json"), "item.json");
        assert_eq!(join("http://a.org/s", "urn:x"), "urn:x");
    }

    #[test]
    fn references_are_found_by_pointer_anchor_id_and_name() {
        let text = r##"{"$id":"http://a.org/order.json","definitions":{"a/b":{"type":"null"},
            "c":{"$id":"#here","type":"string"},"d":{"$anchor":"there"}},"list":[{"x":1}]}"##;
        let item = r#"{"$id":"http://a.org/item.json","type":"object"}"#.to_owned();
        let documents = Documents::read(text, &[("item".to_owned(), item)]).unwrap();
        let root = documents.root();
        let found = |reference: &str| {
            documents
                .resolve(root, reference)
                .ok()
                .map(|p| p.node.span.len())
        };
        assert_eq!(found("#"), Some(root.node.span.len()));
        assert_eq!(found("#/definitions/a~1b"), Some(15));
        assert_eq!(found("#/definitions/a%2Fb"), Some(15));
        assert_eq!(found("#here"), found("#/definitions/c"));
        assert_eq!(found("#there"), found("#/definitions/d"));
        assert_eq!(found("#/list/0"), Some(7));
        assert_eq!(found("item.json"), found("item"));
        assert!(found("item.json").is_some());
        assert_eq!(found("#/list/7"), None);
        assert_eq!(found("other.json"), None);
    }
}
