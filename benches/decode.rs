//! Our decoder beside candle-transformers' quantized_qwen2 on the same GGUF file, in one run.
//!
//! ```text
//! cargo bench --bench decode -- MODEL.gguf [--rounds N] [--threads N] [--only ours|candle]
//! ```
//! Each round starts a process for each engine in turn, so that neither one's memory nor its waiting threads
//! touch the other. The table shows medians over the rounds: tokens a second, and the peak of resident
//! memory. Decoding starts 16 tokens deep; `deep` starts at 512.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_qwen2::ModelWeights;
use clap::Parser;
use diglot::engine::causal::{Decoder, Row};
use diglot::engine::kernels::default_threads;
use diglot::gguf::Gguf;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Options {
    /// A file of the qwen2 architecture.
    model: PathBuf,
    /// How often each engine is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads of either engine.
    #[arg(long, default_value_t = default_threads())]
    threads: usize,
    /// Measure one engine only.
    #[arg(long)]
    only: Option<String>,
    /// Measure in this process and print numbers.
    #[arg(long, hide = true)]
    child: Option<String>,
    /// Cargo adds this.
    #[arg(long, hide = true)]
    bench: bool,
}

const ENGINES: [&str; 2] = ["ours", "candle"];
const PREFILL: usize = 512;
const DEPTH: usize = 16;
const STEPS: usize = 24;
const BATCHES: [usize; 4] = [1, 4, 8, 16];

fn main() -> Result<()> {
    let options = Options::parse();
    match options.child.as_deref() {
        Some("ours") => measure(&mut Ours::load(&options.model, options.threads)?),
        Some(_) => measure(&mut Candle::load(&options.model)?),
        None => compare(&options),
    }
}

/// What both engines can do.
trait Model {
    /// Forgets all rows and reads `len` tokens in each of `rows`.
    fn start(&mut self, rows: usize, len: usize) -> Result<()>;
    /// Adds a token to each row and makes its logits.
    fn decode(&mut self) -> Result<()>;
}

/// Prints one number a line, in the order of [`names`].
fn measure(model: &mut dyn Model) -> Result<()> {
    model.start(1, 16)?;
    let start = Instant::now();
    model.start(1, PREFILL)?;
    println!("{}", PREFILL as f64 / start.elapsed().as_secs_f64());
    println!("{}", decode(model, 1)?);
    for rows in BATCHES {
        model.start(rows, DEPTH)?;
        println!("{}", decode(model, rows)?);
    }
    println!("{}", peak_memory().unwrap_or(f64::NAN));
    Ok(())
}

fn decode(model: &mut dyn Model, rows: usize) -> Result<f64> {
    model.decode()?;
    let start = Instant::now();
    for _ in 0..STEPS {
        model.decode()?;
    }
    Ok((rows * STEPS) as f64 / start.elapsed().as_secs_f64())
}

fn names() -> Vec<String> {
    let mut names = vec![format!("prefill {PREFILL}"), format!("decode 1, deep ({PREFILL})")];
    names.extend(BATCHES.map(|rows| format!("decode {rows}")));
    names.push("peak memory, MB".into());
    names
}

fn compare(options: &Options) -> Result<()> {
    let engines: Vec<&str> =
        ENGINES.into_iter().filter(|name| options.only.as_deref().is_none_or(|only| only == *name)).collect();
    let mut runs: Vec<Vec<Vec<f64>>> = vec![Vec::new(); engines.len()];
    for _ in 0..options.rounds {
        for (engine, runs) in engines.iter().zip(&mut runs) {
            runs.push(run(options, engine)?);
        }
    }
    print!("{:24}", format!("{} threads", options.threads));
    engines.iter().for_each(|engine| print!("{engine:>10}"));
    println!("{}", if engines.len() == 2 { "     ratio" } else { "" });
    for (row, name) in names().iter().enumerate() {
        let medians: Vec<f64> = runs.iter().map(|runs| median(runs.iter().map(|run| run[row]))).collect();
        print!("{name:24}");
        medians.iter().for_each(|median| print!("{median:10.1}"));
        println!(
            "{}",
            if let [ours, theirs] = medians[..] { format!("{:10.2}", ours / theirs) } else { String::new() }
        );
    }
    Ok(())
}

/// The numbers of one engine, measured in a process of its own.
fn run(options: &Options, engine: &str) -> Result<Vec<f64>> {
    let threads = options.threads.to_string();
    let output = Command::new(std::env::current_exe()?)
        .arg(&options.model)
        .args(["--child", engine, "--threads", &threads])
        .env("CANDLE_NUM_THREADS", &threads)
        .output()?;
    if !output.status.success() {
        return Err(format!("{engine}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let numbers: Vec<f64> =
        String::from_utf8(output.stdout)?.lines().map(str::parse).collect::<std::result::Result<_, _>>()?;
    if numbers.len() == names().len() { Ok(numbers) } else { Err(format!("{engine}: incomplete").into()) }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

/// Some token for a place in a row.
fn token(row: usize, position: usize) -> u32 {
    (1000 + (row * 7919 + position * 104_729) % 50_000) as u32
}

struct Ours {
    decoder: Decoder,
    slots: diglot::engine::causal::Slots,
    rows: Vec<diglot::engine::causal::SlotId>,
    logits: Vec<f32>,
}

impl Ours {
    fn load(path: &Path, threads: usize) -> Result<Self> {
        let decoder = Decoder::load(Gguf::open(path)?, threads)?;
        Ok(Self { slots: decoder.slots(), decoder, rows: Vec::new(), logits: Vec::new() })
    }
}

impl Model for Ours {
    fn start(&mut self, rows: usize, len: usize) -> Result<()> {
        self.rows.drain(..).for_each(|slot| self.slots.free(slot));
        self.rows = (0..rows).map(|_| self.slots.alloc()).collect();
        let tokens: Vec<Vec<u32>> = (0..rows).map(|row| (0..len).map(|p| token(row, p)).collect()).collect();
        for from in (0..len).step_by(128) {
            let inputs: Vec<Row> = self
                .rows
                .iter()
                .zip(&tokens)
                .map(|(slot, tokens)| Row {
                    slot: *slot,
                    tokens: &tokens[from..len.min(from + 128)],
                    wanted: 0..0,
                })
                .collect();
            self.decoder.step(&mut self.slots, &inputs)?;
        }
        Ok(())
    }

    fn decode(&mut self) -> Result<()> {
        let tokens: Vec<[u32; 1]> = (0..self.rows.len()).map(|row| [token(row, 0)]).collect();
        let inputs: Vec<Row> = self
            .rows
            .iter()
            .zip(&tokens)
            .map(|(slot, tokens)| Row { slot: *slot, tokens, wanted: 0..1 })
            .collect();
        let hidden = self.decoder.step(&mut self.slots, &inputs)?;
        Ok(self.decoder.head(&hidden, &mut self.logits)?)
    }
}

struct Candle {
    model: ModelWeights,
    rows: usize,
    depth: usize,
}

impl Candle {
    fn load(path: &Path) -> Result<Self> {
        let mut file = std::io::BufReader::new(std::fs::File::open(path)?);
        let content = Content::read(&mut file)?;
        Ok(Self { model: ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?, rows: 0, depth: 0 })
    }

    fn forward(&mut self, len: usize) -> Result<()> {
        let tokens: Vec<u32> = (0..self.rows).flat_map(|row| (0..len).map(move |p| token(row, p))).collect();
        let input = Tensor::from_vec(tokens, (self.rows, len), &Device::Cpu)?;
        self.model.forward(&input, self.depth)?;
        self.depth += len;
        Ok(())
    }
}

impl Model for Candle {
    fn start(&mut self, rows: usize, len: usize) -> Result<()> {
        self.model.clear_kv_cache();
        (self.rows, self.depth) = (rows, 0);
        if rows == 1 {
            return self.forward(len);
        }
        // Several rows of several tokens are more than its head can take.
        (0..len).try_for_each(|_| self.forward(1))
    }

    fn decode(&mut self) -> Result<()> {
        self.forward(1)
    }
}
