use proptest::prelude::*;

use super::*;
use crate::Limits;

fn read(body: &[u8]) -> Result<Vec<Value>, Error> {
    let limits = Limits::default();
    let mut reader = Reader::new(body, &limits);
    let mut values = Vec::new();
    while let Some(value) = reader.next()? {
        values.push(value);
    }
    Ok(values)
}

#[test]
fn values_as_encoders_write_them_are_read() {
    let table: &[(&[u8], Value)] = &[
        (&[0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], Value::Number(1.0)),
        (&[1, 1], Value::Boolean(true)),
        (&[2, 0, 2, b'h', b'i'], Value::string("hi")),
        (&[2, 0, 1, 0xff], Value::string("\u{fffd}")),
        (&[12, 0, 0, 0, 2, b'h', b'i'], Value::string("hi")),
        (&[15, 0, 0, 0, 1, b'x'], Value::string("x")),
        (
            &[3, 0, 1, b'a', 5, 0, 0, 9],
            Value::object([("a", Value::Null)]),
        ),
        (
            &[16, 0, 1, b'C', 0, 1, b'a', 6, 0, 0, 9],
            Value::object([("a", Value::Undefined)]),
        ),
        // ECMA arrays: the count may lie, the end may be missing at the end of the message.
        (
            &[8, 0, 0, 0, 99, 0, 1, b'a', 5, 0, 0, 9],
            Value::EcmaArray(vec![("a".into(), Value::Null)]),
        ),
        (
            &[8, 0, 0, 0, 1, 0, 1, b'a', 5],
            Value::EcmaArray(vec![("a".into(), Value::Null)]),
        ),
        (
            &[10, 0, 0, 0, 2, 5, 6],
            Value::StrictArray(vec![Value::Null, Value::Undefined]),
        ),
        (&[11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Value::Date(0.0)),
        (&[7, 0, 1], Value::Undefined),
        (&[13], Value::Undefined),
        (&[17, 3], Value::Boolean(true)),
        (&[17, 4, 0x81, 0], Value::Number(128.0)),
        (&[17, 4, 0xff, 0xff, 0xff, 0xff], Value::Number(-1.0)),
        (&[17, 6, 5, b'h', b'i'], Value::string("hi")),
    ];
    for (bytes, value) in table {
        assert_eq!(read(bytes), Ok(vec![value.clone()]), "{bytes:?}");
    }
    assert_eq!(
        read(&[17, 6, 5, b'h', b'i', 17, 6, 0]),
        Ok(vec![Value::string("hi"), Value::Undefined])
    );
}

/// Abuse case C5.
#[test]
fn lengths_counts_and_nesting_beyond_the_input_or_the_limits_are_errors() {
    let nested: Vec<u8> = [3, 0, 1, b'a'].repeat(18);
    let keys: Vec<u8> = [vec![3], [0, 1, b'a', 5].repeat(257)].concat();
    let nulls = vec![5; 5000];
    let table: &[(&[u8], Error)] = &[
        (&[0, 1], Error::Short { at: 1 }),
        (&[2, 0, 9, b'a'], Error::Short { at: 3 }),
        (&[12, 0, 0, 0xff, 0xff, b'a'], Error::Short { at: 5 }),
        (
            &[12, 0xff, 0xff, 0xff, 0xff, b'a'],
            Error::TooLong { at: 5 },
        ),
        (&[10, 0xff, 0xff, 0xff, 0xff], Error::TooMany { at: 5 }),
        (&[10, 0, 0, 0, 200], Error::Short { at: 5 }),
        (&[3], Error::Short { at: 1 }),
        (&[8, 0, 0], Error::Short { at: 1 }),
        (&[4], Error::Marker { marker: 4, at: 0 }),
        (&[17, 10, 1], Error::Marker { marker: 10, at: 1 }),
        (&[17, 6, 0x7f], Error::Short { at: 3 }),
        (&nested, Error::Depth { at: 68 }),
        (&keys, Error::TooMany { at: 1 + 256 * 4 }),
        (&nulls, Error::TooMany { at: 4096 }),
    ];
    for (bytes, error) in table {
        assert_eq!(read(bytes).as_ref(), Err(error), "{:?}", bytes.get(..8));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-1e9..1e9).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        ".{0,40}".prop_map(Value::String),
        (0.0..1e12).prop_map(Value::Date),
        Just(Value::Null),
        Just(Value::Undefined),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let entries = prop::collection::vec((".{1,9}", inner.clone()), 0..8);
        prop_oneof![
            entries.clone().prop_map(Value::Object),
            entries.prop_map(Value::EcmaArray),
            prop::collection::vec(inner, 0..8).prop_map(Value::StrictArray),
        ]
    })
}

proptest! {
    #[test]
    fn values_written_are_read_back(values in prop::collection::vec(any_value(), 0..5)) {
        let mut out = Vec::new();
        for value in &values {
            write(&mut out, value);
        }
        prop_assert_eq!(read(&out), Ok(values));
    }

    #[test]
    fn any_bytes_are_values_or_an_error(bytes in prop::collection::vec(0..20u8, 0..500)) {
        let _ = read(&bytes);
    }

    #[test]
    fn long_strings_survive(length in 65_530..65_536usize) {
        let value = Value::String("x".repeat(length));
        let mut out = Vec::new();
        write(&mut out, &value);
        prop_assert_eq!(read(&out), Ok(vec![value]));
    }
}
