//! Prefill and decoding, on the decoder alone.

use std::time::Instant;

use crate::bench::report::{Report, Unit};
use crate::bench::{BATCHES, DEPTH, Event, Observe, PREFILL, Part, Plan, STEPS, go_on, machine};
use crate::engine::causal::{Decoder, Options, Row, SlotId, Slots};
use crate::error::Result;

/// Loads the decoder and measures the plan's parts that need no more.
pub(super) fn measure(
    plan: &Plan<'_>,
    round: usize,
    report: &mut Report,
    observe: Observe<'_>,
) -> Result<()> {
    machine::reset_peak_memory();
    let decoder = plan.subject.decoder()?;
    for &part in &plan.parts {
        match part {
            Part::Prefill => {
                go_on(observe(Event::Part { round, part }))?;
                report.add(format!("prefill {PREFILL}"), Unit::Speed, prefill(&decoder, observe)?);
            }
            Part::Decode => {
                go_on(observe(Event::Part { round, part }))?;
                for rows in BATCHES {
                    let speed = decode(&decoder, rows, DEPTH, observe)?;
                    report.add(format!("decode {rows}"), Unit::Speed, speed);
                }
            }
            Part::Deep => {
                go_on(observe(Event::Part { round, part }))?;
                let speed = decode(&decoder, 1, PREFILL, observe)?;
                report.add(format!("decode 1 at {PREFILL}"), Unit::Speed, speed);
            }
            Part::Load | Part::Article | Part::Greedy | Part::Beams | Part::Streams => {}
        }
    }
    if let Some(bytes) = machine::peak_memory() {
        report.add("decoder, peak memory", Unit::Bytes, bytes);
    }
    Ok(())
}

/// Tokens a second in reading one prompt.
fn prefill(decoder: &Decoder, observe: Observe<'_>) -> Result<f64> {
    let mut slots = decoder.slots();
    let slot = slots.alloc();
    // The first step wakes the threads and touches every page of the weights.
    read(decoder, &mut slots, slot, DEPTH.min(PREFILL), observe)?;
    slots.truncate(slot, 0)?;
    let started = Instant::now();
    read(decoder, &mut slots, slot, PREFILL, observe)?;
    Ok(PREFILL as f64 / started.elapsed().as_secs_f64())
}

/// Tokens a second in writing `rows` texts that share what stands before.
fn decode(decoder: &Decoder, rows: usize, depth: usize, observe: Observe<'_>) -> Result<f64> {
    let mut slots = decoder.slots();
    let shared = slots.alloc();
    read(decoder, &mut slots, shared, depth, observe)?;
    let rows: Vec<SlotId> = (0..rows).map(|_| slots.fork(shared, depth)).collect::<Result<_>>()?;
    let mut logits = Vec::new();
    let mut step = |position: usize| -> Result<()> {
        let tokens: Vec<[u32; 1]> =
            (0..rows.len()).map(|row| [token(row, position, decoder.vocab_size())]).collect();
        let inputs: Vec<Row<'_>> =
            rows.iter().zip(&tokens).map(|(&slot, tokens)| Row { slot, tokens, wanted: 0..1 }).collect();
        let hidden = decoder.step(&mut slots, &inputs)?;
        decoder.head(&hidden, &mut logits)?;
        go_on(observe(Event::Working))
    };
    step(depth)?;
    let started = Instant::now();
    (1..=STEPS).try_for_each(|i| step(depth + i))?;
    Ok((rows.len() * STEPS) as f64 / started.elapsed().as_secs_f64())
}

/// Reads tokens as an engine does, in steps of its usual size.
fn read(
    decoder: &Decoder,
    slots: &mut Slots,
    slot: SlotId,
    count: usize,
    observe: Observe<'_>,
) -> Result<()> {
    let tokens: Vec<u32> = (0..count).map(|position| token(0, position, decoder.vocab_size())).collect();
    for tokens in tokens.chunks(Options::default().step_tokens) {
        decoder.step(slots, &[Row { slot, tokens, wanted: 0..0 }])?;
        go_on(observe(Event::Working))?;
    }
    Ok(())
}

/// Some token for a place in a row.
fn token(row: usize, position: usize, vocab: usize) -> u32 {
    ((1000 + row * 7919 + position * 104_729) % vocab) as u32
}
