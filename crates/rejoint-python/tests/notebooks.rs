//! Notebooks: only the bytes of edited source strings change.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use rejoint_python::{Edit, FileKind, SourceFile, sort_edits};
use serde_json::{Value, json};

fn parse(raw: &str) -> SourceFile {
    SourceFile::parse("n.ipynb", raw.to_owned(), FileKind::Notebook).unwrap()
}

/// Replaces the first occurrence of a text in the Python of a notebook.
fn replace(raw: &str, old: &str, new: &str) -> String {
    let file = parse(raw);
    let at = file.text().find(old).unwrap();
    file.apply(&[Edit::replace(at..at + old.len(), new, "test")]).unwrap()
}

fn sources(raw: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(raw).unwrap();
    value["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| match &cell["source"] {
            Value::String(text) => text.clone(),
            Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
            _ => String::new(),
        })
        .collect()
}

const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# dj.schema\n", "text"]},
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "b",
   "metadata": {"tags": ["x"]},
   "outputs": [{"data": {"text/plain": ["dj.schema"]}, "output_type": "execute_result"}],
   "source": [
    "%matplotlib inline\n",
    "import datajoint as dj\n",
    "s = dj.schema(\"lab\")\n",
    "!ls"
   ]
  },
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": "t = \"gr\u00fc\u00df\\n\"  # \t tab\nx = dj.schema('\ud83d\ude00')"},
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["%%bash\n", "echo dj.schema"]},
  {"cell_type": "code", "metadata": {}, "outputs": [], "source": []}
 ],
 "metadata": {"language_info": {"name": "python"}},
 "nbformat": 4,  "nbformat_minor": 5
}
"##;

#[test]
fn an_unedited_notebook_is_byte_identical() {
    assert_eq!(parse(NOTEBOOK).apply(&[]).unwrap(), NOTEBOOK);
}

#[test]
fn magics_shell_lines_and_other_languages_are_no_problem() {
    let file = parse(NOTEBOOK);
    assert_eq!(file.problems(), []);
    assert_eq!(file.cells().iter().map(|cell| cell.python).collect::<Vec<_>>(), [true, true, false, true]);
    assert_eq!(file.suite().len(), 6);
}

#[test]
fn an_edit_changes_only_its_bytes() {
    let out = replace(NOTEBOOK, "dj.schema(\"lab\")", "dj.Schema(\"lab\")");
    assert_eq!(out, NOTEBOOK.replace("dj.schema(\\\"lab\\\")", "dj.Schema(\\\"lab\\\")"));
}

#[test]
fn escapes_outside_the_edit_stay_as_they_were_spelled() {
    let out = replace(NOTEBOOK, "x = dj.schema", "x = dj.Schema");
    assert_eq!(out, NOTEBOOK.replace("x = dj.schema", "x = dj.Schema"));
}

#[test]
fn a_character_spelled_as_a_surrogate_pair_can_be_replaced() {
    let out = replace(NOTEBOOK, "😀", "a\"b");
    assert_eq!(sources(&out)[2], sources(NOTEBOOK)[2].replace('😀', "a\"b"));
}

#[test]
fn new_lines_become_items_of_the_list() {
    let out = replace(NOTEBOOK, "s = dj.schema(\"lab\")\n", "with dj:\n    s = 1\n");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        value["cells"][1]["source"],
        json!(["%matplotlib inline\n", "import datajoint as dj\n", "with dj:\n", "    s = 1\n", "!ls"])
    );
    assert!(out.contains("    \"with dj:\\n\",\n    \"    s = 1\\n\",\n"));
}

#[test]
fn a_removed_line_leaves_no_empty_item() {
    let out = replace(NOTEBOOK, "import datajoint as dj\n", "");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        value["cells"][1]["source"],
        json!(["%matplotlib inline\n", "s = dj.schema(\"lab\")\n", "!ls"])
    );
}

#[test]
fn a_cell_that_does_not_parse_is_reported_and_the_others_are_read() {
    let raw = json!({"cells": [
        {"cell_type": "code", "source": "print 'a'"},
        {"cell_type": "code", "source": "x = 1"},
    ], "metadata": {}, "nbformat": 4})
    .to_string();
    let file = parse(&raw);
    assert_eq!(file.problems().len(), 1);
    assert_eq!(file.suite().len(), 1);
    assert_eq!(file.position(file.problems()[0].offset).cell, Some(1));
}

#[test]
fn what_is_no_notebook_is_refused() {
    for raw in ["", "[]", "{\"worksheets\": []}", "{\"cells\": [", "{\"cells\": {}}"] {
        assert!(SourceFile::parse("n.ipynb", raw.to_owned(), FileKind::Notebook).is_err(), "{raw}");
    }
    let deep = format!("{{\"cells\": {}", "[".repeat(100_000));
    assert!(SourceFile::parse("n.ipynb", deep, FileKind::Notebook).is_err());
}

#[test]
fn a_notebook_of_another_language_has_no_python() {
    let raw = json!({"cells": [{"cell_type": "code", "source": "x = 1"}],
        "metadata": {"kernelspec": {"language": "matlab"}}, "nbformat": 4})
    .to_string();
    assert!(parse(&raw).suite().is_empty());
}

proptest! {
    /// Whatever a cell holds and however it is spelled, an edit does in the JSON what it does in the text.
    #[test]
    fn an_edit_in_json_is_the_edit_in_the_text(
        lines in prop::collection::vec("[a-z\"'\\\\é😀\t ]{0,8}", 1..5),
        list in any::<bool>(),
        ascii in any::<bool>(),
        start in 0usize..20,
        length in 0usize..12,
        new in "[a-z\"\\\\\né]{0,6}",
    ) {
        let text = lines.join("\n");
        // An empty list has no string to put text into.
        prop_assume!(!text.is_empty());
        let source = if list {
            let items: Vec<&str> = text.split_inclusive('\n').collect();
            json!(items)
        } else {
            json!(text)
        };
        let mut raw = json!({"cells": [{"cell_type": "code", "source": source}], "metadata": {}, "nbformat": 4}).to_string();
        if ascii {
            raw = raw.chars().flat_map(|c| {
                if c.is_ascii() { vec![c] } else {
                    let mut units = [0; 2];
                    c.encode_utf16(&mut units).iter().flat_map(|unit| format!("\\u{unit:04x}").chars().collect::<Vec<_>>()).collect()
                }
            }).collect();
        }
        let file = parse(&raw);
        prop_assert_eq!(file.apply(&[]).unwrap(), raw.clone());
        let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let from = boundaries[start.min(boundaries.len() - 1)];
        let to = boundaries[(start + length).min(boundaries.len() - 1)].max(from);
        let mut edits = vec![Edit::replace(from..to, new.clone(), "test")];
        sort_edits(&mut edits);
        let out = file.apply(&edits).unwrap();
        let mut expected = text.clone();
        expected.replace_range(from..to, &new);
        prop_assert_eq!(sources(&out)[0].clone(), expected);
    }

    /// No text makes the parser or the reader of notebooks panic.
    #[test]
    fn hostile_input_is_an_error_at_most(text in "\\PC{0,80}") {
        let _ = SourceFile::parse("a.py", text.clone(), FileKind::Script);
        let _ = SourceFile::parse("a.ipynb", text.clone(), FileKind::Notebook);
        let _ = SourceFile::parse("a.ipynb", format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": \"{text}\"}}]}}"), FileKind::Notebook);
    }
}
