//! Quantized linear layers on the processor.
//!
//! ```
//! use candle_core::quantized::GgmlDType;
//! use diglot::engine::kernels::{Form, PackedLinear, Pool};
//!
//! let pool = Pool::with_default_threads();
//! let (n, k) = (48, 64); // outputs, inputs
//! let blocks = vec![0; n * k / 32 * 34]; // as a GGUF file stores them
//! let form = Form::choose()?.unwrap_or(Form::Portable);
//! match PackedLinear::new(form, GgmlDType::Q8_0, n, k, &blocks, &pool)? {
//!     Some(linear) => {
//!         let (m, x) = (2, vec![1.0; 2 * k]);
//!         let mut y = vec![0.0; m * n];
//!         linear.forward(&x, m, &mut y, &pool); // y[m][n] = x[m][k] · weightᵀ
//!     }
//!     None => println!("no kernel for this type or shape: use candle's own product"),
//! }
//! # Ok::<(), diglot::Error>(())
//! ```
//!
//! [`PackedLinear`] copies the blocks of a ggml tensor once into its own layout (`format`), as large as the
//! original to within 3 %, so that the original need not stay in memory; [`PackedLinear::row`] gives rows
//! back, for an embedding table that is the output head as well. A product quantizes its activations to 8
//! bits (`activations`) and walks the weights once for each 8 rows, with AVX2 for each 128. Results do not depend
//! on the number of rows in a product nor on the number of threads.
//!
//! There is one kernel for each format and [`Form`]; `portable` is the reference, and every other form is
//! held to it and to candle's dequantized weights. `unsafe` stands in this room and in `ops::simd`, and nowhere
//! else in the engine.

mod activations;
mod ahead;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod fetch;
mod form;
mod format;
mod multiply;
mod pack;
mod packed;
mod pool;
mod portable;
mod shares;
#[cfg(test)]
mod tests;
mod tile;

pub(crate) use activations::{Precision, Scratch};
pub(crate) use fetch::fetch;
pub use form::{FORM_VARIABLE, Form};
pub(crate) use multiply::{Product, fetch_ahead, multiply, multiply_in_parts};
pub use packed::PackedLinear;
pub use pool::{Pool, default_threads};
