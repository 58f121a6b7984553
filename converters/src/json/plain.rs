//! Finding the end of a run of plain characters.

/// Where the first byte from `start` on stands that is a control character, a quote or a backslash; else the end.
pub(super) fn end_of_plain(bytes: &[u8], start: usize) -> usize {
    find(bytes, start, |byte| {
        byte < b' ' || byte == b'"' || byte == b'\\'
    })
}

/// As [`end_of_plain`], and the first bytes of characters beyond the first plane end it too.
pub(super) fn end_of_narrow(bytes: &[u8], start: usize) -> usize {
    find(bytes, start, |byte| {
        byte < b' ' || byte == b'"' || byte == b'\\' || byte >= 0xF0
    })
}

#[inline(always)]
fn find(bytes: &[u8], start: usize, is_special: impl Fn(u8) -> bool) -> usize {
    let mut at = start;
    for chunk in bytes[start..].chunks(CHUNK) {
        // A loop without exits is one that the compiler does in a few wide instructions.
        if chunk
            .iter()
            .fold(false, |any, byte| any | is_special(*byte))
        {
            return at + chunk.iter().position(|byte| is_special(*byte)).unwrap_or(0);
        }
        at += chunk.len();
    }
    at
}

const CHUNK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let mut random = proptest::test_runner::TestRunner::deterministic();
        let bytes = proptest::collection::vec(
            proptest::prop_oneof![4 => b'a'..=b'z', 2 => 0u8..=255, 1 => 0x1Eu8..0x24, 1 => proptest::strategy::Just(b'\\')],
            0..80,
        );
        random
            .run(&bytes, |bytes| {
                let plain = |b: &u8| *b < b' ' || *b == b'"' || *b == b'\\';
                for start in 0..=bytes.len() {
                    let found = |is: &dyn Fn(&u8) -> bool| {
                        bytes[start..].iter().position(is).map(|at| start + at)
                    };
                    proptest::prop_assert_eq!(
                        end_of_plain(&bytes, start),
                        found(&plain).unwrap_or(bytes.len())
                    );
                    let narrow = |b: &u8| plain(b) || *b >= 0xF0;
                    proptest::prop_assert_eq!(
                        end_of_narrow(&bytes, start),
                        found(&narrow).unwrap_or(bytes.len())
                    );
                }
                Ok(())
            })
            .unwrap();
    }
}
