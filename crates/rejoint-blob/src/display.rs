//! Text of a value for reports: like NumPy's, short, on one line, of bounded length.

use crate::value::{DateTimeUnit, ElementType, NumericArray, ObjectArray, Value};

/// Elements shown of a long sequence or dimension: this many from the start and from the end.
const EDGE: usize = 3;

impl Value<'_> {
    /// The value in at most `max_chars` characters; what does not fit is replaced by `…`. Control characters are
    /// escaped. The work is bounded by the length of the text, not of the value.
    pub fn display(&self, max_chars: usize) -> String {
        let mut text = Bounded { out: String::new(), left: max_chars };
        text.value(self);
        text.out
    }
}

/// Text that stops growing at its limit.
struct Bounded {
    out: String,
    /// Characters that still fit; after the last one nothing is added.
    left: usize,
}

impl Bounded {
    fn full(&self) -> bool {
        self.left == 0
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            match self.left {
                0 => return,
                1 => self.out.push('…'),
                _ => self.out.push(c),
            }
            self.left -= 1;
        }
    }

    fn quoted(&mut self, prefix: &str, quoted: impl Iterator<Item = char>) {
        self.push(prefix);
        self.push("'");
        for c in quoted {
            if self.full() {
                return;
            }
            self.push(c.encode_utf8(&mut [0; 4]));
        }
        self.push("'");
    }

    fn text(&mut self, text: &str) {
        self.quoted(
            "",
            text.chars().flat_map(|c| {
                let keep = !(c.is_control() || c == '\'' || c == '\\');
                keep.then_some(c).into_iter().chain((!keep).then(|| c.escape_default()).into_iter().flatten())
            }),
        );
    }

    /// Writes `n` parts, leaving out the middle of many.
    fn parts(&mut self, n: usize, mut part: impl FnMut(&mut Self, usize)) {
        for index in 0..n {
            if self.full() {
                return;
            }
            if index > 0 {
                self.push(", ");
            }
            if n > 2 * EDGE + 2 && index == EDGE {
                self.push("…");
                for index in n - EDGE..n {
                    self.push(", ");
                    part(self, index);
                }
                return;
            }
            part(self, index);
        }
    }

    fn values(&mut self, open: &str, values: &[Value<'_>], close: &str) {
        self.push(open);
        self.parts(values.len(), |text, index| {
            if let Some(value) = values.get(index) {
                text.value(value);
            }
        });
        self.push(close);
    }

    /// Writes an array in NumPy's order: the first dimension outside. Elements are in Fortran order.
    fn nested(&mut self, shape: &[u64], index: usize, stride: usize, part: &mut dyn FnMut(&mut Self, usize)) {
        let Some((dim, inner)) = shape.split_first() else {
            return part(self, index);
        };
        let dim = usize::try_from(*dim).unwrap_or(usize::MAX);
        self.push("[");
        self.parts(dim, |text, i| {
            let at = i.saturating_mul(stride).saturating_add(index);
            text.nested(inner, at, stride.saturating_mul(dim), part);
        });
        self.push("]");
    }

    fn shape(&mut self, shape: &[u64]) {
        self.push("(");
        for (index, dim) in shape.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.push(&dim.to_string());
        }
        self.push(if shape.len() == 1 { ",)" } else { ")" });
    }

    fn array(&mut self, name: &str, shape: &[u64], dtype: &str, part: &mut dyn FnMut(&mut Self, usize)) {
        self.push(name);
        self.push("(");
        // The shape stands first: it is what a reader wants when the rest does not fit.
        self.shape(shape);
        self.push(" ");
        self.push(dtype);
        self.push(" ");
        if shape.contains(&0) {
            self.push("[]");
        } else {
            self.nested(shape, 0, 1, part);
        }
        self.push(")");
    }

    fn objects(&mut self, name: &str, array: &ObjectArray<'_>) {
        self.array(name, &array.shape, "object", &mut |text, index| {
            if let Some(value) = array.elements.get(index) {
                text.value(value);
            }
        });
    }

    fn value(&mut self, value: &Value<'_>) {
        if self.full() {
            return;
        }
        match value {
            Value::None => self.push("None"),
            Value::Bool(v) => self.push(if *v { "True" } else { "False" }),
            Value::Int(v) => self.push(&v.to_string()),
            Value::Float(v) => self.push(&float(*v)),
            Value::Complex { real, imag } => self.push(&complex(*real, *imag)),
            Value::Str(v) => self.text(v),
            Value::Bytes(v) => {
                self.quoted("b", v.iter().flat_map(|byte| byte.escape_ascii()).map(char::from));
            }
            Value::Decimal(v) => {
                self.push("Decimal(");
                self.text(v);
                self.push(")");
            }
            Value::Date(d) => self.push(&format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day())),
            Value::Time(t) => {
                self.push(&format!(
                    "{:02}:{:02}:{:02}.{:06}",
                    t.hour(),
                    t.minute(),
                    t.second(),
                    t.microsecond()
                ));
            }
            Value::DateTime(date, time) => {
                self.value(&Value::Date(*date));
                self.push(" ");
                self.value(&Value::Time(*time));
            }
            Value::Uuid(bytes) => {
                self.push("UUID(");
                for (index, byte) in bytes.iter().enumerate() {
                    self.push(if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" });
                    self.push(&format!("{byte:02x}"));
                }
                self.push(")");
            }
            Value::List(values) => self.values("[", values, "]"),
            Value::Tuple(values) => self.values("(", values, if values.len() == 1 { ",)" } else { ")" }),
            Value::Set(values) if values.is_empty() => self.push("set()"),
            Value::Set(values) => self.values("{", values, "}"),
            Value::Dict(entries) => {
                self.push("{");
                self.parts(entries.len(), |text, index| {
                    if let Some((key, value)) = entries.get(index) {
                        text.value(key);
                        text.push(": ");
                        text.value(value);
                    }
                });
                self.push("}");
            }
            Value::Array(array) if array.shape.is_empty() => {
                self.push(if array.complex { complex_name(array.element) } else { array.element.name() });
                self.push("(");
                self.push(&element(array, 0));
                self.push(")");
            }
            Value::Array(array) => {
                let dtype = if array.complex { complex_name(array.element) } else { array.element.name() };
                self.array("array", &array.shape, dtype, &mut |text, index| {
                    text.push(&element(array, index))
                });
            }
            Value::CharArray(array) if array.is_row() => {
                self.push("char(");
                self.shape(&array.shape);
                self.push(" ");
                let shown = array.units().take(self.left);
                let text: String =
                    char::decode_utf16(shown).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                self.text(&text);
                self.push(")");
            }
            Value::CharArray(array) => {
                let (units, _) = array.data.as_chunks::<2>();
                self.array("char", &array.shape, "char", &mut |text, index| {
                    let unit = units.get(index).map_or(0, |unit| u16::from_le_bytes(*unit));
                    let c = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
                    text.text(c.encode_utf8(&mut [0; 4]));
                });
            }
            Value::ObjectArray(array) => self.objects("array", array),
            Value::Cell(array) => self.objects("MatCell", array),
            Value::Struct(array) => {
                self.push("MatStruct(");
                self.shape(&array.shape);
                self.push(" ");
                let n_fields = array.fields.len();
                let n = array.values.len().checked_div(n_fields).unwrap_or(0);
                self.parts(n, |text, index| {
                    text.push("{");
                    text.parts(n_fields, |text, field| {
                        text.text(array.fields.get(field).map_or("", AsRef::as_ref));
                        text.push(": ");
                        if let Some(value) = array.values.get(index * n_fields + field) {
                            text.value(value);
                        }
                    });
                    text.push("}");
                });
                self.push(")");
            }
            Value::RecordArray(records) => {
                self.push("recarray(");
                self.parts(records.fields.len(), |text, index| {
                    if let Some((name, column)) = records.fields.get(index) {
                        text.text(name);
                        text.push(": ");
                        text.value(column);
                    }
                });
                self.push(")");
            }
        }
    }
}

fn float(v: f64) -> String {
    if v.is_nan() { "nan".to_owned() } else { format!("{v:?}") }
}

fn complex(real: f64, imag: f64) -> String {
    let sign = if imag.is_sign_negative() && !imag.is_nan() { "" } else { "+" };
    format!("{}{sign}{}j", float(real), float(imag))
}

fn complex_name(element: ElementType) -> &'static str {
    match element {
        ElementType::Float32 => "complex64",
        _ => "complex128",
    }
}

/// Element of an array as text.
fn element(array: &NumericArray<'_>, index: usize) -> String {
    let Some((real, imag)) = array.element_bytes(index) else {
        return "?".to_owned();
    };
    match imag {
        None => number(array.element, real),
        Some(imag) => {
            let imag = number(array.element, imag);
            let sign = if imag.starts_with('-') { "" } else { "+" };
            format!("{}{sign}{imag}j", number(array.element, real))
        }
    }
}

fn number(element: ElementType, bytes: &[u8]) -> String {
    let mut word = [0_u8; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    let unsigned = u64::from_le_bytes(word);
    // Sign extension of a short little-endian number.
    let spare = 64 - 8 * element.n_bytes() as u32;
    let signed = ((unsigned << spare) as i64) >> spare;
    match element {
        ElementType::Bool => if unsigned == 0 { "False" } else { "True" }.to_owned(),
        ElementType::Float64 => float(f64::from_bits(unsigned)),
        ElementType::Float32 => {
            let v = f32::from_bits(unsigned as u32);
            if v.is_nan() { "nan".to_owned() } else { format!("{v:?}") }
        }
        ElementType::UInt8 | ElementType::UInt16 | ElementType::UInt32 | ElementType::UInt64 => {
            unsigned.to_string()
        }
        ElementType::Int8 | ElementType::Int16 | ElementType::Int32 | ElementType::Int64 => {
            signed.to_string()
        }
        ElementType::DateTime64(unit) => datetime64(signed, unit),
    }
}

fn datetime64(count: i64, unit: DateTimeUnit) -> String {
    if count == i64::MIN {
        return "NaT".to_owned();
    }
    let count = i128::from(count);
    // (units in a day, decimals of a second)
    let (per_day, decimals) = match unit {
        DateTimeUnit::Year => return format!("{:04}", count + 1970),
        DateTimeUnit::Month => {
            return format!("{:04}-{:02}", 1970 + count.div_euclid(12), count.rem_euclid(12) + 1);
        }
        DateTimeUnit::Week => return civil(count * 7),
        DateTimeUnit::Day => return civil(count),
        DateTimeUnit::Hour => (24, 0),
        DateTimeUnit::Minute => (1_440, 0),
        DateTimeUnit::Second => (86_400, 0),
        DateTimeUnit::Millisecond => (86_400 * 10_i128.pow(3), 3),
        DateTimeUnit::Microsecond => (86_400 * 10_i128.pow(6), 6),
        DateTimeUnit::Nanosecond => (86_400 * 10_i128.pow(9), 9),
        DateTimeUnit::Picosecond => (86_400 * 10_i128.pow(12), 12),
        DateTimeUnit::Femtosecond => (86_400 * 10_i128.pow(15), 15),
        DateTimeUnit::Attosecond => (86_400 * 10_i128.pow(18), 18),
    };
    let date = civil(count.div_euclid(per_day));
    let rest = count.rem_euclid(per_day);
    match unit {
        DateTimeUnit::Hour => format!("{date}T{rest:02}"),
        DateTimeUnit::Minute => format!("{date}T{:02}:{:02}", rest / 60, rest % 60),
        _ => {
            let fraction = 10_i128.pow(decimals);
            let second = rest / fraction;
            let clock = format!("{date}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            if decimals == 0 {
                return clock;
            }
            format!("{clock}.{:0width$}", rest % fraction, width = decimals as usize)
        }
    }
}

/// Date of a day number since 1970-01-01, in the proleptic Gregorian calendar, for any year.
fn civil(days: i128) -> String {
    // Count in years that begin in March, so that the leap day is the last one.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
