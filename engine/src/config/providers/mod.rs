//! Where configurations get what must not stand in them: secrets, by reference (KIP-297).
//!
//! A reference, `${provider:path:key}`, stays what it is wherever a configuration is stored or shown; only the worker itself,
//! connectors and tasks see what it stands for. Whatever a provider gave is a secret and is told to
//! [`windlass_secret::mask`], so that no text that quotes it can show it.

mod allowed_paths;
mod directory;
mod environment;
mod file;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{ConnectError, Props, Result, invalid_value};
use windlass_client::config::Secret;
use windlass_secret::mask;

use self::allowed_paths::AllowedPaths;
use self::directory::DirectoryConfigProvider;
use self::environment::EnvVarConfigProvider;
use self::file::FileConfigProvider;
use self::reference::{Piece, has_reference, pieces};

/// Gives values by path and key.
pub(crate) trait ConfigProvider: fmt::Debug + Send + Sync {
    /// The values of those of the keys that there are. May block: it reads files.
    ///
    /// # Errors
    /// When what there is cannot be read.
    fn provide(&self, path: &str, keys: &BTreeSet<&str>) -> Result<Provided>;
}

/// What a provider gave.
#[derive(Debug, Default)]
pub(crate) struct Provided {
    values: BTreeMap<String, Secret>,
}

impl From<BTreeMap<String, Secret>> for Provided {
    fn from(values: BTreeMap<String, Secret>) -> Self {
        Provided { values }
    }
}

/// The config providers of a worker, by the names that references call them.
#[derive(Clone, Debug, Default)]
pub struct ConfigProviders {
    providers: BTreeMap<String, Named>,
}

#[derive(Clone, Debug)]
struct Named {
    provider: Arc<dyn ConfigProvider>,
    /// How long its values are good for.
    ttl: Option<Duration>,
}

/// A configuration in which references are replaced.
#[derive(Clone)]
pub struct Resolved {
    /// The configuration; never to be stored or shown.
    pub props: Props,
    /// How long the values of a path are good for, where that is limited.
    pub ttls: BTreeMap<String, Duration>,
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("ttls", &self.ttls)
            .finish_non_exhaustive()
    }
}

impl ConfigProviders {
    /// Those that a worker's configuration declares: `config.providers`, and of each its `.class` and `.param.` keys. One
    /// without a class is left out, as in Java.
    ///
    /// # Errors
    /// When a class is not known, or a parameter is wrong.
    pub fn new(props: &Props) -> Result<Self> {
        let mut providers = BTreeMap::new();
        let names = text(props, "config.providers").unwrap_or_default();
        for name in names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let class_key = format!("config.providers.{name}.class");
            let Some(class) = text(props, &class_key) else {
                continue;
            };
            let param = |key: &str| text(props, &format!("config.providers.{name}.param.{key}"));
            let paths = || AllowedPaths::parse(param("allowed.paths"));
            let provider: Arc<dyn ConfigProvider> = match short_name(class) {
                Some("File") => Arc::new(FileConfigProvider { allowed: paths()? }),
                Some("Directory") => Arc::new(DirectoryConfigProvider { allowed: paths()? }),
                Some("EnvVar") => Arc::new(EnvVarConfigProvider::new(param("allowlist.pattern"))?),
                _ => {
                    let why = "Could not load config provider class or one of its dependencies";
                    return Err(invalid_value(&class_key, class, why));
                }
            };
            let ttl = param(TTL).map(|ttl| {
                let millis = ttl.trim().parse().map_err(|_| {
                    let key = format!("config.providers.{name}.param.{TTL}");
                    invalid_value(&key, ttl, "expected milliseconds")
                });
                millis.map(Duration::from_millis)
            });
            let ttl = ttl.transpose()?;
            providers.insert(name.to_owned(), Named { provider, ttl });
        }
        Ok(ConfigProviders { providers })
    }

    /// Whether a reference in this configuration would be looked up.
    pub fn concern(&self, props: &Props) -> bool {
        !self.providers.is_empty() && props.values().flatten().any(|value| has_reference(value))
    }

    /// Replaces references, once: what a provider gives is taken as it is. A reference to a provider or key that does not
    /// exist stays as it stands. May block.
    ///
    /// # Errors
    /// When a provider cannot read what there is.
    pub fn resolve(&self, props: &Props) -> Result<Resolved> {
        let mut asked: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for value in props.values().flatten() {
            for piece in pieces(value) {
                if let Piece::Reference(found, _) = piece {
                    asked
                        .entry((found.provider, found.path))
                        .or_default()
                        .insert(found.key);
                }
            }
        }
        let mut given = BTreeMap::new();
        let mut ttls = BTreeMap::new();
        for ((name, path), keys) in asked {
            let Some(named) = self.providers.get(name) else {
                continue;
            };
            let provided = named.provider.provide(path, &keys)?;
            provided.values.values().for_each(mask::hide);
            ttls.extend(named.ttl.map(|ttl| (path.to_owned(), ttl)));
            given.insert((name, path), provided.values);
        }
        let replace = |value: &String| -> String {
            let piece = |piece| match piece {
                Piece::Text(text) => text,
                Piece::Reference(found, text) => {
                    let values = given.get(&(found.provider, found.path));
                    values
                        .and_then(|values| values.get(found.key))
                        .map_or(text, Secret::reveal)
                }
            };
            pieces(value).map(piece).collect()
        };
        let props = props
            .iter()
            .map(|(key, value)| (key.clone(), value.as_ref().map(replace)));
        Ok(Resolved {
            props: props.collect(),
            ttls,
        })
    }
}

/// Puts the references of a connector's configuration back into configurations of its tasks, key by key, before these are
/// stored (`AbstractHerder.reverseTransform`).
pub(crate) fn put_references_back(connector: &Props, task: &mut Props) {
    for (key, value) in connector {
        if value.as_deref().is_some_and(has_reference)
            && let Some(own) = task.get_mut(key)
        {
            own.clone_from(value);
        }
    }
}

/// Whether a key's value is one that only a provider knows.
pub(crate) fn is_reference(props: &Props, key: &str) -> bool {
    text(props, key).is_some_and(has_reference)
}

/// The error of a provider whose call ended without a result.
pub(crate) fn gave_up() -> ConnectError {
    ConnectError::connect("the config providers did not answer and were given up")
}

/// `File` for the class of that name in Kafka's package, by its full name or, as Java admits, without the package, or without
/// `ConfigProvider` too.
fn short_name(class: &str) -> Option<&str> {
    let class = class.trim();
    let simple = class.strip_prefix(PACKAGE).unwrap_or(class);
    match simple.strip_suffix("ConfigProvider") {
        None if simple != class => None,
        short => Some(short.unwrap_or(simple)),
    }
}

fn text<'p>(props: &'p Props, key: &str) -> Option<&'p str> {
    props.get(key)?.as_deref()
}

const PACKAGE: &str = "org.apache.kafka.common.config.provider.";

/// Our own: Java's providers never limit how long their values are good for, so that only a restart reads them again.
const TTL: &str = "ttl.ms";

#[cfg(test)]
mod tests {
    use super::*;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())))
            .collect()
    }

    fn providers(more: &[(&str, &str)]) -> Result<ConfigProviders> {
        let mut all = props(&[
            ("config.providers", "file, dir,env,none"),
            (
                "config.providers.file.class",
                "org.apache.kafka.common.config.provider.FileConfigProvider",
            ),
            (
                "config.providers.dir.class",
                "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
            ),
            (
                "config.providers.env.class",
                "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
            ),
        ]);
        all.extend(props(more));
        ConfigProviders::new(&all)
    }

    #[track_caller]
    fn check(providers: &ConfigProviders, value: &str, expected: &str) {
        let resolved = providers.resolve(&props(&[("k", value)])).unwrap();
        assert_eq!(resolved.props["k"].as_deref(), Some(expected), "{value}");
    }

    #[test]
    fn files_directories_and_variables() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        std::fs::write(
            directory.path().join("s.properties"),
            "pass\\ word = h\\u00fcnter\nempty=\nref=${env:PATH}\n",
        )
        .unwrap();
        std::fs::write(directory.path().join("token"), "line 1\nline 2\n").unwrap();
        let providers = providers(&[]).unwrap();
        check(
            &providers,
            &format!("${{file:{path}/s.properties:pass word}}"),
            "h\u{fc}nter",
        );
        check(
            &providers,
            &format!("a${{file:{path}/s.properties:empty}}b"),
            "ab",
        );
        // One pass: what a provider gives is no reference any more.
        check(
            &providers,
            &format!("${{file:{path}/s.properties:ref}}"),
            "${env:PATH}",
        );
        check(
            &providers,
            &format!("${{file:{path}/s.properties:none}}"),
            &format!("${{file:{path}/s.properties:none}}"),
        );
        check(&providers, "${file:key}", "${file:key}");
        check(
            &providers,
            &format!("${{dir:{path}:token}}"),
            "line 1\nline 2\n",
        );
        check(
            &providers,
            &format!("${{dir:{path}:..}}"),
            &format!("${{dir:{path}:..}}"),
        );
        check(
            &providers,
            &format!("${{dir:{path}:sub/../token}}"),
            &format!("${{dir:{path}:sub/../token}}"),
        );
        check(&providers, "${dir:/no/such:key}", "${dir:/no/such:key}");
        check(&providers, "${env:PATH}", &std::env::var("PATH").unwrap());
        check(
            &providers,
            "${env:WINDLASS_IS_NOT_SET}${none:x}${other:x}",
            "${env:WINDLASS_IS_NOT_SET}${none:x}${other:x}",
        );
        check(&providers, "${env:}${env:a=b}", "${env:}${env:a=b}");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_of_kafkas() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        std::fs::write(directory.path().join("latin"), b"k=\xe9").unwrap();
        let providers = providers(&[]).unwrap();
        for (value, expected) in [
            (
                "${file:/no/such:k}".to_owned(),
                "Could not read properties from file /no/such".to_owned(),
            ),
            (
                format!("${{file:{path}/latin:k}}"),
                format!("Could not read properties from file {path}/latin"),
            ),
            (
                format!("${{dir:{path}:latin}}"),
                format!("Could not read file {path}/latin for property latin"),
            ),
            (
                "${env:a:k}".to_owned(),
                "Path is not supported for EnvVarConfigProvider, invalid value 'a'".to_owned(),
            ),
        ] {
            let error = providers.resolve(&props(&[("k", &value)])).unwrap_err();
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn what_is_not_allowed_stays_a_reference() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        std::fs::write(directory.path().join("f"), "k=v").unwrap();
        let providers = providers(&[
            ("config.providers.file.param.allowed.paths", "/usr"),
            ("config.providers.dir.param.allowed.paths", path),
            ("config.providers.env.param.allowlist.pattern", "P[A-Z]T"),
        ])
        .unwrap();
        check(
            &providers,
            &format!("${{file:{path}/f:k}}"),
            &format!("${{file:{path}/f:k}}"),
        );
        check(&providers, &format!("${{dir:{path}:f}}"), "k=v");
        check(
            &providers,
            &format!("${{dir:{path}/..:f}}"),
            &format!("${{dir:{path}/..:f}}"),
        );
        check(&providers, "${env:PATH}", "${env:PATH}");
    }

    #[test]
    fn classes_and_parameters_are_checked() {
        let class = "config.providers.none.class";
        for short in ["File", "EnvVarConfigProvider"] {
            assert!(providers(&[(class, short)]).is_ok());
        }
        let error = providers(&[(class, "org.acme.Vault")]).unwrap_err();
        assert_eq!(
            error.message(),
            "Invalid value org.acme.Vault for configuration config.providers.none.class: Could not load config \
             provider class or one of its dependencies"
        );
        let error = providers(&[("config.providers.file.param.allowed.paths", "x")]).unwrap_err();
        assert_eq!(error.message(), "Path x is not absolute");
        assert!(providers(&[("config.providers.env.param.allowlist.pattern", "(")]).is_err());
        assert!(providers(&[("config.providers.env.param.ttl.ms", "soon")]).is_err());
    }

    #[test]
    fn values_may_be_good_for_a_time() {
        let providers = providers(&[("config.providers.env.param.ttl.ms", "70")]).unwrap();
        let resolved = providers.resolve(&props(&[("k", "${env:PATH}")])).unwrap();
        assert_eq!(
            resolved.ttls,
            BTreeMap::from([(String::new(), Duration::from_millis(70))])
        );
        assert!(!format!("{resolved:?}").contains(&std::env::var("PATH").unwrap()));
    }

    #[test]
    fn tasks_are_stored_with_references() {
        let connector = props(&[("password", "${file:a:b}"), ("url", "x")]);
        let mut task = props(&[("password", "hunter2"), ("url", "y"), ("id", "1")]);
        put_references_back(&connector, &mut task);
        assert_eq!(
            task,
            props(&[("password", "${file:a:b}"), ("url", "y"), ("id", "1")])
        );
    }
}
