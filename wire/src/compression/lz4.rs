//! LZ4 frames as Kafka's Java client writes them: independent blocks of 64 KB, no checksums but the header's.
//!
//! The frame is written and mostly read by hand over lz4_flex's blocks, which lets the hash table be reused and blocks be
//! decompressed straight into the output; frames with features that Java never writes go through lz4_flex's own reader.

use std::io::{self, Read};

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};
use lz4_flex::frame::FrameDecoder;

use super::output::{Fault, Limited, Outcome};

/// The reusable hash table.
#[derive(Default)]
pub(super) struct Lz4 {
    table: Option<CompressTable>,
}

impl Lz4 {
    pub(super) fn compress(&mut self, input: &[u8], out: &mut Vec<u8>) -> Outcome {
        // 64 KB needs 32-bit table entries, the small table ends one byte below.
        let table = self.table.get_or_insert_with(CompressTable::large);
        out.extend_from_slice(&HEADER);
        for block in input.chunks(BLOCK) {
            let at = out.len();
            out.resize(at + 4 + get_maximum_output_size(block.len()), 0);
            let len = compress_into_with_table(block, &mut out[at + 4..], table)
                .map_err(|error| Fault::corrupt(error.to_string()))?;
            if len < block.len() {
                out[at..at + 4].copy_from_slice(&(len as u32).to_le_bytes());
                out.truncate(at + 4 + len);
            } else {
                out[at..at + 4].copy_from_slice(&(block.len() as u32 | STORED).to_le_bytes());
                out.truncate(at + 4);
                out.extend_from_slice(block);
            }
        }
        out.extend_from_slice(&END);
        Ok(())
    }

    pub(super) fn decompress(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
        match input.strip_prefix(&HEADER) {
            Some(blocks) => decompress_blocks(blocks, limit, out),
            None => decompress_any(input, limit, out),
        }
    }
}

/// The blocks of a frame with exactly our header, up to the end mark; as Java, bytes behind that are ignored.
fn decompress_blocks(mut input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
    let start = out.len();
    loop {
        let Some((size, rest)) = input.split_first_chunk::<4>() else {
            return Err(Fault::corrupt("the frame ends without its end mark"));
        };
        let size = u32::from_le_bytes(*size);
        if size == 0 {
            return Ok(());
        }
        let len = (size & !STORED) as usize;
        let Some(block) = rest.get(..len).filter(|block| block.len() <= MAX_BLOCK_LEN) else {
            return Err(Fault::corrupt(format!(
                "block of {len} bytes with {} bytes left",
                rest.len()
            )));
        };
        let at = out.len();
        let room = limit - (at - start);
        if size & STORED != 0 {
            if block.len() > room {
                return Err(Fault::TooLarge);
            }
            out.extend_from_slice(block);
        } else {
            // A byte yields 255 at most; the block says nothing of its size.
            let most = BLOCK.min(block.len().saturating_mul(255));
            out.resize(at + most.min(room), 0);
            let written = decompress_into(block, &mut out[at..]).map_err(|error| match error {
                lz4_flex::block::DecompressError::OutputTooSmall { .. } if room < most => {
                    Fault::TooLarge
                }
                error => Fault::corrupt(error.to_string()),
            })?;
            out.truncate(at + written);
        }
        input = &rest[len..];
    }
}

/// Any frame: linked blocks, checksums, content size, other block sizes.
fn decompress_any(input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
    if input.is_empty() {
        return Err(Fault::corrupt("there is no frame"));
    }
    let mut output = Limited::new(out, limit);
    let outcome = copy(&mut FrameDecoder::new(input), &mut output);
    match outcome {
        Ok(()) => Ok(()),
        Err(_) if output.exceeded => Err(Fault::TooLarge),
        Err(error) => Err(Fault::corrupt(error.to_string())),
    }
}

fn copy(from: &mut impl Read, to: &mut impl io::Write) -> io::Result<()> {
    let mut buffer = [0; 8 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            n => to.write_all(&buffer[..n])?,
        }
    }
}

/// Magic, flags (version 1, independent blocks), block size 64 KB, second byte of the header's xxHash32.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
const END: [u8; 4] = [0; 4];
/// The bit of a block size that says the block is not compressed.
const STORED: u32 = 1 << 31;
const BLOCK: usize = 64 * 1024;
/// A compressed block larger than it was is stored instead.
const MAX_BLOCK_LEN: usize = BLOCK;
