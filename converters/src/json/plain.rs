//! Finding the end of a run of plain characters.

/// Where the first byte from `start` on stands that is a control character, a quote or a backslash; else the end.
pub(super) fn end_of_plain(bytes: &[u8], start: usize) -> usize {
    find(bytes, start, special)
}

/// As [`end_of_plain`], and the first bytes of characters beyond the first plane end it too.
pub(super) fn end_of_narrow(bytes: &[u8], start: usize) -> usize {
    find(bytes, start, |word| {
        special(word) | word & word << 1 & word << 2 & word << 3 & HIGH
    })
}

/// Eight bytes at a time, of which `special` marks those looked for by their highest bit. Marks behind the first may be
/// wrong.
#[inline(always)]
fn find(bytes: &[u8], start: usize, special: impl Fn(u64) -> u64) -> usize {
    let mut at = start;
    let (words, rest) = bytes[start..].as_chunks::<8>();
    for word in words {
        let marks = special(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let mut last = [b'a'; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let marks = special(u64::from_le_bytes(last));
    at + rest.len().min(marks.trailing_zeros() as usize / 8)
}

/// Marks control characters, quotes and backslashes.
#[inline(always)]
fn special(word: u64) -> u64 {
    let (quote, backslash) = (word ^ QUOTES, word ^ BACKSLASHES);
    // Below 0x20, and zero after the exclusive or: a subtraction borrows, and what had its highest bit set does not count.
    let below = word.wrapping_sub(BLANKS) & !word;
    let equal = |zero: u64| zero.wrapping_sub(ONES) & !zero;
    (below | equal(quote) | equal(backslash)) & HIGH
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
const BLANKS: u64 = u64::from_ne_bytes([b' '; 8]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);

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
