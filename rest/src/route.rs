//! Which resource a path means, and which methods it takes.

use hyper::Method;

/// What a path means. Names are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Root,
    Health,
    Connectors,
    Connector(String),
    Config(String),
    Status(String),
    Tasks(String),
    TaskStatus(String, String),
    TaskRestart(String, String),
    Restart(String),
    Pause(String),
    Resume(String),
    Stop(String),
    Topics(String),
    TopicsReset(String),
    Offsets(String),
    Fence(String),
    Plugins,
    PluginConfig(String),
    PluginValidate(String),
    Loggers,
    Logger(String),
}

impl Resource {
    /// The resource at a path, if there is one.
    pub(crate) fn find(path: &[String]) -> Option<Resource> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        Some(match path[..] {
            [] => Resource::Root,
            ["health"] => Resource::Health,
            ["connectors"] => Resource::Connectors,
            ["connectors", name, ref below @ ..] => return Self::below_connector(name, below),
            ["connector-plugins"] => Resource::Plugins,
            ["connector-plugins", plugin, "config"] => Resource::PluginConfig(plugin.to_owned()),
            ["connector-plugins", plugin, "config", "validate"] => {
                Resource::PluginValidate(plugin.to_owned())
            }
            ["admin", "loggers"] => Resource::Loggers,
            ["admin", "loggers", logger] => Resource::Logger(logger.to_owned()),
            _ => return None,
        })
    }

    fn below_connector(name: &str, below: &[&str]) -> Option<Resource> {
        let name = name.to_owned();
        Some(match below {
            [] => Resource::Connector(name),
            ["config"] => Resource::Config(name),
            ["status"] => Resource::Status(name),
            ["tasks"] => Resource::Tasks(name),
            ["tasks", task, "status"] => Resource::TaskStatus(name, (*task).to_owned()),
            ["tasks", task, "restart"] => Resource::TaskRestart(name, (*task).to_owned()),
            ["restart"] => Resource::Restart(name),
            ["pause"] => Resource::Pause(name),
            ["resume"] => Resource::Resume(name),
            ["stop"] => Resource::Stop(name),
            ["topics"] => Resource::Topics(name),
            ["topics", "reset"] => Resource::TopicsReset(name),
            ["offsets"] => Resource::Offsets(name),
            ["fence"] => Resource::Fence(name),
            _ => return None,
        })
    }

    /// Whether it is below `/admin`, which may have a listener of its own.
    pub(crate) fn is_admin(&self) -> bool {
        matches!(self, Resource::Loggers | Resource::Logger(_))
    }

    /// The methods it takes, besides HEAD and OPTIONS.
    pub(crate) fn methods(&self) -> &'static [Method] {
        match self {
            Resource::Root
            | Resource::Health
            | Resource::Status(_)
            | Resource::TaskStatus(..)
            | Resource::Topics(_)
            | Resource::Plugins
            | Resource::PluginConfig(_)
            | Resource::Loggers => &[Method::GET],
            Resource::Connectors | Resource::Tasks(_) => &[Method::POST, Method::GET],
            Resource::Connector(_) => &[Method::DELETE, Method::GET],
            Resource::Config(_) => &[Method::GET, Method::PUT, Method::PATCH],
            Resource::Offsets(_) => &[Method::DELETE, Method::GET, Method::PATCH],
            Resource::TaskRestart(..) | Resource::Restart(_) => &[Method::POST],
            Resource::Pause(_)
            | Resource::Resume(_)
            | Resource::Stop(_)
            | Resource::TopicsReset(_)
            | Resource::Fence(_)
            | Resource::PluginValidate(_) => &[Method::PUT],
            Resource::Logger(_) => &[Method::GET, Method::PUT],
        }
    }

    /// Whether it takes the method, HEAD standing for GET.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.methods().contains(method)
    }

    /// All methods it takes, for the answer to OPTIONS, in the order in which Java's hash set has them.
    pub(crate) fn allowed(&self) -> String {
        let methods = self.methods();
        let takes = |method: &Method| *method == Method::OPTIONS || methods.contains(method);
        let mut allowed: Vec<&str> = HASH_ORDER
            .iter()
            .filter(|m| takes(m))
            .map(Method::as_str)
            .collect();
        if methods.contains(&Method::GET) {
            allowed.insert(0, "HEAD");
        }
        allowed.join(", ")
    }
}

const HASH_ORDER: [Method; 6] = [
    Method::DELETE,
    Method::POST,
    Method::GET,
    Method::OPTIONS,
    Method::PUT,
    Method::PATCH,
];
