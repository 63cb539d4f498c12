//! What a program that was run said.

use std::process::Output;

/// Its standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// It ended with this code, wrote nothing on standard output, and every one of the words on standard error.
#[track_caller]
pub fn assert_fails(output: &Output, expected: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(expected), "{said}");
    assert_eq!(output.stdout, b"", "nothing on standard output");
    for word in words {
        assert!(said.contains(word), "`{word}` not in:\n{said}");
    }
}
