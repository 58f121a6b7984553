//! Zstandard. The crate behind it is young, so it stays behind the two functions here.

use std::cell::RefCell;

use structured_zstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use structured_zstd::encoding::{CompressionLevel, FrameCompressor};

use super::output::{Fault, Limited, Outcome};

/// Reusable zstd contexts; each takes hundreds of kilobytes once used.
///
/// Compressors cannot move between threads, and tasks do: each thread has its own.
#[derive(Default)]
pub(super) struct Zstd {
    decoder: Option<Box<FrameDecoder>>,
    /// The compressor clears what it writes into, so it cannot append.
    frame: Vec<u8>,
}

impl Zstd {
    pub(super) fn compress(&mut self, level: i32, input: &[u8], out: &mut Vec<u8>) -> Outcome {
        COMPRESSOR.with_borrow_mut(|slot| {
            if slot
                .as_ref()
                .is_none_or(|(for_level, _)| *for_level != level)
            {
                let level_of = CompressionLevel::from_level(level.clamp(MIN_LEVEL, MAX_LEVEL));
                *slot = Some((level, Box::new(FrameCompressor::new(level_of))));
            }
            if let Some((_, compressor)) = slot {
                compressor.compress_independent_frame_into(input, &mut self.frame);
            }
        });
        out.extend_from_slice(&self.frame);
        Ok(())
    }

    pub(super) fn decompress(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
        let decoder = self.decoder.get_or_insert_default();
        let mut output = Limited::new(out, limit);
        let mut rest = input;
        loop {
            let outcome = frame(decoder, &mut rest, &mut output);
            match outcome {
                Ok(()) if rest.is_empty() => return Ok(()),
                Ok(()) => {}
                Err(_) if output.exceeded => return Err(Fault::TooLarge),
                Err(error) => return Err(Fault::corrupt(error)),
            }
        }
    }
}

thread_local! {
    /// The last level used, with its compressor.
    static COMPRESSOR: RefCell<Option<(i32, Box<FrameCompressor>)>> = const { RefCell::new(None) };
}

/// One frame off the front of `input`.
fn frame(
    decoder: &mut FrameDecoder,
    input: &mut &[u8],
    output: &mut Limited<'_>,
) -> Result<(), String> {
    decoder
        .reset(&mut *input)
        .map_err(|error| error.to_string())?;
    loop {
        let finished = decoder
            .decode_blocks(&mut *input, BlockDecodingStrategy::UptoBytes(STEP))
            .map_err(|error| error.to_string())?;
        decoder
            .collect_to_writer(&mut *output)
            .map_err(|error| error.to_string())?;
        if finished {
            return Ok(());
        }
    }
}

/// Kafka's range of `compression.zstd.level`.
const MIN_LEVEL: i32 = -131_072;
const MAX_LEVEL: i32 = 22;
/// Bytes decoded before they are handed over: one block.
const STEP: usize = 128 * 1024;
