//! The order in which a Java `HashMap` hands out its text keys, where something shows it: validation answers, or the
//! text under which a converter registers a schema, where another order would be another version.

/// The capacity of `new HashMap()`.
pub const DEFAULT_CAPACITY: usize = 16;

/// Sorts entries into the order of a `new HashMap()` that they were put into one by one, in the order given.
pub fn sort<T>(entries: &mut [T], key: impl Fn(&T) -> &str) {
    sort_from(entries, DEFAULT_CAPACITY, key);
}

/// Sorts entries as [`sort`] does, for a map of this initial capacity.
pub fn sort_from<T>(entries: &mut [T], initial_capacity: usize, key: impl Fn(&T) -> &str) {
    let mut capacity = initial_capacity.next_power_of_two();
    while entries.len() > capacity * 3 / 4 {
        capacity *= 2;
    }
    // Equal buckets keep their order: entries are chained as they come.
    entries.sort_by_cached_key(|entry| bucket(key(entry), capacity));
}

/// Sorts entries as the copy of a map does, `new HashMap(map)`.
pub fn sort_copied<T>(entries: &mut [T], key: impl Fn(&T) -> &str) {
    let wanted = entries.len() * 4 / 3 + 1;
    sort_from(entries, wanted, key);
}

fn bucket(key: &str, capacity: usize) -> usize {
    let hash = string_hash(key);
    (hash ^ hash >> 16) as usize & (capacity - 1)
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
    }

    // What a HashMap of OpenJDK 17 prints, filled one by one.
    #[test]
    fn orders_as_java() {
        let sorted = |text: &str, capacity| {
            let mut keys: Vec<String> = text.split(' ').map(str::to_owned).collect();
            sort_from(&mut keys, capacity, |key| key);
            keys.join(" ")
        };
        for (capacity, put, expected) in [
            (
                DEFAULT_CAPACITY,
                "zebra apple id name price value key connect.type",
                "zebra apple price name id value connect.type key",
            ),
            (
                DEFAULT_CAPACITY,
                "red green blue black white",
                "red green blue white black",
            ),
            (
                DEFAULT_CAPACITY,
                "sasl.jaas.config sasl.mechanism security.protocol",
                "security.protocol sasl.mechanism sasl.jaas.config",
            ),
            (
                3,
                "a scale connect.decimal.precision",
                "a scale connect.decimal.precision",
            ),
        ] {
            assert_eq!(sorted(put, capacity), expected);
        }
        let many: Vec<String> = (0..30).map(|i| format!("field{i}")).collect();
        let order = [
            19, 17, 18, 22, 23, 20, 21, 26, 27, 24, 25, 28, 29, 11, 12, 1, 0, 10, 15, 16, 13, 14,
            7, 6, 9, 8, 3, 2, 5, 4,
        ];
        let expected: Vec<String> = order.iter().map(|i| format!("field{i}")).collect();
        assert_eq!(
            sorted(&many.join(" "), DEFAULT_CAPACITY),
            expected.join(" ")
        );
    }

    #[test]
    fn orders_copies_as_java() {
        let mut keys = vec![
            "connect.type",
            "connect.version",
            "connect.parameters",
            "connect.index",
        ];
        sort(&mut keys, |key| key);
        assert_eq!(
            keys,
            [
                "connect.version",
                "connect.index",
                "connect.type",
                "connect.parameters"
            ]
        );
        sort_copied(&mut keys, |key| key);
        assert_eq!(
            keys,
            [
                "connect.index",
                "connect.version",
                "connect.type",
                "connect.parameters"
            ]
        );
    }
}
