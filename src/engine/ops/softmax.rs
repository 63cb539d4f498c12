//! Softmax, and the sums of exponentials that probabilities are made of.

use super::exp::exp;
use super::simd::simd;

simd! {
    /// `x = e^x / sum(e^x)`; NaN when one is NaN.
    pub(crate) fn softmax(x: &mut [f32]) {
        let mut maxima = [f32::NEG_INFINITY; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (max, x) in maxima.iter_mut().zip(chunk) {
                *max = if *x > *max { *x } else { *max };
            }
        }
        let max = maxima.iter().chain(rest).fold(f32::NEG_INFINITY, |max, x| if *x > max { *x } else { max });
        let sum = exp_all(x, max);
        let scale = 1.0 / sum;
        x.iter_mut().for_each(|x| *x *= scale);
    }
}

simd! {
    /// `x = e^(x - shift)` in place; answers the sum.
    pub(crate) fn exp_shifted(x: &mut [f32], shift: f32) -> f32 {
        exp_all(x, shift)
    }
}

/// The loop of [`exp_shifted`].
#[inline(always)]
fn exp_all(x: &mut [f32], shift: f32) -> f32 {
    let mut sums = [0f32; 16];
    let (chunks, rest) = x.as_chunks_mut::<16>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *x = exp(*x - shift);
            *sum += *x;
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for x in rest {
        *x = exp(*x - shift);
        sum += *x;
    }
    sum
}

simd! {
    /// Adds `e^(x - shift)` to the sums, of every sixteenth number each.
    pub(crate) fn sum_exp_onto(x: &[f32], shift: f32, sums: &mut [f32; 16]) {
        // A loop, since a closure may be compiled by itself and without the wide registers.
        for x in x.chunks(16) {
            exp_onto(x, shift, sums);
        }
    }
}

simd! {
    /// As [`sum_exp_onto`] for numbers of which some are larger than `shift`, which becomes the largest so far with
    /// each sixteen numbers.
    pub(crate) fn sum_exp_rising(x: &[f32], shift: &mut f32, sums: &mut [f32; 16]) {
        for x in x.chunks(16) {
            let largest = largest(x);
            if largest > *shift {
                let scale = exp(*shift - largest);
                sums.iter_mut().for_each(|sum| *sum *= scale);
                *shift = largest;
            }
            exp_onto(x, *shift, sums);
        }
    }
}

/// The largest of at most sixteen numbers.
#[inline(always)]
fn largest(x: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    match <[f32; 16]>::try_from(x) {
        Ok(mut x) => {
            // Halves onto halves, which stays in vectors.
            for half in [8, 4, 2, 1] {
                let (low, high) = x.split_at_mut(half);
                low.iter_mut().zip(high).for_each(|(a, b)| *a = larger(*a, *b));
            }
            x[0]
        }
        Err(_) => x.iter().copied().fold(f32::NEG_INFINITY, larger),
    }
}

/// At most sixteen numbers of [`sum_exp_onto`]; a whole sixteen are a case of their own, so that they vectorise.
#[inline(always)]
fn exp_onto(x: &[f32], shift: f32, sums: &mut [f32; 16]) {
    match <&[f32; 16]>::try_from(x) {
        Ok(x) => {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += exp(*x - shift);
            }
        }
        Err(_) => {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += exp(*x - shift);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, and the sum of `e^(x - 6)` over them.
    fn numbers() -> (Vec<f32>, f64) {
        let x: Vec<f32> = (-40..41).map(|i| i as f32 * 0.17).collect();
        let sum = x.iter().map(|x| (*x as f64 - 6.0).exp()).sum();
        (x, sum)
    }

    #[test]
    fn probabilities_are_those_of_the_definition() {
        let (x, exact) = numbers();
        let mut y = x.clone();
        softmax(&mut y);
        for (y, x) in y.iter().zip(&x) {
            assert!((*y as f64 - (*x as f64 - 6.0).exp() / exact).abs() < 1e-6, "{x}: {y}");
        }
    }

    #[test]
    fn sums_of_exponentials_are_those_of_the_definition() {
        let (x, exact) = numbers();
        let mut sums = [0.0; 16];
        sum_exp_onto(&x, 6.0, &mut sums);
        assert!((sums.iter().sum::<f32>() as f64 - exact).abs() < 1e-5 * exact);
        let (mut shift, mut sums) = (f32::NEG_INFINITY, [0.0; 16]);
        x.chunks(32).for_each(|x| sum_exp_rising(x, &mut shift, &mut sums));
        let sum = sums.iter().sum::<f32>() as f64 * (shift as f64 - 6.0).exp();
        assert_eq!(shift, x[80]);
        assert!((sum - exact).abs() < 1e-5 * exact, "{sum} {exact}");
        let mut y = x.clone();
        assert!((exp_shifted(&mut y, 6.0) as f64 - exact).abs() < 1e-5 * exact);
        assert!(y.iter().zip(&x).all(|(y, x)| *y == exp(x - 6.0)));
    }
}
