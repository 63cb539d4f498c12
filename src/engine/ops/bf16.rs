//! Numbers of 16 bits, for keys and values that are many.

use super::simd::simd;

/// A number as attention keeps it.
pub(crate) trait Number: Copy + Default + Send + Sync {
    fn from_f32(x: f32) -> Self;
    fn to_f32(self) -> f32;
}

impl Number for f32 {
    #[inline(always)]
    fn from_f32(x: f32) -> Self {
        x
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
}

/// The upper half of an `f32` (bfloat16), rounded to nearest, ties to even.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bf16(u16);

impl Number for Bf16 {
    #[inline(always)]
    fn from_f32(x: f32) -> Self {
        let bits = x.to_bits();
        let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16;
        Self(if x.is_nan() { 0x7fc0 } else { rounded })
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
}

simd! {
    /// Rounds numbers to 16 bits.
    pub(crate) fn to_bf16(x: &[f32], out: &mut [Bf16]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = Bf16::from_f32(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_number_is_the_nearest_there_is() {
        let halved = |x: f32| Bf16::from_f32(x).to_f32();
        for x in [0.0, -0.0, 1.0, -1.5, f32::INFINITY, f32::NEG_INFINITY, 3.140_625] {
            assert_eq!(halved(x).to_bits(), x.to_bits());
        }
        assert!(halved(f32::NAN).is_nan() && halved(f32::from_bits(0x7fff_ffff)).is_nan());
        assert_eq!(halved(f32::MAX), f32::INFINITY);
        let (one, next) = (f32::from_bits(0x3f80_0000), f32::from_bits(0x3f81_0000));
        assert_eq!(halved(f32::from_bits(0x3f80_8000)), one, "a tie goes to the even one");
        assert_eq!(halved(f32::from_bits(0x3f80_8001)), next);
        let x: Vec<f32> = (0..50).map(|i| (i as f32).sin()).collect();
        let mut out = vec![Bf16::default(); 50];
        to_bf16(&x, &mut out);
        assert!(out.iter().zip(&x).all(|(a, b)| *a == Bf16::from_f32(*b)));
    }
}
