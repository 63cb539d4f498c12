//! Weights of a model folder in every format that is read, and damaged, hostile and mistaken ones.

#[path = "support/pytorch.rs"]
mod pytorch;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diglot::weights::Checkpoint;
use diglot::{Error, ErrorKind};
use pytorch::{Tensor, archive};
use tempfile::TempDir;
use zip::CompressionMethod;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints")
}

/// A folder with the given files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn message(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert!(error.next_step().is_some(), "{error}");
    error.to_string()
}

/// Asserts that a folder with one file is refused in words that name the file.
fn assert_refused(name: &str, bytes: &[u8], words: &str) {
    let folder = folder(&[(name, bytes)]);
    let message = message(&Checkpoint::open(folder.path()).expect_err(words));
    assert!(message.contains(words) && message.contains(name), "{message:?} lacks {words:?}");
}

/// A safetensors file.
fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

#[test]
fn every_format_holds_the_same_tensors() {
    let expected: HashMap<String, (Vec<usize>, Vec<f32>)> =
        serde_json::from_str(&fs::read_to_string(fixtures().join("expected.json")).unwrap()).unwrap();
    for format in ["safetensors", "zip", "plain"] {
        let checkpoint = Checkpoint::open(&fixtures().join(format)).unwrap();
        assert_eq!(checkpoint.names().count(), expected.len(), "{format}");
        for (name, (shape, numbers)) in &expected {
            assert!(checkpoint.has(name), "{format}: {name}");
            assert_eq!(checkpoint.shape(name).unwrap(), shape, "{format}: {name}");
            let found = checkpoint.tensor(name, shape);
            if name == "position_ids" {
                assert!(message(&found.unwrap_err()).contains("64-bit integers"));
                continue;
            }
            assert_eq!(found.unwrap(), *numbers, "{format}: {name}");
            // Data that was released is read again.
            assert_eq!(checkpoint.tensor(name, shape).unwrap(), *numbers, "{format}: {name}");
        }
        let error = message(&checkpoint.tensor("scalar", &[1]).unwrap_err());
        assert!(error.contains("of shape [], not [1]"), "{error}");
        let error = message(&checkpoint.tensor("absent", &[1]).unwrap_err());
        assert!(error.contains("no tensor `absent`"), "{error}");
    }
}

#[test]
fn a_state_dict_with_attributes_is_read() {
    let checkpoint = Checkpoint::open(&fixtures().join("state-dict")).unwrap();
    assert_eq!(checkpoint.shape("weight").unwrap(), [2, 2]);
    assert_eq!(checkpoint.tensor("bias", &[2]).unwrap().len(), 2);
}

#[test]
fn pickles_of_other_things_are_refused() {
    let cases = [
        ("strided", "row-major"),
        ("list", "something else than named tensors"),
        ("module", "torch.nn.modules"),
    ];
    for (name, words) in cases {
        let message = message(&Checkpoint::open(&fixtures().join(name)).unwrap_err());
        assert!(message.contains(words), "{message:?} lacks {words:?}");
    }
}

#[test]
fn shards_are_read_as_one() {
    let first = safetensors(
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        &[0, 0, 128, 63, 0, 0, 0, 64],
    );
    let second = safetensors(r#"{"b":{"dtype":"BF16","shape":[1,1],"data_offsets":[0,2]}}"#, &[64, 64]);
    let index =
        br#"{"metadata":{"total_size":10},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#;
    let folder = folder(&[
        ("model.safetensors.index.json", index),
        ("one.safetensors", &first),
        ("two.safetensors", &second),
    ]);
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    assert_eq!(checkpoint.tensor("a", &[2]).unwrap(), [1.0, 2.0]);
    assert_eq!(checkpoint.tensor("b", &[1, 1]).unwrap(), [3.0]);

    fs::write(folder.path().join("two.safetensors"), &first).unwrap();
    assert!(message(&Checkpoint::open(folder.path()).unwrap_err()).contains("the tensor `a`, which"));
    fs::remove_file(folder.path().join("two.safetensors")).unwrap();
    assert!(
        message(&Checkpoint::open(folder.path()).unwrap_err()).contains("`two.safetensors`, which is not in")
    );
}

#[test]
fn an_index_names_files_beside_it_and_nothing_else() {
    let name = "model.safetensors.index.json";
    for shard in [
        "../model.safetensors",
        "/etc/model.safetensors",
        "a/b.safetensors",
        "..",
        "C:\\\\x.safetensors",
        ".safetensors",
        "model.safetensors.index.json",
        "a\\u0000.safetensors",
        "\\u001b[31m.safetensors",
    ] {
        let index = format!(r#"{{"weight_map":{{"a":"{shard}"}}}}"#);
        assert_refused(name, index.as_bytes(), "no name of a weight file");
    }
    assert_refused(name, br#"{"weight_map":{"a":"gone.safetensors"}}"#, "not in the folder");
    assert_refused(name, br#"{"weight_map":{}}"#, "lists no shards");
    assert_refused(name, br#"{"weight_map":{"a":1}}"#, "not an index");
    assert_refused(name, b"{}", "not an index");
    assert_refused(name, "[".repeat(200_000).as_bytes(), "not an index");
    let many: Vec<String> = (0..2000).map(|n| format!(r#""{n}":"{n}.bin""#)).collect();
    assert_refused(
        name,
        format!(r#"{{"weight_map":{{{}}}}}"#, many.join(",")).as_bytes(),
        "more than 1024 shards",
    );
}

#[cfg(unix)]
#[test]
fn a_shard_that_is_a_circle_of_links_is_an_error() {
    let index = br#"{"weight_map":{"a":"a.safetensors"}}"#;
    let folder = folder(&[("model.safetensors.index.json", index)]);
    std::os::unix::fs::symlink("b.safetensors", folder.path().join("a.safetensors")).unwrap();
    std::os::unix::fs::symlink("a.safetensors", folder.path().join("b.safetensors")).unwrap();
    assert_eq!(Checkpoint::open(folder.path()).unwrap_err().kind(), ErrorKind::Model);
}

#[test]
fn damaged_safetensors_are_refused() {
    let name = "model.safetensors";
    let refuse =
        |header: &str, data: &[u8], words: &str| assert_refused(name, &safetensors(header, data), words);
    let entry = |name: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let header = |entries: &[String]| format!("{{{}}}", entries.join(","));

    let claims = [&(100_000_001u64).to_le_bytes()[..], b"{}"].concat();
    assert_refused(name, &claims, "claims a header of 100000001 bytes");
    let claims = [&(1u64 << 39).to_le_bytes()[..], b"{}"].concat();
    assert_refused(name, &claims, "claims a header");
    assert_refused(name, &[&40u64.to_le_bytes()[..], b"{}"].concat(), "cut short");
    refuse(&header(&[entry("a", "[1]", 0, 4), entry("b", "[1]", 8, 12)]), &[0; 12], "after a hole");
    refuse(&header(&[entry("a", "[1]", 4, 8)]), &[0; 8], "after a hole");
    refuse(&header(&[entry("a", "[2]", 0, 8), entry("b", "[1]", 4, 8)]), &[0; 8], "overlaps");
    refuse(&header(&[entry("a", "[1]", 0, 4), entry("a", "[1]", 4, 8)]), &[0; 8], "twice");
    refuse(&header(&[entry("a", "[1]", 0, 4)]), &[0; 5], "has 1 bytes after its last tensor");
    refuse(&header(&[entry("a", "[2]", 0, 8)]), &[0; 4], "ends before its tensor `a`");
    refuse(&header(&[entry("a", "[2]", 0, 4)]), &[0; 4], "does not fit its shape");
    refuse(&header(&[entry("a", "[1]", 4, 0)]), &[0; 4], "does not fit its shape");
    refuse(&header(&[entry("a", "[4294967296,4294967296]", 0, 0)]), &[], "impossible shape");
    refuse(&header(&[entry("a", "[9223372036854775807,3]", 0, 4)]), &[0; 4], "impossible shape");
    refuse(&header(&[entry("a", "[1,1,1,1,1,1,1,1,1,1]", 0, 4)]), &[0; 4], "impossible shape");
    refuse(&header(&[entry("a", "[-1]", 0, 4)]), &[0; 4], "damaged header");
    refuse(r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, &[0; 4], "unknown type `F31`");
    refuse(r#"{"a":7}"#, &[], "damaged header");
    refuse(&format!("{{\"a\":{}", "{\"b\":".repeat(100_000)), &[], "damaged header");
    let mut bytes = safetensors(&header(&[entry("X", "[1]", 0, 4)]), &[0; 4]);
    bytes[10] = 0xff;
    assert_refused(name, &bytes, "not UTF-8");
}

#[test]
fn a_hundred_thousand_tensors_open() {
    let entries: Vec<String> = (0..100_000)
        .map(|n| {
            format!(
                r#""layer.{n}.weight":{{"dtype":"F16","shape":[1],"data_offsets":[{},{}]}}"#,
                2 * n,
                2 * n + 2
            )
        })
        .collect();
    let folder =
        folder(&[("model.safetensors", &safetensors(&format!("{{{}}}", entries.join(",")), &[0; 200_000]))]);
    let before = computed();
    assert_eq!(Checkpoint::open(folder.path()).unwrap().names().count(), 100_000);
    // Case 18 gives it a second. What others compute meanwhile counts nothing.
    let took = computed().zip(before).map(|(after, before)| after - before);
    println!("100,000 entries in {took:?}");
    assert!(took.is_none_or(|took| took < Duration::from_secs(1)), "{took:?}");
}

/// How long this thread has computed, where the system tells.
fn computed() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

#[test]
fn files_of_other_kinds_are_named() {
    for name in ["model.safetensors", "pytorch_model.bin"] {
        assert_refused(name, b"", "is empty");
        assert_refused(name, b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page");
        assert_refused(name, b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer");
        assert_refused(name, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0], "gzip");
        assert_refused(name, b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0", "is a GGUF file");
        assert_refused(name, &[0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, b'.'], "pickle");
        assert_refused(name, br#"{"error":"Repository not found"}"#, "JSON");
        assert_refused(name, b"hello", "is not a");
    }
    assert_refused("model.safetensors", b"PK\x03\x04 and so on", "zip archive");
    assert_refused("pytorch_model.bin", &safetensors("{}", &[]), "is a safetensors file");

    let empty = tempfile::tempdir().unwrap();
    let error = Checkpoint::open(empty.path()).unwrap_err();
    assert!(message(&error).contains("neither `model.safetensors` nor `pytorch_model.bin`"));
    fs::create_dir(empty.path().join("model.safetensors")).unwrap();
    assert!(message(&Checkpoint::open(empty.path()).unwrap_err()).contains("is a directory"));
    let tensorflow = folder(&[("tf_model.h5", b"x")]);
    let error = Checkpoint::open(tensorflow.path()).unwrap_err();
    assert!(error.next_step().unwrap().contains("TensorFlow"));
}

/// The pickle of `{"a": tensor}` with `len` numbers in storage `0`, and the tensor's offset, shape and stride.
fn pickle(len: usize, offset: usize, shape: &[usize], stride: &[usize]) -> Vec<u8> {
    pytorch::pickle(&[Tensor { name: "a", storage: 0, len, offset, shape, stride }])
}

#[test]
fn archives_are_checked_against_their_pickles() {
    let name = "pytorch_model.bin";
    let numbers = [0u8; 24];
    let pack = |pickle: &[u8], numbers: &[u8]| {
        archive(&[("m/data.pkl", pickle), ("m/data/0", numbers)], CompressionMethod::Stored)
    };
    let open = |bytes: &[u8]| Checkpoint::open(folder(&[(name, bytes)]).path()).map(drop);
    assert!(open(&pack(&pickle(6, 0, &[2, 3], &[3, 1]), &numbers)).is_ok());
    assert!(open(&pack(&pickle(6, 2, &[1, 4], &[9, 1]), &numbers)).is_ok());
    assert!(open(&pack(&pickle(6, 6, &[0], &[1]), &numbers)).is_ok());

    let refuse = |bytes: &[u8], words: &str| assert_refused(name, bytes, words);
    refuse(&pack(&pickle(6, 1, &[2, 3], &[3, 1]), &numbers), "outside its storage");
    refuse(&pack(&pickle(6, 0, &[2, 3], &[1, 2]), &numbers), "row-major");
    refuse(&pack(&pickle(6, 0, &[2], &[2]), &numbers), "row-major");
    refuse(&pack(&pickle(6, 0, &[6], &[0]), &numbers), "row-major");
    refuse(&pack(&pickle(6, 0, &[2, 3], &[1]), &numbers), "outside its storage");
    refuse(&pack(&pickle(6, 0, &[1; 12], &[1; 12]), &numbers), "outside its storage");
    refuse(&pack(&pickle(5, 0, &[5], &[1]), &numbers), "of another length");
    refuse(
        &archive(&[("m/data.pkl", &pickle(6, 0, &[6], &[1]))], CompressionMethod::Stored),
        "lacks the numbers `0`",
    );
    refuse(&archive(&[("readme.txt", b"hello")], CompressionMethod::Stored), "not of PyTorch weights");
    let whole: &[(&str, &[u8])] = &[("m/data.pkl", &pickle(6, 0, &[6], &[1])), ("m/data/0", &numbers)];
    refuse(&archive(whole, CompressionMethod::Deflated), "compressed");
    let big_endian: Vec<_> = whole.iter().copied().chain([("m/byteorder", &b"big"[..])]).collect();
    refuse(&archive(&big_endian, CompressionMethod::Stored), "big-endian");
    let two: Vec<_> = whole.iter().copied().chain([("n/data.pkl", &b"."[..])]).collect();
    refuse(&archive(&two, CompressionMethod::Stored), "not of PyTorch weights");
    // The same name twice: written with another of the same length, which is then changed.
    let twin: Vec<_> = whole.iter().copied().chain([("m/data/1", &numbers[..])]).collect();
    let mut bytes = archive(&twin, CompressionMethod::Stored);
    for at in 0..bytes.len() - 8 {
        if bytes[at..].starts_with(b"m/data/1") {
            bytes[at + 7] = b'0';
        }
    }
    refuse(&bytes, "two entries of one name");
}

#[test]
fn hostile_pickles_are_refused() {
    let refuse = |pickle: &[u8], words: &str| {
        let bytes = archive(&[("m/data.pkl", pickle)], CompressionMethod::Stored);
        assert_refused("pytorch_model.bin", &bytes, words);
    };
    refuse(b"\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.", "`posix.system`, which weights do not need");
    refuse(b"\x80\x02cbuiltins\neval\n.", "builtins.eval");
    refuse(b"\x80\x02c\x1b[31m\nx\n.", r"\u{1b}[31m.x");
    refuse(b"\x80\x04\x95\0\0\0\0\0\0\0\0.", "protocol 4");
    refuse(b"\x80\x02o.", "instruction 0x6f");
    refuse(b"\x80\x02X\xff\xff\xff\xffabc", "does not end");
    refuse(b"\x80\x02(((", "does not end");
    refuse(b"\x80\x02t.", "lacks a mark");
    refuse(b"\x80\x02R.", "takes more than it has");
    refuse(b"\x80\x02}}.", "one value");
    refuse(b"\x80\x02Ns.", "takes more than it has");
    refuse(b"\x80\x02h\x07.", "did not keep");
    refuse(b"\x80\x02(K\x01(tQ.", "names no storage");
    refuse(&[b"\x80\x02".to_vec(), vec![b'N'; 100_000], b".".to_vec()].concat(), "piles up");
    // A million tuples within each other, and values that double at each step.
    refuse(
        &[b"\x80\x02)".to_vec(), vec![0x85; 1_000_000], b".".to_vec()].concat(),
        "something else than named",
    );
    let double = b"q\x00h\x00\x86".repeat(100_000);
    refuse(&[&b"\x80\x02)"[..], &double, b"."].concat(), "something else than named");
    refuse(&[b"\x80\x02X\0\0\x50\0".to_vec(), vec![b'a'; 0x50_0000], b".".to_vec()].concat(), "does not end");
}

#[test]
fn any_damage_gives_an_error_or_the_tensors() {
    for format in ["zip", "plain", "safetensors"] {
        let path = fs::read_dir(fixtures().join(format)).unwrap().next().unwrap().unwrap().path();
        let good = fs::read(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join(path.file_name().unwrap());
        let try_it = |bytes: &[u8]| {
            fs::write(&copy, bytes).unwrap();
            if let Ok(checkpoint) = Checkpoint::open(folder.path()) {
                for name in checkpoint.names() {
                    _ = checkpoint.tensor(name, checkpoint.shape(name).unwrap());
                }
            }
        };
        for at in (0..good.len()).step_by(7) {
            try_it(&good[..at]);
            for mask in [0x01, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] ^= mask;
                try_it(&bytes);
            }
        }
    }
}
