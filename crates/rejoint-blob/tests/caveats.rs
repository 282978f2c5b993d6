//! Predictions of what Python reads, against what 0.14.10 and 2.3.5 (NumPy 2.4) did read.
//!
//! `data/python-reads.json`: random cell, object and struct arrays, written by 2.3.5, with the result of reading them
//! back: the value that was written (`AsStored`), another one (`Differs`), or an error (`Fails`). Made by
//! `data/python_reads.py`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::borrow::Cow;

use rejoint_blob::{
    CharArray, DecodeOptions, Effect, ElementType, NumericArray, RecordArray, StructArray, Value, decode,
    reads_differently,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    hex: String,
    #[serde(rename = "0.14.10")]
    old: String,
    #[serde(rename = "2.3.5")]
    new: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The outcome agrees with the predictions for all places in the value.
fn agrees(effects: &[Effect], outcome: &str) -> bool {
    match outcome {
        "AsStored" => effects.iter().all(|e| *e == Effect::AsStored),
        "Differs" => {
            effects.iter().any(|e| matches!(e, Effect::Differs | Effect::DiffersOrFails))
                && !effects.contains(&Effect::Fails)
        }
        "Fails" => effects.iter().any(|e| matches!(e, Effect::Fails | Effect::DiffersOrFails)),
        other => panic!("{other}"),
    }
}

#[test]
fn predictions_agree_with_python() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/python-reads.json")).unwrap();
    assert!(cases.len() > 400);
    let mut wrong = Vec::new();
    for case in &cases {
        let stored = bytes(&case.hex);
        let value = decode(&stored, &DecodeOptions::like_python()).unwrap().value;
        let caveats = reads_differently(&value);
        let old: Vec<_> = caveats.iter().map(|c| c.old).collect();
        let new: Vec<_> = caveats.iter().map(|c| c.new).collect();
        if !agrees(&old, &case.old) || !agrees(&new, &case.new) {
            let found: Vec<_> = caveats
                .iter()
                .map(|c| format!("{} {:?} {:?} {}", c.reason.name(), c.old, c.new, c.path))
                .collect();
            wrong.push(format!("{} / {}: {} {found:?}", case.old, case.new, value.display(200)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn caveats(value: &Value<'_>) -> String {
    let line = |c: &rejoint_blob::Caveat| {
        format!("{} old={:?} new={:?} path={} n={}", c.reason.name(), c.old, c.new, c.path, c.count)
    };
    reads_differently(value).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn text(text: &str) -> Value<'static> {
    let data: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Value::CharArray(Box::new(CharArray { shape: vec![1, data.len() as u64 / 2], data: Cow::Owned(data) }))
}

#[test]
fn characters_that_python_cannot_read_are_listed_with_their_place() {
    let value = Value::Dict(vec![
        (Value::Str("a".into()), Value::List(vec![text("plain"), text("é"), text("ü")])),
        (Value::Str("b".into()), text("世\u{100}")),
    ]);
    insta::assert_snapshot!(caveats(&value), @r"
    char-not-ascii old=Fails new=Fails path=['a'][1] n=2
    char-zero-dropped old=Differs new=Differs path=['b'] n=1
    char-high-byte-lost old=Differs new=Differs path=['b'] n=1
    ");
}

fn complex(parts: &[f64]) -> Value<'static> {
    let data = Cow::Owned(parts.iter().flat_map(|x| x.to_le_bytes()).collect());
    let shape = vec![parts.len() as u64 / 2];
    Value::Array(Box::new(NumericArray { element: ElementType::Float64, complex: true, shape, data }))
}

#[test]
fn complex_arrays_that_python_computes_wrong_are_listed() {
    insta::assert_snapshot!(caveats(&complex(&[1.0, -2.0, 0.0, 0.0, 3.0, -1.0])), @"");
    // −0 − 2j survives, −0 + 2j does not.
    insta::assert_snapshot!(caveats(&complex(&[-0.0, -2.0])), @"");
    insta::assert_snapshot!(caveats(&complex(&[-0.0, 2.0])), @"negative-zero-lost old=Differs new=Differs path= n=1");
    insta::assert_snapshot!(caveats(&complex(&[1.0, -0.0])), @"negative-zero-lost old=Differs new=Differs path= n=1");
    insta::assert_snapshot!(caveats(&complex(&[1.0, f64::INFINITY])), @"imaginary-not-finite old=Differs new=Differs path= n=1");
    insta::assert_snapshot!(caveats(&Value::Complex { real: 1.0, imag: f64::INFINITY }), @"");
}

#[test]
fn complex_integers_that_python_rounds_are_listed() {
    let array = |number: i64| {
        let data = Cow::Owned([number, 1].iter().flat_map(|x| x.to_le_bytes()).collect());
        Value::Array(Box::new(NumericArray {
            element: ElementType::Int64,
            complex: true,
            shape: vec![1],
            data,
        }))
    };
    insta::assert_snapshot!(caveats(&array(-(1 << 53))), @"");
    insta::assert_snapshot!(caveats(&array(-(1 << 53) - 1)), @"complex-rounded old=Differs new=Differs path= n=1");
}

#[test]
fn fields_that_numpy_changes_are_listed() {
    let fields = |names: &[&'static str]| {
        let fields: Vec<_> = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        let values = vec![Value::None; fields.len()];
        Value::Struct(Box::new(StructArray { shape: vec![1, 1], fields, values }))
    };
    insta::assert_snapshot!(caveats(&fields(&["a", "b"])), @"");
    insta::assert_snapshot!(caveats(&fields(&[])), @"no-fields old=Differs new=Differs path= n=1");
    insta::assert_snapshot!(caveats(&fields(&["a", "a"])), @"repeated-field old=Fails new=Fails path= n=1");
    insta::assert_snapshot!(caveats(&fields(&[""])), @"unnamed-field old=Differs new=Differs path= n=1");
    let column = |shape: &[u64]| {
        let data = Cow::Owned(vec![0; shape.iter().product::<u64>() as usize]);
        let shape = shape.to_vec();
        Value::Array(Box::new(NumericArray { element: ElementType::UInt8, complex: false, shape, data }))
    };
    // Written for a dtype with a subarray, [('a', 'u1', (2,)), ('b', 'u1')]: 'b' is spread over the subarray.
    let fields = vec![("a".into(), column(&[2, 2])), ("b".into(), column(&[2]))];
    insta::assert_snapshot!(caveats(&Value::RecordArray(RecordArray { fields })), @"column-shapes old=DiffersOrFails new=DiffersOrFails path= n=1");
}

#[test]
fn keys_that_python_cannot_hash_are_listed() {
    let key = |key| Value::Dict(vec![(key, Value::None)]);
    insta::assert_snapshot!(caveats(&key(Value::Tuple(vec![Value::None, Value::Bool(true)]))), @"");
    insta::assert_snapshot!(caveats(&key(Value::Tuple(vec![Value::List(vec![])]))), @"not-hashable old=Fails new=Fails path= n=1");
    insta::assert_snapshot!(caveats(&key(Value::Decimal("sNaN".into()))), @"not-hashable old=Fails new=Fails path= n=1");
    insta::assert_snapshot!(caveats(&Value::Set(vec![Value::None, Value::None])), @"repeated-key old=Differs new=Differs path= n=1");
}
