//! The commands that need no cluster: `transform`, `test` and `validate`.

mod files;
mod show;
pub(crate) mod test;
pub(crate) mod transform;
pub(crate) mod validate;

use std::future::Future;
use std::sync::Arc;

use windlass_engine::plugins::Plugins;

use crate::failure::Failure;
use crate::plugins;

fn bundled() -> Arc<Plugins> {
    Arc::new(plugins::all())
}

/// Runs on this thread: there is nothing to wait for but a schema registry.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::start(format!("cannot start a runtime: {error}")))?;
    Ok(runtime.block_on(future))
}
