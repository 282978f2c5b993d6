//! Numbers as people read them: rows, bytes, durations.

/// `1 234 567`, with narrow no-break spaces, which no locale takes for a decimal sign.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (i, digit) in digits.chars().enumerate() {
        // a number of four digits is read as it is
        if i > 0 && digits.len() > 4 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 table`, `2 tables`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(n as u64)) }
}

/// `1.5 GiB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in UNITS.iter().skip(1) {
        if value < 1023.95 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `0.3 s`, `42 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn duration(milliseconds: u64) -> String {
    let seconds = (milliseconds + 500) / 1000;
    match milliseconds {
        0..=99 => "< 0.1 s".to_owned(),
        100..=9_949 => format!("{}.{} s", (milliseconds + 50) / 1000, (milliseconds + 50) % 1000 / 100),
        9_950..=119_499 => format!("{seconds} s"),
        119_500..=3_599_499 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => {
            let minutes = (seconds + 30) / 60;
            format!("{} h {:02} min", minutes / 60, minutes % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let shown: Vec<String> = [0, 999, 1234, 12345, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1234", "12\u{202f}345", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn bytes_have_two_digits() {
        let shown: Vec<String> = [0, 1023, 1024, 1536, 10 << 20, (1 << 30) - 1, 5 << 40].map(bytes).into();
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10 MiB", "1.0 GiB", "5.0 TiB"]);
    }

    #[test]
    fn durations_are_rounded_not_cut() {
        let shown: Vec<String> =
            [0, 99, 100, 1_960, 9_949, 9_950, 59_600, 200_400, 3_599_600, 7_500_000].map(duration).into();
        assert_eq!(
            shown,
            [
                "< 0.1 s",
                "< 0.1 s",
                "0.1 s",
                "2.0 s",
                "9.9 s",
                "10 s",
                "60 s",
                "3 min 20 s",
                "1 h 00 min",
                "2 h 05 min"
            ]
        );
    }
}
