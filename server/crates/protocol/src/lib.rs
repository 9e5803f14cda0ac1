//! The words Devika speaks with its clients: commands, events and the plan, as serde types.
//!
//! Everything here travels as JSON, over LSP (`workspace/executeCommand`, `devika/event`), in
//! `devika run --json` and in the journal. Fields are added, never renamed or reused.

mod check;
mod checkpoint;
mod command;
mod event;
mod exit;
mod kinds;
mod lm;
mod memory;
mod money;
mod offer;
mod plan;
mod reverse;
mod task;

pub use check::{Check, Verdict};
pub use checkpoint::{CheckpointsArgs, RestoreArgs, TaskCheckpoint};
pub use command::{
    AcceptArgs, ApprovalScope, ApproveArgs, COMMANDS, CancelArgs, Capabilities, CommandName,
    DiffArgs, DiffReply, DiscardArgs, DoctorArgs, ListArgs, OpenArgs, PauseArgs, PublishArgs,
    Refusal, ReplyArgs, ResumeArgs, ShowArgs, StartArgs, StartReply, SteerArgs, TaskView, UndoArgs,
};
pub use event::{AskId, EVENT_METHOD, Event, EventRecord, TurnId};
pub use exit::{CommandExit, CommandLimit};
pub use kinds::{
    Agent, AskKind, ChangeKind, Joining, Kept, MadeKind, PauseReason, Stage, StopReason, Usage,
};
pub use lm::{
    LM_CHUNK_METHOD, LM_METHOD, LM_MODELS_METHOD, LmArgs, LmChunk, LmFailure, LmMessage, LmModel,
    LmModels, LmReply, LmRole,
};
pub use memory::{
    MemoryCount, MemoryForgetArgs, MemoryForgetReply, MemoryPassage, MemoryRememberArgs,
    MemorySearchArgs, MemoryStats, MemoryStatsArgs,
};
pub use money::{Cap, CapScope, CapUse, Money, NotACap, NotMoney, Price};
pub use offer::{ModelListArgs, ModelOffer, ModelSelectArgs};
pub use plan::{Plan, Step};
pub use reverse::{
    DEFINITION_METHOD, DIAGNOSTICS_METHOD, DiagnosticsArgs, DiagnosticsReply, OPEN_FOLDER_METHOD,
    OpenFolderArgs, OpenFolderReply, Place, PlaceArgs, PlacesReply, Problem, REFERENCES_METHOD,
    SAVE_METHOD, SYMBOLS_METHOD, SaveArgs, SaveReply, Symbol, SymbolsArgs, SymbolsReply,
};
pub use task::{GitMode, Mode, TaskId, TaskState, TaskSummary};
