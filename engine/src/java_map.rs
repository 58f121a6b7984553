//! The map of bytes to bytes that Java serializes into the offsets file of a standalone worker.
//!
//! The file is what `ObjectOutputStream.writeObject(HashMap<byte[], byte[]>)` gives. It is read in any form Java could have
//! written such a map in (arrays shared by reference, nulls, any load factor) and written so that Java reads it.

use std::collections::BTreeMap;
use std::ops::Range;

/// Reads a serialized map. Entries without a key or a value are left out: they hold no offset. What follows the map is
/// not looked at.
///
/// # Errors
/// [`JavaMapError`] when the bytes are no such map; nothing is guessed.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, JavaMapError> {
    let mut reader = Reader {
        bytes,
        at: 0,
        handles: Vec::new(),
    };
    reader.expect(&STREAM_HEADER, "the header of a Java object stream")?;
    reader.expect(&[TC_OBJECT], "an object")?;
    reader.class(Handle::MapClass)?;
    reader.handles.push(Handle::Map);
    // Load factor and threshold are Java's own business.
    reader.take(8)?;
    reader.expect(&[TC_BLOCKDATA, 8], "the size of the map")?;
    reader.take(4)?;
    let size = reader.length()?;
    let mut map = BTreeMap::new();
    let mut copied = 0;
    for _ in 0..size {
        let key = reader.array()?;
        let value = reader.array()?;
        if let (Some(key), Some(value)) = (key, value) {
            copied += key.len() + value.len();
            if copied > bytes.len().saturating_mul(MAX_SHARING) {
                let found = "arrays shared over and over".to_owned();
                return Err(JavaMapError {
                    at: reader.at,
                    expected: "entries",
                    found,
                });
            }
            map.insert(bytes[key].to_vec(), bytes[value].to_vec());
        }
    }
    reader.expect(&[TC_ENDBLOCKDATA], "the end of the map")?;
    Ok(map)
}

/// Serializes a map for Java.
pub fn write(map: &BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    // The capacity at which a HashMap of this size would be, which Java takes as a hint.
    let mut capacity: u32 = 16;
    while (map.len() as u64) > u64::from(capacity) * 3 / 4 && capacity < 1 << 30 {
        capacity *= 2;
    }
    let mut out = Vec::new();
    out.extend_from_slice(&STREAM_HEADER);
    out.push(TC_OBJECT);
    out.extend_from_slice(MAP_CLASS);
    out.extend_from_slice(&0.75f32.to_be_bytes());
    out.extend_from_slice(&(capacity / 4 * 3).to_be_bytes());
    out.extend_from_slice(&[TC_BLOCKDATA, 8]);
    out.extend_from_slice(&capacity.to_be_bytes());
    out.extend_from_slice(&(map.len() as u32).to_be_bytes());
    let mut class = BYTES_CLASS;
    for array in map.iter().flat_map(|(key, value)| [key, value]) {
        out.push(TC_ARRAY);
        out.extend_from_slice(class);
        out.extend_from_slice(&(array.len() as u32).to_be_bytes());
        out.extend_from_slice(array);
        // From the second array on, the class is a reference to the first one's.
        class = &[TC_REFERENCE, 0x00, 0x7e, 0x00, 0x02];
    }
    out.push(TC_ENDBLOCKDATA);
    out
}

/// Bytes that are no serialized `HashMap<byte[], byte[]>`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: expected {expected} of a serialized HashMap of byte arrays, found {found}")]
pub struct JavaMapError {
    at: usize,
    expected: &'static str,
    found: String,
}

type Result<T, E = JavaMapError> = std::result::Result<T, E>;

/// What a reference in the stream can point back to, in the order of appearance.
#[derive(Clone, Debug, PartialEq)]
enum Handle {
    MapClass,
    Map,
    BytesClass,
    Bytes(Range<usize>),
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    handles: Vec<Handle>,
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8]> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => Err(JavaMapError {
                at: self.at,
                expected: "more bytes",
                found: "the end".to_owned(),
            }),
        }
    }

    fn expect(&mut self, wanted: &[u8], expected: &'static str) -> Result<()> {
        let at = self.at;
        let found = self.take(wanted.len())?;
        if found == wanted {
            Ok(())
        } else {
            Err(JavaMapError {
                at,
                expected,
                found: hex(found),
            })
        }
    }

    fn int(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |int, &byte| int << 8 | u32::from(byte)))
    }

    /// A count of things that take a byte each at least, so that it is bounded by what is left.
    fn length(&mut self) -> Result<usize> {
        let at = self.at;
        let length = self.int()? as usize;
        if length <= self.bytes.len() - self.at {
            return Ok(length);
        }
        Err(JavaMapError {
            at,
            expected: "a length within the file",
            found: length.to_string(),
        })
    }

    /// A class description, in full or by reference.
    fn class(&mut self, class: Handle) -> Result<()> {
        if self.bytes.get(self.at) == Some(&TC_REFERENCE) {
            let (at, found) = self.reference()?;
            if found == class {
                return Ok(());
            }
            return Err(JavaMapError {
                at,
                expected: "the class",
                found: format!("{found:?}"),
            });
        }
        let (description, expected) = match class {
            Handle::MapClass | Handle::Map => (MAP_CLASS, "the class java.util.HashMap"),
            Handle::BytesClass | Handle::Bytes(_) => (BYTES_CLASS, "the class byte[]"),
        };
        self.expect(description, expected)?;
        self.handles.push(class);
        Ok(())
    }

    /// A byte array, a reference to one, or null.
    fn array(&mut self) -> Result<Option<Range<usize>>> {
        match self.bytes.get(self.at) {
            Some(&TC_NULL) => {
                self.at += 1;
                Ok(None)
            }
            Some(&TC_REFERENCE) => match self.reference()? {
                (_, Handle::Bytes(range)) => Ok(Some(range)),
                (at, found) => Err(JavaMapError {
                    at,
                    expected: "an array",
                    found: format!("{found:?}"),
                }),
            },
            _ => {
                self.expect(&[TC_ARRAY], "an array")?;
                self.class(Handle::BytesClass)?;
                let length = self.length()?;
                let start = self.at;
                self.take(length)?;
                self.handles.push(Handle::Bytes(start..self.at));
                Ok(Some(start..self.at))
            }
        }
    }

    fn reference(&mut self) -> Result<(usize, Handle)> {
        let at = self.at;
        self.take(1)?;
        let handle = self.int()?;
        let index = handle.checked_sub(FIRST_HANDLE).map(|index| index as usize);
        match index.and_then(|index| self.handles.get(index)) {
            Some(found) => Ok((at, found.clone())),
            None => Err(JavaMapError {
                at,
                expected: "a known reference",
                found: format!("{handle:#x}"),
            }),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(16).map(|byte| format!("{byte:02x}"));
    shown.collect()
}

/// Magic and version of `ObjectOutputStream`.
const STREAM_HEADER: [u8; 4] = [0xac, 0xed, 0x00, 0x05];

const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_OBJECT: u8 = 0x73;
const TC_ARRAY: u8 = 0x75;
const TC_BLOCKDATA: u8 = 0x77;
const TC_ENDBLOCKDATA: u8 = 0x78;

/// How many times the file's size its map may take in memory: an array that is shared by reference is copied here.
const MAX_SHARING: usize = 16;

/// The handle of the first thing in a stream.
const FIRST_HANDLE: u32 = 0x7e_0000;

/// The description of `java.util.HashMap`: name, serialVersionUID, SC_WRITE_METHOD | SC_SERIALIZABLE, the fields
/// `float loadFactor` and `int threshold`, no annotations, no superclass.
const MAP_CLASS: &[u8] =
    b"\x72\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02\
    F\x00\x0aloadFactorI\x00\x09threshold\x78\x70";

/// The description of `byte[]`: name, serialVersionUID, SC_SERIALIZABLE, no fields, no annotations, no superclass.
const BYTES_CLASS: &[u8] = b"\x72\x00\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00\x78\x70";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Java wrote for `["c",{"f":"x"}]` with `{"p":1}`.
    const JAVA: &str = "aced000573720011 6a6176612e7574696c2e486173684d6170 0507dac1c31660d103000246000a\
        6c6f6164466163746f72490009 7468726573686f6c64 7870 3f4000000000000c77080000001000000001\
        75720002 5b42 acf317f8060854e00200007870 0000000f 5b2263222c7b2266223a2278227d5d\
        7571007e000200000007 7b2270223a317d 78";

    fn java() -> Vec<u8> {
        let digits: Vec<u8> = JAVA.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn the_same_bytes_as_java() {
        let map = read(&java()).unwrap();
        let (key, value) = map.first_key_value().unwrap();
        assert_eq!(
            (key.as_slice(), value.as_slice()),
            (&br#"["c",{"f":"x"}]"#[..], &br#"{"p":1}"#[..])
        );
        assert_eq!(write(&map), java());
    }

    #[test]
    fn nulls_and_shared_arrays() {
        let mut bytes = java();
        let size = bytes.len() - 1;
        bytes.truncate(size);
        // Two more entries: the first key with null, and the first value, by reference, as key and value.
        bytes.extend_from_slice(&[0x71, 0x00, 0x7e, 0x00, 0x03, 0x70]);
        bytes.extend_from_slice(&[
            0x71, 0x00, 0x7e, 0x00, 0x04, 0x71, 0x00, 0x7e, 0x00, 0x04, 0x78,
        ]);
        let count = bytes.windows(4).position(|w| w == [0, 0, 0, 1]).unwrap();
        bytes[count + 3] = 3;
        let map = read(&bytes).unwrap();
        assert_eq!(map.len(), 2);
        assert_eq!(map[&br#"{"p":1}"#[..]], br#"{"p":1}"#);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            read(b"{}..").unwrap_err().to_string(),
            "byte 0: expected the header of a Java object stream of a serialized HashMap of byte arrays, found 7b7d2e2e"
        );
        for cut in 0..java().len() {
            assert!(read(&java()[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(map: BTreeMap<Vec<u8>, Vec<u8>>) {
            prop_assert_eq!(read(&write(&map)).unwrap(), map);
        }

        #[test]
        fn any_damage_is_an_error_or_a_map(at in 0usize..200, byte: u8, tail: Vec<u8>) {
            let mut bytes = java();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.extend(tail);
            let _ = read(&bytes);
        }
    }
}
