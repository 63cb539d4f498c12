//! The instruction sets that there are kernels for, and which of them is used.

#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::error::{Error, Result};

/// The environment variable that overrides the choice of the form.
pub const FORM_VARIABLE: &str = "DIGLOT_KERNEL";

/// Groups times tiles that a kernel is given at once, at most.
pub(super) const AT_ONCE: usize = 16;

/// The instruction set that the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Plain Rust: the reference, slow.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Form {
    /// The form to use: what `DIGLOT_KERNEL` names (`portable`, `avx2`, `avx512`), else the best that this
    /// processor has, `None` where candle's own product is better than ours.
    ///
    /// # Errors
    /// A usage error if the variable names a form that is unknown or that this processor lacks.
    pub fn choose() -> Result<Option<Self>> {
        match std::env::var(FORM_VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name).map(Some),
            _ => Ok(Self::best()),
        }
    }

    /// The form with this name, if this processor has it.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all();
        all.iter().copied().find(|form| form.name() == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|form| form.name()).collect();
            Error::usage(format!("{FORM_VARIABLE}: no kernels `{name}` for this processor"))
                .hint(format!("use one of {}, or unset the variable", known.join(", ")))
        })
    }

    /// The forms that this processor has, the best one last.
    pub fn all() -> Vec<Self> {
        vec![
            Self::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512,
        ]
        .into_iter()
        .filter(|form| form.supported())
        .collect()
    }

    /// Whether this processor has it.
    pub(super) fn supported(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::supported(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::supported(),
        }
    }

    /// Groups of rows, and tiles, that its kernels work on together, of so many groups.
    pub(super) fn at_once(self, groups: usize) -> (usize, usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if groups > 1 => (AT_ONCE, 1),
            _ => (1, AT_ONCE),
        }
    }

    /// The best form, if there is one that beats candle.
    fn best() -> Option<Self> {
        Self::all().pop().filter(|&form| form != Self::Portable)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
        }
    }
}
