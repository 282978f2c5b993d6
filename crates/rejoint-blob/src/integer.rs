//! Integers of any length, as Python has them.

use std::fmt;

/// A Python `int`: two's complement, at most 65,535 bytes in a blob.
///
/// Equal numbers are equal values, however many bytes a blob spent on them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Integer(Repr);

/// `Big` is used only for what does not fit `Small`, with the fewest bytes that keep the sign: so derived equality is
/// numeric equality.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    Big(Box<[u8]>),
}

impl Integer {
    /// Reads two's complement bytes, least significant first. No bytes are 0, as in Python.
    pub fn from_le_bytes(bytes: &[u8]) -> Self {
        let negative = bytes.last().is_some_and(|top| top & 0x80 != 0);
        let fill = if negative { 0xff } else { 0 };
        let mut minimal = bytes;
        while let [rest @ .., top] = minimal {
            let sign_kept = rest.last().is_some_and(|next| (next & 0x80 != 0) == negative);
            if *top == fill && sign_kept {
                minimal = rest;
            } else {
                break;
            }
        }
        if minimal.len() <= 8 {
            let mut word = [fill; 8];
            for (to, from) in word.iter_mut().zip(minimal) {
                *to = *from;
            }
            Self(Repr::Small(i64::from_le_bytes(word)))
        } else {
            Self(Repr::Big(minimal.into()))
        }
    }

    /// The fewest two's complement bytes that hold the number, least significant first; 0 is one byte.
    pub fn to_minimal_le_bytes(&self) -> Vec<u8> {
        match &self.0 {
            Repr::Small(small) => {
                let bytes = small.to_le_bytes();
                let spare = if *small < 0 { small.leading_ones() } else { small.leading_zeros() };
                let n_bytes = 8 - (spare as usize - 1) / 8;
                bytes.iter().take(n_bytes).copied().collect()
            }
            Repr::Big(bytes) => bytes.to_vec(),
        }
    }

    /// The bytes DataJoint writes: `bit_length // 8 + 1` of them, which for some negative numbers (−128) is one more
    /// than needed.
    pub fn to_datajoint_le_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_minimal_le_bytes();
        // |v| needs 8·n bits exactly when v = −2^(8n−1) is the smallest number of n bytes; then one byte is added.
        let (top, rest) = bytes.split_last().unwrap_or((&0, &[]));
        if *top == 0x80 && rest.iter().all(|byte| *byte == 0) {
            bytes.push(0xff);
        }
        bytes
    }

    /// The number, if it fits 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small(small) => Some(*small),
            Repr::Big(_) => None,
        }
    }

    /// The number, if it fits 128 bits.
    pub fn to_i128(&self) -> Option<i128> {
        match &self.0 {
            Repr::Small(small) => Some(i128::from(*small)),
            Repr::Big(bytes) if bytes.len() <= 16 => {
                let negative = bytes.last().is_some_and(|top| top & 0x80 != 0);
                let mut word = [if negative { 0xff } else { 0 }; 16];
                for (to, from) in word.iter_mut().zip(bytes) {
                    *to = *from;
                }
                Some(i128::from_le_bytes(word))
            }
            Repr::Big(_) => None,
        }
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self(Repr::Small(value))
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Self {
        Self::from_le_bytes(&value.to_le_bytes())
    }
}

/// Decimal digits up to 128 bits; longer numbers as hexadecimal two's complement, which costs no long division.
impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(value) = self.to_i128() {
            return write!(f, "{value}");
        }
        let bytes = self.to_minimal_le_bytes();
        write!(f, "<int of {} bytes, two's complement 0x", bytes.len())?;
        for byte in bytes.iter().rev().take(16) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(if bytes.len() > 16 { "…>" } else { ">" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn datajoint_writes_one_byte_more_for_powers_of_two_below_zero() {
        let n_bytes = |v: i128| Integer::from(v).to_datajoint_le_bytes().len();
        assert_eq!([0, 1, 127, -1, 128, 255, -128, -129, -127].map(n_bytes), [1, 1, 1, 1, 2, 2, 2, 2, 1]);
        assert_eq!(n_bytes(1 << 63), 9);
        assert_eq!(n_bytes(-(1 << 63)), 9);
    }

    #[test]
    fn no_bytes_are_zero() {
        assert_eq!(Integer::from_le_bytes(&[]), Integer::from(0_i64));
        assert_eq!(Integer::from_le_bytes(&[0, 0, 0]), Integer::from(0_i64));
        assert_eq!(Integer::from_le_bytes(&[0xff; 40]), Integer::from(-1_i64));
    }

    proptest! {
        #[test]
        fn numbers_survive_bytes(v in any::<i128>(), shift in 0_u32..128) {
            let v = v >> shift;
            let n = Integer::from(v);
            prop_assert_eq!(n.to_i128(), Some(v));
            prop_assert_eq!(&Integer::from_le_bytes(&n.to_minimal_le_bytes()), &n);
            prop_assert_eq!(&Integer::from_le_bytes(&n.to_datajoint_le_bytes()), &n);
            let bit_length = 128 - v.unsigned_abs().leading_zeros() as usize;
            prop_assert_eq!(n.to_datajoint_le_bytes().len(), bit_length / 8 + 1);
        }

        #[test]
        fn long_numbers_survive_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let n = Integer::from_le_bytes(&bytes);
            prop_assert_eq!(&Integer::from_le_bytes(&n.to_minimal_le_bytes()), &n);
        }
    }
}
