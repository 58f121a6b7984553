//! From bytes to text, as forgiving as Jackson is.

use bytes::{Buf, Bytes};
use windlass_api::Text;

use super::error::{self, ReadResult};

/// The JSON text of a message. UTF-8 is taken as it is; a byte order mark is skipped; UTF-16 and UTF-32 are recognised
/// by theirs, or by the zero bytes around an ASCII character.
///
/// # Errors
/// When the bytes are not text.
pub(crate) fn decode(bytes: Bytes) -> ReadResult<Text> {
    // Nothing else has a zero among its first bytes or begins like a byte order mark.
    if let [first, second, ..] = bytes[..]
        && (first == 0 || second == 0 || first >= 0xEF)
    {
        return decode_marked(bytes);
    }
    decode_utf8(bytes)
}

/// The text of bytes that are UTF-8 without a mark.
pub(crate) fn decode_utf8(bytes: Bytes) -> ReadResult<Text> {
    Text::try_new(bytes).or_else(|bytes| match decode_sloppy_utf8(&bytes) {
        Some(text) => Ok(Text::from(text)),
        None => Err(error::syntax(0, "UTF-8")),
    })
}

fn decode_marked(mut bytes: Bytes) -> ReadResult<Text> {
    let head = [0, 1, 2, 3].map(|at| bytes.get(at).copied().unwrap_or(1));
    // Jackson looks for a mark only where there are four bytes.
    let has_mark = bytes.len() >= 4;
    let (encoding, mark) = match head {
        [0, 0, 0xFE, 0xFF] if has_mark => (Encoding::Utf32Be, 4),
        [0xFF, 0xFE, 0, 0] if has_mark => (Encoding::Utf32Le, 4),
        [0xFE, 0xFF, ..] if has_mark => (Encoding::Utf16Be, 2),
        [0xFF, 0xFE, ..] if has_mark => (Encoding::Utf16Le, 2),
        [0xEF, 0xBB, 0xBF, _] if has_mark => (Encoding::Utf8, 3),
        [0, 0, 0, _] if has_mark => (Encoding::Utf32Be, 0),
        [_, 0, 0, 0] if has_mark => (Encoding::Utf32Le, 0),
        [0, ..] => (Encoding::Utf16Be, 0),
        [_, 0, ..] => (Encoding::Utf16Le, 0),
        _ => (Encoding::Utf8, 0),
    };
    bytes.advance(mark);
    let text = match encoding {
        Encoding::Utf8 => return decode_utf8(bytes),
        Encoding::Utf16Be => utf16(&bytes, u16::from_be_bytes),
        Encoding::Utf16Le => utf16(&bytes, u16::from_le_bytes),
        Encoding::Utf32Be => utf32(&bytes, u32::from_be_bytes),
        Encoding::Utf32Le => utf32(&bytes, u32::from_le_bytes),
    };
    text.map(Text::from)
        .ok_or_else(|| error::syntax(0, "UTF-16 or UTF-32"))
}

enum Encoding {
    Utf8,
    Utf16Be,
    Utf16Le,
    Utf32Be,
    Utf32Le,
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    Some(
        char::decode_utf16(units.iter().map(|u| unit(*u)))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

fn utf32(bytes: &[u8], unit: impl Fn([u8; 4]) -> u32) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    units.iter().map(|u| char::from_u32(unit(*u))).collect()
}

/// UTF-8 with characters longer than they need be, which Jackson reads (`C0 80` is a common spelling of NUL).
fn decode_sloppy_utf8(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let (bits, length) = match *first {
            b if b < 0x80 => (u32::from(b), 0),
            b if b & 0xE0 == 0xC0 => (u32::from(b & 0x1F), 1),
            b if b & 0xF0 == 0xE0 => (u32::from(b & 0x0F), 2),
            b if b & 0xF8 == 0xF0 => (u32::from(b & 0x07), 3),
            _ => return None,
        };
        let more = tail.get(..length)?;
        if more.iter().any(|b| b & 0xC0 != 0x80) {
            return None;
        }
        let code = more
            .iter()
            .fold(bits, |bits, b| bits << 6 | u32::from(b & 0x3F));
        match char::from_u32(code)? {
            // An ASCII character in two bytes stands for itself: it ends no string and is no control character.
            c if c.is_ascii() && length > 0 => text.push_str(&format!("\\u{code:04x}")),
            c => text.push(c),
        }
        rest = &tail[length..];
    }
    Some(text)
}
