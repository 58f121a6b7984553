//! Murmur2 as Java's default partitioner computes it.
//!
//! A key must reach the same partition whoever produces it, so this hash is part of the protocol in all but name.

/// The partition of a record with `key` in a topic of `partitions` partitions (at least one), as Java's
/// `BuiltInPartitioner.partitionForKey` has it.
#[must_use]
pub fn partition_for_key(key: &[u8], partitions: u32) -> u32 {
    to_positive(murmur2(key)) % partitions.max(1)
}

/// Java's `Utils.toPositive`: the sign bit cleared. It is not the absolute value.
#[must_use]
pub fn to_positive(hash: i32) -> u32 {
    hash.cast_unsigned() & 0x7fff_ffff
}

/// 32-bit murmur2 of `data` with Kafka's seed, as `Utils.murmur2`.
#[must_use]
pub fn murmur2(data: &[u8]) -> i32 {
    // Java's length is an i32; a key of 2 GiB or more cannot be in a record.
    let mut hash = SEED ^ data.len() as u32;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    for (i, &byte) in tail.iter().enumerate() {
        hash ^= u32::from(byte) << (8 * i);
    }
    if !tail.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^= hash >> 15;
    hash.cast_signed()
}

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;
const R: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Java's `UtilsTest.testMurmur2`.
    #[test]
    fn matches_java() {
        let vectors: [(&[u8], i32); 7] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            (b"abc", 479_470_107),
            (b"", 275_646_681),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key), hash, "{key:?}");
        }
    }

    #[test]
    fn partition_is_the_hash_without_its_sign() {
        assert_eq!(to_positive(-973_932_308), 1_173_551_340);
        assert_eq!(partition_for_key(b"21", 7), 1_173_551_340 % 7);
        assert_eq!(partition_for_key(b"21", 1), 0);
    }
}
