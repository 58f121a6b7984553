//! Charsets by Java's names.

use bytes::Bytes;
use windlass_api::Text;

/// How text is written in bytes. What a charset cannot write becomes `?`, what it cannot read U+FFFD, as in Java.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Charset {
    #[default]
    Utf8,
    /// Read by its mark, else big-endian; written big-endian with a mark.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// Read by its mark, else big-endian; written big-endian without one.
    Utf32,
    Utf32Be,
    Utf32Le,
    UsAscii,
    Latin1,
    Windows1252,
}

impl Charset {
    /// The charset of a name or of one of its common aliases, in whatever case.
    pub(crate) fn of(name: &str) -> Option<Charset> {
        let name = name.to_ascii_lowercase();
        NAMES
            .iter()
            .find(|(names, _)| names.contains(&name.as_str()))
            .map(|(_, charset)| *charset)
    }

    /// The text of bytes; a slice of them where they are UTF-8.
    pub(crate) fn decode(self, bytes: Bytes) -> Text {
        match self {
            Charset::Utf8 => {
                Text::try_new(bytes).unwrap_or_else(|bytes| Text::from(decode_utf8_lossy(&bytes)))
            }
            Charset::Utf16 => match &bytes[..] {
                [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
                [0xFE, 0xFF, rest @ ..] | rest => decode_utf16(rest, u16::from_be_bytes),
            },
            Charset::Utf16Be => decode_utf16(&bytes, u16::from_be_bytes),
            Charset::Utf16Le => decode_utf16(&bytes, u16::from_le_bytes),
            Charset::Utf32 => match &bytes[..] {
                [0xFF, 0xFE, 0, 0, rest @ ..] => decode_utf32(rest, u32::from_le_bytes),
                [0, 0, 0xFE, 0xFF, rest @ ..] | rest => decode_utf32(rest, u32::from_be_bytes),
            },
            Charset::Utf32Be => decode_utf32(&bytes, u32::from_be_bytes),
            Charset::Utf32Le => decode_utf32(&bytes, u32::from_le_bytes),
            Charset::UsAscii => {
                decode_single(
                    &bytes,
                    |b| if b < 0x80 { char::from(b) } else { REPLACEMENT },
                )
            }
            Charset::Latin1 => decode_single(&bytes, char::from),
            Charset::Windows1252 => decode_single(&bytes, decode_windows_1252),
        }
    }

    /// Appends the bytes of a text.
    pub(crate) fn encode(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Utf16 => {
                out.extend_from_slice(&[0xFE, 0xFF]);
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
            Charset::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16Le => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Charset::Utf32 | Charset::Utf32Be => {
                out.extend(text.chars().flat_map(|c| u32::from(c).to_be_bytes()));
            }
            Charset::Utf32Le => out.extend(text.chars().flat_map(|c| u32::from(c).to_le_bytes())),
            Charset::UsAscii => out.extend(
                text.chars()
                    .map(|c| if c.is_ascii() { c as u8 } else { b'?' }),
            ),
            Charset::Latin1 => out.extend(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?'))),
            Charset::Windows1252 => out.extend(text.chars().map(encode_windows_1252)),
        }
    }
}

/// As `new String(bytes, UTF_8)`: a surrogate in UTF-8 counts as one error, where Rust sees three.
fn decode_utf8_lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => error,
        };
        let (valid, invalid) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        text.push(REPLACEMENT);
        let length = match invalid {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] => 3,
            [0xED, 0xA0..=0xBF] => 2,
            _ => error.error_len().unwrap_or(invalid.len()),
        };
        rest = &invalid[length..];
    }
}

fn decode_utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Text {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().map(|bytes| unit(*bytes));
    let mut text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(REPLACEMENT))
        .collect();
    text.extend((!rest.is_empty()).then_some(REPLACEMENT));
    text.into()
}

fn decode_utf32(bytes: &[u8], unit: impl Fn([u8; 4]) -> u32) -> Text {
    let (units, rest) = bytes.as_chunks::<4>();
    let units = units
        .iter()
        .map(|bytes| char::from_u32(unit(*bytes)).unwrap_or(REPLACEMENT));
    units
        .chain((!rest.is_empty()).then_some(REPLACEMENT))
        .collect::<String>()
        .into()
}

fn decode_single(bytes: &[u8], decode: impl Fn(u8) -> char) -> Text {
    bytes.iter().map(|b| decode(*b)).collect::<String>().into()
}

fn decode_windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn encode_windows_1252(c: char) -> u8 {
    let in_table = WINDOWS_1252
        .iter()
        .position(|w| *w == c && c != REPLACEMENT);
    match (in_table, u8::try_from(c)) {
        (Some(at), _) => 0x80 + at as u8,
        (None, Ok(byte)) if !(0x80..0xA0).contains(&byte) => byte,
        _ => b'?',
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// From 0x80 to 0x9F.
const WINDOWS_1252: [char; 32] = [
    '€',
    REPLACEMENT,
    '‚',
    'ƒ',
    '„',
    '…',
    '†',
    '‡',
    'ˆ',
    '‰',
    'Š',
    '‹',
    'Œ',
    REPLACEMENT,
    'Ž',
    REPLACEMENT,
    REPLACEMENT,
    '‘',
    '’',
    '“',
    '”',
    '•',
    '–',
    '—',
    '˜',
    '™',
    'š',
    '›',
    'œ',
    REPLACEMENT,
    'ž',
    'Ÿ',
];

const NAMES: [(&[&str], Charset); 10] = [
    (&["utf-8", "utf8", "unicode-1-1-utf-8"], Charset::Utf8),
    (
        &["utf-16", "utf16", "utf_16", "unicode", "unicodebig"],
        Charset::Utf16,
    ),
    (
        &[
            "utf-16be",
            "utf_16be",
            "iso-10646-ucs-2",
            "x-utf-16be",
            "unicodebigunmarked",
        ],
        Charset::Utf16Be,
    ),
    (
        &[
            "utf-16le",
            "utf_16le",
            "x-utf-16le",
            "unicodelittleunmarked",
        ],
        Charset::Utf16Le,
    ),
    (
        &["utf-32", "utf32", "utf_32", "iso-10646-ucs-4"],
        Charset::Utf32,
    ),
    (&["utf-32be", "utf_32be", "x-utf-32be"], Charset::Utf32Be),
    (&["utf-32le", "utf_32le", "x-utf-32le"], Charset::Utf32Le),
    (
        &[
            "us-ascii",
            "ascii",
            "ascii7",
            "646",
            "iso646-us",
            "iso_646.irv:1991",
            "ansi_x3.4-1968",
            "cp367",
            "us",
        ],
        Charset::UsAscii,
    ),
    (
        &[
            "iso-8859-1",
            "iso8859-1",
            "iso8859_1",
            "iso_8859-1",
            "iso_8859_1",
            "8859_1",
            "latin1",
            "l1",
            "cp819",
            "ibm819",
            "ibm-819",
        ],
        Charset::Latin1,
    ),
    (
        &["windows-1252", "cp1252", "cp5348", "ibm-1252", "ibm1252"],
        Charset::Windows1252,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_charset_reads_what_it_wrote() {
        for (names, charset) in NAMES {
            let text = match charset {
                Charset::UsAscii => "az~",
                Charset::Latin1 => "az\u{80}é",
                Charset::Windows1252 => "az€é",
                _ => "az€é😀",
            };
            let mut bytes = Vec::new();
            charset.encode(text, &mut bytes);
            assert_eq!(charset.decode(bytes.into()), text, "{charset:?}");
            assert_eq!(Charset::of(&names[0].to_uppercase()), Some(charset));
        }
        assert_eq!(Charset::of("bogus"), None);
    }

    #[test]
    fn errors_are_counted_as_java_does() {
        let decode =
            |bytes: &'static [u8]| Charset::Utf8.decode(Bytes::from_static(bytes)).to_string();
        assert_eq!(decode(&[b'a', 0xED, 0xA0, 0x80, b'b']), "a\u{fffd}b");
        assert_eq!(decode(&[0xED, 0xA0]), "\u{fffd}");
        assert_eq!(decode(&[0xC0, 0x80]), "\u{fffd}\u{fffd}");
        assert_eq!(decode(&[0xE3, 0x81]), "\u{fffd}");
    }
}
