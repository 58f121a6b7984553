//! Snappy in snappy-java's stream framing ("xerial"), which is what every Kafka client writes.
//!
//! A header of 16 bytes (magic, version, compatible version), then blocks: length as big-endian i32, raw snappy of at most
//! 32 KB. The two version fields are not looked at: some brokers write them little-endian.

use super::output::{Fault, Outcome};

/// Reusable snappy contexts.
#[derive(Default)]
pub(super) struct Snappy {
    encoder: Option<Box<snap::raw::Encoder>>,
    decoder: snap::raw::Decoder,
}

impl Snappy {
    pub(super) fn compress(&mut self, input: &[u8], out: &mut Vec<u8>) -> Outcome {
        let encoder = self
            .encoder
            .get_or_insert_with(|| Box::new(snap::raw::Encoder::new()));
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSIONS);
        for block in input.chunks(BLOCK) {
            let at = out.len();
            out.resize(at + 4 + snap::raw::max_compress_len(block.len()), 0);
            let len = encoder
                .compress(block, &mut out[at + 4..])
                .map_err(|error| Fault::corrupt(error.to_string()))?;
            // A block is at most 32 KB and a sixth more: the length fits.
            out[at..at + 4].copy_from_slice(&(len as i32).to_be_bytes());
            out.truncate(at + 4 + len);
        }
        Ok(())
    }

    pub(super) fn decompress(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
        let Some(mut rest) = input
            .strip_prefix(&MAGIC)
            .and_then(|rest| rest.get(VERSIONS.len()..))
        else {
            return self.decompress_raw(input, limit, out);
        };
        let start = out.len();
        while !rest.is_empty() {
            // Streams may be concatenated: a block length cannot begin with the magic's 0x82.
            if let Some(next) = rest
                .strip_prefix(&MAGIC)
                .and_then(|rest| rest.get(VERSIONS.len()..))
            {
                rest = next;
                continue;
            }
            let Some((len, tail)) = rest.split_first_chunk::<4>() else {
                return Err(Fault::corrupt(format!(
                    "{} bytes where a block length was expected",
                    rest.len()
                )));
            };
            let len = i32::from_be_bytes(*len);
            let Some(block) = usize::try_from(len).ok().and_then(|len| tail.get(..len)) else {
                return Err(Fault::corrupt(format!(
                    "block of {len} bytes with {} bytes left",
                    tail.len()
                )));
            };
            self.decompress_raw(block, limit - (out.len() - start), out)?;
            rest = &tail[block.len()..];
        }
        Ok(())
    }

    fn decompress_raw(&mut self, block: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
        let len =
            snap::raw::decompress_len(block).map_err(|error| Fault::corrupt(error.to_string()))?;
        // No element of the format yields more than 64 bytes, and each takes a byte at least.
        if len > block.len().saturating_mul(64) {
            return Err(Fault::corrupt(format!(
                "{} bytes claim to hold {len}",
                block.len()
            )));
        }
        if len > limit {
            return Err(Fault::TooLarge);
        }
        let at = out.len();
        out.resize(at + len, 0);
        let written = self
            .decoder
            .decompress(block, &mut out[at..])
            .map_err(|error| Fault::corrupt(error.to_string()))?;
        out.truncate(at + written);
        Ok(())
    }
}

const MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
/// Version 1, readable by version 1.
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// snappy-java's default block, and the largest it was ever configured to in Kafka.
const BLOCK: usize = 32 * 1024;
