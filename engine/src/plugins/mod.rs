//! The classes that the worker knows: connectors, converters, transforms, predicates.
//!
//! Configurations name them as in Java: by the full class name, by the simple name, or by the simple name without the suffix of
//! its kind (`FileStreamSource`, `Json`). A short name that several classes share stands for none of them.

mod bundled;
mod error;
mod kind;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use windlass_api::{
    ClassNames, ConfigDef, ConnectorPlugin, Converter, HeaderConverter, NewConnector, Predicate,
    SinkConnector, SourceConnector, Transform,
};

pub use error::PluginError;
pub use kind::PluginKind;
pub use version::VersionRange;

/// The classes that the worker knows.
#[derive(Clone, Debug)]
pub struct Plugins {
    /// By kind and class name, the order in which REST lists them.
    classes: Classes,
    aliases: BTreeMap<String, &'static str>,
}

/// What REST lists of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// The full Java class name.
    pub class: &'static str,
    /// What it is.
    pub kind: PluginKind,
    /// Its version.
    pub version: &'static str,
}

/// A new connector of one kind or the other.
pub enum Connector {
    /// A source.
    Source(Box<dyn SourceConnector>),
    /// A sink.
    Sink(Box<dyn SinkConnector>),
}

type Classes = BTreeMap<PluginKind, BTreeMap<&'static str, Plugin>>;

#[derive(Clone)]
struct Plugin {
    version: &'static str,
    /// Whether lists show it.
    listed: bool,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Connector(NewConnector),
    Converter(fn() -> Box<dyn Converter>),
    HeaderConverter(fn() -> Box<dyn HeaderConverter>),
    Transform(fn() -> Box<dyn Transform>),
    Predicate(fn() -> Box<dyn Predicate>),
}

impl Plugins {
    /// The bundled converters, transforms and predicates, and these connectors.
    pub fn new(connectors: impl IntoIterator<Item = ConnectorPlugin>) -> Self {
        let mut plugins = Plugins {
            classes: bundled::classes(),
            aliases: BTreeMap::new(),
        };
        plugins.add(connectors, true);
        plugins
    }

    /// Adds connectors that configurations may name, but that no list shows.
    #[must_use]
    pub fn with_unlisted(mut self, connectors: impl IntoIterator<Item = ConnectorPlugin>) -> Self {
        self.add(connectors, false);
        self
    }

    /// Adds a transform, for programs that bring their own.
    #[must_use]
    pub fn with_transform(
        mut self,
        class: &'static str,
        version: &'static str,
        new: fn() -> Box<dyn Transform>,
    ) -> Self {
        let plugin = Plugin {
            version,
            listed: true,
            body: Body::Transform(new),
        };
        let kind = PluginKind::Transformation;
        self.classes.entry(kind).or_default().insert(class, plugin);
        self.aliases = aliases(self.all().map(|(info, _)| info));
        self
    }

    /// All plugins in the order of REST, or the connectors among them.
    pub fn list(&self, connectors_only: bool) -> impl Iterator<Item = PluginInfo> + '_ {
        self.all()
            .filter(move |(info, plugin)| {
                plugin.listed && (!connectors_only || info.kind <= PluginKind::Source)
            })
            .map(|(info, _)| info)
    }

    /// The class names of a kind, sorted.
    pub fn classes(&self, kind: PluginKind) -> impl Iterator<Item = &'static str> + '_ {
        self.classes
            .get(&kind)
            .into_iter()
            .flat_map(|classes| classes.keys().copied())
    }

    /// The connector that a configuration's `connector.class` and `connector.plugin.version` name.
    ///
    /// # Errors
    /// When no connector, or several, have that name, or it has no such version.
    pub fn connector(
        &self,
        name: &str,
        versions: &VersionRange,
    ) -> Result<(PluginInfo, Connector), PluginError> {
        let class = self.connector_class(name)?;
        let (info, plugin) = self
            .find(&[PluginKind::Source, PluginKind::Sink], class)
            .ok_or_else(|| {
                self.not_found(&[PluginKind::Sink, PluginKind::Source], "connectors", name)
            })?;
        self.check_version(&info, versions)?;
        match &plugin.body {
            Body::Connector(NewConnector::Source(new)) => Ok((info, Connector::Source(new()))),
            Body::Connector(NewConnector::Sink(new)) => Ok((info, Connector::Sink(new()))),
            _ => Err(self.not_found(&[PluginKind::Sink, PluginKind::Source], "connectors", name)),
        }
    }

    /// A new converter of that class or short name.
    ///
    /// # Errors
    /// When there is none, or it has no such version.
    pub fn converter(
        &self,
        name: &str,
        versions: &VersionRange,
    ) -> Result<Box<dyn Converter>, PluginError> {
        match self.find(&[PluginKind::Converter], self.resolve(name)) {
            Some((
                info,
                Plugin {
                    body: Body::Converter(new),
                    ..
                },
            )) => {
                self.check_version(&info, versions)?;
                Ok(new())
            }
            _ => Err(self.not_found(&[PluginKind::Converter], "converters", name)),
        }
    }

    /// A new header converter of that class or short name.
    ///
    /// # Errors
    /// When there is none, or it has no such version.
    pub fn header_converter(
        &self,
        name: &str,
        versions: &VersionRange,
    ) -> Result<Box<dyn HeaderConverter>, PluginError> {
        match self.find(&[PluginKind::HeaderConverter], self.resolve(name)) {
            Some((
                info,
                Plugin {
                    body: Body::HeaderConverter(new),
                    ..
                },
            )) => {
                self.check_version(&info, versions)?;
                Ok(new())
            }
            _ => Err(self.not_found(&[PluginKind::HeaderConverter], "header converters", name)),
        }
    }

    /// A new transform of that class or short name.
    ///
    /// # Errors
    /// When there is none.
    pub fn transform(&self, name: &str) -> Result<Box<dyn Transform>, PluginError> {
        let kind = PluginKind::Transformation;
        match self.find(&[kind], self.resolve(name)) {
            Some((
                _,
                Plugin {
                    body: Body::Transform(new),
                    ..
                },
            )) => Ok(new()),
            _ => Err(self.not_found(&[kind], "transformations", name)),
        }
    }

    /// A new predicate of that class or short name.
    ///
    /// # Errors
    /// When there is none.
    pub fn predicate(&self, name: &str) -> Result<Box<dyn Predicate>, PluginError> {
        let kind = PluginKind::Predicate;
        match self.find(&[kind], self.resolve(name)) {
            Some((
                _,
                Plugin {
                    body: Body::Predicate(new),
                    ..
                },
            )) => Ok(new()),
            _ => Err(self.not_found(&[kind], "predicates", name)),
        }
    }

    /// The configuration of a plugin of any kind, as `GET /connector-plugins/{name}/config` shows it.
    ///
    /// # Errors
    /// When no plugin has that name, or it has no such version.
    pub fn config(&self, name: &str, versions: &VersionRange) -> Result<ConfigDef, PluginError> {
        let class = self.resolve(name);
        let (info, plugin) = self
            .find(&ALL_KINDS, class)
            .ok_or_else(|| PluginError::Unknown(name.to_owned()))?;
        self.check_version(&info, versions)?;
        Ok(plugin.config())
    }

    /// The configuration of a plugin of that kind; `None` when there is no such class of the kind.
    pub fn config_of(&self, kind: PluginKind, name: &str) -> Option<ConfigDef> {
        self.find(&[kind], self.resolve(name))
            .map(|(_, plugin)| plugin.config())
    }

    /// The version of a plugin of that kind.
    pub fn version_of(&self, kind: PluginKind, name: &str) -> Option<&'static str> {
        self.find(&[kind], self.resolve(name))
            .map(|(info, _)| info.version)
    }

    /// Whether the name stands for a class of that kind.
    pub fn is_a(&self, kind: PluginKind, name: &str) -> bool {
        self.find(&[kind], self.resolve(name)).is_some()
    }

    fn add(&mut self, connectors: impl IntoIterator<Item = ConnectorPlugin>, listed: bool) {
        for connector in connectors {
            let kind = match connector.new {
                NewConnector::Source(_) => PluginKind::Source,
                NewConnector::Sink(_) => PluginKind::Sink,
            };
            let plugin = Plugin {
                version: connector.version,
                listed,
                body: Body::Connector(connector.new),
            };
            let classes = self.classes.entry(kind).or_default();
            classes.insert(connector.class, plugin);
        }
        self.aliases = aliases(self.all().map(|(info, _)| info));
    }

    fn all(&self) -> impl Iterator<Item = (PluginInfo, &Plugin)> + '_ {
        self.classes.iter().flat_map(|(&kind, classes)| {
            classes.iter().map(move |(class, plugin)| {
                let version = plugin.version;
                (
                    PluginInfo {
                        class,
                        kind,
                        version,
                    },
                    plugin,
                )
            })
        })
    }

    fn find(&self, kinds: &[PluginKind], class: &str) -> Option<(PluginInfo, &Plugin)> {
        kinds.iter().find_map(|&kind| {
            let (&class, plugin) = self.classes.get(&kind)?.get_key_value(class)?;
            Some((
                PluginInfo {
                    class,
                    kind,
                    version: plugin.version,
                },
                plugin,
            ))
        })
    }

    fn resolve<'n>(&self, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        self.aliases.get(name).copied().unwrap_or(name)
    }

    /// The class of a connector; unlike other plugins, one whose short name is shared is reported as such.
    fn connector_class<'n>(&self, name: &'n str) -> Result<&'n str, PluginError> {
        let class = self.resolve(name);
        let connectors = || {
            let all = self.all().map(|(info, _)| info);
            all.filter(|info| info.kind <= PluginKind::Source)
                .map(|info| info.class)
        };
        if connectors().any(|known| known == class) {
            return Ok(class);
        }
        let found: BTreeSet<&str> = connectors()
            .filter(|class| {
                let simple = simple_name(class);
                simple == name || simple.strip_suffix("Connector") == Some(name)
            })
            .collect();
        if found.len() < 2 {
            return Err(self.not_found(
                &[PluginKind::Sink, PluginKind::Source],
                "connectors",
                name,
            ));
        }
        let found = found.into_iter().collect::<Vec<_>>().join(", ");
        Err(PluginError::Ambiguous {
            name: name.to_owned(),
            found,
        })
    }

    fn not_found(&self, kinds: &[PluginKind], plural: &'static str, name: &str) -> PluginError {
        let available = self.list(false).filter(|info| kinds.contains(&info.kind)).map(|info| {
            let PluginInfo { class, kind, version } = info;
            let kind = kind.as_str();
            format!(
                "PluginDesc{{klass=class {class}, name='{class}', version='{version}', encodedVersion={version}, \
                 type={kind}, typeName='{kind}', location='classpath'}}"
            )
        });
        PluginError::NotFound {
            interface: kinds[0].interface(),
            plural,
            name: name.to_owned(),
            available: available.collect::<Vec<_>>().join(", "),
        }
    }

    fn check_version(&self, info: &PluginInfo, versions: &VersionRange) -> Result<(), PluginError> {
        if versions.contains(info.version) {
            return Ok(());
        }
        Err(PluginError::Version {
            class: info.class.to_owned(),
            range: versions.to_string(),
            available: info.version.to_owned(),
        })
    }
}

impl ClassNames for Plugins {
    /// Plugins by any of their names, and the classes of Java's own library, which exist for Java without being of
    /// any use here.
    fn full_name(&self, name: &str) -> Option<String> {
        let class = self.resolve(name);
        let known = self.find(&ALL_KINDS, class).is_some() || class.starts_with("java.");
        known.then(|| class.to_owned())
    }
}

impl Connector {
    /// The connector's own configuration.
    pub fn config(&self) -> ConfigDef {
        match self {
            Connector::Source(connector) => connector.config(),
            Connector::Sink(connector) => connector.config(),
        }
    }
}

impl Plugin {
    fn config(&self) -> ConfigDef {
        match &self.body {
            Body::Connector(NewConnector::Source(new)) => new().config(),
            Body::Connector(NewConnector::Sink(new)) => new().config(),
            Body::Converter(new) => new().config(),
            Body::HeaderConverter(new) => new().config(),
            Body::Transform(new) => new().config(),
            Body::Predicate(new) => new().config(),
        }
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The short names of the classes; those that several classes share are left out.
fn aliases(classes: impl Iterator<Item = PluginInfo>) -> BTreeMap<String, &'static str> {
    let mut found: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for PluginInfo { class, kind, .. } in classes {
        let simple = simple_name(class);
        let pruned = match simple.rfind(kind.interface()) {
            Some(end) if end > 0 => &simple[..end],
            _ => simple,
        };
        found.entry(simple.to_owned()).or_default().insert(class);
        found.entry(pruned.to_owned()).or_default().insert(class);
    }
    found
        .into_iter()
        .filter(|(_, classes)| classes.len() == 1)
        .filter_map(|(alias, classes)| Some((alias, classes.into_iter().next()?)))
        .collect()
}

/// `Class.getSimpleName`: of a nested class, what follows the `$`.
fn simple_name(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}

const ALL_KINDS: [PluginKind; 6] = [
    PluginKind::Sink,
    PluginKind::Source,
    PluginKind::Transformation,
    PluginKind::Predicate,
    PluginKind::Converter,
    PluginKind::HeaderConverter,
];
