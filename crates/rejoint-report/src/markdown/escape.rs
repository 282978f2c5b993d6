//! Data in GitHub's Markdown. A name can hold anything; nothing of it may become markup, a link, a mention or a table's edge.

use crate::diagram::visible_text;

/// Longest piece of data shown.
const LONGEST: usize = 400;

fn entity(out: &mut String, c: char) {
    out.push_str(&format!("&#{};", u32::from(c)));
}

/// Data as running text.
pub(crate) fn text(data: &str) -> String {
    let shown = visible_text(data.trim(), LONGEST);
    let mut out = String::with_capacity(shown.len());
    // a list, a rule or a heading only begins where nothing but digits stands before
    let mut at_start = true;
    let mut rest = shown.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            _ if c.is_alphanumeric() || !c.is_ascii() => out.push(c),
            ' ' | ',' | ';' | '(' | '\'' | '/' | '?' | '%' => out.push(c),
            '-' | '+' | '=' if !out.is_empty() => out.push(c),
            // `1. ` and `1) ` begin a list, `www.` becomes a link
            '.' | ')' if !(out.ends_with("ww") || at_start && next == ' ') => out.push(c),
            // `http://` becomes a link
            ':' if next == ' ' || next.is_ascii_digit() => out.push(c),
            '_' | '*' | '[' | ']' | '{' | '}' | '-' | '+' | '=' | ')' | '.' | '!' | '"' => {
                out.push('\\');
                out.push(c);
            }
            _ => entity(&mut out, c),
        }
        if c == '@' && next.is_alphanumeric() || c == '#' && next.is_ascii_digit() {
            // GitHub looks for people and issues in the finished text, where an entity is a sign again
            out.push('\u{200b}');
        }
        at_start &= c.is_ascii_digit();
    }
    out
}

/// Data as code. GitHub sees neither people nor issues in it.
pub(crate) fn code(data: &str) -> String {
    let shown = visible_text(data, LONGEST);
    if shown.trim().is_empty() {
        return "–".to_owned();
    }
    let plain = |c: char| !matches!(c, '|' | '`' | '\\');
    if shown.chars().all(plain) && !shown.starts_with(' ') && !shown.ends_with(' ') {
        return format!("`{shown}`");
    }
    let mut out = String::from("<code>");
    for c in shown.chars() {
        if c.is_alphanumeric() || c == ' ' || !c.is_ascii() {
            out.push(c);
        } else {
            entity(&mut out, c);
        }
    }
    out.push_str("</code>");
    out
}

/// Lines as a block of code: the fence is longer than any inside.
pub(crate) fn block(language: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| visible_text(line, 4_000)).collect();
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// A word of a command line, quoted if a shell would read it otherwise.
pub(crate) fn shell(word: &str) -> String {
    let word = visible_text(word, 1_000);
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(harmless) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_neither_markup_nor_a_mention() {
        insta::assert_snapshot!(text("- *a* <b> [x](y) @lab #12 http://x.y www.z.w | `c` a_b: 1. e").escape_debug(), @r#"\\- \\*a\\* &#60;b&#62; \\[x\\](y) &#64;\u{200b}lab &#35;\u{200b}12 http&#58;//x.y www\\.z.w &#124; &#96;c&#96; a\\_b: 1. e"#);
        insta::assert_snapshot!(text("1. x 8.0.44 now."), @r#"1\. x 8.0.44 now."#);
        insta::assert_snapshot!(code("lab_scan.__trace"), @r#"`lab_scan.__trace`"#);
        insta::assert_snapshot!(code("a`b|c\\"), @r#"<code>a&#96;b&#124;c&#92;</code>"#);
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        assert_eq!(block("sh", &["a ```` b".into()]), "`````sh\na ```` b\n`````\n");
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        let shown: Vec<String> = ["lab.plan.json", "a b", "it's", "$(x)", "-x", ""].map(shell).into();
        assert_eq!(shown, ["lab.plan.json", "'a b'", r"'it'\''s'", "'$(x)'", "'-x'", "''"]);
    }
}
