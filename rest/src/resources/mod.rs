//! The resources, one file each.

mod connectors;
mod health;
mod internal;
mod lifecycle;
mod loggers;
mod metrics;
mod offsets;
mod openapi;
mod plugins;
mod root;
mod status;
mod tasks;
mod topics;

use hyper::Method;

use crate::answer::Answer;
use crate::problem::Result;
use crate::request::Request;
use crate::route::Resource;
use crate::service::{App, Worker};

/// Answers a request whose method the resource takes; HEAD is answered as GET, and loses its body on the way out.
pub(crate) async fn answer(
    app: &App,
    worker: &Worker,
    resource: Resource,
    request: &Request,
) -> Result<Answer> {
    let Worker {
        herder,
        plugins,
        validation,
    } = worker;
    let method = &request.method;
    match resource {
        Resource::Root => Ok(root::get(herder)),
        Resource::Health => Ok(health::get(herder).await),
        Resource::Metrics => Ok(metrics::get(herder)),
        Resource::OpenApi => Ok(openapi::get()),
        Resource::Connectors if method == Method::POST => connectors::create(herder, request).await,
        Resource::Connectors => Ok(connectors::list(herder, request)),
        Resource::Connector(name) if method == Method::DELETE => {
            connectors::delete(herder, &name).await
        }
        Resource::Connector(name) => connectors::get(herder, &name),
        Resource::Config(name) if method == Method::PUT => {
            connectors::put_config(herder, &name, request).await
        }
        Resource::Config(name) if method == Method::PATCH => {
            connectors::patch_config(herder, &name, request).await
        }
        Resource::Config(name) => connectors::get_config(herder, &name),
        Resource::Status(name) => status::connector(herder, &name),
        Resource::Tasks(name) if method == Method::POST => {
            internal::put_tasks(herder, &name, request).await
        }
        Resource::Tasks(name) => tasks::list(herder, &name),
        Resource::TaskStatus(name, task) => tasks::status(herder, &name, &task),
        Resource::TaskRestart(name, task) => tasks::restart(herder, &name, &task).await,
        Resource::Restart(name) => lifecycle::restart(herder, &name, request).await,
        Resource::Pause(name) => lifecycle::pause(herder, &name).await,
        Resource::Resume(name) => lifecycle::resume(herder, &name).await,
        Resource::Stop(name) => lifecycle::stop(herder, &name).await,
        Resource::Topics(name) => topics::get(app, herder, &name),
        Resource::TopicsReset(name) => topics::reset(app, herder, &name),
        Resource::Offsets(name) if method == Method::PATCH => {
            offsets::alter(herder, &name, request).await
        }
        Resource::Offsets(name) if method == Method::DELETE => offsets::reset(herder, &name).await,
        Resource::Offsets(name) => offsets::get(herder, &name).await,
        Resource::Fence(name) => internal::fence(herder, &name, request).await,

        Resource::Plugins => Ok(plugins::list(plugins, request)),
        Resource::PluginConfig(name) => plugins::config(plugins, &name, request),
        Resource::PluginValidate(name) => plugins::validate(validation, &name, request).await,
        Resource::Loggers => Ok(loggers::list(app)),
        Resource::Logger(name) if method == Method::PUT => {
            loggers::set(app, herder, &name, request).await
        }
        Resource::Logger(name) => loggers::get(app, &name),
    }
}
