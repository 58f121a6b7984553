//! Where in a file a stored position points to.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The byte from which reading goes on after a stored position, `None` when the file is shorter.
///
/// Java's task **counts** UTF-16 units from the start of the file but **skips** bytes, so that after non-ASCII text it
/// resumes in the middle of a line that it had read already. Both ways of reading a position are kept: as bytes where
/// that is right behind a line end (also what a user sets through REST), else as units where that is, else as bytes.
pub(super) fn byte_of(file: &File, position: i64) -> io::Result<Option<u64>> {
    let length = file.metadata()?.len();
    let Ok(position) = u64::try_from(position) else {
        return Ok(Some(0));
    };
    // No text has fewer bytes than units.
    if position > length {
        return Ok(None);
    }
    if ends_line(file, position)? {
        return Ok(Some(position));
    }
    match byte_of_unit(file, position)? {
        Some(byte) if ends_line(file, byte)? => Ok(Some(byte)),
        _ => Ok(Some(position)),
    }
}

fn ends_line(file: &File, byte: u64) -> io::Result<bool> {
    let Some(before) = byte.checked_sub(1) else {
        return Ok(true);
    };
    let mut last = [0];
    file.read_exact_at(&mut last, before)?;
    Ok(matches!(last[0], b'\n' | b'\r'))
}

/// The byte at which the character after `units` UTF-16 units starts.
fn byte_of_unit(file: &File, units: u64) -> io::Result<Option<u64>> {
    let mut chunk = vec![0; CHUNK];
    let (mut at, mut left) = (0, units);
    loop {
        let read = file.read_at(&mut chunk, at)?;
        for (i, byte) in chunk[..read].iter().enumerate() {
            // Units belong to the byte that starts a character.
            if (*byte as i8) >= -0x40 {
                if left == 0 {
                    return Ok(Some(at + i as u64));
                }
                left = left.saturating_sub(if *byte >= 0xf0 { 2 } else { 1 });
            }
        }
        at += read as u64;
        if read == 0 {
            return Ok((left == 0).then_some(at));
        }
    }
}

const CHUNK: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn byte(content: &str, position: i64) -> Option<u64> {
        let mut file = tempfile::tempfile().expect("temporary file");
        file.write_all(content.as_bytes()).expect("write");
        byte_of(&file, position).expect("read")
    }

    #[test]
    fn ascii_positions_are_bytes() {
        assert_eq!(byte("ab\ncd\n", 0), Some(0));
        assert_eq!(byte("ab\ncd\n", 3), Some(3));
        assert_eq!(byte("ab\ncd\n", 4), Some(4));
        assert_eq!(byte("ab\ncd\n", 6), Some(6));
        assert_eq!(byte("ab\ncd\n", 7), None);
        assert_eq!(byte("", 1), None);
    }

    #[test]
    fn positions_counted_in_utf16_units_find_their_line() {
        // 2 + 3 + 3 units are 3 + 7 + 5 bytes.
        let text = "é\n日本\n😀\nend\n";
        assert_eq!(byte(text, 2), Some(3));
        assert_eq!(byte(text, 5), Some(10));
        assert_eq!(byte(text, 8), Some(15));
        assert_eq!(byte(text, 12), Some(19));
    }

    #[test]
    fn a_byte_position_behind_a_line_end_wins() {
        assert_eq!(byte("é\nb\n", 3), Some(3));
    }
}
