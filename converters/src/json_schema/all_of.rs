//! Schemas that make several demands on one value.

use windlass_api::{Schema, Text};

use super::documents::Place;
use super::from_text::{Loader, MAX_DEPTH, or_optional, owned, properties, required, unsupported};
use super::parts::Part;
use crate::json::error::{self, ReadResult};

impl<'d> Loader<'d> {
    /// What several demands on one value amount to: a struct of all properties if there are any, else the one that
    /// says most.
    pub(super) fn all_of(
        &mut self,
        place: Place<'d>,
        parts: Vec<Part<'d>>,
        version: Option<i32>,
        optional: bool,
    ) -> ReadResult<Schema> {
        let mut all = Properties::default();
        self.collect(place, &parts, &mut all, 0)?;
        if !all.fields.is_empty() {
            let mut builder = Schema::structure();
            for (name, place, required) in all.fields {
                let optional = self.options.optional_for_nonrequired && !required;
                builder = builder.field(owned(name), self.load(place, None, optional)?);
            }
            return Ok(or_optional(builder, optional).build()?);
        }
        let flat = flatten(place, parts)?;
        let last = |matches: &dyn Fn(&Part<'d>) -> bool| {
            flat.iter()
                .rev()
                .find(|(_, part, _)| matches(part))
                .cloned()
        };
        let combined = last(&|p| {
            matches!(
                p,
                Part::Either(_) | Part::Types(_) | Part::All(_) | Part::Schema(_)
            )
        });
        let constant = last(&|p| matches!(p, Part::Const(_)));
        let symbols = last(&|p| matches!(p, Part::Enum(_)));
        let number = last(&|p| matches!(p, Part::Number { .. }));
        let string = last(&|p| matches!(p, Part::String { .. }));
        let formatted = matches!(string, Some((_, Part::String { has_format: true }, _)));
        let chosen = if combined.is_some() {
            combined
        } else if constant.is_some() {
            string.or(number)
        } else if symbols.is_some() {
            if string.is_some() { symbols } else { number }
        } else if formatted {
            number.or(string)
        } else {
            last(&|p| matches!(p, Part::Reference(_)))
        };
        let (place, part, whole) = chosen.ok_or_else(unsupported)?;
        self.nested(|loader| loader.part(place, part, whole, version, optional))
    }

    fn collect(
        &mut self,
        place: Place<'d>,
        parts: &[Part<'d>],
        all: &mut Properties<'d>,
        depth: usize,
    ) -> ReadResult<()> {
        self.budget = self.budget.saturating_sub(1);
        if depth > MAX_DEPTH || self.budget == 0 {
            return Err(error::data("the JSON schema is recursive or too large"));
        }
        for part in parts {
            match part {
                Part::Object(node) => all.add(Place { node, ..place }),
                Part::All(nodes) => {
                    for node in *nodes {
                        let parts = super::parts::parts(node)?;
                        self.collect(Place { node, ..place }, &parts, all, depth + 1)?;
                    }
                }
                Part::Reference(reference) => {
                    let target = self.documents.resolve(place, reference)?;
                    let parts = super::parts::parts(target.node)?;
                    self.collect(target, &parts, all, depth + 1)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The properties of all objects that a value must be at once.
#[derive(Default)]
struct Properties<'d> {
    fields: Vec<(&'d Text, Place<'d>, bool)>,
}

impl<'d> Properties<'d> {
    fn add(&mut self, object: Place<'d>) {
        let required = required(object.node);
        for (name, node) in properties(object.node) {
            let place = Place { node, ..object };
            let required = required.contains(&&name[..]);
            match self.fields.iter_mut().find(|(known, ..)| *known == name) {
                Some(field) => *field = (name, place, required),
                None => self.fields.push((name, place, required)),
            }
        }
    }
}

/// The parts, with those of a lone `allOf` in its place: where they stand, and whether they are all of their node.
fn flatten<'d>(
    place: Place<'d>,
    parts: Vec<Part<'d>>,
) -> ReadResult<Vec<(Place<'d>, Part<'d>, bool)>> {
    let [Part::All(nodes)] = &parts[..] else {
        return Ok(parts.into_iter().map(|part| (place, part, false)).collect());
    };
    let mut flat = Vec::new();
    for node in *nodes {
        let place = Place { node, ..place };
        let mut inner = super::parts::parts(node)?;
        flat.push(match inner.len() {
            0 => (place, Part::Other, true),
            1 => (place, inner.remove(0), true),
            _ => (place, Part::Schema(node), true),
        });
    }
    Ok(flat)
}
