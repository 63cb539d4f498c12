//! Encoder-decoders against Python's transformers on tiny random models of every family: states and logits, and the
//! outputs of greedy and beam search for padded batches. The references are made by
//! `tests/fixtures/generate_seq2seq.py`.

mod models;
mod numbers;
mod outputs;
#[path = "../support/random_weights.rs"]
mod random_weights;
mod refusals;
mod searches;
