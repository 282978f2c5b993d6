//! Attribute types of 0.14 to types of 2.x.

use crate::decisions::{Choice, Decisions, NumberPolicy, QuestionKind};
use crate::definition::Attribute;
use crate::edit::{Reason, Safety};
use crate::legacy_type::{LegacyCategory, LegacyType};
use crate::modern_type::{ModernType, NativeCategory};
use crate::problem::Code;
use crate::python_text::is_python_space;
use crate::sql_literal::{enum_values, single_quoted};
use crate::sql_type::{reported, split_type_comment};
use crate::statement_text::python_format;
use crate::type_pattern::strip_word;

/// What becomes of a type.
#[derive(Debug, Default)]
pub(crate) struct TypeConversion {
    pub(crate) replacement: Option<Replacement>,
    pub(crate) question: Option<TypeQuestion>,
    pub(crate) problem: Option<(Code, String)>,
}

#[derive(Debug)]
pub(crate) struct Replacement {
    pub(crate) text: String,
    pub(crate) reason: Reason,
    pub(crate) safety: Safety,
    pub(crate) note: String,
    /// A comment that stood in the type and has to go behind a `#`.
    pub(crate) comment: Option<String>,
}

#[derive(Debug)]
pub(crate) struct TypeQuestion {
    pub(crate) kind: QuestionKind,
    pub(crate) required: bool,
    pub(crate) message: String,
    pub(crate) choices: Vec<Choice>,
}

fn replace(text: impl Into<String>, reason: Reason, safety: Safety, note: &str) -> TypeConversion {
    let replacement = Replacement { text: text.into(), reason, safety, note: note.to_owned(), comment: None };
    TypeConversion { replacement: Some(replacement), ..TypeConversion::default() }
}

fn ask(
    kind: QuestionKind,
    required: bool,
    message: impl Into<String>,
    choices: &[(&str, &str)],
) -> TypeConversion {
    let choices = choices
        .iter()
        .map(|(text, meaning)| Choice { text: (*text).into(), meaning: (*meaning).into() })
        .collect();
    let question = TypeQuestion { kind, required, message: message.into(), choices };
    TypeConversion { question: Some(question), ..TypeConversion::default() }
}

/// Decides on the type of an attribute about which there is no answer.
pub(crate) fn convert(attribute: &Attribute, decisions: &Decisions) -> TypeConversion {
    let text = attribute.type_text.as_str();
    match attribute.legacy_type() {
        LegacyType::Native { category, .. } => native(attribute, category, decisions),
        LegacyType::Uuid { .. } => respelled(text),
        LegacyType::Attach { store: None, .. } => {
            replace("<attach>", Reason::LegacyStorage, Safety::Exact, "")
        }
        LegacyType::Attach { store: Some(store), .. } => {
            replace(format!("<attach@{store}>"), Reason::LegacyStorage, Safety::Exact, "")
        }
        LegacyType::ExternalBlob { store, .. } => {
            replace(format!("<blob@{store}>"), Reason::LegacyStorage, Safety::Exact, "")
        }
        LegacyType::Filepath { store, .. } => replace(
            format!("<filepath@{store}>"),
            Reason::LegacyStorage,
            Safety::Noted,
            "2.x copies no file on insert and gives an object instead of a path on fetch",
        ),
        LegacyType::Adapted { name, .. } => adapter(text, &name, decisions),
        LegacyType::Older { attach, store, .. } => {
            let codec = if attach { "attach" } else { "blob" };
            let store = store.or_else(|| decisions.default_store.clone()).unwrap_or_default();
            let note =
                "a type of 0.11 and before: 0.14 could not open the table unless its store was migrated";
            replace(format!("<{codec}@{store}>"), Reason::OlderExternal, Safety::Suggested, note)
        }
        LegacyType::Unsupported { .. } => TypeConversion::default(),
    }
}

fn adapter(text: &str, name: &str, decisions: &Decisions) -> TypeConversion {
    match decisions.adapters.get(name) {
        Some(wanted) if wanted == text => TypeConversion::default(),
        Some(wanted) if matches!(ModernType::parse(wanted), ModernType::Codec { .. }) => {
            replace(wanted, Reason::Adapter, Safety::Noted, "as decided for the adapter")
        }
        Some(wanted) => TypeConversion {
            problem: Some((Code::Decision, format!("`{wanted}` for the adapter `{name}` is not a codec"))),
            ..TypeConversion::default()
        },
        None => {
            let message = format!(
                "the adapter `{name}` needs a codec of 2.x; when it stores outside the table, its store belongs in the type"
            );
            let (inside, outside) = (format!("<{name}>"), format!("<{name}@store>"));
            ask(
                QuestionKind::Adapter,
                true,
                message,
                &[(&inside, "stored in the table"), (&outside, "stored in the named store")],
            )
        }
    }
}

fn respelled(text: &str) -> TypeConversion {
    match ModernType::parse(text).core_respelled() {
        Some(spelling) => replace(spelling, Reason::CoreSpelling, Safety::Exact, ""),
        None => TypeConversion::default(),
    }
}

fn native(attribute: &Attribute, category: LegacyCategory, decisions: &Decisions) -> TypeConversion {
    let text = attribute.type_text.as_str();
    match category {
        LegacyCategory::Integer => integer(text, attribute, decisions),
        LegacyCategory::Float => {
            let core = match text.to_ascii_lowercase().as_str() {
                "float" => "float32",
                "double" | "real" => "float64",
                _ => return TypeConversion::default(),
            };
            core_type(core, decisions)
        }
        LegacyCategory::Bool => {
            let note =
                "a newly declared column is `tinyint`, not `tinyint(1)`: the same values in the same byte";
            if text == "bool" {
                TypeConversion::default()
            } else {
                replace("bool", Reason::Boolean, Safety::Noted, note)
            }
        }
        LegacyCategory::InternalBlob => {
            let note = if text.eq_ignore_ascii_case("longblob") {
                "0.14 packed every value; if this column holds raw bytes written by other means, decide on `bytes`"
                    .to_owned()
            } else {
                format!("as for `longblob`; besides, a newly declared column is `longblob`, not `{text}`")
            };
            replace("<blob>", Reason::SerializedBlob, Safety::Noted, &note)
        }
        LegacyCategory::Enum => enumeration(text),
        LegacyCategory::Temporal if strip_word(text, "timestamp").is_some() => {
            let precision = text.get("timestamp".len()..).unwrap_or("").trim_matches(is_python_space);
            let datetime = format!("datetime{precision}");
            ask(
                QuestionKind::Timestamp,
                false,
                "the server converts `timestamp` between time zones, and may have given it an ON UPDATE; 2.x has no core \
                 type for it",
                &[
                    (text, "keep the column"),
                    (&datetime, "a plain date and time; the stored values must be converted"),
                ],
            )
        }
        _ => respelled(text),
    }
}

fn core_type(core: &str, decisions: &Decisions) -> TypeConversion {
    match decisions.numbers {
        NumberPolicy::Native => TypeConversion::default(),
        NumberPolicy::CoreWhereEqual => {
            replace(core, Reason::CoreType, Safety::Exact, "declares the same column")
        }
    }
}

/// The parts of an integer type: the server's word, the size in parentheses, the words after it.
struct Integer<'a> {
    word: &'a str,
    size: &'a str,
    modifiers: Vec<String>,
}

fn split_integer(text: &str) -> Option<Integer<'_>> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = (text.get(..end)?, text.get(end..)?);
    let trimmed = rest.trim_start_matches(is_python_space);
    let (size, rest) = match trimmed.starts_with('(').then(|| trimmed.find(')')).flatten() {
        Some(close) => (trimmed.get(..=close)?, trimmed.get(close + 1..)?),
        None => ("", rest),
    };
    let modifiers =
        rest.split(is_python_space).filter(|m| !m.is_empty()).map(str::to_ascii_lowercase).collect();
    Some(Integer { word, size, modifiers })
}

fn integer(text: &str, attribute: &Attribute, decisions: &Decisions) -> TypeConversion {
    if text.eq_ignore_ascii_case("serial") {
        return TypeConversion::default();
    }
    let split = split_type_comment(text);
    let (head, type_comment) = split.map_or((text.to_owned(), None), |(head, comment)| (head, Some(comment)));
    let (Some(declared), Some(parts)) = (reported(&head), split_integer(&head)) else {
        return unknown_integer(text);
    };
    let has = |word: &str| parts.modifiers.iter().any(|m| m == word);
    if has("zerofill") {
        let message = "2.x does not accept `zerofill`; without it the server no longer pads the number";
        let plain = format!("{}{} unsigned", server_word(parts.word), parts.size);
        return ask(QuestionKind::TypeTail, true, message, &[(&plain, "the same values, not padded")]);
    }
    let mut plain = format!("{}{}", server_word(parts.word), parts.size);
    for modifier in ["unsigned", "auto_increment"] {
        if has(modifier) {
            plain.push(' ');
            plain.push_str(modifier);
        }
    }
    // What 2.x passes to the server stays as it is written.
    let passes =
        matches!(ModernType::parse(text), ModernType::Native { category: NativeCategory::Integer, .. });
    let mut conversion = if passes {
        TypeConversion::default()
    } else {
        let reason = if server_word(parts.word).eq_ignore_ascii_case(parts.word) {
            Reason::TypeTail
        } else {
            Reason::IntegerWord
        };
        match reason {
            Reason::IntegerWord => {
                let note =
                    "the server's word for its type in 0.14; `int8` in a definition of 2.x is one byte";
                replace(&plain, reason, Safety::Noted, note)
            }
            _ => replace(&plain, reason, Safety::Exact, ""),
        }
    };
    if let (Some(comment), Some(replacement)) = (type_comment, &mut conversion.replacement)
        && attribute.comment.is_empty()
        && !comment.is_empty()
    {
        if attribute.comment_span.is_some() || !is_plain_comment(&comment) {
            let message = "the comment in the type has to be moved behind `#` by hand";
            return ask(QuestionKind::TypeTail, true, message, &[]);
        }
        replacement.comment = Some(comment);
    }
    let core = match declared.name.as_str() {
        _ if declared.auto_increment || !parts.size.is_empty() => None,
        "tinyint" => Some("int8"),
        "smallint" => Some("int16"),
        "int" => Some("int32"),
        "bigint" => Some("int64"),
        _ => None,
    };
    if declared.name == "tinyint(1)" {
        let asked = ask(
            QuestionKind::Flag,
            false,
            "a flag or a small number: the values decide",
            &[
                (&plain, "keep the column"),
                ("bool", "a flag: every value is 0 or 1; a new column is `tinyint`"),
                ("int8", "a number from -128 to 127; a new column is `tinyint`"),
            ],
        );
        conversion.question = asked.question;
    } else if decisions.numbers == NumberPolicy::CoreWhereEqual {
        match (core, widened(&declared.name)) {
            (Some(core), _) => {
                let comment = conversion.replacement.and_then(|replacement| replacement.comment);
                conversion = core_type(core, decisions);
                if let Some(replacement) = &mut conversion.replacement {
                    replacement.comment = comment;
                }
            }
            (None, Some(wider)) if !declared.auto_increment => {
                let asked = ask(
                    QuestionKind::Widening,
                    false,
                    format!("no core type is exactly `{}`", declared.name),
                    &[
                        (&plain, "keep the column"),
                        (wider, "a wider column; existing ones have to be altered"),
                    ],
                );
                conversion.question = asked.question;
            }
            _ => {}
        }
    }
    conversion
}

/// `int8` beside types that only 2.x knows: the definition may have been converted before.
pub(crate) fn ambiguous_int8() -> TypeConversion {
    ask(
        QuestionKind::IntegerWord,
        true,
        "`int8` is 8 bytes in 0.14 and one byte in 2.x, and other types here are of 2.x",
        &[("bigint", "written for 0.14: 8 bytes"), ("int8", "written for 2.x: one byte")],
    )
}

fn unknown_integer(text: &str) -> TypeConversion {
    if !matches!(ModernType::parse(text), ModernType::Unsupported { .. }) {
        let message = format!("0.14 cannot have declared `{text}`: the server refuses it; 2.x accepts it");
        return TypeConversion { problem: Some((Code::ServerType, message)), ..TypeConversion::default() };
    }
    let message = format!("2.x does not accept `{text}`, and what the server made of it is not known here");
    ask(QuestionKind::TypeTail, true, message, &[])
}

/// MySQL's other words for its integers. `int8` is `bigint` there, and one byte in 2.x.
fn server_word(word: &str) -> &str {
    let aliases = [
        ("int1", "tinyint"),
        ("int2", "smallint"),
        ("int3", "mediumint"),
        ("int4", "int"),
        ("int8", "bigint"),
    ];
    aliases.iter().find(|(alias, _)| word.eq_ignore_ascii_case(alias)).map_or(word, |(_, name)| name)
}

fn widened(reported: &str) -> Option<&'static str> {
    match reported {
        "tinyint unsigned" => Some("int16"),
        "smallint unsigned" | "mediumint" | "mediumint unsigned" => Some("int32"),
        "int unsigned" => Some("int64"),
        // Values from 2^63 on have no place in int64.
        "bigint unsigned" => Some("int64"),
        _ => None,
    }
}

/// The comment in the type that has to move when the type is replaced: of no use when there is another one.
pub(crate) fn comment_in_type(attribute: &Attribute) -> Option<String> {
    let (_, comment) = split_type_comment(&attribute.type_text)?;
    (attribute.comment_span.is_none() && is_plain_comment(&comment)).then_some(comment)
}

/// Whether a comment means the same after `#` as in an SQL string.
fn is_plain_comment(text: &str) -> bool {
    !text.contains(['\\', '\t', '"'])
        && !text.chars().any(char::is_control)
        && !text.ends_with('#')
        && !text.starts_with(':')
        && text.trim_matches(is_python_space) == text
}

fn enumeration(text: &str) -> TypeConversion {
    // 0.14 passes the values through `str.format`.
    let formatted = python_format(text, "{database}").unwrap_or_else(|| text.to_owned());
    let mut wanted = formatted.clone();
    let mut reason = Reason::Braces;
    let inner =
        wanted.find('(').and_then(|open| wanted.get(open + 1..)?.strip_suffix(')').map(|i| (open + 1, i)));
    if let Some((start, inner)) = inner
        && wanted.contains('"')
    {
        let Some(values) = enum_values(inner) else {
            return ask(QuestionKind::EnumValue, true, "the values of this enum are not understood", &[]);
        };
        if let Some((value, _)) = values.iter().find(|(value, _)| value.contains('"')) {
            let message = format!("2.3 cannot declare an enum with a double quote in a value: `{value}`");
            return ask(QuestionKind::EnumValue, true, message, &[]);
        }
        let mut rewritten = inner.to_owned();
        for (value, range) in values.iter().rev() {
            let written = inner.get(range.clone()).unwrap_or("");
            if !written.starts_with('"') {
                continue;
            }
            let Some(literal) = single_quoted(value) else {
                return ask(
                    QuestionKind::EnumValue,
                    true,
                    "a value of this enum has control characters",
                    &[],
                );
            };
            rewritten.replace_range(range.clone(), &literal);
        }
        let head = wanted.get(..start).unwrap_or("");
        wanted = format!("{head}{rewritten})");
        reason = Reason::EnumQuotes;
    }
    if let Some(spelling) = ModernType::parse(&wanted).core_respelled() {
        wanted = spelling;
        if reason == Reason::Braces {
            reason = Reason::CoreSpelling;
        }
    }
    if wanted == text { TypeConversion::default() } else { replace(wanted, reason, Safety::Exact, "") }
}
