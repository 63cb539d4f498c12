//! Runs of the binaries that see nothing of the machine but a directory.

use std::path::Path;
use std::process::{Command, Stdio};

/// A command of the package, whose home and working directory is `home`; it reaches no network.
pub fn command(binary: &str, home: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin(binary));
    command
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/nonexistent")
        .env("HF_HUB_OFFLINE", "1")
        .stdin(Stdio::null());
    command
}
