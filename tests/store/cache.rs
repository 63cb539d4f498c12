//! What lies in the cache: how it is found, verified, used offline and removed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::bench::{
    Bench, COMMIT, FILE, HUB, assert_has_content, card, content, hub_card, nobody, repository, sha256,
    silent, three_packages,
};
use super::hub::{Answer, Hub};
use super::processes::{spawn_child, wait_until};
use diglot::ErrorKind;
use diglot::catalog::Catalog;

#[test]
fn a_fetched_file_lies_in_the_cache_as_other_tools_expect_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(model.weights().unwrap().path, bench.snapshot());
    assert_has_content(&bench.blob());
    let target = fs::read_link(bench.snapshot()).unwrap();
    assert_eq!(target, Path::new("../../blobs").join(sha256(&content())));
    let lock = format!(".locks/models--org--tiny/{}.lock", sha256(&content()));
    assert!(bench.options.hub_cache.join(lock).is_file());
    // The commit came from the card: the hub named no branch, so no ref is written.
    assert!(!bench.options.hub_cache.join("models--org--tiny/refs").exists());
    assert_eq!(bench.files().len(), 2, "{:?}", bench.files());
}

#[test]
fn without_a_commit_on_the_card_the_hub_names_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert_has_content(&bench.snapshot());
    let reference = bench.options.hub_cache.join("models--org--tiny/refs/main");
    assert_eq!(fs::read_to_string(reference).unwrap(), COMMIT);
    let paths: Vec<_> = hub.requests().iter().map(|r| r.path.clone()).collect();
    assert_eq!(paths, ["/org/tiny/resolve/main/tiny.gguf", &format!("/org/tiny/resolve/{COMMIT}/tiny.gguf")]);
}

#[test]
fn without_any_commit_a_file_goes_to_diglots_own_store() {
    let repository = repository();
    let hub = Hub::start(move |request| match request.method.as_str() {
        "HEAD" => Answer::status(200),
        _ => repository.bytes(request),
    });
    let bench = Bench::new(&hub.url);
    let model = bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert!(model.weights().unwrap().path.starts_with(&bench.options.home));
    assert!(!bench.options.hub_cache.exists());
    assert_eq!(bench.store().resolve(&card(HUB, "")).unwrap(), Some(model));
}

#[test]
fn a_read_only_cache_serves_what_it_has_and_refuses_what_it_has_not() {
    // Cases 52 and 53. A path through a file cannot be written by anyone, the superuser included.
    let mut bench = Bench::new(&nobody());
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    fs::write(bench.snapshot(), content()).unwrap();
    fs::write(bench.path("file"), "").unwrap();
    bench.options.home = bench.path("file").join("home");
    let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(model.weights().unwrap().path, bench.snapshot());

    bench.options.hub_cache = bench.path("file");
    let error = bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    assert!(error.to_string().contains("file") && error.next_step().is_some(), "{error}");
}

#[test]
fn a_cache_whose_name_is_not_utf8_is_no_panic() {
    // Case 53.
    use std::os::unix::ffi::OsStrExt;
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let mut bench = Bench::new(&hub.url);
    bench.options.hub_cache = bench.directory.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    let error = bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    fs::write(bench.snapshot(), content()).unwrap();
    assert!(bench.store().resolve(&hub_card()).unwrap().is_some());
}

#[test]
fn offline_nothing_is_asked_and_what_is_here_is_used() {
    // Cases 57 and 58.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let mut bench = Bench::new(&hub.url);
    bench.options.offline = true;
    let packages = three_packages(&bench);
    for card in [&hub_card(), &packages] {
        let error = bench.store().fetch(card, &mut silent).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Network, 5));
        assert!(error.next_step().is_some_and(|hint| hint.contains("models pull tiny")));
    }
    assert!(hub.requests().is_empty() && bench.asked().is_empty());

    bench.options.offline = false;
    let online = bench.store().fetch(&hub_card(), &mut silent).unwrap();
    let asked = hub.requests().len();
    bench.options.offline = true;
    assert_eq!(bench.store().fetch(&hub_card(), &mut silent).unwrap(), online);
    assert_eq!(hub.requests().len(), asked);
}

#[test]
fn verify_finds_bit_rot_that_time_and_size_hide() {
    // Case 59.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();

    let modified = fs::metadata(bench.blob()).unwrap().modified().unwrap();
    let mut rotten = content();
    rotten[77] ^= 1;
    fs::write(bench.blob(), rotten).unwrap();
    fs::File::options().write(true).open(bench.blob()).unwrap().set_modified(modified).unwrap();
    let error = bench.store().verify(&hub_card(), &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 4, "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");
    // From now on it is known, and a pull replaces it.
    assert_eq!(bench.store().resolve(&hub_card()).unwrap_err().exit_code(), 4);
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();
}

#[test]
fn what_another_tool_fetched_is_found_and_not_removed() {
    let bench = Bench::new(&nobody());
    // Another commit, another repository's blob, and a real file in a snapshot: all are found.
    let cache = &bench.options.hub_cache;
    let other = cache.join("models--mirror--tiny/blobs").join(sha256(&content()));
    let real = cache.join("models--org--tiny/snapshots").join("f".repeat(40)).join(FILE);
    for path in [other, real] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content()).unwrap();
        let model = bench.store().fetch(&hub_card(), &mut silent).unwrap();
        assert_eq!(model.weights().unwrap().path, path);
        let removal = bench.store().remove(&hub_card(), false).unwrap();
        assert!(removal.removed.is_empty() && removal.kept.len() == 1, "{removal:?}");
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
}

#[test]
fn remove_takes_what_diglot_fetched_unless_something_refers_to_it() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let store = bench.store();
    store.fetch(&hub_card(), &mut silent).unwrap();

    let plan = store.remove(&hub_card(), true).unwrap();
    assert_eq!((plan.removed.len(), plan.freed), (2, content().len() as u64));
    assert!(bench.snapshot().exists(), "a dry run removes nothing");

    let elsewhere = bench.snapshot().parent().unwrap().with_file_name("f".repeat(40)).join(FILE);
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    symlink(Path::new("../../blobs").join(sha256(&content())), &elsewhere).unwrap();
    let removal = store.remove(&hub_card(), false).unwrap();
    assert!(bench.blob().exists() && elsewhere.exists() && !bench.snapshot().exists());
    assert_eq!(removal.freed, 0);

    fs::remove_file(&elsewhere).unwrap();
    assert_eq!(store.remove(&hub_card(), false).unwrap().freed, content().len() as u64);
    assert!(!bench.blob().exists());
    assert!(bench.options.hub_cache.is_dir());
}

#[test]
fn prune_collects_orphans_and_leaves_running_downloads() {
    // Case 60.
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" {
            answer.pause = Some((100_000, Duration::from_secs(50)));
        }
        answer
    });
    let bench = Bench::new(&hub.url);
    let mut catalog = Catalog::built_in().unwrap();
    catalog.add(hub_card());
    let mut child = spawn_child(&bench, &hub.url, &hub_card());
    let staging = bench.blob().with_extension("incomplete");
    wait_until("100000 bytes", || fs::metadata(&staging).is_ok_and(|m| m.len() == 100_000));
    let removal = bench.store().prune(&catalog, false).unwrap();
    assert!(removal.removed.is_empty() && staging.exists(), "{removal:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let removal = bench.store().prune(&catalog, false).unwrap();
    assert_eq!(removal.freed, 100_000);
    assert!(!staging.exists());
}

#[test]
fn planted_links_are_replaced_and_not_followed() {
    // Cases 54 and 56: a link in the place of the part, and a dangling one in the snapshot.
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let victim = bench.path("victim");
    fs::write(&victim, "precious").unwrap();
    fs::create_dir_all(bench.blob().parent().unwrap()).unwrap();
    fs::create_dir_all(bench.snapshot().parent().unwrap()).unwrap();
    symlink(&victim, bench.blob().with_extension("incomplete")).unwrap();
    symlink("../../blobs/gone", bench.snapshot()).unwrap();
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_has_content(&bench.snapshot());
}
