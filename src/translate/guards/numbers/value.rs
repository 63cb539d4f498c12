//! Exact values of numbers.

/// A number as `mantissa` × 10^`exponent`, in its shortest form, so that equal numbers are equal here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value {
    mantissa: u128,
    exponent: i32,
}

impl Value {
    /// The whole number `n`.
    pub fn whole(n: u128) -> Self {
        Self { mantissa: n, exponent: 0 }.shortest()
    }

    /// `n` and a half.
    pub fn and_a_half(n: u128) -> Self {
        Self { mantissa: n.saturating_mul(10).saturating_add(5), exponent: -1 }.shortest()
    }

    /// Reads the digits before and after a decimal separator. Of very long numbers only the first 36 digits
    /// count.
    pub fn from_digits(whole: &str, fraction: &str) -> Self {
        const MOST: usize = 36;
        let digits = || whole.chars().chain(fraction.chars()).filter_map(|c| c.to_digit(10));
        let mantissa = digits().take(MOST).fold(0, |sum, digit| sum * 10 + u128::from(digit));
        let dropped = digits().count().saturating_sub(MOST);
        let exponent =
            i32::try_from(dropped).unwrap_or(i32::MAX) - i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        Self { mantissa, exponent }.shortest()
    }

    /// The product with a scale such as a dozen or a million.
    pub fn times(self, scale: Self) -> Self {
        Self {
            mantissa: self.mantissa.saturating_mul(scale.mantissa),
            exponent: self.exponent.saturating_add(scale.exponent),
        }
        .shortest()
    }

    /// The sum, where both are whole numbers.
    pub fn plus(self, n: u128) -> Option<Self> {
        self.as_whole().and_then(|own| own.checked_add(n)).map(Self::whole)
    }

    /// The number, if it is whole and not astronomically large.
    pub fn as_whole(self) -> Option<u128> {
        let power = u32::try_from(self.exponent).ok()?;
        self.mantissa.checked_mul(10u128.checked_pow(power)?)
    }

    /// Whether no more than its first digit counts (`300`).
    pub fn is_round(self) -> bool {
        self.mantissa < 10
    }

    /// The number as nearly as a floating point number can be.
    pub fn as_f64(self) -> f64 {
        self.mantissa as f64 * 10f64.powi(self.exponent)
    }

    fn shortest(mut self) -> Self {
        if self.mantissa == 0 {
            return Self { mantissa: 0, exponent: 0 };
        }
        while self.mantissa.is_multiple_of(10) {
            self.mantissa /= 10;
            self.exponent = self.exponent.saturating_add(1);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal() {
        let million = Value::whole(1_000_000);
        assert_eq!(Value::from_digits("1", "50"), Value::and_a_half(1));
        assert_eq!(Value::and_a_half(1).times(million), Value::whole(1_500_000));
        assert_eq!(Value::from_digits("007", ""), Value::whole(7));
        assert_eq!(Value::from_digits("0", "00"), Value::whole(0));
        assert_ne!(Value::from_digits("1", "234"), Value::from_digits("1234", ""));
        assert_ne!(Value::from_digits(&"1".repeat(50), ""), Value::from_digits(&"1".repeat(51), ""));
        assert_eq!(Value::whole(1200).as_whole(), Some(1200));
        assert_eq!(Value::and_a_half(1).as_whole(), None);
    }
}
