//! Paths: what Jetty refuses, and the decoded segments of the rest.

/// Why a path is refused before the API sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

/// The segments of a path, percent-decoded; a trailing slash and `;parameters` are dropped.
///
/// # Errors
/// For what Jetty 12 calls ambiguous or bad: an encoded slash, percent sign or control character, a broken escape, an
/// empty segment.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Refused> {
    if path.contains("//") {
        return Err(EMPTY_SEGMENT);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/').map(segment).collect()
}

fn segment(raw: &str) -> Result<String, Refused> {
    let raw = raw.split(';').next().unwrap_or_default();
    if raw.is_empty() {
        return Err(EMPTY_SEGMENT);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let byte = match after {
            [high, low, after @ ..] => {
                rest = after;
                hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low)
            }
            _ => None,
        };
        match byte {
            Some(b'/') => return Err(Refused("Ambiguous URI path separator")),
            Some(b'%') => return Err(Refused("Ambiguous URI path encoding")),
            Some(0..0x20 | 0x7f) => return Err(Refused("Illegal character in URI")),
            Some(byte) => bytes.push(byte),
            None => return Err(Refused("Bad URI encoding")),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The value of each parameter of a query, decoded as a form is.
pub(crate) fn query(raw: &str) -> Vec<(String, String)> {
    let pairs = raw.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decode(name), form_decode(value))
        })
        .collect()
}

/// A segment of a path that names this.
pub(crate) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        // A slash stays, as `UriBuilder.path` leaves it.
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn form_decode(raw: &str) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high << 4 | low, after)),
            _ => None,
        };
        match escaped {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => bytes.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

const EMPTY_SEGMENT: Refused = Refused("Ambiguous URI empty segment");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded() {
        let split = |path| segments(path).expect("a good path");
        assert_eq!(split("/"), Vec::<String>::new());
        assert_eq!(split("/connectors/"), ["connectors"]);
        assert_eq!(
            split("/connectors;v=1/a%20b%C3%A9/status;x"),
            ["connectors", "a bé", "status"]
        );
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for path in [
            "//", "/a//b", "/a%2fb", "/a%25b", "/a%00", "/a%1f", "/a%7F", "/a%", "/a%4", "/a%zz",
            "/;a",
        ] {
            segments(path).expect_err(path);
        }
    }

    #[test]
    fn queries_are_decoded_as_forms() {
        let pairs = query("expand=status&expand=in%66o&flag&a=b+c%2");
        let wanted = [
            ("expand", "status"),
            ("expand", "info"),
            ("flag", ""),
            ("a", "b c%2"),
        ];
        assert_eq!(pairs, wanted.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn names_are_encoded_for_a_path() {
        assert_eq!(encode("sp ace/é%{}"), "sp%20ace/%C3%A9%25%7B%7D");
    }
}
