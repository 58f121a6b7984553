//! Writes batches of every codec and level into a directory, for `tests/java/BatchFixtures.java read DIR` to check.

#[path = "../tests/common/mod.rs"]
mod common;

use std::error::Error;
use std::path::Path;

use windlass_wire::batch::{BatchBuilder, BatchOptions, ControlMarker, control_batch};
use windlass_wire::compression::{Codecs, Compression, Levels};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args()
        .nth(1)
        .ok_or("usage: batches_for_java DIR")?;
    let dir = Path::new(&dir);
    for gzip_and_zstd in [(-1, 3), (1, -5), (6, 1), (9, 9), (2, 19), (3, 22)] {
        let (gzip, zstd) = gzip_and_zstd;
        let mut codecs = Codecs::with_levels(Levels {
            gzip,
            zstd,
            ..Levels::default()
        });
        for compression in Compression::ALL {
            // Twice, so that the second of each goes through used contexts.
            for (round, kind) in ["small", "large", "small", "large"].into_iter().enumerate() {
                let batch = build(kind, compression, &mut codecs)?;
                std::fs::write(
                    dir.join(format!("{kind}.{compression}.{gzip}.{zstd}.{round}.batch")),
                    batch,
                )?;
            }
        }
    }
    for (name, marker) in [
        ("commit", ControlMarker::Commit),
        ("abort", ControlMarker::Abort),
    ] {
        std::fs::write(
            dir.join(format!("{name}.batch")),
            control_batch(marker, 4711, 3, 9, 1_700_000_000_000),
        )?;
    }
    Ok(())
}

fn build(
    kind: &str,
    compression: Compression,
    codecs: &mut Codecs,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut builder = BatchBuilder::new();
    for record in common::records(kind) {
        let headers = record
            .headers
            .iter()
            .map(|(key, value)| (&key[..], value.as_deref()));
        builder.append(
            record.timestamp,
            record.key.as_deref(),
            record.value.as_deref(),
            headers,
        )?;
    }
    Ok(builder.finish(
        &BatchOptions {
            compression,
            ..BatchOptions::default()
        },
        codecs,
    )?)
}
