//! Numbered lines, and the check that every one of them arrived in order.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Appends the lines numbered `from..to` to a file. A line is 100 bytes and the newline.
///
/// # Panics
/// When the file cannot be written.
pub fn append_lines(path: &Path, from: u64, to: u64) {
    let file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .expect("input file");
    let mut file = BufWriter::new(file);
    for number in from..to {
        writeln!(file, "{}", line(number)).expect("input file");
    }
    file.flush().expect("input file");
}

/// What came out of a file of numbered lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// How many different lines arrived: all of `0..delivered`.
    pub delivered: u64,
    /// How many arrived again after a restart.
    pub repeated: u64,
    /// Lines cut short because the writer was killed in the middle of them; each arrived whole later.
    pub torn: u64,
}

/// Reads the output of a sink that got the lines `0..n`, perhaps with restarts.
///
/// # Errors
/// When a line is missing, out of order, or was never sent.
pub fn check_lines(path: &Path) -> Result<Delivery, String> {
    let output = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut seen = Delivery::default();
    let mut previous: Option<u64> = None;
    for (at, text) in output.split(|&b| b == b'\n').enumerate() {
        let Some(number) = whole_number(text) else {
            // The last piece may be empty, or a line just being written.
            seen.torn += u64::from(!text.is_empty());
            continue;
        };
        let next = previous.map_or(0, |p| p + 1);
        // Going back is a restart; going ahead is a loss.
        if number > next || number > seen.delivered {
            return Err(format!(
                "line {at} of the output is number {number}, after {previous:?}"
            ));
        }
        if number == seen.delivered {
            seen.delivered += 1;
        } else {
            seen.repeated += 1;
        }
        previous = Some(number);
    }
    Ok(seen)
}

fn line(number: u64) -> String {
    // The tail depends on the number, so that a line glued together from two is recognised.
    let salt = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{number:020} {salt:016x} {:0>62}", salt % 1_000_003)
}

fn whole_number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = text.get(..20)?.parse().ok()?;
    (line(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_swaps_are_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("lines");
        let check = |lines: &[String]| {
            std::fs::write(&file, lines.join("\n")).expect("a file");
            check_lines(&file)
        };
        let l = line;
        assert_eq!(l(7).len(), 100);
        let again = Delivery {
            delivered: 4,
            repeated: 2,
            torn: 0,
        };
        assert_eq!(check(&[l(0), l(1), l(2), l(1), l(2), l(3)]), Ok(again));
        let torn = Delivery {
            delivered: 2,
            repeated: 0,
            torn: 1,
        };
        assert_eq!(check(&[l(0), l(1)[..50].to_owned(), l(1)]), Ok(torn));
        check(&[l(0), l(2)]).expect_err("line 1 is missing");
        check(&[l(0), l(1), l(2), l(0), l(2)]).expect_err("line 1 is missing after the restart");
        check(&[l(1), l(0)]).expect_err("line 1 came before line 0");
    }
}
