//! What a panic leaves on standard error.

use windlass_secret::mask::masked;

/// Shows panics as Rust does, but for secrets that their messages quote.
pub(crate) fn hide_secrets() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("<unnamed>");
        eprintln!("{}", masked(&format!("thread '{name}' {panic}")));
    }));
}
