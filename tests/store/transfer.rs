//! A file on its way from the hub: what may come back, and what never reaches the cache.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::bench::{
    Bench, COMMIT, HUB, assert_has_content, card, content, fetch_with_reasons, fetches_through, hub_card,
    repository, silent,
};
use super::hub::{Answer, Hub, Repository};

#[test]
fn nothing_but_metadata_and_weights_is_ever_asked_for() {
    let repository = repository();
    let cdn = Hub::start({
        let repository = repository.clone();
        move |request| repository.bytes(request)
    });
    let location = format!("{}/blob?signature=abc", cdn.url);
    let hub = Hub::start(move |_| repository.describe(302).header("Location", &location));
    let mut bench = Bench::new(&hub.url);
    bench.options.token = Some("hf_secret".into());
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().fetch(&hub_card(), &mut silent).unwrap();
    bench.store().verify(&hub_card(), &mut silent).unwrap();

    let file = format!("/org/tiny/resolve/{COMMIT}/tiny.gguf");
    let asked: Vec<_> = hub.requests().into_iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(asked, [("HEAD".to_owned(), file.clone()), ("GET".to_owned(), file)]);
    let asked: Vec<_> = cdn.requests().into_iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(asked, [("GET".to_owned(), "/blob?signature=abc".to_owned())]);
    let known = ["accept", "accept-encoding", "authorization", "host", "range", "user-agent"];
    for request in hub.requests().iter().chain(&cdn.requests()) {
        for (name, value) in &request.headers {
            assert!(known.contains(&name.to_lowercase().as_str()), "{name}: {value}");
        }
        assert_eq!(request.header("user-agent"), Some(concat!("diglot/", env!("CARGO_PKG_VERSION"))));
    }
    // Case 41: the token goes to the hub, and not to the host that it redirects to.
    assert!(hub.requests().iter().all(|r| r.header("authorization") == Some("Bearer hf_secret")));
    assert!(cdn.requests().iter().all(|r| r.header("authorization").is_none()));
}

#[test]
fn wrong_bytes_are_deleted_tried_once_more_and_refused() {
    // Cases 26 and 27: quite other bytes, and one flipped bit.
    let mut flipped = content();
    flipped[123_456] ^= 4;
    for bytes in [vec![7; content().len()], flipped] {
        let right = repository();
        let wrong = Repository { content: bytes, ..repository() };
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => right.describe(200),
            _ => wrong.bytes(request),
        });
        let bench = Bench::new(&hub.url);
        let (result, reasons) = fetch_with_reasons(&bench, &hub_card());
        let error = result.unwrap_err();
        assert_eq!(error.exit_code(), 4, "{error}");
        assert!(error.to_string().contains("sha256"), "{error}");
        assert_eq!((hub.count("GET"), reasons.len()), (2, 2), "{reasons:?}");
        assert_eq!(bench.files(), Vec::<PathBuf>::new());
        assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
    }
}

#[test]
fn an_error_page_is_never_cached() {
    // Case 28: the metadata are fine, the bytes are not.
    let page = || Answer::status(200).header("Content-Type", "text/html").body("<p>Sign in</p>");
    let padded = || Answer::status(200).header("Content-Type", "text/html").body(vec![b' '; content().len()]);
    for answer in [Answer::status(403).body("no"), Answer::status(500).body("oops"), page(), padded()] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => answer.clone(),
        });
        let bench = Bench::new(&hub.url);
        let (result, _) = fetch_with_reasons(&bench, &hub_card());
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert!(bench.files().iter().all(|f| fs::metadata(f).unwrap().len() == 0), "{:?}", bench.files());
        assert_eq!(bench.store().resolve(&hub_card()).unwrap(), None);
    }
}

#[test]
fn a_busy_hub_is_asked_again_when_it_says_and_never_later_than_the_cap() {
    // Cases 29 and 30. The pauses asked for are an hour; the cap of the test is 50 ms.
    let repository = repository();
    let hub = fetches_through(move |request| match (request.method.as_str(), request.earlier) {
        ("GET", 0) => Answer::status(429).header("Retry-After", "3600"),
        ("GET", 1 | 2) => Answer::status(500),
        ("HEAD", 0) => Answer::status(503).header("Retry-After", "3600"),
        _ => repository.answer(request),
    });
    assert_eq!((hub.count("HEAD"), hub.count("GET")), (2, 4));
}

#[test]
fn a_stalled_transfer_is_resumed() {
    // Case 32.
    let repository = repository();
    let hub = fetches_through(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier == 0 {
            answer.pause = Some((1000, Duration::from_secs(20)));
        }
        answer
    });
    let gets: Vec<_> = hub.requests().into_iter().filter(|r| r.method == "GET").collect();
    assert_eq!(gets[1].range_start(), Some(1000));
}

#[test]
fn a_broken_transfer_is_resumed_where_it_broke() {
    // Case 33.
    let repository = repository();
    let hub = fetches_through(move |request| {
        let mut answer = repository.answer(request);
        if request.method == "GET" && request.earlier < 2 {
            answer.cut_after = Some(100_000);
        }
        answer
    });
    let starts: Vec<_> =
        hub.requests().iter().filter(|r| r.method == "GET").map(|r| r.range_start()).collect();
    assert_eq!(starts, [None, Some(100_000), Some(200_000)]);
}

#[test]
fn a_part_other_than_the_one_asked_for_is_discarded() {
    // Case 34: the wrong range, and the wrong total.
    let total = content().len();
    for range in
        [format!("bytes 5-{}/{total}", total - 1), format!("bytes 100000-{}/{}", total - 1, total + 1)]
    {
        let repository = repository();
        let hub = fetches_through(move |request| {
            let mut answer = repository.answer(request);
            if request.method == "GET" && request.earlier == 0 {
                answer.cut_after = Some(100_000);
            }
            if request.range_start().is_some() {
                answer.headers = vec![("Content-Range".into(), range.clone())];
            }
            answer
        });
        let starts: Vec<_> =
            hub.requests().iter().filter(|r| r.method == "GET").map(|r| r.range_start()).collect();
        assert_eq!(starts, [None, Some(100_000), None]);
    }
}

#[test]
fn a_server_that_ignores_the_range_starts_the_file_anew() {
    // Case 35.
    let repository = repository();
    fetches_through(move |request| {
        let mut answer = repository.describe(200).body(repository.content.clone());
        if request.method == "GET" && request.earlier == 0 {
            answer.cut_after = Some(100_000);
        }
        answer
    });
}

#[test]
fn a_complete_part_is_verified_and_not_fetched_again() {
    // Case 36, and a 416 for a part that is not complete: the file is fetched anew.
    let (whole, some) = (content(), content()[..5000].to_vec());
    for (left, gets) in [(whole, 0), (some, 2)] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.range_start() {
            Some(_) => Answer::status(416),
            None => repository.answer(request),
        });
        let bench = Bench::new(&hub.url);
        let staging = bench.blob().with_extension("incomplete");
        fs::create_dir_all(staging.parent().unwrap()).unwrap();
        fs::write(&staging, left).unwrap();
        bench.store().fetch(&hub_card(), &mut silent).unwrap();
        assert_has_content(&bench.snapshot());
        assert_eq!(hub.count("GET"), gets);
    }
}

#[test]
fn a_body_of_another_size_is_refused() {
    // Cases 38 and 39: too long, too short, endless, compressed.
    let total = content().len();
    let endless = Answer { endless: true, ..Answer::status(200).body(vec![1; 65_536]) };
    let answers = [
        Answer::status(200).body(vec![1; total + 1]),
        Answer::status(200).body(vec![1; total - 1]),
        endless,
        Answer::status(200).header("Content-Encoding", "gzip").body(content()),
    ];
    for answer in answers {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => answer.clone(),
        });
        let bench = Bench::new(&hub.url);
        bench.store().fetch(&hub_card(), &mut silent).unwrap_err();
        for file in bench.files() {
            assert!(fs::metadata(&file).unwrap().len() <= total as u64, "{}", file.display());
        }
        assert!(!bench.blob().exists());
    }
}

#[test]
fn a_hostile_commit_or_etag_reaches_no_path() {
    // Case 40.
    let long = "a".repeat(5000);
    for value in ["../../../../escaped", "/tmp/escaped", "..", &long, "0123"] {
        let (right, value) = (repository(), value.to_owned());
        let hub = Hub::start(move |request| {
            let commit = Answer::status(200).header("X-Repo-Commit", &value);
            match request.method.as_str() {
                "HEAD" => commit.header("X-Linked-Etag", format!("\"{value}\"")),
                _ => right.bytes(request),
            }
        });
        let bench = Bench::new(&hub.url);
        let (result, _) = fetch_with_reasons(&bench, &card(HUB, ""));
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert_eq!(bench.files(), Vec::<PathBuf>::new());
        assert_eq!(hub.count("GET"), 0);
    }
    // A hostile ETag alone is ignored: the card names the file's hash.
    let right = repository();
    let hub = Hub::start(move |request| match request.method.as_str() {
        "HEAD" => Answer::status(200).header("X-Repo-Commit", COMMIT).header("ETag", "\"../../x\""),
        _ => right.bytes(request),
    });
    let bench = Bench::new(&hub.url);
    bench.store().fetch(&card(HUB, ""), &mut silent).unwrap();
    assert_has_content(&bench.blob());
}

#[test]
fn endless_redirects_end() {
    // Case 41.
    let hub = Hub::start(|request| Answer::status(302).header("Location", format!("{}x", request.path)));
    let (result, reasons) = fetch_with_reasons(&Bench::new(&hub.url), &hub_card());
    assert_eq!(result.unwrap_err().exit_code(), 5);
    assert!(reasons[0].contains("redirects"), "{reasons:?}");
    assert!(hub.requests().len() < 20);
}

#[test]
fn a_redirect_to_the_link_or_to_a_file_is_not_followed() {
    // Case 42.
    for location in ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"] {
        let repository = repository();
        let hub = Hub::start(move |request| match request.method.as_str() {
            "HEAD" => repository.describe(200),
            _ => Answer::status(302).header("Location", location),
        });
        let (result, reasons) = fetch_with_reasons(&Bench::new(&hub.url), &hub_card());
        assert_eq!(result.unwrap_err().exit_code(), 5);
        assert!(reasons[0].contains("redirects to"), "{reasons:?}");
    }
}
