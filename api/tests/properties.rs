//! What holds for all values and texts.

use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::vec;
use proptest::prelude::*;
use windlass_api::{Decimal, MapValue, Schema, Text, Value, values};

proptest! {
    #[test]
    fn no_text_makes_values_panic(text in text()) {
        let text = Text::from(text);
        if let Some(parsed) = values::parse_string(&text) {
            let schema = parsed.schema.expect("what is not null has a schema");
            // Lists and maps of mixed or no elements have schemas that admit nothing, in Java too.
            let is_whole = schema.kind.is_primitive();
            prop_assert!(!is_whole || schema.validate(&parsed.value).is_ok(), "{:?}", parsed.value);
            for value in [Value::String(text), parsed.value] {
                let _ = (values::to_text(&value), value.to_string(), values::infer_schema(&value));
                let _ = (values::to_boolean(None, &value), values::to_int8(None, &value));
                let _ = (values::to_float32(None, &value), values::to_float64(None, &value));
                let _ = (values::to_list(&value), values::to_map(&value), values::to_decimal(&value, 2));
                let _ = (values::to_date(None, &value), values::to_time(None, &value));
                let _ = values::to_timestamp(None, &value);
            }
        }
    }

    #[test]
    fn integers_are_inferred_in_the_smallest_type(number in any::<i64>(), shift in 0u32..64) {
        let number = number >> shift;
        let parsed = values::parse_string(&number.to_string().into()).unwrap();
        prop_assert_eq!(parsed.value.as_integer(), Some(number));
        let bits = match parsed.value {
            Value::Int8(_) => 8,
            Value::Int16(_) => 16,
            Value::Int32(_) => 32,
            _ => 64,
        };
        let fits = |bits: u32| number >> (bits - 1) == 0 || number >> (bits - 1) == -1;
        prop_assert!(fits(bits) && (bits == 8 || !fits(bits / 2)));
    }

    #[test]
    fn decimals_read_back(unscaled in any::<i128>(), scale in -50i32..50) {
        let decimal = Decimal { unscaled: unscaled.into(), scale };
        prop_assert_eq!(&decimal.to_string().parse::<Decimal>().unwrap(), &decimal);
        let double: f64 = decimal.to_string().parse().unwrap();
        prop_assert_eq!(decimal.to_f64(), double);
        prop_assert_eq!(decimal.to_exact_i64(), exact_i64(unscaled, scale));
    }

    #[test]
    fn strings_in_lists_read_back(strings in vec("[a-z\\\\\" ]{0,8}", 1..4)) {
        // Escapes are written and not read: Java leaves the backslashes in.
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let list = Value::Array(strings.iter().map(|s| s.as_str().into()).collect());
        let parsed = values::parse_string(&values::to_text(&list)).unwrap();
        let expected: Vec<Value> = strings.iter().map(|s| escaped(s).into()).collect();
        // Blanks before a delimiter are lost with it.
        let compact = |values: &[Value]| values.iter().map(|v| v.to_string().replace(' ', "")).collect::<Vec<_>>();
        prop_assert_eq!(compact(parsed.value.as_array().unwrap()), compact(&expected));
    }

    #[test]
    fn equal_values_have_equal_hashes(pairs in vec((0u8..6, any::<f32>()), 0..40)) {
        let map: MapValue = pairs.iter().map(|(k, v)| (i32::from(*k), *v)).collect();
        let other: MapValue = map.iter().rev().cloned().collect();
        let (map, other) = (Value::Map(map), Value::Map(other));
        prop_assert_eq!(&map, &other);
        prop_assert_eq!(hash(&map), hash(&other));
    }
}

#[test]
fn floats_are_equal_by_their_bits() {
    assert_eq!(Value::Float64(f64::NAN), Value::Float64(-f64::NAN));
    assert_ne!(Value::Float32(0.0), Value::Float32(-0.0));
    assert_ne!(Schema::INT8, Schema::OPTIONAL_INT8);
}

fn exact_i64(unscaled: i128, scale: i32) -> Option<i64> {
    let power = 10i128.checked_pow(scale.unsigned_abs());
    let integer = match (scale, power) {
        _ if unscaled == 0 => 0,
        (..=0, Some(power)) => unscaled.checked_mul(power)?,
        (1.., Some(power)) if unscaled % power == 0 => unscaled / power,
        _ => return None,
    };
    i64::try_from(integer).ok()
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Texts of what means something.
fn text() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(&PIECES[..]).prop_map(str::to_owned);
    vec(prop_oneof![8 => piece, 1 => "\\PC{0,3}"], 0..25).prop_map(|pieces| pieces.concat())
}

const PIECES: [&str; 28] = [
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "null",
    "true",
    "false",
    "1",
    "-1",
    "300",
    "2.5",
    "1e999999999",
    "1e-999999999",
    "9223372036854775808",
    "2020-01-01",
    "12:00:00.000Z",
    "2020-01-01T00:00:00.000Z",
    "0000-00-00",
    "9999999999",
    "a",
    "é",
    "+",
    "e",
];
