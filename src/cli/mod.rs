//! The command line.

// Until the binaries call it.
#[allow(dead_code)]
pub(crate) mod models;
