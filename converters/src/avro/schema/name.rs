//! Names of records, enums and fixed types.

/// A name in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// `None` for no namespace; never empty.
    pub(crate) space: Option<String>,
    pub(crate) name: String,
}

impl Name {
    /// A name as written: with dots it is a full name, else it is in the namespace given.
    pub(crate) fn new(name: &str, space: Option<&str>) -> Self {
        let (space, name) = match name.rsplit_once('.') {
            Some((space, name)) => (Some(space), name),
            None => (space, name),
        };
        Name {
            space: space.filter(|s| !s.is_empty()).map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// `namespace.name`
    pub(crate) fn full(&self) -> String {
        match &self.space {
            Some(space) => format!("{space}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The shortest text that means it inside a namespace.
    pub(crate) fn within(&self, space: Option<&str>) -> String {
        if self.space.is_none() || self.space.as_deref() == space {
            self.name.clone()
        } else {
            self.full()
        }
    }

    /// Whether Avro admits it; the message is Java's.
    pub(crate) fn check(&self) -> Result<(), String> {
        let parts = self.space.iter().flat_map(|space| space.split('.'));
        parts.chain([self.name.as_str()]).try_for_each(check_part)
    }
}

/// Whether Avro admits a name without dots.
pub(crate) fn check_part(part: &str) -> Result<(), String> {
    let mut bytes = part.bytes();
    match bytes.next() {
        None => return Err("Empty name".to_owned()),
        Some(first) if first.is_ascii_alphabetic() || first == b'_' => {}
        Some(_) => return Err(format!("Illegal initial character: {part}")),
    }
    if bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(())
    } else {
        Err(format!("Illegal character in: {part}"))
    }
}
