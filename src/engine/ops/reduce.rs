//! What a whole row is asked for: its largest value, and whether all of it is finite.

use super::simd::simd;

simd! {
    /// The largest value; NaN when one is NaN.
    pub(crate) fn max(x: &[f32]) -> f32 {
        let mut maxima = [f32::NEG_INFINITY; 16];
        let mut nan = [0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for ((max, nan), x) in maxima.iter_mut().zip(&mut nan).zip(chunk) {
                *max = if *x > *max { *x } else { *max };
                *nan += if x.is_nan() { 1.0 } else { 0.0 };
            }
        }
        let has_nan = nan.iter().any(|n| *n > 0.0) || rest.iter().any(|x| x.is_nan());
        if has_nan { f32::NAN } else { maxima.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max) }
    }
}

simd! {
    /// Whether every value is finite.
    pub(crate) fn all_finite(x: &[f32]) -> bool {
        // A finite value times 0 is 0; infinity and NaN give NaN.
        let mut sums = [0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += x * 0.0;
            }
        }
        sums.iter().sum::<f32>() == 0.0 && rest.iter().all(|x| x.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_are_found_wherever_they_stand() {
        for len in [1, 16, 17, 40] {
            for at in 0..len {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut x = vec![1.0; len];
                    assert!(all_finite(&x));
                    assert_eq!(max(&x), 1.0);
                    x[at] = bad;
                    assert!(!all_finite(&x));
                    assert_eq!(max(&x).is_nan(), bad.is_nan());
                }
            }
        }
    }
}
