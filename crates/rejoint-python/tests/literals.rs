//! String constants: the bytes that spell each character, and new text written into them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use rejoint_python::ast::{Expr, Stmt};
use rejoint_python::{Edit, FileKind, Literal, LiteralPart, SourceFile, apply_to_text, parts_of};

fn parse(code: &str) -> SourceFile {
    SourceFile::parse("a.py", code.to_owned(), FileKind::Script).unwrap()
}

fn expr(file: &SourceFile) -> Option<&Expr> {
    match file.suite() {
        [Stmt::Assign(assign)] => Some(&assign.value),
        _ => None,
    }
}

fn literal(code: &str) -> Literal {
    let file = parse(code);
    match parts_of(&file, expr(&file).unwrap()).remove(0) {
        LiteralPart::Text(literal) => literal,
        LiteralPart::Field(_) => panic!("a field"),
    }
}

#[test]
fn escapes_are_read_as_python_reads_them() {
    let spelled = r#"x = 'a\tb\n\x41\u00e9\101\
c\'\"\\ \q'"#;
    assert_eq!(literal(spelled).text, "a\tb\nA\u{e9}Ac'\"\\ \\q");
    assert_eq!(literal(r"x = r'a\tb'").text, r"a\tb");
    assert_eq!(literal("x = '''a\r\nb\rc'''").text, "a\nb\nc");
    assert_eq!(literal("x = f'{{a}}'").text, "{a}");
}

#[test]
fn ranges_of_the_text_are_found_in_the_file() {
    let code = r#"x = 'a\tlongblob\n'"#;
    let literal = literal(code);
    let at = literal.text.find("longblob").unwrap();
    let range = literal.source_range(at..at + 8).unwrap();
    assert_eq!(&code[range], "longblob");
    assert_eq!(&code[literal.source_range(1..2).unwrap()], "\\t");
}

#[test]
fn fields_and_pieces_are_parts() {
    let file = parse("x = 'a' f'b{c}d' r'e'");
    let parts = parts_of(&file, expr(&file).unwrap());
    let words: Vec<String> = parts
        .iter()
        .map(|part| match part {
            LiteralPart::Text(literal) => literal.text.clone(),
            LiteralPart::Field(range) => file.slice(range.clone()).to_owned(),
        })
        .collect();
    assert_eq!(words, ["a", "b", "{c}", "d", "e"]);
}

proptest! {
    /// New text put into a constant of any kind is read back as that text, or is refused.
    #[test]
    fn spelled_text_is_read_back(
        prefix in prop::sample::select(vec!["", "r", "f", "fr", "u"]),
        quote in prop::sample::select(vec!["'", "\"", "'''", "\"\"\""]),
        new in "[ab'\"\\\\{}\n #é]{0,8}",
        whole in any::<bool>(),
    ) {
        let code = format!("x = {prefix}{quote}one two three{quote}");
        let literal = literal(&code);
        let range = if whole { 0..13 } else { 4..7 };
        let source = literal.source_range(range.clone()).unwrap();
        if let Some(spelled) = literal.spell(&new) {
            let text = apply_to_text("a.py", &code, &[Edit::replace(source, spelled, "test")]).unwrap();
            let file = parse(&text);
            prop_assert_eq!(file.problems(), &[], "{}", text);
            let mut expected = "one two three".to_owned();
            expected.replace_range(range, &new);
            let found: String = parts_of(&file, expr(&file).unwrap()).iter().map(|part| match part {
                LiteralPart::Text(literal) => literal.text.as_str(),
                LiteralPart::Field(_) => "FIELD",
            }).collect();
            prop_assert_eq!(found, expected, "{}", text);
        }
    }

    /// Every character of a constant has a place in the file that spells it.
    #[test]
    fn every_character_has_its_place(body in "([a-z{}é]|\\\\[ntx\\\\'\"]|\\\\x41|\\\\u00e9|\\\\101|\\\\q|\n){0,12}") {
        let code = format!("x = '''{body}'''");
        let file = parse(&code);
        prop_assume!(file.problems().is_empty());
        let literal = literal(&code);
        let mut end = literal.range.start;
        for (at, character) in literal.text.char_indices() {
            let range = literal.source_range(at..at + character.len_utf8()).unwrap();
            // Nothing but a removed line break lies between two characters.
            prop_assert!(range.start >= end && range.end > range.start);
            end = range.end;
            if character == '\\' && range.len() == 1 {
                continue;
            }
            let alone = format!("x = '''{}'''", &code[range]);
            let alone = self::literal(&alone).text;
            prop_assert_eq!(alone, character.to_string());
        }
    }
}
