//! Rounding to integers with the arithmetic of floats, which vectorises.

/// Added to a number, 1.5 · 2^23 leaves it no room for a fraction, so that the low bits of the sum are the nearest
/// integer in two's complement, ties to even.
pub(super) const TO_INTEGER: f32 = 12_582_912.0;

/// The integer nearest to a number below 2^22, as a float.
#[inline(always)]
pub(crate) fn nearest(x: f32) -> f32 {
    x + TO_INTEGER - TO_INTEGER
}

/// The integer nearest to a number in -128..=127.
#[inline(always)]
pub(crate) fn nearest_i8(x: f32) -> i8 {
    (x + TO_INTEGER).to_bits() as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_even_integer() {
        for i in -512..508 {
            let x = i as f32 / 4.0;
            assert_eq!(nearest(x), x.round_ties_even());
            assert_eq!(f32::from(nearest_i8(x)), x.round_ties_even());
        }
    }
}
