//! Activation functions, and the gates made of them.

use super::exp::exp;
use super::simd::simd;

simd! {
    /// `x = max(x, 0)`; NaN stays NaN.
    pub(crate) fn relu(x: &mut [f32]) {
        for x in x {
            *x = if *x < 0.0 { 0.0 } else { *x };
        }
    }
}

simd! {
    /// `x = silu(x)`.
    pub(crate) fn silu(x: &mut [f32]) {
        for x in x {
            *x /= 1.0 + exp(-*x);
        }
    }
}

simd! {
    /// `x = gelu(x)` by the error function.
    pub(crate) fn gelu(x: &mut [f32]) {
        for x in x {
            *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

/// The error function to within 1.5e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let mut p = 1.061_405_4_f32;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_8;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    (1.0 - p * t * exp(-x * x)).copysign(x)
}

simd! {
    /// `x = gelu(x)` with the usual approximation by the hyperbolic tangent.
    pub(crate) fn gelu_tanh(x: &mut [f32]) {
        for x in x {
            *x = tanh_gelu(*x);
        }
    }
}

#[inline(always)]
fn tanh_gelu(x: f32) -> f32 {
    const SQRT_2_OVER_PI: f32 = 0.797_884_6;
    let inner = SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x);
    // 0.5 (1 + tanh(u)) is the logistic function of 2u.
    x / (1.0 + exp(-2.0 * inner))
}

simd! {
    /// `gate = silu(gate) * up`.
    pub(crate) fn silu_gate(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = *gate / (1.0 + exp(-*gate)) * up;
        }
    }
}

simd! {
    /// `gate = gelu(gate) * up`, with the usual approximation by the hyperbolic tangent.
    pub(crate) fn gelu_gate(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = tanh_gelu(*gate) * up;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_those_of_the_definitions() {
        let x: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
        let up: Vec<f32> = (0..37).map(|i| 1.0 + i as f32 * 0.01).collect();
        let mut gate = x.clone();
        silu_gate(&mut gate, &up);
        for ((gate, x), up) in gate.iter().zip(&x).zip(&up) {
            let x = *x as f64;
            assert!((*gate as f64 - x / (1.0 + (-x).exp()) * *up as f64).abs() < 1e-5);
        }

        let mut gate = x.clone();
        gelu_gate(&mut gate, &up);
        for ((gate, x), up) in gate.iter().zip(&x).zip(&up) {
            let x = *x as f64;
            let gelu = 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044715 * x.powi(3))).tanh());
            assert!((*gate as f64 - gelu * *up as f64).abs() < 1e-5);
        }
    }

    #[test]
    fn activations_are_those_of_the_definitions() {
        let x: Vec<f32> = (-40..41).map(|i| i as f32 * 0.17).collect();
        let applied = |f: fn(&mut [f32])| {
            let mut y = x.clone();
            f(&mut y);
            y
        };
        // The error function as a sum of small steps.
        let erf = |z: f64| {
            let step = z / 20_000.0;
            let sum: f64 = (0..20_000).map(|i| (-((i as f64 + 0.5) * step).powi(2)).exp() * step).sum();
            sum * std::f64::consts::FRAC_2_SQRT_PI
        };
        for (y, x) in applied(gelu).iter().zip(&x) {
            let x = *x as f64;
            assert!((*y as f64 - 0.5 * x * (1.0 + erf(x / 2f64.sqrt()))).abs() < 2e-6, "{x}: {y}");
        }
        for (y, x) in applied(silu).iter().zip(&x) {
            assert!((*y as f64 - *x as f64 / (1.0 + (-*x as f64).exp())).abs() < 1e-5);
        }
        assert!(applied(relu).iter().zip(&x).all(|(y, x)| *y == x.max(0.0)));
    }
}
