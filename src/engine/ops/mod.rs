//! The small operations of a model on plain rows of `f32`, a file for each kind. Each is a loop that the compiler
//! vectorises; [`simd`] compiles it once more for wider registers.

mod activation;
mod bf16;
mod elementwise;
mod exp;
mod matmul;
mod norm;
mod reduce;
mod rope;
mod round;
mod simd;
mod softmax;

pub(crate) use activation::{gelu, gelu_gate, gelu_tanh, relu, silu, silu_gate};
pub(crate) use bf16::{Bf16, Number, to_bf16};
pub(crate) use elementwise::{add, scale_by, scaled, sum_of};
pub(crate) use exp::exp;
pub(crate) use matmul::matmul;
pub(crate) use norm::{layer_norm_in_place, rms_norm, rms_norm_in_place};
pub(crate) use reduce::{all_finite, max};
pub use rope::RopeLayout;
pub(crate) use rope::{Angles, Rope};
pub(crate) use round::{nearest, nearest_i8};
pub(crate) use simd::{multiply_add, simd};
pub(crate) use softmax::{exp_shifted, softmax, sum_exp_onto, sum_exp_rising};
