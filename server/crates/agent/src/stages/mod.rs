//! The stages of the pipeline, one file each.

pub(crate) mod answer;
pub(crate) mod apply;
pub(crate) mod checks;
mod citations;
pub(crate) mod clone;
pub(crate) mod code;
pub(crate) mod commit;
pub(crate) mod decision;
pub(crate) mod deploy;
pub(crate) mod describe;
mod detect;
mod detect_start;
mod diagnose;
mod given_up;
pub(crate) mod kinds;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod research;
pub(crate) mod run_program;
pub(crate) mod run_tests;
mod seam;
pub(crate) mod step;
mod suspects;
pub(crate) mod trouble;
pub(crate) mod trust;
pub(crate) mod verify;
