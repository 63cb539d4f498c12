//! Arithmetic element by element.

use super::simd::simd;

simd! {
    /// `a += b`.
    pub(crate) fn add(a: &mut [f32], b: &[f32]) {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
    }
}

simd! {
    /// `out = a + b`.
    pub(crate) fn sum_of(a: &[f32], b: &[f32], out: &mut [f32]) {
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = a + b;
        }
    }
}

simd! {
    /// `out = a * scale`.
    pub(crate) fn scaled(a: &[f32], scale: f32, out: &mut [f32]) {
        for (out, a) in out.iter_mut().zip(a) {
            *out = a * scale;
        }
    }
}

simd! {
    /// `a *= b`.
    pub(crate) fn scale_by(a: &mut [f32], b: &[f32]) {
        for (a, b) in a.iter_mut().zip(b) {
            *a *= b;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_reached() {
        let a: Vec<f32> = (0..37).map(|i| i as f32).collect();
        let b: Vec<f32> = (0..37).map(|i| 0.5 - i as f32).collect();
        let (mut sum, mut product, mut out) = (a.clone(), a.clone(), vec![0.0; 37]);
        add(&mut sum, &b);
        assert!(sum.iter().all(|x| *x == 0.5));
        sum_of(&a, &b, &mut out);
        assert_eq!(out, sum);
        scale_by(&mut product, &b);
        assert!(product.iter().zip(&a).all(|(x, a)| *x == a * (0.5 - a)));
        scaled(&a, -2.0, &mut out);
        assert!(out.iter().zip(&a).all(|(x, a)| *x == -2.0 * a));
    }
}
