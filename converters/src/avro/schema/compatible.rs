//! Whether one schema can read what another one wrote.

use std::collections::{HashMap, HashSet};

use super::{AvroSchema, Enum, Kind, NodeId, Record};

impl AvroSchema {
    /// Whether this schema, as the reader's, can read what `writer` wrote, by the rules of Avro's schema resolution.
    ///
    /// # Errors
    /// What cannot be read, and where.
    pub fn can_read(&self, writer: &AvroSchema) -> Result<(), String> {
        let mut pair = Pair {
            reader: self,
            writer,
            seen: HashSet::new(),
            failed: HashMap::new(),
            path: String::new(),
            depth: 0,
        };
        pair.check(self.root, writer.root)
    }
}

struct Pair<'s> {
    reader: &'s AvroSchema,
    writer: &'s AvroSchema,
    /// Records under way or found good: a pair of these is checked once, so that recursion ends.
    seen: HashSet<(NodeId, NodeId)>,
    /// Records found bad, so that branches of unions are not tried over and over.
    failed: HashMap<(NodeId, NodeId), String>,
    path: String,
    depth: usize,
}

impl Pair<'_> {
    fn check(&mut self, reader: NodeId, writer: NodeId) -> Result<(), String> {
        let (r, w) = (self.reader.kind(reader), self.writer.kind(writer));
        match (r, w) {
            (_, Kind::Union(branches)) => branches
                .iter()
                .try_for_each(|branch| self.check(reader, *branch)),
            (Kind::Union(branches), _) => self.check_branches(branches, writer),
            (Kind::Array(r), Kind::Array(w)) | (Kind::Map(r), Kind::Map(w)) => {
                self.within("[]", |pair| pair.check(*r, *w))
            }
            (Kind::Record(r), Kind::Record(w)) => {
                self.check_names(reader, writer)?;
                if let Some(reason) = self.failed.get(&(reader, writer)) {
                    return Err(reason.clone());
                }
                if !self.seen.insert((reader, writer)) {
                    return Ok(());
                }
                self.check_fields(r, w).inspect_err(|reason| {
                    self.failed.insert((reader, writer), reason.clone());
                })
            }
            (Kind::Enum(r), Kind::Enum(w)) => {
                self.check_names(reader, writer)?;
                self.check_symbols(r, w)
            }
            (Kind::Fixed(r), Kind::Fixed(w)) => {
                self.check_names(reader, writer)?;
                if r.size == w.size {
                    return Ok(());
                }
                Err(self.failure(format!("expected fixed size {}, found {}", r.size, w.size)))
            }
            (r, w) if is_promoted(r, w) => Ok(()),
            (r, w) => Err(self.failure(format!(
                "reader type {} cannot read writer type {}",
                r.label(),
                w.label()
            ))),
        }
    }

    fn check_branches(&mut self, branches: &[NodeId], writer: NodeId) -> Result<(), String> {
        let seen = self.seen.clone();
        for branch in branches {
            if self.check(*branch, writer).is_ok() {
                return Ok(());
            }
            self.seen.clone_from(&seen);
        }
        let label = self.writer.full_name(writer);
        Err(self.failure(format!(
            "no branch of the reader's union can read writer type {label}"
        )))
    }

    /// Names count without their namespace, as in Java; aliases are full names.
    fn check_names(&self, reader: NodeId, writer: NodeId) -> Result<(), String> {
        let (r, w) = (self.reader.kind(reader), self.writer.kind(writer));
        let full = self.writer.full_name(writer);
        let same = r.name().map(|n| &n.name) == w.name().map(|n| &n.name);
        if same || r.aliases().contains(&full) {
            return Ok(());
        }
        let expected = self.reader.full_name(reader);
        Err(self.failure(format!("expected name {expected}, found {full}")))
    }

    fn check_fields(&mut self, reader: &Record, writer: &Record) -> Result<(), String> {
        for field in &reader.fields {
            let written = writer
                .fields
                .iter()
                .find(|w| w.name == field.name)
                .or_else(|| {
                    let is_alias = |name: &str| field.aliases.iter().any(|alias| alias == name);
                    writer.fields.iter().find(|w| is_alias(&w.name))
                });
            match written {
                Some(written) => {
                    let (r, w) = (field.schema, written.schema);
                    self.within(&format!(".{}", field.name), |pair| pair.check(r, w))?;
                }
                None if field.default.is_some() => {}
                None => {
                    return Err(self.failure(format!(
                        "reader field \"{}\" has no default value and is missing in the writer",
                        field.name
                    )));
                }
            }
        }
        Ok(())
    }

    fn check_symbols(&self, reader: &Enum, writer: &Enum) -> Result<(), String> {
        if reader.default.is_some() {
            return Ok(());
        }
        let known: HashSet<&str> = reader.symbols.iter().map(|s| &**s).collect();
        match writer
            .symbols
            .iter()
            .find(|symbol| !known.contains(&***symbol))
        {
            None => Ok(()),
            Some(symbol) => Err(self.failure(format!("the reader's enum has no symbol {symbol}"))),
        }
    }

    fn within(
        &mut self,
        step: &str,
        check: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        let length = self.path.len();
        if self.depth == MAX_DEPTH {
            return Err(self.failure("nested too deep"));
        }
        self.depth += 1;
        self.path.push_str(step);
        let result = check(self);
        self.path.truncate(length);
        self.depth -= 1;
        result
    }

    fn failure(&self, reason: impl std::fmt::Display) -> String {
        let at = if self.path.is_empty() {
            "."
        } else {
            &self.path
        };
        format!("at {at}: {reason}")
    }
}

fn is_promoted(reader: &Kind, writer: &Kind) -> bool {
    match (reader, writer) {
        (Kind::Long, Kind::Int)
        | (Kind::Float, Kind::Int | Kind::Long)
        | (Kind::Double, Kind::Int | Kind::Long | Kind::Float)
        | (Kind::Bytes, Kind::String)
        | (Kind::String, Kind::Bytes) => true,
        (reader, writer) => {
            reader.name().is_none()
                && std::mem::discriminant(reader) == std::mem::discriminant(writer)
        }
    }
}

const MAX_DEPTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(reader: &str, writer: &str) -> bool {
        let parse = |text| AvroSchema::parse(text, []).unwrap();
        parse(reader).can_read(&parse(writer)).is_ok()
    }

    fn record(fields: &str) -> String {
        format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
    }

    #[test]
    fn fields_come_and_go_with_defaults() {
        let one = record(r#"{"name":"a","type":"int"}"#);
        let with =
            record(r#"{"name":"a","type":"long"},{"name":"b","type":"string","default":"x"}"#);
        let without = record(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#);
        assert!(reads(&with, &one) && !reads(&one, &with) && !reads(&without, &one));
        assert!(reads(&one, &without));
        let renamed = record(r#"{"name":"c","aliases":["a"],"type":"int"}"#);
        assert!(reads(&renamed, &one) && !reads(&one, &renamed));
    }

    #[test]
    fn types() {
        for (reader, writer, can) in [
            (r#""double""#, r#""int""#, true),
            (r#""int""#, r#""long""#, false),
            (r#"["null","string"]"#, r#""string""#, true),
            (r#""string""#, r#"["null","string"]"#, false),
            (r#"["null","int"]"#, r#"["int"]"#, true),
            (
                r#"{"type":"array","items":"long"}"#,
                r#"{"type":"array","items":"int"}"#,
                true,
            ),
            (
                r#"{"type":"map","values":"int"}"#,
                r#"{"type":"array","items":"int"}"#,
                false,
            ),
            (
                r#"{"type":"enum","name":"E","symbols":["A"]}"#,
                r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
                false,
            ),
            (
                r#"{"type":"enum","name":"E","symbols":["A"],"default":"A"}"#,
                r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
                true,
            ),
            (
                r#"{"type":"fixed","name":"a.F","size":1}"#,
                r#"{"type":"fixed","name":"F","size":1}"#,
                true,
            ),
            (
                r#"{"type":"fixed","name":"F","size":1}"#,
                r#"{"type":"fixed","name":"G","size":1}"#,
                false,
            ),
        ] {
            assert_eq!(reads(reader, writer), can, "{reader} reads {writer}");
        }
    }

    #[test]
    fn recursion_ends() {
        let list = record(r#"{"name":"next","type":["null","R"]}"#);
        assert!(reads(&list, &list));
        let other = record(r#"{"name":"next","type":["null","R"]},{"name":"x","type":"int"}"#);
        assert!(!reads(&other, &list) && reads(&list, &other));
    }
}
