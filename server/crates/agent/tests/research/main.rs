//! What a task learns from the web and from memory, what it does with it, and what it never does: the
//! real engine over doubles of the web, the memory, the model, the user and the runner.

#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

mod browse;
mod doubles;
mod map;
mod memory;
mod pages;
mod shop;
mod trust;
mod turns;
mod web;
mod world;
