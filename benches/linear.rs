//! Our quantized linear layers beside candle's, one product at a time, in one run.
//!
//! ```text
//! cargo bench --bench linear -- [TYPE…] [--rows N,N,…] [--shape NxK,…] [--threads N] [--form NAME]
//!                               [--ours] [--seconds S]
//! ```
//! Types: `q4k q6k q5_0 q8_0 q4_0`. A line is the median of at least five products after one to warm up.
//! Gop/s counts two operations for each weight and row; GB/s counts the weights once, as they are stored.

use std::time::{Duration, Instant};

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{Device, Module, Tensor};
use clap::Parser;
use diglot::engine::kernels::{Form, PackedLinear, Pool, default_threads};

#[derive(Parser)]
struct Options {
    /// The weight types.
    #[arg(default_values = ["q4k", "q6k"])]
    types: Vec<String>,
    /// The numbers of rows.
    #[arg(long, value_delimiter = ',', default_value = "1,4,8,16,64,512")]
    rows: Vec<usize>,
    /// The shapes, outputs by inputs; those of Qwen 1.5B.
    #[arg(long, value_delimiter = ',', default_value = "1536x1536,8960x1536,1536x8960,151936x1536")]
    shape: Vec<String>,
    /// Threads; candle reads CANDLE_NUM_THREADS.
    #[arg(long, default_value_t = default_threads())]
    threads: usize,
    /// The kernels to use.
    #[arg(long)]
    form: Option<String>,
    /// Leave candle out.
    #[arg(long)]
    ours: bool,
    /// At least this long for each line.
    #[arg(long, default_value_t = 0.3)]
    seconds: f64,
    /// The shortest time instead of the median, for a busy machine.
    #[arg(long)]
    best: bool,
    /// Cargo adds this.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let pool = Pool::new(options.threads);
    let form = match &options.form {
        Some(name) => Form::named(name)?,
        None => Form::choose()?.ok_or("no kernels for this processor")?,
    };
    println!("{} kernels, {} threads", form.name(), pool.threads());
    println!(
        "type       shape        m |  ours ms    GB/s   Gop/s | candle ms   GB/s   Gop/s | candle / ours"
    );
    for name in &options.types {
        let dtype = dtype(name)?;
        for shape in &options.shape {
            let (n, k) = shape.split_once('x').ok_or("a shape is NxK")?;
            let (n, k): (usize, usize) = (n.parse()?, k.parse()?);
            let blocks = random_blocks(dtype, n * k);
            let start = Instant::now();
            let ours = PackedLinear::new(form, dtype, n, k, &blocks, &pool)?.ok_or("no kernel")?;
            let seconds = start.elapsed().as_secs_f64();
            let speed = blocks.len() as f64 / seconds / 1e9;
            println!("{name:5} {shape:>14} packed in {:.1} ms, {speed:.1} GB/s", seconds * 1e3);
            let candle = candle_linear(dtype, n, k, &blocks)?;
            for &m in &options.rows {
                let x: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.37).sin()).collect();
                let mut out = vec![0.0; m * n];
                let time = typical(&options, || ours.forward(&x, m, &mut out, &pool));
                print!("{name:5} {shape:>14} {m:>4} |");
                report(time, ours.bytes(), m, n, k);
                if !options.ours {
                    let x = Tensor::from_vec(x, (m, k), &Device::Cpu)?;
                    let reference = typical(&options, || {
                        std::hint::black_box(candle.forward(&x).is_ok());
                    });
                    print!(" |");
                    report(reference, blocks.len(), m, n, k);
                    print!(" | {:.2}", reference.as_secs_f64() / time.as_secs_f64());
                }
                println!();
            }
        }
    }
    Ok(())
}

fn report(time: Duration, bytes: usize, m: usize, n: usize, k: usize) {
    let seconds = time.as_secs_f64();
    let operations = 2.0 * (m * n) as f64 * k as f64;
    print!(" {:8.3} {:7.1} {:7.1}", seconds * 1e3, bytes as f64 / seconds / 1e9, operations / seconds / 1e9);
}

/// The median, or the shortest, time of at least five calls after the first.
fn typical(options: &Options, mut work: impl FnMut()) -> Duration {
    work();
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || start.elapsed().as_secs_f64() < options.seconds {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort();
    times[if options.best { 0 } else { times.len() / 2 }]
}

fn dtype(name: &str) -> Result<GgmlDType, String> {
    match name {
        "q4k" => Ok(GgmlDType::Q4K),
        "q6k" => Ok(GgmlDType::Q6K),
        "q5_0" => Ok(GgmlDType::Q5_0),
        "q8_0" => Ok(GgmlDType::Q8_0),
        "q4_0" => Ok(GgmlDType::Q4_0),
        other => Err(format!("unknown type `{other}`")),
    }
}

/// Random blocks whose scales are ordinary numbers.
fn random_blocks(dtype: GgmlDType, weights: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    let mut data: Vec<u8> = (0..weights / dtype.block_size() * dtype.type_size()).map(|_| next()).collect();
    let scale = half::f16::from_f32(0.01).to_le_bytes();
    for block in data.chunks_exact_mut(dtype.type_size()) {
        match dtype {
            GgmlDType::Q6K => block[208..210].copy_from_slice(&scale),
            GgmlDType::Q4K => {
                block[0..2].copy_from_slice(&scale);
                block[2..4].copy_from_slice(&scale);
            }
            _ => block[0..2].copy_from_slice(&scale),
        }
    }
    data
}

fn candle_linear(dtype: GgmlDType, n: usize, k: usize, blocks: &[u8]) -> candle_core::Result<QMatMul> {
    let storage = QStorage::from_data(blocks.into(), &Device::Cpu, dtype)?;
    QMatMul::from_qtensor(QTensor::new(storage, (n, k))?)
}
