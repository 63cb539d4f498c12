//! The small operations of a decoder on plain rows of `f32`: norms, rotary positions, activations.
//! Each is a loop that the compiler vectorises; [`simd`] compiles it once more for wider registers.

/// Compiles a function for AVX-512, for AVX2 with fused multiply-add and for the baseline, and chooses at
/// run time. `FMA` in the body tells whether `mul_add` is one instruction.
macro_rules! simd {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body<const FMA: bool>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                if is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512dq") {
                    // SAFETY: the features were detected; every processor with AVX-512 has AVX2 and FMA.
                    return unsafe { avx512($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the features were detected.
                    return unsafe { avx2($($arg),*) };
                }
            }
            body::<false>($($arg),*)
        }
    };
}
pub(crate) use simd;

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(crate) fn multiply_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

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
        let _ = FMA;
        for (out, x) in out.iter_mut().zip(x) {
            *out = Bf16::from_f32(*x);
        }
    }
}

/// `e^x` to within two units in the last place, as straight-line code. Below -87 it is 0 or close to it,
/// above 88 it is infinite or close to it; NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, so that the product with an integer is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 * 2^23 rounds to an integer that can be read from the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.3, 88.7);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
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

simd! {
    /// Root-mean-square norm of each row of `cols` values, times `weight` (Zhang and Sennrich 2019).
    pub(crate) fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let cols = weight.len();
        for (x, out) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
            let scale = 1.0 / (sum_of_squares::<FMA>(x) / cols as f32 + eps).sqrt();
            for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
                *out = x * scale * w;
            }
        }
    }
}

simd! {
    /// [`rms_norm`] of each row in place.
    pub(crate) fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
        let cols = weight.len();
        for x in x.chunks_exact_mut(cols) {
            let scale = 1.0 / (sum_of_squares::<FMA>(x) / cols as f32 + eps).sqrt();
            for (x, w) in x.iter_mut().zip(weight) {
                *x = *x * scale * w;
            }
        }
    }
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

simd! {
    /// `a += b`.
    pub(crate) fn add(a: &mut [f32], b: &[f32]) {
        let _ = FMA;
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
    }
}

simd! {
    /// `out = a + b`.
    pub(crate) fn sum_of(a: &[f32], b: &[f32], out: &mut [f32]) {
        let _ = FMA;
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = a + b;
        }
    }
}

simd! {
    /// `out = a * scale`.
    pub(crate) fn scaled(a: &[f32], scale: f32, out: &mut [f32]) {
        let _ = FMA;
        for (out, a) in out.iter_mut().zip(a) {
            *out = a * scale;
        }
    }
}

simd! {
    /// `gate = silu(gate) * up`.
    pub(crate) fn silu_gate(gate: &mut [f32], up: &[f32]) {
        let _ = FMA;
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = *gate / (1.0 + exp(-*gate)) * up;
        }
    }
}

simd! {
    /// `gate = gelu(gate) * up`, with the usual approximation by the hyperbolic tangent.
    pub(crate) fn gelu_gate(gate: &mut [f32], up: &[f32]) {
        let _ = FMA;
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = tanh_gelu(*gate) * up;
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
            let scale = 1.0 / (sum_of_squares::<FMA>(x) / cols as f32 + eps).sqrt();
            for ((x, w), b) in x.iter_mut().zip(weight).zip(bias) {
                *x = *x * scale * w + b;
            }
        }
    }
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

simd! {
    /// `x = max(x, 0)`; NaN stays NaN.
    pub(crate) fn relu(x: &mut [f32]) {
        let _ = FMA;
        for x in x {
            *x = if *x < 0.0 { 0.0 } else { *x };
        }
    }
}

simd! {
    /// `x = silu(x)`.
    pub(crate) fn silu(x: &mut [f32]) {
        let _ = FMA;
        for x in x {
            *x /= 1.0 + exp(-*x);
        }
    }
}

simd! {
    /// `x = gelu(x)` by the error function.
    pub(crate) fn gelu(x: &mut [f32]) {
        let _ = FMA;
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
        let _ = FMA;
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
    /// `a *= b`.
    pub(crate) fn scale_by(a: &mut [f32], b: &[f32]) {
        let _ = FMA;
        for (a, b) in a.iter_mut().zip(b) {
            *a *= b;
        }
    }
}

simd! {
    /// Adds `e^(x - shift)` to the sums, of every sixteenth number each.
    pub(crate) fn sum_exp_onto(x: &[f32], shift: f32, sums: &mut [f32; 16]) {
        let _ = FMA;
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
        let _ = FMA;
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

/// At most sixteen numbers of [`sum_exp_onto`].
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

simd! {
    /// `x = e^(x - shift)` in place; answers the sum.
    pub(crate) fn exp_shifted(x: &mut [f32], shift: f32) -> f32 {
        let _ = FMA;
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
}

simd! {
    /// `x = e^x / sum(e^x)`; NaN when one is NaN.
    pub(crate) fn softmax(x: &mut [f32]) {
        let _ = FMA;
        let mut maxima = [f32::NEG_INFINITY; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (max, x) in maxima.iter_mut().zip(chunk) {
                *max = if *x > *max { *x } else { *max };
            }
        }
        let max = maxima.iter().chain(rest).fold(f32::NEG_INFINITY, |max, x| if *x > max { *x } else { max });
        let mut sums = [0f32; 16];
        let (chunks, rest) = x.as_chunks_mut::<16>();
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *x = exp(*x - max);
                *sum += *x;
            }
        }
        let mut sum: f32 = sums.iter().sum();
        for x in rest {
            *x = exp(*x - max);
            sum += *x;
        }
        let scale = 1.0 / sum;
        x.iter_mut().for_each(|x| *x *= scale);
    }
}

simd! {
    /// The largest value; NaN when one is NaN.
    pub(crate) fn max(x: &[f32]) -> f32 {
        let _ = FMA;
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
        let _ = FMA;
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

/// How a rotary embedding pairs the dimensions of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeLayout {
    /// Dimension `2i` with `2i + 1` (llama files, whose rows the converter permutes for this).
    Interleaved,
    /// Dimension `i` with `i + n / 2`.
    HalfSplit,
}

/// Rotary position embedding (Su et al. 2021).
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    layout: RopeLayout,
    /// Radians a position, one for each pair.
    frequencies: Vec<f32>,
}

impl Rope {
    /// For the first `dims` dimensions of a head. `factors` divide the frequencies (llama 3).
    pub(crate) fn new(
        layout: RopeLayout,
        dims: usize,
        theta: f32,
        scale: f32,
        factors: Option<&[f32]>,
    ) -> Self {
        let frequencies = (0..dims / 2).map(|i| {
            let frequency = 1.0 / theta.powf((2 * i) as f32 / dims as f32) / scale;
            frequency / factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0)
        });
        Self { layout, frequencies: frequencies.collect() }
    }

    /// Cosines and sines for each position, `[positions, dims / 2]` each.
    pub(crate) fn angles(&self, positions: &[usize]) -> Angles {
        let mut cos = Vec::with_capacity(positions.len() * self.frequencies.len());
        let mut sin = Vec::with_capacity(cos.capacity());
        for position in positions {
            for frequency in &self.frequencies {
                let (s, c) = (*position as f32 * frequency).sin_cos();
                cos.push(c);
                sin.push(s);
            }
        }
        Angles { layout: self.layout, pairs: self.frequencies.len(), cos, sin }
    }
}

/// The rotations of the positions of one step.
pub(crate) struct Angles {
    layout: RopeLayout,
    pairs: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Angles {
    /// Rotates every head of `x`, `[positions, width]`, in place; its first row is that of position `first` of
    /// the step.
    pub(crate) fn rotate(&self, first: usize, x: &mut [f32], width: usize, head_dim: usize) {
        let angles = self.cos.chunks_exact(self.pairs).zip(self.sin.chunks_exact(self.pairs)).skip(first);
        for (row, (cos, sin)) in x.chunks_exact_mut(width).zip(angles) {
            for head in row.chunks_exact_mut(head_dim) {
                match self.layout {
                    RopeLayout::Interleaved => rotate_interleaved(head, cos, sin),
                    RopeLayout::HalfSplit => {
                        let (low, rest) = head.split_at_mut(self.pairs);
                        rotate_halves(low, &mut rest[..self.pairs], cos, sin);
                    }
                }
            }
        }
    }
}

fn rotate_interleaved(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    for ((pair, c), s) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
        let [a, b] = *pair;
        *pair = [a * c - b * s, a * s + b * c];
    }
}

fn rotate_halves(low: &mut [f32], high: &mut [f32], cos: &[f32], sin: &[f32]) {
    for (((low, high), c), s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
        let (a, b) = (*low, *high);
        *low = a * c - b * s;
        *high = a * s + b * c;
    }
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

    #[test]
    fn norms_and_gates_are_those_of_the_definitions() {
        let x: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
        let weight: Vec<f32> = (0..37).map(|i| 1.0 + i as f32 * 0.01).collect();
        let mut out = vec![0.0; 37];
        rms_norm(&x, &weight, 1e-6, &mut out);
        let mean = x.iter().map(|x| (x * x) as f64).sum::<f64>() / 37.0;
        for ((out, x), w) in out.iter().zip(&x).zip(&weight) {
            let expected = *x as f64 / (mean + 1e-6).sqrt() * *w as f64;
            assert!((*out as f64 - expected).abs() < 1e-5);
        }

        let mut gate = x.clone();
        silu_gate(&mut gate, &weight);
        for ((gate, x), w) in gate.iter().zip(&x).zip(&weight) {
            let x = *x as f64;
            assert!((*gate as f64 - x / (1.0 + (-x).exp()) * *w as f64).abs() < 1e-5);
        }

        let mut gate = x.clone();
        gelu_gate(&mut gate, &weight);
        for ((gate, x), w) in gate.iter().zip(&x).zip(&weight) {
            let x = *x as f64;
            let gelu = 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044715 * x.powi(3))).tanh());
            assert!((*gate as f64 - gelu * *w as f64).abs() < 1e-5);
        }
    }

    #[test]
    fn activations_and_layer_norms_are_those_of_the_definitions() {
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

        let (weight, bias): (Vec<f32>, Vec<f32>) = (0..81).map(|i| (1.0 + i as f32 * 0.1, i as f32)).unzip();
        let mut y = x.iter().map(|x| x + 3.0).collect::<Vec<_>>();
        layer_norm_in_place(&mut y, &weight, &bias, 1e-5);
        let variance = x.iter().map(|x| (x * x) as f64).sum::<f64>() / 81.0;
        for (i, (y, x)) in y.iter().zip(&x).enumerate() {
            let expected = *x as f64 / (variance + 1e-5).sqrt() * weight[i] as f64 + bias[i] as f64;
            assert!((*y as f64 - expected).abs() < 1e-4);
        }
        let exact: f64 = x.iter().map(|x| (*x as f64 - 6.0).exp()).sum();
        let mut sums = [0.0; 16];
        sum_exp_onto(&x, 6.0, &mut sums);
        assert!((sums.iter().sum::<f32>() as f64 - exact).abs() < 1e-5 * exact);
        let (mut shift, mut sums) = (f32::NEG_INFINITY, [0.0; 16]);
        x.chunks(32).for_each(|x| sum_exp_rising(x, &mut shift, &mut sums));
        let sum = sums.iter().sum::<f32>() as f64 * (shift as f64 - 6.0).exp();
        assert_eq!(shift, max(&x));
        assert!((sum - exact).abs() < 1e-5 * exact, "{sum} {exact}");
        let mut y = x.clone();
        softmax(&mut y);
        for (y, x) in y.iter().zip(&x) {
            assert!((*y as f64 - (*x as f64 - 6.0).exp() / exact).abs() < 1e-6, "{x}: {y}");
        }
    }

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

    #[test]
    fn rotation_keeps_length_and_depends_on_distance_only() {
        let head: Vec<f32> = (0..16).map(|i| (i as f32).cos()).collect();
        for layout in [RopeLayout::Interleaved, RopeLayout::HalfSplit] {
            let rope = Rope::new(layout, 16, 10_000.0, 1.0, None);
            let at = |position| {
                let mut x = head.clone();
                rope.angles(&[position]).rotate(0, &mut x, 16, 16);
                x
            };
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert_eq!(at(0), head);
            assert!((dot(&at(9), &at(9)) - dot(&head, &head)).abs() < 1e-4);
            assert!((dot(&at(3), &at(7)) - dot(&at(13), &at(17))).abs() < 1e-4);
        }
    }
}
