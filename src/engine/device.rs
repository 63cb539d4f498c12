//! Where the matrix products of a model are computed.

use std::str::FromStr;

use crate::error::{Error, Result};

/// A device that computes matrix products. On a GPU the weights lie there and candle's backend multiplies;
/// the small operations and attention stay on the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The processor, with the kernels of [`kernels`](crate::engine::kernels).
    #[default]
    Cpu,
    /// The CUDA device with this number. Needs the feature `cuda`.
    Cuda(usize),
    /// The Metal device with this number. Needs the feature `metal`.
    Metal(usize),
}

impl Device {
    /// candle's device; none for the processor.
    ///
    /// # Errors
    /// A usage error when this build lacks the feature; a resource error when there is no such device or it
    /// cannot be used.
    pub(crate) fn open(self) -> Result<Option<candle_core::Device>> {
        let (device, built, feature) = match self {
            Self::Cpu => return Ok(None),
            Self::Cuda(number) => (candle_core::Device::new_cuda(number), cfg!(feature = "cuda"), "cuda"),
            Self::Metal(number) => (candle_core::Device::new_metal(number), cfg!(feature = "metal"), "metal"),
        };
        if !built {
            return Err(Error::usage(format!("this build of diglot cannot use {self}"))
                .hint(format!("build it with `--features {feature}`, or leave --device out")));
        }
        device.map(Some).map_err(|error| {
            Error::resource(format!("{self} cannot be used: {error}"))
                .hint("leave --device out")
                .with_source(error)
        })
    }
}

/// `cpu`, `cuda`, `cuda:1`, `metal`, `metal:0`.
impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::usage(format!("unknown device `{text}`"))
                .hint("use cpu, cuda, cuda:N, metal or metal:N, where N counts from 0")
        };
        let (kind, number) = match text.split_once(':') {
            Some((kind, number)) => (kind, number.parse().map_err(|_| unknown())?),
            None => (text, 0),
        };
        match kind {
            "cpu" if number == 0 => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(number)),
            "metal" => Ok(Self::Metal(number)),
            _ => Err(unknown()),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal(number) => write!(f, "metal:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn devices_are_read_by_name() {
        for (text, device) in [
            ("cpu", Device::Cpu),
            ("cuda", Device::Cuda(0)),
            ("cuda:3", Device::Cuda(3)),
            ("metal:1", Device::Metal(1)),
        ] {
            assert_eq!(text.parse::<Device>().unwrap(), device);
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:2", "metal:1:2"] {
            assert!(text.parse::<Device>().unwrap_err().kind() == ErrorKind::Usage, "{text}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn what_was_not_built_is_refused() {
        assert!(Device::Cuda(0).open().unwrap_err().kind() == ErrorKind::Usage);
        assert!(Device::Cpu.open().unwrap().is_none());
    }
}
