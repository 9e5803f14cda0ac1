//! The stages of the pipeline, one file each.

pub(crate) mod answer;
pub(crate) mod apply;
pub(crate) mod checks;
pub(crate) mod code;
pub(crate) mod commit;
mod detect;
mod diagnose;
mod given_up;
pub(crate) mod plan;
pub(crate) mod report;
mod seam;
pub(crate) mod step;
pub(crate) mod trust;
pub(crate) mod verify;
