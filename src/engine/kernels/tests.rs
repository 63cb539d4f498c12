//! Every format and form against candle's dequantized weights and against the portable form.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use proptest::prelude::*;

use super::format::Format;
use super::*;

const DTYPES: [GgmlDType; 5] =
    [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::Q5_0, GgmlDType::Q8_0, GgmlDType::Q4_0];

/// A small generator, so that a case is described by its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// In -1..1.
    fn float(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 30) as f32 - 1.0
    }
}

/// The ggml blocks of a random tensor.
fn random_weights(dtype: GgmlDType, n: usize, k: usize, random: &mut Random) -> Vec<u8> {
    let values: Vec<f32> = (0..n * k).map(|_| random.float()).collect();
    let tensor = Tensor::from_vec(values, (n, k), &Device::Cpu).unwrap();
    QTensor::quantize(&tensor, dtype).unwrap().data().unwrap().into_owned()
}

/// What candle makes of ggml blocks.
fn dequantize(dtype: GgmlDType, n: usize, k: usize, data: &[u8]) -> Vec<f32> {
    let storage = QStorage::from_data(Cow::Borrowed(data), &Device::Cpu, dtype).unwrap();
    let tensor = QTensor::new(storage, (n, k)).unwrap().dequantize(&Device::Cpu).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn forward(
    form: Form,
    dtype: GgmlDType,
    (m, n, k): (usize, usize, usize),
    data: &[u8],
    x: &[f32],
) -> Vec<f32> {
    let pool = Pool::new(2);
    let linear = PackedLinear::new(form, dtype, n, k, data, &pool).unwrap().unwrap();
    let mut out = vec![f32::NAN; m * n];
    linear.forward(x, m, &mut out, &pool);
    out
}

/// Holds every form to the product of dequantized weights with `x`, and to the portable form. The first may
/// differ by what rounding the activations to 8 bits costs, the second by the rounding of f32 sums.
fn check(dtype: GgmlDType, (m, n, k): (usize, usize, usize), data: &[u8], x: &[f32]) {
    let weights = dequantize(dtype, n, k, data);
    let portable = forward(Form::Portable, dtype, (m, n, k), data, x);
    let block = Format::of(dtype).unwrap().correction().block();
    for (row, x) in x.chunks_exact(k).enumerate() {
        for (column, w) in weights.chunks_exact(k).enumerate() {
            let at = row * n + column;
            let exact: f64 = x.iter().zip(w).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
            // Half a step of each activation, and room for f32 sums.
            let allowed: f64 = std::iter::zip(x.chunks_exact(block), w.chunks_exact(block))
                .map(|(x, w)| {
                    let step = f64::from(x.iter().fold(0f32, |a, x| a.max(x.abs()))) / 127.0;
                    w.iter().map(|&w| f64::from(w.abs())).sum::<f64>() * step * 0.51
                })
                .sum();
            let difference = (f64::from(portable[at]) - exact).abs();
            assert!(
                difference <= allowed * 1.001 + 1e-30,
                "{dtype:?} {m}x{n}x{k} at {row},{column}: {} is not {exact} (allowed {allowed})",
                portable[at]
            );
        }
    }
    for form in Form::all() {
        let values = forward(form, dtype, (m, n, k), data, x);
        for (row, (ours, reference)) in values.chunks(n).zip(portable.chunks(n)).enumerate() {
            let x = &x[row * k..][..k];
            for (column, (&ours, &reference)) in ours.iter().zip(reference).enumerate() {
                let w = &weights[column * k..][..k];
                let size: f32 = x.iter().zip(w).map(|(x, w)| (x * w).abs()).sum();
                let largest = x.iter().fold(0f32, |a, x| a.max(x.abs()));
                let size = size.max(largest * w.iter().fold(0f32, |a, w| a.max(w.abs())));
                assert!(
                    (ours - reference).abs() <= size * 1e-4 + 1e-30,
                    "{form:?} {dtype:?} {m}x{n}x{k} at {row},{column}: {ours} is not {reference}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_agree(seed: u64, m in 1usize..=70, n in 1usize..=70, blocks in 1usize..=3) {
        for dtype in DTYPES {
            let k = blocks * dtype.block_size();
            let mut random = Random(seed);
            let data = random_weights(dtype, n, k, &mut random);
            let x: Vec<f32> = (0..m * k).map(|_| random.float()).collect();
            check(dtype, (m, n, k), &data, &x);
        }
    }

    #[test]
    fn products_agree_on_any_bytes(seed: u64, m in 1usize..=9, n in 1usize..=33, blocks in 1usize..=3) {
        for dtype in DTYPES {
            let k = blocks * dtype.block_size();
            let mut random = Random(seed);
            let mut data: Vec<u8> =
                (0..n * k / dtype.block_size() * dtype.type_size()).map(|_| random.next() as u8).collect();
            set_scales(dtype, &mut data, &mut random);
            let x: Vec<f32> = (0..m * k).map(|_| extreme(&mut random)).collect();
            check(dtype, (m, n, k), &data, &x);
        }
    }
}

/// Overwrites the f16 scales of random blocks with finite numbers from tiny to huge, of either sign.
fn set_scales(dtype: GgmlDType, data: &mut [u8], random: &mut Random) {
    let places: &[usize] = match dtype {
        GgmlDType::Q6K => &[208],
        GgmlDType::Q4K => &[0, 2],
        _ => &[0],
    };
    for block in data.chunks_exact_mut(dtype.type_size()) {
        for &at in places {
            let scale = match random.next() % 6 {
                0 => half::f16::ZERO,
                1 => half::f16::MAX,
                2 => half::f16::MIN,
                3 => half::f16::MIN_POSITIVE_SUBNORMAL,
                _ => half::f16::from_f32(random.float()),
            };
            block[at..at + 2].copy_from_slice(&scale.to_le_bytes());
        }
    }
}

/// An activation: mostly ordinary, sometimes zero, sometimes very large or small.
fn extreme(random: &mut Random) -> f32 {
    let x = random.float();
    match random.next() % 40 {
        0..8 => 0.0,
        8 => x * 1e4,
        9 => x * 1e-8,
        _ => x,
    }
}

#[test]
fn extreme_integers_do_not_overflow() {
    for dtype in DTYPES {
        let (m, n, k) = (9, 17, 2 * 256);
        for byte in [0x00, 0xff, 0x7f, 0x80] {
            let mut data = vec![byte; n * k / dtype.block_size() * dtype.type_size()];
            set_scales(dtype, &mut data, &mut Random(1));
            for sign in [1.0, -1.0] {
                check(dtype, (m, n, k), &data, &vec![sign; m * k]);
            }
        }
    }
}

#[test]
fn rows_come_back_exactly() {
    let pool = Pool::new(2);
    for dtype in DTYPES {
        let (n, k) = (37, 3 * 256);
        let data = random_weights(dtype, n, k, &mut Random(7));
        let expected = dequantize(dtype, n, k, &data);
        let linear = PackedLinear::new(Form::Portable, dtype, n, k, &data, &pool).unwrap().unwrap();
        let mut row = vec![0.0; k];
        for (index, expected) in expected.chunks_exact(k).enumerate() {
            linear.row(index, &mut row);
            assert_eq!(row, expected, "{dtype:?} row {index}");
        }
    }
}

#[test]
fn packed_weights_are_as_small_as_the_original() {
    let pool = Pool::new(1);
    for dtype in DTYPES {
        let (n, k) = (64, 1024);
        let data = vec![0; n * k / dtype.block_size() * dtype.type_size()];
        let linear = PackedLinear::new(Form::Portable, dtype, n, k, &data, &pool).unwrap().unwrap();
        assert!(linear.bytes() * 100 <= data.len() * 103, "{dtype:?}: {} of {}", linear.bytes(), data.len());
    }
}

#[test]
fn results_do_not_depend_on_batch_or_threads() {
    for form in Form::all() {
        for dtype in DTYPES {
            let (m, n, k) = (21, 100, 512);
            let mut random = Random(3);
            let data = random_weights(dtype, n, k, &mut random);
            let x: Vec<f32> = (0..m * k).map(|_| random.float()).collect();
            let together = forward(form, dtype, (m, n, k), &data, &x);
            let pool = Pool::new(1);
            let linear = PackedLinear::new(form, dtype, n, k, &data, &pool).unwrap().unwrap();
            let mut alone = vec![0.0; n];
            for row in 0..m {
                linear.forward(&x[row * k..][..k], 1, &mut alone, &pool);
                assert_eq!(alone, together[row * n..][..n], "{form:?} {dtype:?} row {row}");
            }
        }
    }
}

#[test]
fn some_outputs_in_another_order_are_what_they_are_among_all() {
    let (m, n, k) = (3, 200, 256);
    let order: Vec<u32> = (0..n as u32).map(|i| i * 77 % n as u32).collect();
    let wanted = [0..1, 5..18, 40..48, 47..49, 190..200];
    for form in Form::all() {
        for dtype in DTYPES {
            let mut random = Random(9);
            let data = random_weights(dtype, n, k, &mut random);
            let x: Vec<f32> = (0..m * k).map(|_| random.float()).collect();
            let all = forward(form, dtype, (m, n, k), &data, &x);
            let pool = Pool::new(2);
            let weight = PackedLinear::in_order(form, dtype, n, k, &data, Some(&order), &pool).unwrap();
            let weight = &weight.unwrap();
            let mut some = vec![f32::NAN; m * n];
            let product = Product { weight, bias: None, wanted: &wanted, out: &mut some };
            multiply(&mut [product], &x, m, Precision::Coarse, &mut Scratch::default(), &pool);
            for (all, some) in all.chunks_exact(n).zip(some.chunks_exact(n)) {
                for i in wanted.iter().cloned().flatten() {
                    assert_eq!(some[i], all[order[i] as usize], "{form:?} {dtype:?} output {i}");
                }
                // Whole tiles are left out.
                assert!(some[64..176].iter().all(|x| x.is_nan()), "{form:?} {dtype:?}");
            }
        }
    }
}

#[test]
fn faulty_activations_show_in_their_row_only() {
    for form in Form::all() {
        for dtype in DTYPES {
            let (m, n, k) = (3, 20, 256);
            let data = random_weights(dtype, n, k, &mut Random(5));
            for fault in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut x = vec![0.5; m * k];
                x[k + 100] = fault;
                let out = forward(form, dtype, (m, n, k), &data, &x);
                for (row, out) in out.chunks(n).enumerate() {
                    assert!(out.iter().all(|y| y.is_nan() == (row == 1)), "{form:?} {dtype:?} row {row}");
                }
            }
        }
    }
}

#[test]
fn nothing_comes_of_nothing() {
    for form in Form::all() {
        for dtype in DTYPES {
            let data = random_weights(dtype, 20, 256, &mut Random(5));
            assert_eq!(forward(form, dtype, (0, 20, 256), &data, &[]), [0.0; 0]);
            for tiny in [0.0, 1e-35, f32::MIN_POSITIVE] {
                assert_eq!(forward(form, dtype, (2, 20, 256), &data, &[tiny; 512]), [0.0; 40]);
            }
        }
    }
}

#[test]
fn what_has_no_kernel_is_left_to_candle() {
    let pool = Pool::new(1);
    let new = |dtype, n, k, data: &[u8]| PackedLinear::new(Form::Portable, dtype, n, k, data, &pool);
    assert!(new(GgmlDType::F32, 1, 32, &[0; 128]).unwrap().is_none());
    assert!(new(GgmlDType::Q4K, 1, 32, &[0; 18]).unwrap().is_none());
    assert!(new(GgmlDType::Q8_0, 1, 32, &[0; 33]).is_err());
    assert!(new(GgmlDType::Q8_0, usize::MAX, 32, &[0; 34]).is_err());
    assert!(new(GgmlDType::Q8_0, 1, 32, &[0; 34]).unwrap().is_some());
}

#[test]
fn a_form_is_chosen_by_name() {
    assert_eq!(Form::named("portable").unwrap(), Form::Portable);
    assert_eq!(Form::named("quantum").unwrap_err().exit_code(), 2);
    for form in Form::all() {
        assert_eq!(Form::named(form.name()).unwrap(), form);
    }
}
