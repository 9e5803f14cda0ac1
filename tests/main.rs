//! End-to-end tests: the real program, a scripted model over real HTTP, real git repositories. One
//! file a user story.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(unreachable_pub, reason = "one binary, whose modules share a world")]

mod buffers;
mod netlify;
mod sandboxed;
mod session;
mod several;
mod world;

mod approvals;
mod audit;
mod bad_days;
mod bad_input;
mod browsing;
#[cfg(target_os = "linux")]
mod chaos;
mod checkpoints;
mod checks;
mod clones;
mod command_line;
mod compilers;
mod conversation;
mod crashes;
mod deploys;
mod doctor;
mod editor;
mod editor_memory;
mod endings;
mod findings;
mod forks;
mod hosts;
mod keys;
mod language_models;
mod memory;
mod plain_clients;
mod projects;
mod publishing;
mod replay;
mod reports;
mod research;
mod review;
mod steering;
mod suspects;
mod unsaved;
mod wire;
mod worktrees;
