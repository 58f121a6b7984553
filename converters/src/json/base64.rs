//! Base64 as Jackson reads it: padding is required, blanks may stand between groups of four, unused bits are ignored.

/// The bytes of a base64 text; `None` when it is none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut rest = text.as_bytes();
    loop {
        while let [b, tail @ ..] = rest
            && *b <= b' '
        {
            rest = tail;
        }
        if rest.is_empty() {
            return Some(bytes);
        }
        let (group, tail) = rest.split_first_chunk::<4>()?;
        rest = tail;
        let [a, b] = [sextet(group[0])?, sextet(group[1])?];
        bytes.push(a << 2 | b >> 4);
        if group[2] == b'=' {
            if group[3] != b'=' {
                return None;
            }
            continue;
        }
        let c = sextet(group[2])?;
        bytes.push(b << 4 | c >> 2);
        if group[3] != b'=' {
            bytes.push(c << 6 | sextet(group[3])?);
        }
    }
}

fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn reads_as_jackson() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("AQID\n").unwrap(), [1, 2, 3]);
        assert_eq!(decode(" AQ== \nAg==").unwrap(), [1, 2]);
        assert_eq!(decode("AR==").unwrap(), [1]);
        assert_eq!(decode("AQI=").unwrap(), [1, 2]);
        for wrong in [
            "A", "AQ", "AQI", "AQ=", "AQ=A", "A===", "====", "A-__", "A QI=",
        ] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
