//! The text of a `.proto` file, laid out as Confluent's converter does: the registry knows a schema by its text.

use std::fmt::Write;

use super::names::META_TYPE;

/// A file of one message.
pub(super) struct File {
    pub(super) package: Option<String>,
    pub(super) imports: Vec<&'static str>,
    pub(super) message: Message,
}

/// A message, with those that only it uses.
#[derive(Default)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    pub(super) oneofs: Vec<(String, Vec<Field>)>,
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<Enum>,
}

/// A field.
pub(super) struct Field {
    /// `repeated` or `optional`.
    pub(super) label: Option<&'static str>,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) number: u32,
    /// What only Connect knows of it.
    pub(super) meta: Vec<(&'static str, String)>,
}

/// An enum.
pub(super) struct Enum {
    pub(super) name: String,
    pub(super) symbols: Vec<(String, i32)>,
}

impl File {
    /// The text.
    pub(super) fn print(&self) -> String {
        let mut out = String::from("syntax = \"proto3\";\n");
        if let Some(package) = &self.package {
            line(&mut out, 0, format_args!("package {package};"));
        }
        if !self.imports.is_empty() {
            out.push('\n');
        }
        for import in &self.imports {
            line(&mut out, 0, format_args!("import \"{import}\";"));
        }
        out.push('\n');
        print_message(&mut out, 0, &self.message);
        out
    }
}

fn print_message(out: &mut String, depth: usize, message: &Message) {
    let Message {
        name,
        fields,
        oneofs,
        messages,
        enums,
    } = message;
    if fields.is_empty() && oneofs.is_empty() && messages.is_empty() && enums.is_empty() {
        return line(out, depth, format_args!("message {name} {{}}"));
    }
    line(out, depth, format_args!("message {name} {{"));
    for field in fields {
        print_field(out, depth + 1, field);
    }
    if !oneofs.is_empty() && !fields.is_empty() {
        blank(out, depth);
    }
    for (name, fields) in oneofs {
        line(out, depth + 1, format_args!("oneof {name} {{"));
        for field in fields {
            print_field(out, depth + 2, field);
        }
        line(out, depth + 1, format_args!("}}"));
    }
    let has_types = !messages.is_empty() || !enums.is_empty();
    if has_types && !(fields.is_empty() && oneofs.is_empty()) {
        blank(out, depth);
    }
    for message in messages {
        print_message(out, depth + 1, message);
    }
    for symbols in enums {
        print_enum(out, depth + 1, symbols);
    }
    line(out, depth, format_args!("}}"));
}

/// Confluent indents all lines of a message inside another one, the empty ones too.
fn blank(out: &mut String, depth: usize) {
    line(out, depth, format_args!(""));
}

fn print_field(out: &mut String, depth: usize, field: &Field) {
    let label = field
        .label
        .map(|label| format!("{label} "))
        .unwrap_or_default();
    let Field {
        kind, name, number, ..
    } = field;
    if field.meta.is_empty() {
        return line(out, depth, format_args!("{label}{kind} {name} = {number};"));
    }
    line(
        out,
        depth,
        format_args!("{label}{kind} {name} = {number} [(confluent.field_meta) = {{"),
    );
    line(out, depth + 1, format_args!("params: ["));
    for (i, (key, value)) in field.meta.iter().enumerate() {
        line(out, depth + 2, format_args!("{{"));
        // The older ones of the parameters have their value first.
        let key_first = *key == META_TYPE;
        let (key, value) = (
            format!("key: \"{key}\""),
            format!("value: \"{}\"", escaped(value)),
        );
        let (first, second) = if key_first {
            (key, value)
        } else {
            (value, key)
        };
        line(out, depth + 3, format_args!("{first},"));
        line(out, depth + 3, format_args!("{second}"));
        let comma = if i + 1 < field.meta.len() { "," } else { "" };
        line(out, depth + 2, format_args!("}}{comma}"));
    }
    line(out, depth + 1, format_args!("]"));
    line(out, depth, format_args!("}}];"));
}

fn print_enum(out: &mut String, depth: usize, symbols: &Enum) {
    line(out, depth, format_args!("enum {} {{", symbols.name));
    for (name, number) in &symbols.symbols {
        line(out, depth + 1, format_args!("{name} = {number};"));
    }
    line(out, depth, format_args!("}}"));
}

fn line(out: &mut String, depth: usize, content: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{:1$}{content}", "", depth * 2);
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '\'' | '"' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
