//! The exponential function.

use super::round::TO_INTEGER;

/// `e^x` to within two units in the last place, as straight-line code. Below -87 it is 0 or close to it,
/// above 88 it is infinite or close to it; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, so that the product with an integer is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.7);
    let shifted = x * LOG2_E + TO_INTEGER;
    let n = shifted - TO_INTEGER;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    // Minimax polynomial of e^r on [-ln 2 / 2, ln 2 / 2] (Cephes, expf).
    let mut p = 1.987_569_1e-4_f32;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    p = p * r * r + r + 1.0;
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    p * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_to_the_library_function() {
        for i in -8700..8800 {
            let x = i as f32 / 100.0;
            let (ours, exact) = (exp(x), (x as f64).exp());
            assert!((ours as f64 - exact).abs() <= 3e-7 * exact, "{x}: {ours} {exact}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-1e9) < 1e-37);
    }
}
