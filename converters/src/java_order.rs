//! The order in which Java's `HashMap` gives its entries.
//!
//! Confluent's converter keeps properties in one, so it decides the order of struct fields that no `connect.index`
//! orders, and the text under which a schema is registered: another order there would be another version.

/// Sorts entries as a `HashMap` of this initial capacity does that they were put into one by one.
pub(crate) fn sort<T>(entries: &mut [T], initial_capacity: usize, key: impl Fn(&T) -> &str) {
    let mut capacity = initial_capacity.next_power_of_two();
    while entries.len() > capacity * 3 / 4 {
        capacity *= 2;
    }
    // Equal buckets keep their order: entries are chained as they come.
    entries.sort_by_cached_key(|entry| bucket(key(entry), capacity));
}

/// Sorts entries as the copy of a map does, `new HashMap(map)`.
pub(crate) fn sort_copied<T>(entries: &mut [T], key: impl Fn(&T) -> &str) {
    let wanted = entries.len() * 4 / 3 + 1;
    sort(entries, wanted, key);
}

/// The capacity of `new HashMap()`.
pub(crate) const DEFAULT_CAPACITY: usize = 16;

fn bucket(key: &str, capacity: usize) -> usize {
    let hash = key.encode_utf16().fold(0u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    (hash ^ hash >> 16) as usize & (capacity - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    // What a HashMap of OpenJDK 17 prints, filled one by one.
    #[test]
    fn orders_as_java() {
        let sorted = |text: &str, capacity| {
            let mut keys: Vec<String> = text.split(' ').map(str::to_owned).collect();
            sort(&mut keys, capacity, |key| key);
            keys.join(" ")
        };
        assert_eq!(
            sorted(
                "zebra apple id name price value key connect.type",
                DEFAULT_CAPACITY
            ),
            "zebra apple price name id value connect.type key"
        );
        assert_eq!(
            sorted("red green blue black white", DEFAULT_CAPACITY),
            "red green blue white black"
        );
        assert_eq!(
            sorted("a scale connect.decimal.precision", 3),
            "a scale connect.decimal.precision"
        );
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
        sort(&mut keys, DEFAULT_CAPACITY, |key| key);
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
