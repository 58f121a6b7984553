//! Strings as Jackson writes them.

use super::plain::end_of_narrow;
use windlass_api::short::push;

/// Appends a string in quotes.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends what stands between the quotes. Characters beyond the first plane are written as two escapes.
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut at = end_of_narrow(bytes, 0);
    while at < bytes.len() {
        push(out, &bytes[start..at]);
        let length = if bytes[at] < 0x80 {
            push_escape(out, bytes[at]);
            1
        } else {
            push_surrogates(out, &text[at..]);
            4
        };
        start = at + length;
        at = end_of_narrow(bytes, start);
    }
    push(out, &bytes[start..]);
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => return push_unit(out, u16::from(byte)),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn push_surrogates(out: &mut Vec<u8>, text: &str) {
    let mut units = [0; 2];
    if let Some(c) = text.chars().next() {
        c.encode_utf16(&mut units)
            .iter()
            .for_each(|unit| push_unit(out, *unit));
    }
}

fn push_unit(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789ABCDEF"[usize::from(unit >> shift & 0xF)]);
    }
}

#[cfg(test)]
mod tests {
    use super::push_string;

    #[test]
    fn escapes_as_jackson() {
        for (text, json) in [
            ("", r#""""#),
            (
                "plain text of some length, é日",
                "\"plain text of some length, é日\"",
            ),
            ("q\"b\\s/", r#""q\"b\\s/""#),
            (
                "n\nt\tr\rb\u{8}f\u{c}x\u{1}y\u{1f}",
                r#""n\nt\tr\rb\bf\fx\u0001y\u001F""#,
            ),
            ("0123456789abcdef😀z", r#""0123456789abcdef\uD83D\uDE00z""#),
            ("\u{7f}\u{2028}", "\"\u{7f}\u{2028}\""),
        ] {
            let mut out = Vec::new();
            push_string(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), json);
        }
    }
}
