//! The S3 `location` as 0.x understood it.

/// The key prefix that 0.x made of an S3 store's `location`; 2.x takes the text literally.
///
/// 0.x parsed it as a *Windows* path: a leading `/`, a drive (`C:\`) or share (`//host/share`) is dropped, backslashes
/// become `/`, empty and `.` parts disappear; and a first part that contains `:` is dropped as well (`data:v1/x` is `x`).
/// The result has no leading or trailing `/` and may be empty.
///
/// Source: `ExternalTable._make_external_filepath` of 0.14.10, run on Python 3.11. From Python 3.12 on the same code keeps a
/// leading `/` (but still drops a drive), because `PurePosixPath(PureWindowsPath(…))` changed there: keys in one bucket can
/// begin with `/` or not, depending on who wrote them. [`crate::read`] notes such locations. For `.` 0.x raises; here it
/// is empty.
pub fn normalize_s3_location(location: &str) -> String {
    let text = location.replace('/', "\\");
    let (anchor, rest) = split_anchor(&text);
    let mut parts: Vec<&str> = rest.split('\\').filter(|part| !part.is_empty() && *part != ".").collect();
    if anchor.is_empty() && parts.first().is_some_and(|part| part.contains(':')) {
        parts.remove(0);
    }
    parts.join("/")
}

/// Splits a Windows path (with `\` only) in drive and root, and the rest: `ntpath` rules of Python 3.11's pathlib.
fn split_anchor(text: &str) -> (&str, &str) {
    if let Some(extended) = text.strip_prefix(r"\\?\") {
        if let Some(share) = extended.strip_prefix("UNC\\") {
            // `\\?\UNC\host\share\x`: the share belongs to the anchor.
            return split_share(text, text.len() - share.len())
                .unwrap_or_else(|| text.split_at(text.len() - share.len()));
        }
        let offset = text.len() - extended.len();
        let (drive, _) = split_drive(extended);
        return text.split_at(offset + drive.len());
    }
    if text.starts_with(r"\\")
        && !text.starts_with(r"\\\")
        && let Some(split) = split_share(text, 2)
    {
        return split;
    }
    split_drive(text)
}

/// Splits after `host\share`, which starts at byte `start`; `None` if there is no share.
fn split_share(text: &str, start: usize) -> Option<(&str, &str)> {
    let host_end = start + text.get(start..)?.find('\\')?;
    let share = text.get(host_end + 1..)?;
    match share.find('\\') {
        Some(0) => None,
        Some(end) => text.split_at_checked(host_end + 1 + end),
        None => Some((text, "")),
    }
}

/// Splits after `C:` and all following backslashes, or after leading backslashes.
fn split_drive(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let has_drive =
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1).is_some_and(|b| *b == b':');
    let drive = if has_drive { 2 } else { 0 };
    let root = bytes.iter().skip(drive).take_while(|b| **b == b'\\').count();
    text.split_at(drive + root)
}

#[cfg(test)]
mod tests {
    use super::normalize_s3_location;

    #[test]
    fn location_is_read_as_a_windows_path() {
        // Also compared with 0.14.10 itself in rejoint-store/tests/differential.rs.
        for (location, prefix) in [
            ("", ""),
            ("proj", "proj"),
            ("/a/b/", "a/b"),
            ("a//b/./c", "a/b/c"),
            (r"C:\x\y", "x/y"),
            ("C:x", "x"),
            ("//h/s", ""),
            ("//h/s/x", "x"),
            ("data:v1/x", "x"),
            ("x/data:v1", "x/data:v1"),
            (r"a\b", "a/b"),
            ("é/ü", "é/ü"),
            ("../up", "../up"),
        ] {
            assert_eq!(normalize_s3_location(location), prefix, "{location}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_relative_prefix(location in r"[\\/.:?UNCa-dé ]{0,20}|\PC{0,20}") {
            let prefix = normalize_s3_location(&location);
            proptest::prop_assert!(!prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains("//"));
        }
    }
}
