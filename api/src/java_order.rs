//! The order in which a Java `HashMap` hands out its text keys, where something shows it.

/// Sorts names into the order of a `HashMap` that they were put into one by one, in the order given.
pub fn sort_by_hash<T>(items: &mut [T], name: impl Fn(&T) -> &str) {
    let mut buckets: u32 = 16;
    while items.len() as u64 > u64::from(buckets) * 3 / 4 {
        buckets *= 2;
    }
    items.sort_by_key(|item| {
        let hash = string_hash(name(item));
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
}

/// `String.hashCode`
fn string_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_java() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("hello"), 99_162_322);
        let mut names = ["sasl.jaas.config", "sasl.mechanism", "security.protocol"];
        sort_by_hash(&mut names, |name| name);
        assert_eq!(
            names,
            ["security.protocol", "sasl.mechanism", "sasl.jaas.config"]
        );
    }
}
