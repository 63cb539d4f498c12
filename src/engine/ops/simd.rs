//! One loop, compiled for several instruction sets.

/// Compiles a function, which may have one type parameter, for AVX-512, for AVX2 with fused multiply-add and for
/// the baseline, and chooses at run time. `FMA` in the body tells whether `mul_add` is one instruction.
macro_rules! simd {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident$(<$param:ident: $bound:ident>)?($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name$(<$param: $bound>)?($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body<const FMA: bool $(, $param: $bound)?>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx512$(<$param: $bound>)?($($arg: $ty),*) $(-> $ret)? {
                    body::<true $(, $param)?>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2$(<$param: $bound>)?($($arg: $ty),*) $(-> $ret)? {
                    body::<true $(, $param)?>($($arg),*)
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
            body::<false $(, $param)?>($($arg),*)
        }
    };
}
pub(crate) use simd;

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(crate) fn multiply_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}
