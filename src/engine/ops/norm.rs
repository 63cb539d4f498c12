//! Norms of rows.

use super::simd::{multiply_add, simd};

simd! {
    /// Root-mean-square norm of each row of `cols` values, times `weight` (Zhang and Sennrich 2019).
    pub(crate) fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let cols = weight.len();
        for (x, out) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
            let scale = to_unit::<FMA>(x, eps);
            for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
                *out = x * scale * w;
            }
        }
    }
}

simd! {
    /// [`rms_norm`] of each row in place.
    pub(crate) fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
        for x in x.chunks_exact_mut(weight.len()) {
            let scale = to_unit::<FMA>(x, eps);
            for (x, w) in x.iter_mut().zip(weight) {
                *x = *x * scale * w;
            }
        }
    }
}

simd! {
    /// Layer norm of each row in place, times `weight`, plus `bias` (Ba, Kiros and Hinton 2016).
    pub(crate) fn layer_norm_in_place(x: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
        let cols = weight.len();
        for x in x.chunks_exact_mut(cols) {
            let mean = sum(x) / cols as f32;
            x.iter_mut().for_each(|x| *x -= mean);
            let scale = to_unit::<FMA>(x, eps);
            for ((x, w), b) in x.iter_mut().zip(weight).zip(bias) {
                *x = *x * scale * w + b;
            }
        }
    }
}

/// What makes the root mean square of `x` one; `eps` is added to the mean square.
#[inline(always)]
fn to_unit<const FMA: bool>(x: &[f32], eps: f32) -> f32 {
    1.0 / (sum_of_squares::<FMA>(x) / x.len() as f32 + eps).sqrt()
}

/// In sixteen partial sums, so that it vectorises.
#[inline(always)]
fn sum_of_squares<const FMA: bool>(x: &[f32]) -> f32 {
    let mut sums = [0f32; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum = multiply_add::<FMA>(*x, *x, *sum);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
}

/// In sixteen partial sums, so that it vectorises.
#[inline(always)]
fn sum(x: &[f32]) -> f32 {
    let mut sums = [0f32; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_mean_square_norms_are_those_of_the_definition() {
        let x: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
        let weight: Vec<f32> = (0..37).map(|i| 1.0 + i as f32 * 0.01).collect();
        let (mut out, mut in_place) = (vec![0.0; 37], x.clone());
        rms_norm(&x, &weight, 1e-6, &mut out);
        rms_norm_in_place(&mut in_place, &weight, 1e-6);
        assert_eq!(out, in_place);
        let mean = x.iter().map(|x| (x * x) as f64).sum::<f64>() / 37.0;
        for ((out, x), w) in out.iter().zip(&x).zip(&weight) {
            let expected = *x as f64 / (mean + 1e-6).sqrt() * *w as f64;
            assert!((*out as f64 - expected).abs() < 1e-5);
        }
    }

    #[test]
    fn layer_norms_are_those_of_the_definition() {
        let x: Vec<f32> = (-40..41).map(|i| i as f32 * 0.17).collect();
        let (weight, bias): (Vec<f32>, Vec<f32>) = (0..81).map(|i| (1.0 + i as f32 * 0.1, i as f32)).unzip();
        let mut y = x.iter().map(|x| x + 3.0).collect::<Vec<_>>();
        layer_norm_in_place(&mut y, &weight, &bias, 1e-5);
        let variance = x.iter().map(|x| (x * x) as f64).sum::<f64>() / 81.0;
        for (i, (y, x)) in y.iter().zip(&x).enumerate() {
            let expected = *x as f64 / (variance + 1e-5).sqrt() * weight[i] as f64 + bias[i] as f64;
            assert!((*y as f64 - expected).abs() < 1e-4);
        }
    }
}
