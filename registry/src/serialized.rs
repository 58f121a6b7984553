//! `.proto` files as descriptors, which is how Confluent's Python client asks for them.

use windlass_converters::protobuf::ProtoFile;
use windlass_converters::registry::{NewSchema, SchemaFormat};

use crate::state::{Asked, State};

/// The descriptor of a `.proto` file in base64; `None` for other schemas, and for files that do not compile.
pub(crate) fn descriptor(state: &State, schema: &NewSchema) -> Option<String> {
    if schema.format != SchemaFormat::Protobuf {
        return None;
    }
    let mut files = Vec::new();
    collect(state, schema, &mut files);
    ProtoFile::compile(&schema.text, &files)
        .ok()
        .map(|file| file.serialized())
}

/// The names and texts of all files that a file needs, also indirectly.
fn collect(state: &State, schema: &NewSchema, files: &mut Vec<(String, String)>) {
    for reference in &schema.references {
        if files.iter().any(|(name, _)| *name == reference.name) {
            continue;
        }
        let asked = Asked::Number(reference.version);
        let Ok((_, _, found)) = state.version(&reference.subject, asked, true) else {
            continue;
        };
        files.push((reference.name.clone(), found.text.clone()));
        collect(state, &found, files);
    }
}
