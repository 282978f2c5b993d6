//! Any value survives; any damage is an error and never a panic.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::borrow::Cow;

use proptest::prelude::*;
use rejoint_blob::{
    CharArray, Compress, Date, DateTimeUnit, DecodeOptions, Dims, ElementType, EncodeOptions, Error, Integer,
    LengthWidth, MAX_DEPTH, NumericArray, ObjectArray, Recheck, RecordArray, StructArray, Time, Value,
    canonical_bytes, check, decode, encode, encode_with, reads_differently, recheck,
};

fn like_python() -> DecodeOptions {
    DecodeOptions::like_python()
}

fn shape() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0_u64..4, 0..4)
}

fn count(shape: &[u64]) -> usize {
    shape.iter().product::<u64>() as usize
}

fn element_type() -> impl Strategy<Value = ElementType> {
    let ids: Vec<u32> = [3].into_iter().chain(6..16).chain(65_536..65_549).collect();
    prop::sample::select(ids).prop_map(|id| ElementType::from_type_id(id).unwrap())
}

fn bytes(n: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), n)
}

fn array() -> impl Strategy<Value = Value<'static>> {
    (element_type(), any::<bool>(), shape()).prop_flat_map(|(element, complex, shape)| {
        let complex = complex && !matches!(element, ElementType::DateTime64(_));
        let n = count(&shape) * element.n_bytes() * if complex { 2 } else { 1 };
        bytes(n).prop_map(move |data| {
            let shape = shape.clone();
            Value::Array(Box::new(NumericArray { element, complex, shape, data: Cow::Owned(data) }))
        })
    })
}

fn char_array() -> impl Strategy<Value = Value<'static>> {
    shape().prop_flat_map(|shape| {
        bytes(2 * count(&shape)).prop_map(move |data| {
            Value::CharArray(Box::new(CharArray { shape: shape.clone(), data: Cow::Owned(data) }))
        })
    })
}

fn date() -> impl Strategy<Value = Date> {
    (1_u16..10_000, 1_u8..13, 1_u8..29).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn time() -> impl Strategy<Value = Time> {
    (0_u8..24, 0_u8..60, 0_u8..60, 0_u32..1_000_000).prop_map(|(h, m, s, us)| Time::new(h, m, s, us).unwrap())
}

fn float() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}

fn leaf() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|v| Value::Int(Integer::from(v))),
        (-300_i64..300).prop_map(|v| Value::Int(Integer::from(v))),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|v| Value::Int(Integer::from_le_bytes(&v))),
        float().prop_map(Value::Float),
        (float(), float()).prop_map(|(real, imag)| Value::Complex { real, imag }),
        ".*".prop_map(|v: String| Value::Str(Cow::Owned(v))),
        prop::collection::vec(any::<u8>(), 0..1500).prop_map(|v| Value::Bytes(Cow::Owned(v))),
        "[-]?[0-9]{1,6}(\\.[0-9]{1,5})?(E[+-][0-9]{1,3})?"
            .prop_map(|v: String| Value::Decimal(Cow::Owned(v))),
        date().prop_map(Value::Date),
        time().prop_map(Value::Time),
        (date(), time()).prop_map(|(d, t)| Value::DateTime(d, t)),
        any::<[u8; 16]>().prop_map(Value::Uuid),
        array(),
        char_array(),
    ]
}

fn value() -> impl Strategy<Value = Value<'static>> {
    leaf().prop_recursive(4, 48, 6, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..6);
        let objects = (shape(), inner.clone())
            .prop_map(|(shape, fill)| {
                let elements = vec![fill; count(&shape)];
                Box::new(ObjectArray { shape, elements })
            })
            .boxed();
        let column = prop_oneof![array(), char_array(), objects.clone().prop_map(Value::ObjectArray)];
        let name = "[a-zé_]{0,5}".prop_map(|name: String| Cow::Owned(name)).boxed();
        prop_oneof![
            many.clone().prop_map(Value::List),
            many.clone().prop_map(Value::Tuple),
            many.clone().prop_map(Value::Set),
            prop::collection::vec((inner.clone(), inner.clone()), 0..5).prop_map(Value::Dict),
            objects.clone().prop_map(Value::ObjectArray),
            objects.prop_map(Value::Cell),
            (shape(), prop::collection::vec(name.clone(), 0..3), inner.clone()).prop_map(
                |(shape, fields, fill)| {
                    let values = vec![fill; count(&shape) * fields.len()];
                    Value::Struct(Box::new(StructArray { shape, fields, values }))
                }
            ),
            prop::collection::vec((name, column), 0..4)
                .prop_map(|fields| Value::RecordArray(RecordArray { fields })),
        ]
    })
}

/// Runs everything that takes bytes from outside.
fn look_at(stored: &[u8]) {
    for dims in [Dims::U64, Dims::U32, Dims::Auto] {
        let options = DecodeOptions { dims, max_inflated: 1 << 24, ..like_python() };
        if let Ok(decoded) = decode(stored, &options) {
            look_into(&decoded.value);
            recheck(stored, &options).unwrap();
        }
    }
    let report = check(stored, &like_python());
    assert!(report.decoded.is_some() || !report.evidence.is_empty());
}

fn look_into(value: &Value<'_>) {
    canonical_bytes(value);
    reads_differently(value);
    assert!(value.display(60).chars().count() <= 60);
    encode(value).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_value_survives_encoding(value in value()) {
        let stored = encode(&value).unwrap();
        let decoded = decode(&stored, &like_python()).unwrap();
        prop_assert_eq!(canonical_bytes(&decoded.value), canonical_bytes(&value));
        prop_assert_eq!(recheck(&stored, &like_python()), Ok(Recheck::Same));
        look_into(&decoded.value);
    }

    #[test]
    fn canonical_bytes_do_not_depend_on_compression_width_or_protocol(value in value()) {
        let expected = canonical_bytes(&value);
        for width in [LengthWidth::U64, LengthWidth::U32] {
            for compress in [Compress::Never, Compress::Shorter] {
                for protocol in [rejoint_blob::Protocol::Mym, rejoint_blob::Protocol::Dj0] {
                    let options = EncodeOptions { protocol: Some(protocol), compress, width };
                    let stored = encode_with(&value, &options).unwrap();
                    let options = DecodeOptions { dims: Dims::Auto, ..like_python() };
                    let decoded = decode(&stored, &options).unwrap();
                    prop_assert_eq!(&canonical_bytes(&decoded.value), &expected);
                }
            }
        }
    }

    #[test]
    fn canonical_bytes_do_not_depend_on_the_order_of_dicts_and_sets(
        entries in prop::collection::vec((value(), value()), 0..5),
    ) {
        let reversed: Vec<_> = entries.iter().rev().cloned().collect();
        let keys = |entries: &[(Value<'static>, _)]| Value::Set(entries.iter().map(|(k, _)| k.clone()).collect());
        prop_assert_eq!(canonical_bytes(&keys(&entries)), canonical_bytes(&keys(&reversed)));
        prop_assert_eq!(canonical_bytes(&Value::Dict(entries)), canonical_bytes(&Value::Dict(reversed)));
    }

    /// Different bytes of plain blobs mean different values, or an order or spelling that Python does not see.
    #[test]
    fn canonical_bytes_tell_values_apart(one in value(), other in value()) {
        let same_canonical = canonical_bytes(&one) == canonical_bytes(&other);
        let same_blob = encode(&one).unwrap() == encode(&other).unwrap();
        prop_assert!(!same_blob || same_canonical);
        let unordered = |v: &Value<'_>| { let text = v.display(usize::MAX); text.contains('{') };
        prop_assert!(!same_canonical || same_blob || unordered(&one));
    }

    #[test]
    fn a_changed_byte_never_panics(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for compress in [Compress::Never, Compress::Shorter] {
            let options = EncodeOptions { compress, ..EncodeOptions::like_python() };
            let mut stored = encode_with(&value, &options).unwrap();
            let at = at.index(stored.len());
            stored[at] = byte;
            look_at(&stored);
        }
    }

    #[test]
    fn a_cut_blob_is_an_error(value in value(), at in any::<prop::sample::Index>()) {
        for compress in [Compress::Never, Compress::Shorter] {
            let options = EncodeOptions { compress, ..EncodeOptions::like_python() };
            let stored = encode_with(&value, &options).unwrap();
            let cut = &stored[..at.index(stored.len())];
            prop_assert!(decode(cut, &like_python()).is_err());
            look_at(cut);
        }
    }

    #[test]
    fn garbage_never_panics(start in 0_usize..4, rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let starts: [&[u8]; 4] = [b"", b"mYm\0", b"dj0\0", b"ZL123\0"];
        look_at(&[starts[start], &rest].concat());
    }

    /// Small numbers make deep structure likely where random bytes die at the first length.
    #[test]
    fn structured_garbage_never_panics(rest in prop::collection::vec(prop::sample::select(
        vec![0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 17, b'A', b'C', b'S', b'F', b'd', b't', 0xff]), 0..200)) {
        look_at(&[b"dj0\0".as_slice(), &rest].concat());
    }
}

/// `levels` lists around None.
fn nested(levels: usize) -> Vec<u8> {
    let mut inner = vec![0xff];
    for _ in 0..levels {
        let mut outer = vec![0x02];
        outer.extend_from_slice(&1_u64.to_le_bytes());
        outer.extend_from_slice(&(inner.len() as u64).to_le_bytes());
        outer.extend_from_slice(&inner);
        inner = outer;
    }
    [b"dj0\0".as_slice(), &inner].concat()
}

#[test]
fn nesting_is_read_as_deep_as_python_reads_and_then_refused() {
    // Test threads have 2 MiB of stack, as rayon's have.
    let deepest = nested(MAX_DEPTH - 1);
    let decoded = decode(&deepest, &like_python()).unwrap();
    look_into(&decoded.value);
    look_at(&deepest);
    assert_eq!(
        decode(&nested(MAX_DEPTH), &DecodeOptions { max_depth: usize::MAX, ..like_python() }).unwrap_err(),
        Error::TooDeep { offset: 4 + 17 * MAX_DEPTH, max_depth: MAX_DEPTH }
    );
    assert!(matches!(decode(&nested(5_000), &like_python()), Err(Error::TooDeep { .. })));
    let shallow = DecodeOptions { max_depth: 3, ..like_python() };
    assert!(decode(&nested(2), &shallow).is_ok());
    assert_eq!(decode(&nested(3), &shallow).unwrap_err(), Error::TooDeep { offset: 55, max_depth: 3 });
}

fn u64s(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

#[test]
fn lengths_that_promise_more_than_there_is_are_refused() {
    let huge = u64::MAX;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("list", [b"dj0\0\x02".as_slice(), &u64s(&[huge])].concat()),
        ("dict", [b"dj0\0\x04".as_slice(), &u64s(&[huge / 2, 0, 0])].concat()),
        ("string", [b"dj0\0\x05".as_slice(), &u64s(&[huge])].concat()),
        ("element", [b"dj0\0\x02".as_slice(), &u64s(&[1, huge]), &[0xff]].concat()),
        ("dimensions", [b"mYm\0A".as_slice(), &u64s(&[huge])].concat()),
        ("struct", [b"mYm\0S".as_slice(), &u64s(&[1, 1 << 40]), &[1, 0, 0, 0, b'a', 0, 0, 0]].concat()),
        ("fields", [b"dj0\0F".as_slice(), &[0xff; 4], b"a\0"].concat()),
        ("cells", [b"mYm\0C".as_slice(), &u64s(&[2, 1 << 30, 1 << 30])].concat()),
        ("data", [b"mYm\0A".as_slice(), &u64s(&[1, 1 << 40]), &[6, 0, 0, 0, 0, 0, 0, 0]].concat()),
    ];
    for (name, stored) in cases {
        let error = decode(&stored, &like_python()).unwrap_err();
        assert!(matches!(error, Error::Truncated { .. }), "{name}: {error}");
    }
    let product =
        [b"mYm\0A".as_slice(), &u64s(&[3, 1 << 32, 1 << 32, 0]), &[6, 0, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!(decode(&product, &like_python()).unwrap_err(), Error::TooManyElements { offset: 5 });
    let dims = [b"mYm\0A".as_slice(), &u64s(&[65]), &u64s(&[1; 65]), &[9, 0, 0, 0, 0, 0, 0, 0, 1]].concat();
    assert!(matches!(decode(&dims, &like_python()), Err(Error::Invalid { .. })));
}

#[test]
fn a_compressed_blob_that_lies_about_its_length_is_refused_early() {
    let value = Value::Bytes(Cow::Owned(vec![0; 1_000_000]));
    let good = encode(&value).unwrap();
    assert!(good.len() < 2_000);
    let with_length = |n: u64| [b"ZL123\0".as_slice(), &n.to_le_bytes(), &good[14..]].concat();
    let error = |stored: &[u8]| decode(stored, &like_python()).unwrap_err();
    let actual = 1_000_013;
    assert!(decode(&with_length(actual), &like_python()).is_ok());
    assert_eq!(
        error(&with_length(actual + 1)),
        Error::SizeMismatch { declared: actual + 1, actual, at_least: false }
    );
    assert_eq!(
        error(&with_length(actual - 1)),
        Error::SizeMismatch { declared: actual - 1, actual, at_least: false }
    );
    assert!(matches!(error(&with_length(10)), Error::SizeMismatch { at_least: true, .. }));
    assert!(matches!(error(&with_length(1 << 31)), Error::SizeMismatch { at_least: false, .. }));
    assert!(matches!(error(&with_length(u64::MAX)), Error::InflatedTooLarge { .. }));
    let small = DecodeOptions { max_inflated: 1_000_012, ..like_python() };
    assert_eq!(
        decode(&good, &small).unwrap_err(),
        Error::InflatedTooLarge { declared: actual, max: 1_000_012 }
    );
    for cut in 1..8 {
        let cut = &good[..good.len() - cut];
        assert!(matches!(error(cut), Error::ZlibTruncated { .. }), "{:?}", error(cut));
    }
    let mut wrong_checksum = good.clone();
    *wrong_checksum.last_mut().unwrap() ^= 1;
    assert!(matches!(error(&wrong_checksum), Error::ZlibDamaged { .. }));
    let mut longer = good.clone();
    longer.extend_from_slice(b"xx");
    let decoded = decode(&longer, &like_python()).unwrap();
    assert_eq!(decoded.compression.unwrap().trailing, 2, "Python ignores bytes after the stream");
}

#[test]
fn every_length_of_plain_bytes_survives_compression() {
    for n in (0..300).chain([4_095, 4_096, 4_097, 65_535, 65_536, 1 << 20]) {
        let value = Value::Bytes(Cow::Owned((0..n).map(|i| (i % 7) as u8).collect()));
        let options = EncodeOptions { compress: Compress::Shorter, ..EncodeOptions::like_python() };
        let stored = encode_with(&value, &options).unwrap();
        let decoded = decode(&stored, &like_python()).unwrap();
        assert_eq!(canonical_bytes(&decoded.value), canonical_bytes(&value), "{n}");
    }
}

#[test]
fn plain_arrays_are_borrowed_from_the_blob() {
    let data = Cow::Owned(vec![7; 4096 * 8]);
    let array = NumericArray { element: ElementType::Float64, complex: false, shape: vec![4096], data };
    let options = EncodeOptions { compress: Compress::Never, ..EncodeOptions::like_python() };
    let stored = encode_with(&Value::Array(Box::new(array)), &options).unwrap();
    match decode(&stored, &like_python()).unwrap().value {
        Value::Array(array) => assert!(matches!(array.data, Cow::Borrowed(_))),
        other => panic!("{}", other.kind()),
    }
}

#[test]
fn datetime64_units_are_shown_as_numpy_shows_them() {
    let shown = |unit, count: i64| {
        let data = Cow::Owned(count.to_le_bytes().to_vec());
        let element = ElementType::DateTime64(unit);
        Value::Array(Box::new(NumericArray { element, complex: false, shape: vec![], data })).display(100)
    };
    use DateTimeUnit as Unit;
    assert_eq!(shown(Unit::Year, 51), "datetime64[Y](2021)");
    assert_eq!(shown(Unit::Month, -1), "datetime64[M](1969-12)");
    assert_eq!(shown(Unit::Week, 1), "datetime64[W](1970-01-08)");
    assert_eq!(shown(Unit::Day, 11_016), "datetime64[D](2000-02-29)");
    assert_eq!(shown(Unit::Hour, -1), "datetime64[h](1969-12-31T23)");
    assert_eq!(shown(Unit::Minute, 61), "datetime64[m](1970-01-01T01:01)");
    assert_eq!(shown(Unit::Attosecond, 1), "datetime64[as](1970-01-01T00:00:00.000000000000000001)");
    assert_eq!(shown(Unit::Day, i64::MIN), "datetime64[D](NaT)");
}
