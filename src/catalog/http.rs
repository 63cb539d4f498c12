//! The one HTTP client: moves bytes, resumes, and follows no address that it should not.
//!
//! Nothing is sent but the request itself, a user agent that says `diglot/VERSION`, and the token, which
//! goes to the origin it was meant for and nowhere else.

use std::fs::File;
use std::future::Future;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap,
    HeaderName, LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode, Url};

use super::address::{check_redirect, is_loopback};
use super::events::{Observe, StoreEvent, tell};
use super::fetch::Failure;
use super::layout::writing;
use super::options::StoreOptions;
use super::place::open_staging;
use crate::error::Error;

const MAX_REDIRECTS: usize = 10;
/// Faults in a row, without a byte gained, after which a source is given up.
const MAX_FAULTS: u32 = 5;
/// Attempts after which a source that gives a little each time is given up.
const MAX_ATTEMPTS: u32 = 100;
/// A transfer slower than this, in bytes a second, has stalled.
const CRAWL: u64 = 1024;
/// How often the observer is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// What went wrong with one request.
enum Trouble {
    /// It may work the next time; the server may have said when.
    Passing { why: String, pause: Option<Duration> },
    /// The file so far does not fit what the server sends: begin anew.
    StartOver { why: String },
    /// It will not work the next time.
    Lasting(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Lasting(Failure::Fatal(error))
    }
}

/// Where redirects are followed to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// Only within the same origin, for what the hub itself says in its headers.
    SameOrigin,
    /// Wherever [`check_redirect`] allows.
    Anywhere,
}

/// One file's conversation with one server.
struct Session<'a> {
    options: &'a StoreOptions,
    client: reqwest::Client,
    url: Url,
    token: Option<&'a str>,
    /// The bytes of the file; 0 while only its description is asked for.
    total: u64,
}

/// Downloads `url` into `staging`, going on after the bytes that are already there.
pub(crate) fn download(
    options: &StoreOptions,
    url: &str,
    token: Option<&str>,
    total: u64,
    staging: &Path,
    observe: Observe<'_>,
) -> Result<(), Failure> {
    let session = Session::new(options, url, token, total)?;
    block_on(session.download(staging, observe))?
}

/// The headers with which the server of `url` describes the file, without its bytes.
pub(crate) fn head(
    options: &StoreOptions,
    url: &str,
    token: Option<&str>,
    observe: Observe<'_>,
) -> Result<HeaderMap, Failure> {
    let session = Session::new(options, url, token, 0)?;
    Ok(block_on(session.ask(Method::HEAD, 0, observe))??.0)
}

/// The body with which the server answers, of at most `limit` bytes.
pub(crate) fn get(
    options: &StoreOptions,
    url: &str,
    token: Option<&str>,
    limit: usize,
    observe: Observe<'_>,
) -> Result<Vec<u8>, Failure> {
    let session = Session::new(options, url, token, 0)?;
    Ok(block_on(session.ask(Method::GET, limit, observe))??.1)
}

/// A header as text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(Error::runtime("a model cannot be fetched inside an asynchronous runtime")
            .hint("call `fetch` from a thread of its own (`spawn_blocking`)"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::runtime(format!("cannot start the network: {e}")))?;
    Ok(runtime.block_on(future))
}

impl<'a> Session<'a> {
    fn new(
        options: &'a StoreOptions,
        url: &str,
        token: Option<&'a str>,
        total: u64,
    ) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(|e| Failure::Unusable(format!("`{url}` is no address: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Failure::Unusable(format!("`{url}` is no web address")));
        }
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("diglot/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.connect_timeout)
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&url) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|e| Failure::Unusable(root_cause(&e)))?;
        Ok(Self { options, client, url, token, total })
    }

    /// What the observer is told while nothing new happens.
    fn progress(&self, done: u64) -> StoreEvent<'_> {
        match self.total {
            total @ 1.. => StoreEvent::Progress { done, total },
            0 => StoreEvent::Asking { host: self.url.host_str().unwrap_or_default() },
        }
    }

    /// Asks until there is an answer: its headers, and at most `limit` bytes of a body.
    async fn ask(
        &self,
        method: Method,
        limit: usize,
        observe: Observe<'_>,
    ) -> Result<(HeaderMap, Vec<u8>), Failure> {
        let mut faults = 0;
        loop {
            match self.answer(&method, limit, observe).await {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(failure)) => return Err(failure),
                Err(Trouble::StartOver { why }) => return Err(Failure::Unusable(why)),
                Err(Trouble::Passing { why, pause }) => {
                    faults += 1;
                    self.pause(faults, why, pause, 0, observe).await?;
                }
            }
        }
    }

    async fn answer(
        &self,
        method: &Method,
        limit: usize,
        observe: Observe<'_>,
    ) -> Result<(HeaderMap, Vec<u8>), Trouble> {
        let follow = if *method == Method::HEAD { Follow::SameOrigin } else { Follow::Anywhere };
        let mut response = self.request(method, None, follow, observe).await?;
        let headers = response.headers().clone();
        let mut body = Vec::new();
        if *method == Method::HEAD {
            return Ok((headers, body));
        }
        if text(&headers, CONTENT_ENCODING).is_some_and(|e| e != "identity") {
            return Err(unusable("it answered with compressed text, which was not asked for"));
        }
        loop {
            match attend(response.chunk(), self.options.stall_timeout, self.progress(0), observe).await? {
                Some(Ok(Some(chunk))) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
                Some(Ok(Some(_))) => {
                    return Err(unusable(format!("it answered with more than {limit} bytes")));
                }
                Some(Ok(None)) => return Ok((headers, body)),
                Some(Err(e)) => return Err(passing(format!("the answer broke off: {}", root_cause(&e)))),
                None => return Err(passing("the answer stalled")),
            }
        }
    }

    async fn download(&self, staging: &Path, observe: Observe<'_>) -> Result<(), Failure> {
        let mut file = open_staging(staging)?;
        let mut done = file.metadata().map_err(|e| writing("read", staging, e))?.len();
        let mut faults = 0;
        for _ in 0..MAX_ATTEMPTS {
            if done > self.total {
                done = 0;
            }
            if done == self.total {
                tell(observe, self.progress(done))?;
                return Ok(());
            }
            let before = done;
            let result = self.transfer(&mut file, staging, &mut done, observe).await;
            if done > before {
                faults = 0;
            }
            match result {
                Ok(()) => {}
                Err(Trouble::Lasting(failure)) => return Err(failure),
                Err(Trouble::StartOver { why }) => {
                    done = 0;
                    faults += 1;
                    self.pause(faults, why, None, done, observe).await?;
                }
                Err(Trouble::Passing { why, pause }) => {
                    faults += 1;
                    self.pause(faults, why, pause, done, observe).await?;
                }
            }
        }
        Err(Failure::Unusable(format!("the transfer broke {MAX_ATTEMPTS} times")))
    }

    /// Asks for what is missing after `done` bytes, and writes what comes.
    async fn transfer(
        &self,
        file: &mut File,
        staging: &Path,
        done: &mut u64,
        observe: Observe<'_>,
    ) -> Result<(), Trouble> {
        let wanted = (*done > 0).then_some(*done);
        let mut response = self.request(&Method::GET, wanted, Follow::Anywhere, observe).await?;
        // A server that ignores the range sends everything.
        *done = if response.status() == StatusCode::PARTIAL_CONTENT { *done } else { 0 };
        self.check_body(&response, *done)?;
        let cut = file.set_len(*done).and_then(|()| file.seek(SeekFrom::Start(*done)));
        cut.map_err(|e| writing("write", staging, e))?;

        let stall = self.options.stall_timeout;
        let mut window = (Instant::now(), 0_u64);
        loop {
            let chunk = attend(response.chunk(), stall, self.progress(*done), observe).await?;
            let chunk = match chunk {
                Some(Ok(Some(chunk))) => chunk,
                Some(Ok(None)) if *done == self.total => return Ok(()),
                Some(Ok(None)) => return Err(passing("the transfer ended early")),
                Some(Err(e)) => return Err(passing(format!("the transfer broke: {}", root_cause(&e)))),
                None => return Err(passing("the transfer stalled")),
            };
            let length = chunk.len() as u64;
            if *done + length > self.total {
                *done = 0;
                let why = format!("it sends more than the {} bytes of the file", self.total);
                return Err(Trouble::Lasting(Failure::WrongBytes(why)));
            }
            file.write_all(&chunk).map_err(|e| writing("write", staging, e))?;
            *done += length;
            tell(observe, self.progress(*done))?;
            window.1 += length;
            if window.0.elapsed() >= stall {
                if window.1 < (stall.as_secs_f64() * CRAWL as f64) as u64 {
                    return Err(passing("the transfer stalled"));
                }
                window = (Instant::now(), 0);
            }
        }
    }

    /// Whether the body can be the file, or the rest of it from `start` on.
    fn check_body(&self, response: &Response, start: u64) -> Result<(), Trouble> {
        let headers = response.headers();
        if text(headers, CONTENT_ENCODING).is_some_and(|e| e != "identity") {
            return Err(unusable("it sends the file compressed, which was not asked for"));
        }
        if text(headers, CONTENT_TYPE).is_some_and(|t| t.starts_with("text/html")) {
            return Err(unusable("it answered with a web page instead of the file"));
        }
        let length: Option<u64> = text(headers, CONTENT_LENGTH).and_then(|l| l.parse().ok());
        if response.status() != StatusCode::PARTIAL_CONTENT {
            return match length {
                Some(length) if length != self.total => {
                    let why = format!("it offers {length} bytes instead of {}", self.total);
                    Err(Trouble::Lasting(Failure::WrongBytes(why)))
                }
                _ => Ok(()),
            };
        }
        let range = text(headers, CONTENT_RANGE).and_then(content_range);
        match range {
            Some((first, last, total)) if first == start && last + 1 == self.total && total == self.total => {
                Ok(())
            }
            _ => Err(Trouble::StartOver {
                why: "it sent another part of the file than the one asked for".into(),
            }),
        }
    }

    /// Sends one request and follows its redirects. The answer has a status of success, or, with
    /// [`Follow::SameOrigin`], redirects elsewhere.
    async fn request(
        &self,
        method: &Method,
        start: Option<u64>,
        follow: Follow,
        observe: Observe<'_>,
    ) -> Result<Response, Trouble> {
        let mut url = self.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(method, &url, start, observe).await?;
            if !response.status().is_redirection() {
                return self.check_status(response, start);
            }
            let location = text(response.headers(), LOCATION);
            let next = location.and_then(|location| url.join(location).ok());
            let next = next.ok_or_else(|| unusable("it redirects to nowhere"))?;
            if follow == Follow::SameOrigin && next.origin() != url.origin() {
                return Ok(response);
            }
            check_redirect(&url, &next).map_err(unusable)?;
            url = next;
        }
        Err(unusable(format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        start: Option<u64>,
        observe: Observe<'_>,
    ) -> Result<Response, Trouble> {
        let mut request =
            self.client.request(method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(start) = start {
            request = request.header(RANGE, format!("bytes={start}-"));
        }
        if let Some(token) = self.token
            && url.origin() == self.url.origin()
            && (url.scheme() == "https" || is_loopback(url))
        {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        // Metadata are short: a server that was reached and says nothing is not worth a stall's patience.
        let limit = match *method {
            Method::HEAD => self.options.connect_timeout.saturating_mul(2),
            _ => self.options.stall_timeout,
        };
        match attend(request.send(), limit, self.progress(start.unwrap_or(0)), observe).await? {
            Some(Ok(response)) => Ok(response),
            // Nobody is there: only a transfer that has begun is worth another try.
            Some(Err(e)) if e.is_connect() && start.is_none() => {
                let why = if e.is_timeout() { "no answer in time".into() } else { root_cause(&e) };
                Err(unusable(why))
            }
            Some(Err(e)) => Err(passing(root_cause(&e))),
            None => Err(unusable("no answer in time")),
        }
    }

    fn check_status(&self, response: Response, start: Option<u64>) -> Result<Response, Trouble> {
        let status = response.status();
        let expected = match status {
            StatusCode::OK => true,
            StatusCode::PARTIAL_CONTENT => start.is_some(),
            _ => false,
        };
        if expected {
            return Ok(response);
        }
        let why = format!("it answered {status}");
        // The hub says 401 of what does not exist, too, and tells the difference in a header of its own.
        let absent = response.headers().get("x-error-code").is_some_and(|code| {
            matches!(code.as_bytes(), b"RepoNotFound" | b"RevisionNotFound" | b"EntryNotFound")
        });
        Err(match status {
            StatusCode::RANGE_NOT_SATISFIABLE => Trouble::StartOver { why },
            StatusCode::NOT_FOUND => Trouble::Lasting(Failure::Absent(why)),
            _ if absent => Trouble::Lasting(Failure::Absent(why)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Trouble::Lasting(Failure::Refused(format!(
                "{why}; a gated model needs its terms accepted there, and a token in HF_TOKEN"
            ))),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Trouble::Passing { why, pause: retry_after(response.headers()) }
            }
            status if status.is_server_error() => {
                Trouble::Passing { why, pause: retry_after(response.headers()) }
            }
            _ => unusable(why),
        })
    }

    /// Waits before the next attempt, or gives up after too many faults in a row.
    async fn pause(
        &self,
        faults: u32,
        why: String,
        asked: Option<Duration>,
        done: u64,
        observe: Observe<'_>,
    ) -> Result<(), Failure> {
        if faults >= MAX_FAULTS {
            return Err(Failure::Unusable(why));
        }
        let usual = self.options.retry_pause.saturating_mul(1 << (faults - 1));
        let pause = asked.unwrap_or(usual).min(self.options.longest_pause);
        attend(tokio::time::sleep(pause), Duration::MAX, self.progress(done), observe).await?;
        Ok(())
    }
}

/// Waits for `work` at most for `limit` (`None`: time is up), asking now and then whether to go on.
async fn attend<T>(
    work: impl Future<Output = T>,
    limit: Duration,
    meanwhile: StoreEvent<'_>,
    observe: Observe<'_>,
) -> Result<Option<T>, Error> {
    let begun = Instant::now();
    let mut work = pin!(work);
    loop {
        let tick = TICK.min(limit.saturating_sub(begun.elapsed()));
        match tokio::time::timeout(tick, work.as_mut()).await {
            Ok(value) => return Ok(Some(value)),
            Err(_) if begun.elapsed() >= limit => return Ok(None),
            Err(_) => tell(observe, meanwhile)?,
        }
    }
}

fn passing(why: impl Into<String>) -> Trouble {
    Trouble::Passing { why: why.into(), pause: None }
}

fn unusable(why: impl Into<String>) -> Trouble {
    Trouble::Lasting(Failure::Unusable(why.into()))
}

/// The innermost cause, which names no address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) if error.is_timeout() => "no answer in time".into(),
        Some(_) => "the request failed".into(),
        None => cause.to_string(),
    }
}

/// The seconds that a server asks to be left alone.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    text(headers, RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}

/// First byte, last byte and size from `bytes 5-9/10`.
fn content_range(value: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_range_and_nothing_else() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, 9, 10)));
        for bad in ["bytes 5-9/*", "5-9/10", "bytes */10", "bytes -9/10", "bytes 5-9/99999999999999999999"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
