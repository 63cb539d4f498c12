//! The `translate` command; see `translate --help`.

fn main() -> std::process::ExitCode {
    diglot::cli::translate()
}
