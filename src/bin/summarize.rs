//! The `summarize` command; see `summarize --help`.

fn main() -> std::process::ExitCode {
    diglot::cli::summarize()
}
