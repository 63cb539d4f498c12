//! The `diglot` command; see `diglot --help`.

fn main() -> std::process::ExitCode {
    diglot::cli::diglot()
}
