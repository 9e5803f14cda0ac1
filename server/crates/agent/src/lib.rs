//! The agent: queue, task and pipeline, behind ports.

mod approvals;
mod asks;
mod clock;
mod context;
mod conversation;
mod description;
mod disk_editor;
mod engine;
mod error;
mod inspection;
mod knowledge;
mod lease;
mod models;
mod outside;
mod pipeline;
mod ports;
mod prompts;
mod publisher;
mod queue;
mod rules;
mod run;
mod settings;
mod shrink;
mod sight;
mod snapshot;
mod stages;
mod steer;
mod trajectory;
mod wording;

pub use context::fenced;
pub use disk_editor::DiskEditor;
pub use engine::{Engine, Publishing, Restored, StartTask, Way};
pub use error::EngineError;
pub use knowledge::{Bounds as KnowledgeBounds, CodeMap, ReadAndRemember};
pub use models::{Models, RoleModels, Wanted};
pub use outside::{Cloner, DeployError, Deployer, Outside, Site, SiteFile};
pub use ports::{
    Ask, CodeError, Editor, EditorError, Printer, ProposedEdit, User, UserReply, Workspace,
};
pub use publisher::{MergeRequest, Place, Publisher};
pub use settings::{KeyIn, Settings};
pub use snapshot::{MAX_FILE_BYTES, ReadError, Snapshot, read_disk, resolve};
pub use trajectory::{
    Divergence, Mask, Prefix, Replay, ReplayError, Trajectory, TrajectoryError, WriteError,
};
