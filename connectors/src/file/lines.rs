//! Lines out of chunks of bytes.

use std::collections::VecDeque;

use bytes::Bytes;
use memchr::{memchr2, memrchr2};
use windlass_api::Text;

/// Splits what is read into lines that end with LF, CR or CRLF, as `FileStreamSourceTask.extractLine`.
///
/// A CR at the very end is no line end until the next byte is known. Each line is a slice of the chunk it was read in;
/// UTF-8 is checked once per chunk, and bytes that are not UTF-8 become U+FFFD as in Java's decoder.
#[derive(Default)]
pub(super) struct Lines {
    /// Bytes read that do not make a whole line yet.
    rest: Vec<u8>,
    /// Bytes at the start of `rest` that are known to hold no line end.
    searched: usize,
    /// Whole lines, with their line ends, that `next` has not given out.
    ready: Text,
    /// Where in `ready` the next line starts.
    at: usize,
    /// Whether `ready` is all ASCII, so that its UTF-16 length is its length in bytes.
    ascii: bool,
    /// The lines that `take` gives out. Found first and made into records after: a list whose length is known is filled
    /// in place, where pushing moves each record.
    taken: Vec<Span>,
    /// Chunks given out as lines; their memory is used again when the last of their lines is gone.
    lent: VecDeque<Bytes>,
}

/// Where in the ready text a line is.
struct Span {
    start: usize,
    end: usize,
    units: usize,
}

impl Lines {
    /// The buffer to append bytes to; it has room for at least `room` more. Call [`appended`](Self::appended) after.
    pub(super) fn buffer(&mut self, room: usize) -> &mut Vec<u8> {
        if self.rest.capacity() == 0 {
            self.rest = self.reusable().unwrap_or_default();
        }
        self.rest.reserve(room);
        &mut self.rest
    }

    /// Looks for whole lines in what was appended. Lines that were ready must have been taken.
    pub(super) fn appended(&mut self) {
        debug_assert!(self.at == self.ready.len(), "lines were left");
        let Some(end) = last_line_end(&self.rest, self.searched) else {
            // A CR at the end has to be looked at again.
            self.searched = self.rest.len() - usize::from(self.rest.last() == Some(&b'\r'));
            return;
        };
        let mut chunk = std::mem::take(&mut self.rest);
        if end < chunk.len() {
            self.rest = self.reusable().unwrap_or_default();
            self.rest.extend_from_slice(&chunk[end..]);
            chunk.truncate(end);
        }
        self.searched = self.rest.len() - usize::from(self.rest.last() == Some(&b'\r'));
        self.publish(chunk);
    }

    /// Makes the unterminated rest a line: nothing more will be appended to it.
    pub(super) fn finish(&mut self) {
        let mut chunk = std::mem::take(&mut self.rest);
        self.searched = 0;
        if !chunk.is_empty() {
            if chunk.last() != Some(&b'\r') {
                chunk.push(b'\n');
            }
            self.publish(chunk);
        }
    }

    /// Drops everything, also lines that were not taken.
    pub(super) fn clear(&mut self) {
        *self = Lines::default();
    }

    /// Gives memory back while there is nothing to read.
    pub(super) fn shrink(&mut self) {
        self.lent.clear();
        self.taken = Vec::new();
        if self.at == self.ready.len() {
            self.ready = Text::EMPTY;
            self.at = 0;
        }
        self.rest.shrink_to_fit();
    }

    /// The next ready lines without their ends, each with the UTF-16 units of line and end (what Java's task adds to its
    /// position): at most `max` of them, and no more once they have `max_bytes`. At least one when there is any.
    pub(super) fn take(
        &mut self,
        max: usize,
        max_bytes: usize,
    ) -> impl ExactSizeIterator<Item = (Text, i64)> + '_ {
        self.taken.clear();
        let first = self.at;
        while self.taken.len() < max && self.at - first < max_bytes {
            let Some(span) = self.next_span() else { break };
            self.taken.push(span);
        }
        let (ready, all) = (&self.ready, self.ready.as_str());
        self.taken.iter().map(move |span| {
            (
                ready.slice_ref(&all[span.start..span.end]),
                span.units as i64,
            )
        })
    }

    /// Whether `take` would give nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.at == self.ready.len()
    }

    fn next_span(&mut self) -> Option<Span> {
        let bytes = self.ready.as_bytes();
        let start = self.at;
        let end = start + memchr2(b'\n', b'\r', &bytes[start..])?;
        let crlf = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
        self.at = end + if crlf { 2 } else { 1 };
        let units = if self.ascii {
            self.at - start
        } else {
            utf16_len(&self.ready.as_str()[start..end]) + self.at - end
        };
        Some(Span { start, end, units })
    }

    fn publish(&mut self, chunk: Vec<u8>) {
        self.ascii = chunk.is_ascii();
        self.at = 0;
        self.ready = match String::from_utf8(chunk) {
            Ok(text) => Text::from(text),
            Err(rejected) => Text::from(String::from_utf8_lossy(rejected.as_bytes()).into_owned()),
        };
        if self.lent.len() == MAX_LENT {
            self.lent.pop_front();
        }
        // The handle keeps one byte in view: taking the memory back moves what is in view, even onto itself.
        let mut handle = self.ready.as_bytes().clone();
        handle.truncate(1);
        self.lent.push_back(handle);
    }

    fn reusable(&mut self) -> Option<Vec<u8>> {
        if self.is_empty() {
            self.ready = Text::EMPTY;
            self.at = 0;
        }
        let at = self.lent.iter().position(Bytes::is_unique)?;
        let mut buffer = self.lent.remove(at)?.try_into_mut().ok()?;
        // Or its bytes would be copied to where they are.
        buffer.clear();
        Some(Vec::from(buffer))
    }
}

/// Where the last whole line of `bytes` ends; none ends before `from`.
fn last_line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let at = from + memrchr2(b'\n', b'\r', &bytes[from..])?;
    if bytes[at] == b'\n' || at + 1 < bytes.len() {
        return Some(at + 1);
    }
    let before = from + memrchr2(b'\n', b'\r', &bytes[from..at])?;
    Some(before + 1)
}

/// How many `char`s of Java the text has.
pub(super) fn utf16_len(text: &str) -> usize {
    // One unit for every byte that starts a character, one more where it needs four bytes.
    text.bytes()
        .map(|b| usize::from((b as i8) >= -0x40) + usize::from(b >= 0xf0))
        .sum()
}

/// Chunks whose memory is waited for: what a task's batches in flight hold, more or less.
const MAX_LENT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> (Vec<(String, i64)>, Vec<u8>) {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for chunk in chunks {
            lines.buffer(chunk.len()).extend_from_slice(chunk);
            lines.appended();
            let taken = lines.take(usize::MAX, usize::MAX);
            found.extend(taken.map(|(text, units)| (text.to_string(), units)));
        }
        (found, lines.rest)
    }

    fn owned(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
        lines.iter().map(|(l, u)| ((*l).to_owned(), *u)).collect()
    }

    #[test]
    fn splits_at_lf_cr_and_crlf() {
        let (found, rest) = lines(&[b"a\nb\rc\r\n\n\rlast\r"]);
        assert_eq!(
            found,
            owned(&[("a", 2), ("b", 2), ("c", 3), ("", 1), ("", 1)])
        );
        assert_eq!(rest, b"last\r");
    }

    #[test]
    fn a_carriage_return_at_the_end_waits_for_the_next_byte() {
        let (found, rest) = lines(&[b"x\r", b"\ny\r", b"z\n"]);
        assert_eq!(found, owned(&[("x", 3), ("y", 2), ("z", 2)]));
        assert!(rest.is_empty());
    }

    #[test]
    fn counts_utf16_units_and_replaces_bytes_that_are_not_utf8() {
        let (found, _) = lines(&["é\n日本\n".as_bytes(), "😀\n".as_bytes(), b"\xff\xc3\n"]);
        assert_eq!(
            found,
            owned(&[("é", 2), ("日本", 3), ("😀", 3), ("\u{fffd}\u{fffd}", 3)])
        );
    }

    #[test]
    fn any_split_into_chunks_gives_the_same_lines() {
        let input = "a\r\n\rb\n\né😀\r\r\n\nend\nrest".as_bytes();
        let (whole, rest) = lines(&[input]);
        for first in 0..=input.len() {
            for second in first..=input.len() {
                let split = lines(&[&input[..first], &input[first..second], &input[second..]]);
                assert_eq!(
                    split,
                    (whole.clone(), rest.clone()),
                    "cut at {first} and {second}"
                );
            }
        }
    }

    #[test]
    fn lines_keep_their_text_when_memory_is_used_again() {
        let mut lines = Lines::default();
        let mut kept = Vec::new();
        for n in 0..100 {
            let chunk = format!("{n}: whole\n{n}: pa");
            lines
                .buffer(chunk.len())
                .extend_from_slice(chunk.as_bytes());
            lines.appended();
            let taken = lines.take(usize::MAX, usize::MAX).map(|(text, _)| text);
            kept.extend(taken.filter(|_| n % 7 == 0));
            lines.buffer(8).extend_from_slice(b"rt\n");
            lines.appended();
            assert_eq!(lines.take(usize::MAX, usize::MAX).len(), 1);
        }
        let kept: Vec<&str> = kept.iter().map(Text::as_str).collect();
        let wanted: Vec<String> = (0..100).step_by(7).map(|n| format!("{n}: whole")).collect();
        assert_eq!(kept, wanted);
    }

    #[test]
    fn takes_no_more_than_asked_for() {
        let mut lines = Lines::default();
        lines.buffer(9).extend_from_slice(b"a\nbb\nccc\n");
        lines.appended();
        let mut take = |max, max_bytes| -> Vec<String> {
            lines
                .take(max, max_bytes)
                .map(|(text, _)| text.to_string())
                .collect()
        };
        assert_eq!(take(1, usize::MAX), ["a"]);
        assert_eq!(take(9, 1), ["bb"]);
        assert_eq!(take(0, 9), Vec::<String>::new());
        assert_eq!(take(9, 9), ["ccc"]);
        assert!(take(9, 9).is_empty());
    }

    #[test]
    fn finish_delivers_the_unterminated_rest() {
        let mut lines = Lines::default();
        lines.buffer(8).extend_from_slice(b"a\nb");
        lines.appended();
        assert_eq!(lines.take(usize::MAX, usize::MAX).len(), 1);
        lines.finish();
        let found: Vec<_> = lines.take(9, 9).map(|(text, _)| text.to_string()).collect();
        assert_eq!(found, ["b"]);
    }
}
