//! What a user may have meant by a key that nobody knows.

/// The known key that is written most like this one, when it is close enough to be meant.
pub(crate) fn closest<'k>(
    unknown: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let limit = (unknown.chars().count() / 4).clamp(1, 4);
    known
        .into_iter()
        .map(|key| (distance(unknown, key), key))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, key)| key)
}

/// How many letters have to be put in, taken out, exchanged or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > MAX_DISTANCE || a.len() > MAX_LENGTH {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut best = (above[j] + 1)
                .min(row[j - 1] + 1)
                .min(above[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

const MAX_DISTANCE: usize = 4;

/// No key is longer; what is longer was not meant to be one.
const MAX_LENGTH: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = [
            "offset.flush.interval.ms",
            "offset.flush.timeout.ms",
            "topics",
            "topic.creation.enable",
        ];
        assert_eq!(
            closest("offset.flush.intervall.ms", keys),
            Some("offset.flush.interval.ms")
        );
        assert_eq!(closest("topci", keys), None);
        assert_eq!(closest("topic", keys), Some("topics"));
        assert_eq!(closest("tpoics", keys), Some("topics"));
        assert_eq!(closest("x", keys), None);
    }
}
