//! Compression contexts, one set per thread.
//!
//! A context is large (zstd: hundreds of kilobytes) and is used for microseconds at a time, never across an await: tasks on
//! the same thread share one.

use std::cell::RefCell;

use windlass_wire::compression::{Codecs, Levels};

/// Runs `work` with this thread's contexts for these levels. `work` must not call this again.
pub(crate) fn with_codecs<R>(levels: Levels, work: impl FnOnce(&mut Codecs) -> R) -> R {
    CONTEXTS.with_borrow_mut(|contexts| {
        let at = match contexts.iter().position(|(of, _)| *of == levels) {
            Some(at) => at,
            None => {
                // Few settings are in use at once; the one made first makes room.
                contexts.truncate(MAX_CONTEXTS - 1);
                contexts.insert(0, (levels, Codecs::with_levels(levels)));
                0
            }
        };
        work(&mut contexts[at].1)
    })
}

thread_local! {
    static CONTEXTS: RefCell<Vec<(Levels, Codecs)>> = const { RefCell::new(Vec::new()) };
}

const MAX_CONTEXTS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_kept_and_bounded() {
        for zstd in 1..20 {
            with_codecs(
                Levels {
                    zstd,
                    ..Levels::default()
                },
                |_| {},
            );
        }
        CONTEXTS.with_borrow(|contexts| {
            assert_eq!(contexts.len(), MAX_CONTEXTS);
            assert_eq!(contexts[0].0.zstd, 19);
        });
    }
}
