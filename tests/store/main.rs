//! The store against a local test hub and a scripted `pip`: nothing here needs a network.
//! Case numbers are those of the project's list of bad input and faults.
#![cfg(all(feature = "hub", unix))]

mod bench;
mod cache;
#[path = "../support/hub.rs"]
mod hub;
mod processes;
mod sources;
mod transfer;
