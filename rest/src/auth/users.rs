//! Users of our own: hashed passwords, and roles.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::sync::Semaphore;
use windlass_engine::properties;
use windlass_secret::Secret;

use super::credentials::Credentials;
use super::password_hash::PasswordHash;
use crate::{Error, Result};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Everything.
    Admin,
    /// Reading, and validating.
    ReadOnly,
}

/// Users by name.
#[derive(Debug)]
pub(crate) struct Users {
    users: BTreeMap<String, (Role, Arc<PasswordHash>)>,
    /// Stands in for the hash of who is not known, so that the time of an answer does not tell who is.
    nobody: Arc<PasswordHash>,
    /// Who has shown a password already, and a code of it: hashing is slow on purpose, and one process knows no other
    /// way to the code.
    known: Mutex<BTreeMap<String, Code>>,
    key: [u8; 32],
    /// One password is hashed at a time: those who guess must not take all cores.
    hashing: Semaphore,
}

type Code = [u8; 32];

impl Users {
    /// Reads a properties file of `name=ROLE HASH`.
    ///
    /// # Errors
    /// When it cannot be read, is empty, or an entry is wrong; what stands in the entry is not shown.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let what = format!("rest.users.file {}", path.display());
        let wrong = |why: String| Error::Config(format!("{what}: {why}"));
        let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let props = properties::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
        let mut users = BTreeMap::new();
        for (name, value) in props {
            let user = parse(&value.unwrap_or_default()).ok_or_else(|| {
                wrong(format!(
                    "user {name}: expected admin or read-only, a space and a hash as `windlass hash-password` prints it"
                ))
            })?;
            users.insert(name, user);
        }
        let nobody = users.values().next().map(|(_, hash)| Arc::clone(hash));
        let nobody = nobody.ok_or_else(|| wrong("expected users, found none".to_owned()))?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| wrong(error.to_string()))?;
        Ok(Users {
            users,
            nobody,
            known: Mutex::default(),
            key,
            hashing: Semaphore::new(1),
        })
    }

    /// The role of whoever shows the right password.
    pub(super) async fn role(&self, credentials: Credentials) -> Option<Role> {
        let Credentials { user, password } = credentials;
        let found = self.users.get(&user);
        let code = self.code(&password)?;
        if let Some((role, _)) = found
            && self
                .known()
                .get(&user)
                .is_some_and(|known| same(known, &code))
        {
            return Some(*role);
        }
        let hash = Arc::clone(found.map_or(&self.nobody, |(_, hash)| hash));
        let right = {
            let _turn = self.hashing.acquire().await.ok()?;
            tokio::task::spawn_blocking(move || hash.is_of(&password))
                .await
                .ok()?
        };
        let (role, _) = found.filter(|_| right)?;
        self.known().insert(user, code);
        Some(*role)
    }

    fn code(&self, password: &Secret) -> Option<Code> {
        let mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key).ok()?;
        Some(
            mac.chain_update(password.reveal())
                .finalize()
                .into_bytes()
                .into(),
        )
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Code>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(value: &str) -> Option<(Role, Arc<PasswordHash>)> {
    let (role, hash) = value.trim().split_once(char::is_whitespace)?;
    let role = match role {
        "admin" => Role::Admin,
        "read-only" => Role::ReadOnly,
        _ => return None,
    };
    Some((role, Arc::new(PasswordHash::parse(hash.trim())?)))
}

/// In a time that tells nothing about where they differ.
fn same(a: &Code, b: &Code) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Result<Users> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Users::read(file.path())
    }

    #[tokio::test]
    async fn a_password_shows_the_role() {
        let hash =
            |password: &str| PasswordHash::new(&Secret::new(password), 3, b"salt").to_string();
        let users = users(&format!(
            "ann=admin {}\nbob = read-only {}\n",
            hash("a:1"),
            hash("")
        ))
        .unwrap();
        for (user, password, role) in [
            ("ann", "a:1", Some(Role::Admin)),
            ("ann", "a:2", None),
            ("ann", "a:1", Some(Role::Admin)),
            ("bob", "", Some(Role::ReadOnly)),
            ("bob", "a:1", None),
            ("eve", "a:1", None),
        ] {
            let credentials = Credentials {
                user: user.to_owned(),
                password: Secret::new(password),
            };
            assert_eq!(users.role(credentials).await, role, "{user} {password}");
        }
    }

    #[test]
    fn what_is_wrong_in_the_file_is_not_shown() {
        for text in [
            "ann=hunter2",
            "ann=root $pbkdf2-sha256$i=1$TmFDbA$x",
            "ann=admin hunter2",
            "",
        ] {
            let error = users(text).unwrap_err().to_string();
            assert!(
                error.contains("rest.users.file") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
