//! The lines of a file of vectors.

use std::ops::Index;
use std::path::PathBuf;

use serde_json::Value as Json;
use windlass_api::Props;

/// One vector: a JSON object, read by key. A key that is not there reads as null.
pub struct Case {
    json: Json,
}

impl Case {
    /// The id, unique among all files of one folder.
    pub fn id(&self) -> &str {
        text(&self.json["id"])
    }

    /// The operation; transforms have none.
    pub fn op(&self) -> &str {
        self.json["op"].as_str().unwrap_or_default()
    }

    /// Whether it carries a tag, such as `jdk17-float-text`.
    pub fn is_tagged(&self, tag: &str) -> bool {
        self.json["tags"]
            .as_array()
            .is_some_and(|tags| tags.iter().any(|t| t == tag))
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.json.get(key).is_some()
    }
}

impl Index<&str> for Case {
    type Output = Json;

    fn index(&self, key: &str) -> &Json {
        &self.json[key]
    }
}

/// The cases of a file, such as `data/values.jsonl`, in order.
///
/// # Panics
/// When the file cannot be read or is not what it should be.
pub fn cases(file: &str) -> Vec<Case> {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let parse = |(i, line)| {
        let json = serde_json::from_str(line).unwrap_or_else(|e| panic!("{file}:{}: {e}", i + 1));
        Case { json }
    };
    text.lines().enumerate().map(parse).collect()
}

/// Where the vectors are: the folder that the variable `GOLDEN_DIR` names, else the project's own.
pub fn folder() -> PathBuf {
    match std::env::var_os("GOLDEN_DIR") {
        Some(folder) => folder.into(),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../golden").into(),
    }
}

/// A configuration; a null value stays one.
pub fn props(json: &Json) -> Props {
    let entries = json.as_object().expect("a configuration is an object");
    entries
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned)))
        .collect()
}

/// The text of a JSON string.
pub(crate) fn text(json: &Json) -> &str {
    json.as_str()
        .unwrap_or_else(|| panic!("expected a string, found {json}"))
}
