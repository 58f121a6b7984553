//! From the text of a schema to descriptors.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{FileDescriptor, MessageDescriptor};
use protox::Compiler;
use protox::file::{File, FileResolver, GoogleFileResolver};
use windlass_api::{ConnectError, Result};

use super::wire::{push_tag, push_varint};
use super::{known, wire};

/// A compiled file.
#[derive(Clone, Debug)]
pub struct ProtoFile(FileDescriptor);

impl ProtoFile {
    /// Compiles the text of a file. References come as import path and text.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a text is no `.proto` file, or imports one that is
    /// neither referred to nor well known.
    pub fn compile(text: &str, references: &[(String, String)]) -> Result<Self> {
        let mut compiler = Compiler::with_file_resolver(Sources {
            text: text.to_owned(),
            references: references.to_vec(),
        });
        compiler
            .include_imports(true)
            .open_file(MAIN)
            .map_err(|e| {
                ConnectError::data("the Protobuf schema cannot be compiled").caused_by(e)
            })?;
        let file = compiler.descriptor_pool().get_file_by_name(MAIN);
        file.map(ProtoFile)
            .ok_or_else(|| ConnectError::data("the Protobuf schema was not compiled"))
    }

    /// The descriptor in base64, as registries give it on demand and clients of other languages register it.
    pub fn serialized(&self) -> String {
        STANDARD.encode(self.0.encode_to_vec())
    }

    /// The message at a path of positions, maps' entries not counted.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when there is none.
    pub fn message_at(&self, path: &[i32]) -> Result<MessageDescriptor> {
        let (first, rest) = path.split_first().ok_or_else(|| missing(path))?;
        let nth = |mut all: Vec<MessageDescriptor>, index: i32| {
            all.retain(|message| !message.is_map_entry());
            let index = usize::try_from(index).ok().filter(|i| *i < all.len());
            index
                .map(|i| all.swap_remove(i))
                .ok_or_else(|| missing(path))
        };
        let first = nth(self.0.messages().collect(), *first)?;
        rest.iter().try_fold(first, |message, index| {
            nth(message.child_messages().collect(), *index)
        })
    }

    /// A message by its full name, with its path.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when there is none.
    pub fn message_named(&self, name: &str) -> Result<(MessageDescriptor, Vec<i32>)> {
        let position = self
            .0
            .messages()
            .position(|message| message.full_name() == name);
        let (message, position) = position
            .and_then(|at| Some((self.0.messages().nth(at)?, i32::try_from(at).ok()?)))
            .ok_or_else(|| {
                ConnectError::data(format!("the Protobuf schema has no message {name}"))
            })?;
        Ok((message, vec![position]))
    }
}

/// What files are opened from.
struct Sources {
    text: String,
    references: Vec<(String, String)>,
}

impl FileResolver for Sources {
    fn open_file(&self, name: &str) -> std::result::Result<File, protox::Error> {
        if name == MAIN {
            return open(name, &self.text);
        }
        if let Some((_, text)) = self.references.iter().find(|(known, _)| known == name) {
            return open(name, text);
        }
        match known::source(name) {
            Some(text) => open(name, text),
            None => GoogleFileResolver::new().open_file(name),
        }
    }
}

fn open(name: &str, text: &str) -> std::result::Result<File, protox::Error> {
    if depth(text) > MAX_DEPTH {
        return Err(protox::Error::new("the file is nested too deeply"));
    }
    // Clients of other languages register the descriptor itself.
    if let Some(mut bytes) = descriptor(text) {
        // Of a field that stands twice the last counts. The rest must stay as it is: options have fields that only the
        // files they are declared in know.
        push_tag(&mut bytes, NAME, wire::BYTES);
        push_varint(&mut bytes, name.len() as u64);
        bytes.extend_from_slice(name.as_bytes());
        return File::decode_file_descriptor_proto(&bytes[..]).map_err(protox::Error::new);
    }
    let file = File::from_source(name, text)?;
    let mut proto = file.file_descriptor_proto().clone();
    let uses_meta = name != known::META_FILE && text.contains("confluent.");
    // Confluent writes its options without importing the file that declares them.
    if uses_meta
        && !proto
            .dependency
            .iter()
            .any(|import| import == known::META_FILE)
    {
        proto.dependency.push(known::META_FILE.to_owned());
    }
    Ok(File::from_file_descriptor_proto(proto))
}

/// The bytes of a descriptor in base64, which no text of a file is: that has blanks or ends with a bracket.
fn descriptor(text: &str) -> Option<Vec<u8>> {
    STANDARD
        .decode(text.trim_end())
        .ok()
        .filter(|bytes| !bytes.is_empty())
}

/// How deeply brackets are nested, whatever they stand in.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

#[cold]
fn missing(path: &[i32]) -> ConnectError {
    ConnectError::data(format!(
        "the Protobuf schema has no message at the positions {path:?}"
    ))
}

/// The field of a file's descriptor that holds its name.
const NAME: u32 = 1;
/// The name that the file itself goes by.
const MAIN: &str = "schema.proto";
const MAX_DEPTH: usize = 100;
