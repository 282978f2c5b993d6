//! What the scanner says about cells that are no good blobs.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::borrow::Cow;

use rejoint_blob::{DecodeOptions, ElementType, NumericArray, Value, check, encode};

fn report(stored: &[u8]) -> String {
    let report = check(stored, &DecodeOptions::like_python());
    let evidence: Vec<_> =
        report.evidence.iter().map(|e| format!("\n  {}: {}", e.offset, e.reason)).collect();
    format!("{}; Python reads {:?}{}", report.cause.name(), report.python, evidence.concat())
}

fn zeros(n: usize) -> Vec<u8> {
    let data = Cow::Owned((0..n * 8).map(|i| (i % 251) as u8).collect());
    let shape = vec![n as u64];
    encode(&Value::Array(Box::new(NumericArray {
        element: ElementType::Float64,
        complex: false,
        shape,
        data,
    })))
    .unwrap()
}

#[test]
fn text_of_an_array_is_recognised_and_what_it_lost_is_said() {
    insta::assert_snapshot!(report(b"[1. 2. 3.]"), @r#"
    text-of-array; Python reads None
      0: text in brackets, separated by spaces: what str() makes of a NumPy array
      0: str() rounds floats to 8 digits
    "#);
    insta::assert_snapshot!(report(b"[[0 1 2 ... 997 998 999]\n [3 4 5 ... 7 8 9]]"), @r#"
    text-of-array; Python reads None
      0: text in brackets, separated by spaces: what str() makes of a NumPy array
      8: "..." stands for elements that were never stored; they cannot be recovered from the cell
    "#);
    insta::assert_snapshot!(report(b"[1, 2, 3]"), @r#"
    text-of-array; Python reads None
      0: text in brackets, separated by commas: the text of a list or array, or JSON
    "#);
}

#[test]
fn other_text_is_recognised() {
    insta::assert_snapshot!(report("größer".as_bytes()), @r"
    text; Python reads None
      0: text: gr\xc3\xb6\xc3\x9fer
    ");
    insta::assert_snapshot!(report(b"0x6D596D0041"), @r"
    text-of-blob; Python reads None
      0: the hexadecimal digits of a blob
    ");
    insta::assert_snapshot!(report(br"b'mYm\x00A\x01'"), @r"
    text-of-blob; Python reads None
      0: Python's text b'…' of a blob
    ");
}

#[test]
fn pickles_and_files_are_recognised() {
    insta::assert_snapshot!(report(b"\x80\x04\x95\x05\0\0\0\0\0\0\0K\x01."), @r"
    pickle; Python reads Error
      0: starts as a pickle of protocol 4 and ends with its stop
    ");
    insta::assert_snapshot!(report(b"\x93NUMPY\x01\0v\0{'descr'"), @r"
    numpy-file; Python reads Error
      0: starts as a NumPy .npy file: \x93NUMPY
    ");
    insta::assert_snapshot!(report(b"PK\x03\x04\x14\0"), @r"
    zip-file; Python reads None
      0: starts as a zip archive (.npz?): PK\x03\x04
    ");
    insta::assert_snapshot!(report(b"\x89HDF\r\n\x1a\n\0"), @r"
    hdf5-file; Python reads Error
      0: starts as a HDF5 file: \x89HDF\r\n\x1a\n
    ");
    insta::assert_snapshot!(report(b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\0\x06\x2c\x02\x15"), @r"
    bare-zlib; Python reads Error
      0: a zlib stream without the header ZL123
    ");
}

#[test]
fn a_blob_in_a_blob_is_recognised() {
    let inner = zeros(2);
    let outer = encode(&Value::Bytes(Cow::Borrowed(&inner))).unwrap();
    insta::assert_snapshot!(report(&outer), @r"
    double-wrapped; Python reads Value
      4: the value is 45 bytes that are a blob: mYm\x00A\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00
    ");
    let only_the_start = encode(&Value::Bytes(Cow::Borrowed(b"mYm\0?"))).unwrap();
    insta::assert_snapshot!(report(&only_the_start), @"good; Python reads Value");
}

#[test]
fn cut_blobs_are_recognised_and_a_full_column_is_said() {
    let compressed = zeros(1000);
    assert!(compressed.starts_with(b"ZL123"));
    let cut = report(&compressed[..compressed.len() - 40]);
    assert!(cut.starts_with("zlib-truncated; Python reads Error\n"), "{cut}");
    let plain = zeros(100);
    assert!(plain.starts_with(b"mYm"));
    insta::assert_snapshot!(report(&plain[..255]), @r"
    truncated; Python reads Error
      29: the blob is cut off: the data of an array at byte 29 needs 800 bytes and 226 are left; restore the cell from a backup
      255: its length is exactly the most a tinyblob column holds
    ");
    let mut flipped = compressed.clone();
    flipped[20] ^= 0xff;
    assert!(report(&flipped).starts_with("zlib-"), "{}", report(&flipped));
}

#[test]
fn bytes_after_a_blob_are_recognised() {
    let padded = [zeros(2), vec![0; 7]].concat();
    insta::assert_snapshot!(report(&padded), @r"
    trailing-bytes; Python reads Error
      45: 7 bytes follow the end of the value at byte 45
      45: all of them are NUL: padding, or a fixed-length column (7 bytes)
    ");
    let two = [zeros(2), zeros(2)].concat();
    assert!(report(&two).contains("they start like another blob"), "{}", report(&two));
    let compressed = [zeros(1000), vec![b' '; 3]].concat();
    let text = report(&compressed);
    assert!(text.starts_with("trailing-bytes; Python reads Value\n"), "{text}");
}

#[test]
fn struct_arrays_without_fields_as_python_writes_them_are_recognised() {
    let stored = b"mYm\0S\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0";
    insta::assert_snapshot!(report(stored), @r"
    fieldless-struct; Python reads Error
      25: one NUL after a field count of 0, which DataJoint since 0.12 writes and cannot read
    ");
}

/// A dump loaded with the wrong character set turns each byte from 0x80 on into two or three.
#[test]
fn a_blob_that_was_converted_as_text_is_recognised() {
    for (name, stored) in [("plain", zeros(20)), ("compressed", zeros(1000))] {
        let latin1: String = stored.iter().map(|byte| char::from(*byte)).collect();
        assert!(
            report(latin1.as_bytes()).starts_with("encoded-as-text"),
            "{name}: {}",
            report(latin1.as_bytes())
        );
        // MySQL's latin1 is windows-1252.
        let windows = latin1.replace('\u{9c}', "œ").replace('\u{80}', "€");
        assert!(report(windows.as_bytes()).starts_with("encoded-as-text"), "{name}");
    }
}

#[test]
fn bytes_without_meaning_are_unknown_and_shown() {
    insta::assert_snapshot!(report(&[0; 12]), @r"
    unknown; Python reads None
      0: 12 bytes, all 0
    ");
    insta::assert_snapshot!(report(&[0xfe, 1, 2]), @r"
    unknown; Python reads Error
      0: starts with \xfe\x01\x02
    ");
    insta::assert_snapshot!(report(b""), @r"
    empty; Python reads None
      0: no bytes
    ");
}
