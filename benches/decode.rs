//! Our decoder beside candle-transformers' own on the same GGUF file, in one run.
//!
//! ```text
//! cargo bench --bench decode -- MODEL.gguf [--rounds N] [--threads N]
//! ```
//! Each round starts a process for each engine in turn, so that neither one's memory nor its waiting threads
//! touch the other: `diglot bench` for ours, this program with `--candle` for candle. The table shows medians
//! over the rounds: tokens a second, and the peak of resident memory in bytes. Where we decode 128 deep,
//! candle decodes 16 deep, since several rows can be read only a token at a time there. With
//! `DIGLOT_KERNEL=avx2` candle, too, is held to AVX2, so that both multiply with the same instructions.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_gemma3, quantized_qwen2};
use clap::Parser;
use diglot::engine::kernels::default_threads;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Options {
    /// A file of the qwen2 or gemma3 architecture.
    model: PathBuf,
    /// How often each engine is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads of either engine.
    #[arg(long, default_value_t = default_threads())]
    threads: usize,
    /// Measure candle alone, once and in this process, and print JSON in the form of `diglot bench`. Its
    /// threads are those of CANDLE_NUM_THREADS.
    #[arg(long)]
    candle: bool,
    /// Cargo adds this.
    #[arg(long, hide = true)]
    bench: bool,
}

const PREFILL: usize = 512;
const DEPTH: usize = 16;
const STEPS: usize = 24;
const BATCHES: [usize; 4] = [1, 4, 8, 16];

fn main() -> Result<()> {
    let options = Options::parse();
    if options.candle {
        println!("{}", measure(&mut Candle::load(&options.model)?)?);
        return Ok(());
    }
    compare(&options)
}

fn compare(options: &Options) -> Result<()> {
    let mut lines: Vec<(String, [Vec<f64>; 2])> = Vec::new();
    for _ in 0..options.rounds {
        for (name, value) in values(&ours(options)?) {
            match lines.iter_mut().find(|(known, _)| *known == name) {
                Some((_, engines)) => engines[0].push(value),
                None => lines.push((name, [vec![value], Vec::new()])),
            }
        }
        for (name, value) in values(&candles(options)?) {
            if let Some((_, engines)) = lines.iter_mut().find(|(known, _)| *known == name) {
                engines[1].push(value);
            }
        }
    }
    println!("{:24}{:>12}{:>12}{:>8}", format!("{} threads", options.threads), "diglot", "candle", "ratio");
    for (name, engines) in &lines {
        let [ours, theirs] = [median(&engines[0]), median(&engines[1])];
        println!("{name:24}{ours:12.1}{theirs:12.1}{:8.2}", ours / theirs);
    }
    Ok(())
}

fn ours(options: &Options) -> Result<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diglot"));
    command.args(["bench", "--json", "--quiet", "--rounds", "1", "--only", "prefill,decode,deep"]);
    command.arg("--threads").arg(options.threads.to_string()).arg("--model").arg(&options.model);
    run(&mut command)
}

fn candles(options: &Options) -> Result<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(&options.model).arg("--candle");
    if std::env::var("DIGLOT_KERNEL").is_ok_and(|form| form == "avx2") {
        // The name is candle's own.
        command.env("MISTRALRS_FORCE_AVX2", "1");
    }
    run(command.env("CANDLE_NUM_THREADS", options.threads.to_string()))
}

fn run(command: &mut Command) -> Result<Value> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Names and values of a report.
fn values(report: &Value) -> Vec<(String, f64)> {
    let measures = report["measures"].as_array().into_iter().flatten();
    measures.filter_map(|m| Some((m["name"].as_str()?.to_string(), m["median"].as_f64()?))).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The lines of `diglot bench --only prefill,decode,deep`, for candle.
fn measure(candle: &mut Candle) -> Result<Value> {
    let mut measures = Vec::new();
    let mut add = |name: String, value: f64| measures.push(json!({"name": name, "median": value}));
    candle.start(1, DEPTH)?;
    let started = Instant::now();
    candle.start(1, PREFILL)?;
    add(format!("prefill {PREFILL}"), PREFILL as f64 / started.elapsed().as_secs_f64());
    add(format!("decode 1 at {PREFILL}"), candle.decode(STEPS)?);
    for rows in BATCHES {
        candle.start(rows, DEPTH)?;
        add(format!("decode {rows}"), candle.decode(STEPS)?);
    }
    if let Some(bytes) = peak_memory() {
        add("decoder, peak memory".into(), bytes);
    }
    Ok(json!({"measures": measures}))
}

/// Where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
}

/// Some token for a place in a row.
fn token(row: usize, position: usize) -> u32 {
    (1000 + (row * 7919 + position * 104_729) % 50_000) as u32
}

enum Weights {
    Qwen2(quantized_qwen2::ModelWeights),
    Gemma3(quantized_gemma3::ModelWeights),
}

struct Candle {
    weights: Weights,
    rows: usize,
    depth: usize,
}

impl Candle {
    fn load(path: &Path) -> Result<Self> {
        let mut file = BufReader::new(std::fs::File::open(path)?);
        let content = Content::read(&mut file)?;
        let architecture = content.metadata.get("general.architecture").map(|value| value.to_string());
        let weights = match architecture.transpose()?.map(String::as_str) {
            Some("qwen2") => {
                let weights = quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
                Weights::Qwen2(weights)
            }
            Some("gemma3") => {
                let weights = quantized_gemma3::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
                Weights::Gemma3(weights)
            }
            other => return Err(format!("candle is not measured on {other:?}").into()),
        };
        Ok(Self { weights, rows: 0, depth: 0 })
    }

    /// Forgets all rows and reads `len` tokens in each of `rows`.
    fn start(&mut self, rows: usize, len: usize) -> Result<()> {
        // Gemma's cache is cleared by a step at position 0.
        if let Weights::Qwen2(weights) = &mut self.weights {
            weights.clear_kv_cache();
        }
        (self.rows, self.depth) = (rows, 0);
        if rows == 1 {
            return self.forward(len);
        }
        // Several rows of several tokens are more than its head can take.
        (0..len).try_for_each(|_| self.forward(1))
    }

    /// Adds tokens to every row, and answers how many a second.
    fn decode(&mut self, steps: usize) -> Result<f64> {
        self.forward(1)?;
        let started = Instant::now();
        (0..steps).try_for_each(|_| self.forward(1))?;
        Ok((self.rows * steps) as f64 / started.elapsed().as_secs_f64())
    }

    fn forward(&mut self, len: usize) -> Result<()> {
        let tokens: Vec<u32> = (0..self.rows).flat_map(|row| (0..len).map(move |p| token(row, p))).collect();
        let input = Tensor::from_vec(tokens, (self.rows, len), &Device::Cpu)?;
        match &mut self.weights {
            Weights::Qwen2(weights) => weights.forward(&input, self.depth)?,
            Weights::Gemma3(weights) => weights.forward(&input, self.depth)?,
        };
        self.depth += len;
        Ok(())
    }
}
