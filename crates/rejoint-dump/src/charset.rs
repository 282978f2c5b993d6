//! Character sets by their server names, and what this crate can make of them.

use std::fmt;

/// Names as `SHOW CHARACTER SET` of MySQL 9.7 and MariaDB 11.8 prints them. The first four have constants.
const NAMES: [&str; 43] = [
    "utf8mb4", "utf8mb3", "binary", "latin1", "ascii", "armscii8", "big5", "cp1250", "cp1251", "cp1256",
    "cp1257", "cp850", "cp852", "cp866", "cp932", "dec8", "eucjpms", "euckr", "gb18030", "gb2312", "gbk",
    "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin2", "latin5", "latin7", "macce",
    "macroman", "sjis", "swe7", "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32", "utf8", "filename",
];

/// A character set of the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Charset(u8);

impl Charset {
    /// UTF-8 of up to four bytes.
    pub const UTF8MB4: Self = Self(0);
    /// UTF-8 of up to three bytes: what older servers call `utf8`.
    pub const UTF8MB3: Self = Self(1);
    /// Bytes.
    pub const BINARY: Self = Self(2);
    /// What MySQL calls latin1: Windows code page 1252 with its five holes filled.
    pub const LATIN1: Self = Self(3);
    /// ASCII.
    pub const ASCII: Self = Self(4);

    /// Finds a character set; letter case does not matter, `utf8` is `utf8mb3`.
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        if lower == "utf8" {
            return Some(Self::UTF8MB3);
        }
        let index = NAMES.iter().position(|known| **known == lower)?;
        u8::try_from(index).ok().map(Self)
    }

    /// The character set of a collation such as `latin1_swedish_ci` or `utf8mb4_bin`.
    pub fn of_collation(collation: &str) -> Option<Self> {
        Self::from_name(collation.split('_').next()?)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("utf8mb4")
    }

    /// Is every text in it valid UTF-8?
    pub fn is_utf8(self) -> bool {
        matches!(self, Self::UTF8MB4 | Self::UTF8MB3 | Self::ASCII)
    }

    /// May the second byte of a character be a quote or a backslash? Such text cannot be scanned byte by byte.
    pub fn hides_quotes(self) -> bool {
        matches!(
            self.name(),
            "big5"
                | "cp932"
                | "gb18030"
                | "gbk"
                | "sjis"
                | "ucs2"
                | "utf16"
                | "utf16le"
                | "utf32"
                | "filename"
        )
    }

    /// Can [`Charset::to_utf8`] read it?
    pub fn is_readable(self) -> bool {
        self.is_utf8() || self == Self::LATIN1
    }

    /// Appends the text as UTF-8. `None` when the bytes are not text of this character set, or when this crate does
    /// not know the character set.
    pub fn to_utf8(self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if self.is_utf8() {
            out.extend_from_slice(std::str::from_utf8(bytes).ok()?.as_bytes());
            return Some(());
        }
        if self != Self::LATIN1 {
            return None;
        }
        let mut encoded = [0; 4];
        for byte in bytes {
            let character = match byte {
                0x80..=0x9f => *CP1252.get(usize::from(byte - 0x80))?,
                _ => char::from(*byte),
            };
            out.extend_from_slice(character.encode_utf8(&mut encoded).as_bytes());
        }
        Some(())
    }

    /// As [`Charset::to_utf8`], for short text.
    pub fn to_text(self, bytes: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        self.to_utf8(bytes, &mut out)?;
        String::from_utf8(out).ok()
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Bytes 0x80 to 0x9f of MySQL's latin1; the five bytes that code page 1252 leaves open are controls there.
const CP1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_name_what_they_say() {
        let all = [Charset::UTF8MB4, Charset::UTF8MB3, Charset::BINARY, Charset::LATIN1, Charset::ASCII];
        assert_eq!(all.map(Charset::name), ["utf8mb4", "utf8mb3", "binary", "latin1", "ascii"]);
        assert_eq!(Charset::from_name("UTF8"), Some(Charset::UTF8MB3));
        assert_eq!(Charset::of_collation("latin1_swedish_ci"), Some(Charset::LATIN1));
        assert_eq!(Charset::from_name("klingon"), None);
    }

    #[test]
    fn latin1_is_code_page_1252() {
        assert_eq!(Charset::LATIN1.to_text(b"\x80 \xe9 \x99"), Some("€ é ™".to_owned()));
        assert_eq!(Charset::UTF8MB4.to_text(b"\xff"), None);
        assert_eq!(Charset::from_name("gbk").and_then(|c| c.to_text(b"a")), None);
    }
}
