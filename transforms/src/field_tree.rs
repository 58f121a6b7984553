//! Fields at any depth, with what is to be done to each.

use windlass_api::{ConnectError, MapValue, Result, Text, Value};

use crate::field_path::{FieldPath, NESTED};

/// Paths to fields as a tree: at the end of each stands what is to be done to the field.
#[derive(Clone, Debug)]
pub(crate) struct FieldTree<T> {
    branches: Vec<(Text, Branch<T>)>,
}

/// What stands under one name.
#[derive(Clone, Debug)]
pub(crate) enum Branch<T> {
    /// The field itself is meant.
    End(T),
    /// Fields inside it are.
    Inner(FieldTree<T>),
}

impl<T> Default for FieldTree<T> {
    fn default() -> Self {
        FieldTree {
            branches: Vec::new(),
        }
    }
}

impl<T> FieldTree<T> {
    /// The tree of these paths. Of equal paths the last one counts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) when a path leads into a field that is itself meant, or is
    /// empty.
    pub(crate) fn new(paths: impl IntoIterator<Item = (FieldPath, T)>) -> Result<Self> {
        let mut tree = FieldTree::default();
        for (path, what) in paths {
            tree.insert(path.steps(), what)?;
        }
        Ok(tree)
    }

    /// What stands under a name.
    pub(crate) fn branch(&self, name: &str) -> Option<&Branch<T>> {
        let mut branches = self.branches.iter();
        branches.find(|(n, _)| *n == name).map(|(_, branch)| branch)
    }

    /// Changes the values in schemaless data. A field that is not there is changed as null, and then there; a structure
    /// that is not there, or null, stays so.
    ///
    /// # Errors
    /// Those of `change`, and [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when a value on the way is no map.
    pub(crate) fn change_map(
        &self,
        map: &mut MapValue,
        change: &mut impl FnMut(&T, Value) -> Result<Value>,
    ) -> Result<()> {
        for (name, branch) in &self.branches {
            match (branch, map.get_str_mut(name)) {
                (Branch::End(what), Some(value)) => *value = change(what, std::mem::take(value))?,
                (Branch::End(what), None) => {
                    map.insert(name.clone(), change(what, Value::Null)?);
                }
                (Branch::Inner(_), None | Some(Value::Null)) => {}
                (Branch::Inner(tree), Some(value)) => {
                    tree.change_map(crate::require::map_mut(value, NESTED)?, change)?;
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, steps: &[Text], what: T) -> Result<()> {
        let Some((name, inner)) = steps.split_first() else {
            return Err(ConnectError::config("the path of a field is empty"));
        };
        let at = match self.branches.iter().position(|(n, _)| n == name) {
            Some(at) => at,
            None => {
                let branch = Branch::new(inner, what)?;
                self.branches.push((name.clone(), branch));
                return Ok(());
            }
        };
        match (&mut self.branches[at].1, inner) {
            (Branch::End(end), []) => *end = what,
            (Branch::Inner(tree), [_, ..]) => tree.insert(inner, what)?,
            _ => {
                return Err(ConnectError::config(format!(
                    "field {name} is named as a whole and by fields inside it"
                )));
            }
        }
        Ok(())
    }
}

impl<T> Branch<T> {
    fn new(steps: &[Text], what: T) -> Result<Self> {
        if steps.is_empty() {
            return Ok(Branch::End(what));
        }
        let mut tree = FieldTree::default();
        tree.insert(steps, what)?;
        Ok(Branch::Inner(tree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_path::FieldSyntax;

    fn tree(paths: &[&str]) -> Result<FieldTree<usize>> {
        let path = |(i, p): (usize, &&str)| (FieldPath::new(p, FieldSyntax::V2).unwrap(), i);
        FieldTree::new(paths.iter().enumerate().map(path))
    }

    #[test]
    fn a_field_is_meant_whole_or_in_part() {
        for refused in [&["a", "a.b"][..], &["a.b", "a"], &["a.b.c", "a.b"], &[""]] {
            assert!(tree(refused).is_err(), "{refused:?}");
        }
        let last_counts = tree(&["a.b", "c", "a.b"]).unwrap();
        let Some(Branch::Inner(inner)) = last_counts.branch("a") else {
            panic!("{last_counts:?}");
        };
        assert!(matches!(inner.branch("b"), Some(Branch::End(2))));
    }

    #[test]
    fn schemaless_data_is_changed_in_place() {
        let inner = MapValue::from_iter([("b", 1), ("c", 2)]);
        let mut map = MapValue::from_iter([("a", Value::Map(inner)), ("n", Value::Null)]);
        let tree = tree(&["a.b", "a.d", "n.x", "m.x", "e"]).unwrap();
        let mut change = |what: &usize, value: Value| Ok(Value::from(format!("{what}:{value}")));
        tree.change_map(&mut map, &mut change).unwrap();
        let inner = MapValue::from_iter([
            ("b", Value::from("0:1")),
            ("c", Value::Int32(2)),
            ("d", "1:null".into()),
        ]);
        let expected = [
            ("a", Value::Map(inner)),
            ("n", Value::Null),
            ("e", "4:null".into()),
        ];
        assert_eq!(map, MapValue::from_iter(expected));
        map.insert("n", 5);
        assert!(tree.change_map(&mut map, &mut change).is_err());
    }
}
