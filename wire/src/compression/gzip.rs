//! Gzip: the member's header and trailer by hand around raw deflate, so that the deflate state can be reused.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::output::{Fault, Outcome};

/// Reusable deflate contexts.
#[derive(Default)]
pub(super) struct Gzip {
    deflate: Option<Compress>,
    inflate: Option<Decompress>,
}

impl Gzip {
    pub(super) fn compress(&mut self, level: i32, input: &[u8], out: &mut Vec<u8>) -> Outcome {
        let level = if level < 0 {
            Compression::default()
        } else {
            Compression::new(level.clamp(0, 9).cast_unsigned())
        };
        let deflate = self
            .deflate
            .get_or_insert_with(|| Compress::new(level, false));
        deflate.reset();
        out.extend_from_slice(&HEADER);
        loop {
            out.reserve(CHUNK);
            let read = deflate.total_in() as usize;
            let status = deflate
                .compress_vec(&input[read..], out, FlushCompress::Finish)
                .map_err(|error| Fault::corrupt(error.to_string()))?;
            if status == Status::StreamEnd {
                break;
            }
        }
        out.extend_from_slice(&crc_fast::crc32_iso_hdlc(input).to_le_bytes());
        out.extend_from_slice(&(input.len() as u32).to_le_bytes());
        Ok(())
    }

    pub(super) fn decompress(&mut self, input: &[u8], limit: usize, out: &mut Vec<u8>) -> Outcome {
        let start = out.len();
        let mut rest = self.member(input, limit, out)?;
        // As Java: another member may follow, anything else is ignored.
        while rest.starts_with(&MAGIC) {
            rest = self.member(rest, limit - (out.len() - start), out)?;
        }
        Ok(())
    }

    /// One member; gives what is behind it.
    fn member<'a>(
        &mut self,
        input: &'a [u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Outcome<&'a [u8]> {
        let body = skip_header(input)?;
        let start = out.len();
        let inflate = self.inflate.get_or_insert_with(|| Decompress::new(false));
        inflate.reset(false);
        loop {
            let produced = out.len() - start;
            if produced > limit {
                return Err(Fault::TooLarge);
            }
            out.reserve(CHUNK);
            let read = inflate.total_in() as usize;
            let status = inflate
                .decompress_vec(&body[read..], out, FlushDecompress::None)
                .map_err(|error| Fault::corrupt(error.to_string()))?;
            if status == Status::StreamEnd {
                break;
            }
            if inflate.total_in() as usize == read && out.len() - start == produced {
                return Err(Fault::corrupt("the deflate stream is cut off"));
            }
        }
        if out.len() - start > limit {
            return Err(Fault::TooLarge);
        }
        check_trailer(&body[inflate.total_in() as usize..], &out[start..])
    }
}

/// The deflate stream behind a member's header, optional fields skipped (RFC 1952).
fn skip_header(input: &[u8]) -> Outcome<&[u8]> {
    let cut_off = || Fault::corrupt("the gzip header is cut off");
    let (header, mut rest) = input.split_first_chunk::<10>().ok_or_else(cut_off)?;
    if header[..2] != MAGIC || header[2] != DEFLATE {
        return Err(Fault::corrupt(format!(
            "expected a gzip header, found {:02x?}",
            &header[..3]
        )));
    }
    let flags = header[3];
    if flags & EXTRA != 0 {
        let (len, tail) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
        rest = tail
            .get(usize::from(u16::from_le_bytes(*len))..)
            .ok_or_else(cut_off)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let end = rest
                .iter()
                .position(|&byte| byte == 0)
                .ok_or_else(cut_off)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CRC != 0 {
        rest = rest.get(2..).ok_or_else(cut_off)?;
    }
    Ok(rest)
}

/// Compares CRC-32 and length of what was inflated; gives what is behind them.
fn check_trailer<'a>(input: &'a [u8], inflated: &[u8]) -> Outcome<&'a [u8]> {
    let Some((trailer, rest)) = input.split_first_chunk::<8>() else {
        return Err(Fault::corrupt("the gzip trailer is cut off"));
    };
    let [a, b, c, d, len @ ..] = *trailer;
    let (expected, found) = (
        u32::from_le_bytes([a, b, c, d]),
        crc_fast::crc32_iso_hdlc(inflated),
    );
    if expected != found {
        return Err(Fault::corrupt(format!(
            "expected crc {expected:#010x}, found {found:#010x}"
        )));
    }
    if u32::from_le_bytes(len) != inflated.len() as u32 {
        return Err(Fault::corrupt(format!(
            "expected {} bytes inflated, found {}",
            u32::from_le_bytes(len),
            inflated.len()
        )));
    }
    Ok(rest)
}

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const HEADER_CRC: u8 = 0x02;
const EXTRA: u8 = 0x04;
const NAME: u8 = 0x08;
const COMMENT: u8 = 0x10;
/// No flags, no time, operating system unknown, as Java writes it.
const HEADER: [u8; 10] = [0x1f, 0x8b, DEFLATE, 0, 0, 0, 0, 0, 0, 0xff];
/// How far the output grows at least when it is full.
const CHUNK: usize = 8 * 1024;
