//! Matrix products, in tiles that fit the registers.

use super::bf16::Number;
use super::simd::{multiply_add, simd};

simd! {
    /// `c += a b` for `a` of `[m, k]`, `b` of `[k, n]`, `c` of `[m, n]`.
    pub(crate) fn matmul<T: Number>(a: &[f32], k: usize, b: &[T], n: usize, c: &mut [f32]) {
        const COLS: usize = 16;
        let m = a.len() / k;
        let whole_cols = n - n % COLS;
        // Where the rows begin that are worked on one by one.
        let last = m - if m % 6 < 4 { m % 6 } else { m % 6 - 4 };
        for col in (0..whole_cols).step_by(COLS) {
            let mut row = 0;
            while row < last {
                let (a, b, c) = (&a[row * k..], &b[col..], &mut c[row * n + col..]);
                // As many rows as sixteen registers of eight numbers allow: their sums do not wait for each other.
                row += match last - row {
                    6.. => tile::<FMA, T, 6, COLS>(a, k, b, n, c).0,
                    _ => tile::<FMA, T, 4, COLS>(a, k, b, n, c).0,
                };
            }
        }
        for row in last..m {
            let (a, c) = (&a[row * k..], &mut c[row * n..]);
            let mut col = 0;
            // So wide for the same reason.
            while col < whole_cols {
                let (b, c) = (&b[col..], &mut c[col..]);
                col += match (whole_cols - col) / COLS {
                    4.. => tile::<FMA, T, 1, { 4 * COLS }>(a, k, b, n, c).1,
                    2 | 3 => tile::<FMA, T, 1, { 2 * COLS }>(a, k, b, n, c).1,
                    _ => tile::<FMA, T, 1, COLS>(a, k, b, n, c).1,
                };
            }
        }
        for col in whole_cols..n {
            for row in 0..m {
                tile::<FMA, T, 1, 1>(&a[row * k..], k, &b[col..], n, &mut c[row * n + col..]);
            }
        }
    }
}

/// One tile of [`matmul`]; `a`, `b` and `c` begin at the tile. Answers its rows and columns.
#[inline(always)]
fn tile<const FMA: bool, T: Number, const ROWS: usize, const COLS: usize>(
    a: &[f32],
    k: usize,
    b: &[T],
    n: usize,
    c: &mut [f32],
) -> (usize, usize) {
    let mut sums = [[0f32; COLS]; ROWS];
    let rows: [&[f32]; ROWS] = std::array::from_fn(|i| &a[i * k..][..k]);
    for p in 0..k {
        // Read once, and not again for each row.
        let numbers = &b[p * n..][..COLS];
        let b: [f32; COLS] = std::array::from_fn(|i| numbers[i].to_f32());
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let x = row[p];
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = multiply_add::<FMA>(x, b, *sum);
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (c, sum) in c[i * n..][..COLS].iter_mut().zip(sums) {
            *c += sum;
        }
    }
    (ROWS, COLS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::noise::noise;
    use crate::engine::ops::{Bf16, to_bf16};

    #[test]
    fn products_are_those_of_the_definition() {
        let k = 21;
        for m in 1..14 {
            for n in [1, 16, 37, 64, 130] {
                let (a, b, before) = (noise(1, m * k), noise(2, k * n), noise(3, m * n));
                let mut halved = vec![Bf16::default(); b.len()];
                to_bf16(&b, &mut halved);
                let check = |c: &[f32], b: &dyn Fn(usize) -> f32| {
                    for (i, c) in c.iter().enumerate() {
                        let sum: f64 =
                            (0..k).map(|p| f64::from(a[i / n * k + p]) * f64::from(b(p * n + i % n))).sum();
                        assert!((f64::from(*c) - f64::from(before[i]) - sum).abs() < 1e-5, "{m} x {n}: {i}");
                    }
                };
                let mut c = before.clone();
                matmul(&a, k, &b, n, &mut c);
                check(&c, &|at| b[at]);
                let mut c = before.clone();
                matmul(&a, k, &halved, n, &mut c);
                check(&c, &|at| halved[at].to_f32());
            }
        }
    }
}
