//! The paths below which a provider may read (KIP-993).

use std::path::{Component, Path, PathBuf};

use windlass_api::{ConnectError, Result};

/// `allowed.paths`; `None` allows all.
#[derive(Clone, Debug, Default)]
pub(super) struct AllowedPaths(Option<Vec<PathBuf>>);

impl AllowedPaths {
    /// Reads a list of paths.
    ///
    /// # Errors
    /// When one is not absolute or does not exist.
    pub(super) fn parse(list: Option<&str>) -> Result<Self> {
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            return Ok(AllowedPaths(None));
        };
        let parse = |path: &str| {
            let path = normalized(Path::new(path));
            if !path.is_absolute() {
                Err(format!("Path {} is not absolute", path.display()))
            } else if !path.exists() {
                Err(format!("Path {} does not exist", path.display()))
            } else {
                Ok(path)
            }
        };
        let paths: std::result::Result<_, String> = list.split(',').map(parse).collect();
        Ok(AllowedPaths(Some(paths.map_err(ConnectError::config)?)))
    }

    /// The path to read, if it may be read. As in Java symbolic links are followed: Kubernetes mounts secrets with them.
    pub(super) fn permit(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let Some(allowed) = &self.0 else {
            return Some(path.to_owned());
        };
        let path = normalized(path);
        allowed
            .iter()
            .any(|allowed| path.starts_with(allowed))
            .then_some(path)
    }
}

/// Without `.` and, as far as there is something to go back from, `..`, as `Path.normalize`.
fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_may_be_read() {
        let allowed = AllowedPaths::parse(Some("/tmp,/usr/../etc/")).unwrap();
        for (path, permitted) in [
            ("/etc/passwd", Some("/etc/passwd")),
            ("/etc", Some("/etc")),
            ("/etcetera", None),
            ("/tmp/../etc/./x", Some("/etc/x")),
            ("/tmp/../root/x", None),
            ("/../etc/x", Some("/etc/x")),
            ("etc/x", None),
            ("", None),
        ] {
            assert_eq!(allowed.permit(path), permitted.map(PathBuf::from), "{path}");
        }
        assert_eq!(
            AllowedPaths::default().permit("a/../b"),
            Some(PathBuf::from("a/../b"))
        );
    }

    #[test]
    fn lists_that_are_refused() {
        for (list, expected) in [
            ("etc", "Path etc is not absolute"),
            ("/etc,/no/such/path", "Path /no/such/path does not exist"),
        ] {
            let error = AllowedPaths::parse(Some(list)).unwrap_err();
            assert_eq!(error.message(), expected);
        }
    }
}
