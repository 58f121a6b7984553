//! The Connect runtime: herder, worker, task loops, storage.
