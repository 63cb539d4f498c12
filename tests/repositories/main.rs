//! Hub repositories by name, as a user meets them: the binaries against a local test hub that serves a tiny OPUS-MT
//! model. Nothing here needs a network.
#![cfg(all(feature = "hub", unix))]

mod card;
#[path = "../support/command.rs"]
mod command;
mod desk;
mod fetching;
#[path = "../support/hub.rs"]
// The store's own tests use the rest of it.
#[allow(dead_code)]
mod hub;
#[path = "../support/opus.rs"]
#[allow(dead_code)]
mod opus;
#[path = "../support/outcome.rs"]
mod outcome;
mod refusals;
#[path = "../support/repository.rs"]
mod repository;
mod trust;
