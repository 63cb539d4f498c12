//! A small HTTP server that speaks the hub's protocol, records what it is asked, and can be told to misbehave.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// How many requests with this method came before.
    pub earlier: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The first byte that a `Range: bytes=N-` asks for.
    pub fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What to answer, and how to misbehave while doing so.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Break the connection after this many bytes of the body.
    pub cut_after: Option<usize>,
    /// Wait this long after these many bytes of the body.
    pub pause: Option<(usize, Duration)>,
    /// Send no `Content-Length`, and repeat the body until the client goes away.
    pub endless: bool,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// A running server; its threads end with the test process.
pub struct Hub {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Hub {
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = requests.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (recorded, answer) = (recorded.clone(), answer.clone());
                std::thread::spawn(move || {
                    let _ = converse(stream, &recorded, &*answer);
                });
            }
        });
        Self { url, requests }
    }

    /// Everything that was asked, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a method was used.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|r| r.method == method).count()
    }
}

fn converse(
    stream: TcpStream,
    recorded: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request) -> Answer,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(()) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let request = {
        let mut recorded = recorded.lock().unwrap();
        let earlier = recorded.iter().filter(|r| r.method == method).count();
        let request = Request { method: method.into(), path: path.into(), headers, earlier };
        recorded.push(request.clone());
        request
    };
    send(stream, &request, answer(&request))
}

fn send(mut stream: TcpStream, request: &Request, answer: Answer) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let has_length = answer.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("content-length"));
    if !answer.endless && !has_length {
        head += &format!("Content-Length: {}\r\n", answer.body.len());
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method != "HEAD" {
        let end = answer.cut_after.unwrap_or(answer.body.len()).min(answer.body.len());
        let mut sent = 0;
        if let Some((count, pause)) = answer.pause {
            sent = count.min(end);
            stream.write_all(&answer.body[..sent])?;
            stream.flush()?;
            std::thread::sleep(pause);
        }
        stream.write_all(&answer.body[sent..end])?;
        if answer.endless {
            loop {
                stream.write_all(&answer.body)?;
            }
        }
    }
    stream.flush()?;
    stream.shutdown(Shutdown::Both)
}

/// A repository with one file, as the hub shows it.
#[derive(Clone)]
pub struct Repository {
    pub commit: String,
    pub sha256: String,
    pub content: Vec<u8>,
}

impl Repository {
    /// How the hub describes the file: commit, hash and size.
    pub fn describe(&self, status: u16) -> Answer {
        Answer::status(status)
            .header("X-Repo-Commit", &self.commit)
            .header("X-Linked-Etag", format!("\"{}\"", self.sha256))
            .header("X-Linked-Size", self.content.len().to_string())
    }

    /// The whole file, or the part that the request's range asks for.
    pub fn bytes(&self, request: &Request) -> Answer {
        let total = self.content.len();
        match request.range_start() {
            Some(start) if start >= total => Answer::status(416),
            Some(start) => Answer::status(206)
                .header("Content-Range", format!("bytes {start}-{}/{total}", total - 1))
                .body(&self.content[start..]),
            None => Answer::status(200).body(&self.content[..]),
        }
    }

    /// What a hub without faults answers: the description to HEAD, the bytes to GET.
    pub fn answer(&self, request: &Request) -> Answer {
        match request.method.as_str() {
            "HEAD" => self.describe(200),
            _ => self.bytes(request),
        }
    }
}
