//! Which resource a path means, and which methods it takes.

use std::collections::VecDeque;

use hyper::Method;

/// What a path means. Names are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Root,
    Health,
    Metrics,
    OpenApi,
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

/// What a path holds where its template has names in braces, in order.
#[derive(Default)]
pub(crate) struct Names<'p>(VecDeque<&'p str>);

impl Names<'_> {
    fn next(&mut self) -> String {
        self.0.pop_front().unwrap_or_default().to_owned()
    }
}

impl Resource {
    /// The resource at a path, if there is one.
    pub(crate) fn find(path: &[String]) -> Option<Resource> {
        ROUTES.iter().find_map(|(template, resource)| {
            let mut names = Names::default();
            let mut segments = path.iter();
            for wanted in template.split('/').filter(|wanted| !wanted.is_empty()) {
                let segment = segments.next()?;
                if wanted.starts_with('{') {
                    names.0.push_back(segment);
                } else if wanted != segment {
                    return None;
                }
            }
            segments.next().is_none().then(|| resource(&mut names))
        })
    }

    /// Whether it is below `/admin`, which may have a listener of its own.
    pub(crate) fn is_admin(&self) -> bool {
        matches!(self, Resource::Loggers | Resource::Logger(_))
    }

    /// Whether a listener of its own for `/admin` offers it.
    pub(crate) fn is_on_admin_listeners(&self) -> bool {
        self.is_admin() || matches!(self, Resource::Metrics | Resource::OpenApi)
    }

    /// Whether its answers are JSON.
    pub(crate) fn is_json(&self) -> bool {
        !matches!(self, Resource::Metrics)
    }

    /// The methods it takes, besides HEAD and OPTIONS.
    pub(crate) fn methods(&self) -> &'static [Method] {
        match self {
            Resource::Root
            | Resource::Health
            | Resource::Metrics
            | Resource::OpenApi
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

type Route = (&'static str, fn(&mut Names<'_>) -> Resource);

/// Every path there is; `openapi.json` describes them.
#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    ("/", |_| Resource::Root),
    ("/health", |_| Resource::Health),
    ("/metrics", |_| Resource::Metrics),
    ("/openapi.json", |_| Resource::OpenApi),
    ("/connectors", |_| Resource::Connectors),
    ("/connectors/{connector}", |names| Resource::Connector(names.next())),
    ("/connectors/{connector}/config", |names| Resource::Config(names.next())),
    ("/connectors/{connector}/status", |names| Resource::Status(names.next())),
    ("/connectors/{connector}/tasks", |names| Resource::Tasks(names.next())),
    ("/connectors/{connector}/tasks/{task}/status", |names| Resource::TaskStatus(names.next(), names.next())),
    ("/connectors/{connector}/tasks/{task}/restart", |names| Resource::TaskRestart(names.next(), names.next())),
    ("/connectors/{connector}/restart", |names| Resource::Restart(names.next())),
    ("/connectors/{connector}/pause", |names| Resource::Pause(names.next())),
    ("/connectors/{connector}/resume", |names| Resource::Resume(names.next())),
    ("/connectors/{connector}/stop", |names| Resource::Stop(names.next())),
    ("/connectors/{connector}/topics", |names| Resource::Topics(names.next())),
    ("/connectors/{connector}/topics/reset", |names| Resource::TopicsReset(names.next())),
    ("/connectors/{connector}/offsets", |names| Resource::Offsets(names.next())),
    ("/connectors/{connector}/fence", |names| Resource::Fence(names.next())),
    ("/connector-plugins", |_| Resource::Plugins),
    ("/connector-plugins/{plugin}/config", |names| Resource::PluginConfig(names.next())),
    ("/connector-plugins/{plugin}/config/validate", |names| Resource::PluginValidate(names.next())),
    ("/admin/loggers", |_| Resource::Loggers),
    ("/admin/loggers/{logger}", |names| Resource::Logger(names.next())),
];

const HASH_ORDER: [Method; 6] = [
    Method::DELETE,
    Method::POST,
    Method::GET,
    Method::OPTIONS,
    Method::PUT,
    Method::PATCH,
];
