//! The order in which Java's HashMap gives its string keys.
//!
//! Java's sticky assignor walks over hash maps where the order decides who keeps a partition. To decide the same, that
//! order is made here: by bucket of a table that has grown with the number of keys, then by time of insertion.

/// Sorts `keys`, given in the order of insertion, into the order a Java HashMap that grew from empty walks over them.
pub(super) fn sort_as_hash_map<T>(items: &mut [T], key: impl Fn(&T) -> &str) {
    let mask = table_size(items.len()) - 1;
    items.sort_by_key(|item| spread(string_hash(key(item))) & mask);
}

/// The bucket order of topic partitions in a Java HashSet of at most 12 of them.
pub(super) fn partition_bucket(topic: &str, partition: i32) -> u32 {
    let hash = 31i32
        .wrapping_mul(31i32.wrapping_add(partition))
        .wrapping_add(string_hash(topic));
    spread(hash) & 15
}

/// `String.hashCode`: over UTF-16 units.
fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

/// HashMap folds the upper half into the lower, which alone picks the bucket.
fn spread(hash: i32) -> u32 {
    let hash = hash as u32;
    hash ^ (hash >> 16)
}

/// Starts with 16 buckets and doubles when more than three quarters as many keys are in.
fn table_size(keys: usize) -> u32 {
    let mut size = 16u32;
    while keys > size as usize / 4 * 3 && size < 1 << 30 {
        size <<= 1;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_javas() {
        assert_eq!(string_hash("abc"), 96_354);
        assert_eq!(string_hash(""), 0);
    }

    #[test]
    fn the_table_grows_past_three_quarters() {
        assert_eq!(
            (
                table_size(0),
                table_size(12),
                table_size(13),
                table_size(25)
            ),
            (16, 16, 32, 64)
        );
    }
}
