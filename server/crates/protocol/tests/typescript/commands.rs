//! Which arguments each command takes, and what it answers.

use std::fmt::Write as _;

use devika_protocol::{
    AcceptArgs, ApproveArgs, COMMANDS, CancelArgs, Check, CheckpointsArgs, CommandName, DiffArgs,
    DiffReply, DiscardArgs, DoctorArgs, ListArgs, MemoryForgetArgs, MemoryForgetReply,
    MemoryPassage, MemoryRememberArgs, MemorySearchArgs, MemoryStats, MemoryStatsArgs,
    ModelListArgs, ModelOffer, ModelSelectArgs, OpenArgs, PauseArgs, PublishArgs, ReplyArgs,
    RestoreArgs, ResumeArgs, ShowArgs, StartArgs, StartReply, SteerArgs, TaskCheckpoint,
    TaskSummary, TaskView, UndoArgs,
};
use schemars::JsonSchema;

use crate::print::Printer;

/// The interface that has a member a command.
pub(crate) fn table(printer: &mut Printer) -> String {
    let mut text = String::from(
        "/** The commands of `workspace/executeCommand`: what each takes and answers. */\n\
         export interface Commands {\n",
    );
    for (name, wire) in COMMANDS {
        let (args, reply) = types(name, printer);
        writeln!(text, "  \"{wire}\": {{ args: {args}; reply: {reply} }};").expect("a string");
    }
    text.push_str("}\n");
    text
}

/// The types of a command. A new one has to be put here, or this does not compile.
fn types(name: CommandName, printer: &mut Printer) -> (String, String) {
    match name {
        CommandName::Start => of::<StartArgs, StartReply>(printer),
        CommandName::Cancel => of::<CancelArgs, ()>(printer),
        CommandName::List => of::<ListArgs, Vec<TaskSummary>>(printer),
        CommandName::Show => of::<ShowArgs, TaskView>(printer),
        CommandName::Reply => of::<ReplyArgs, ()>(printer),
        CommandName::Approve => of::<ApproveArgs, ()>(printer),
        CommandName::Resume => of::<ResumeArgs, ()>(printer),
        CommandName::Steer => of::<SteerArgs, ()>(printer),
        CommandName::Pause => of::<PauseArgs, ()>(printer),
        CommandName::Undo | CommandName::Redo => of::<UndoArgs, ()>(printer),
        CommandName::Checkpoints => of::<CheckpointsArgs, Vec<TaskCheckpoint>>(printer),
        CommandName::Restore => of::<RestoreArgs, ()>(printer),
        CommandName::Accept => of::<AcceptArgs, ()>(printer),
        CommandName::Discard => of::<DiscardArgs, ()>(printer),
        CommandName::Push | CommandName::PullRequest => of::<PublishArgs, ()>(printer),
        CommandName::Diff => of::<DiffArgs, DiffReply>(printer),
        CommandName::Doctor => of::<DoctorArgs, Vec<Check>>(printer),
        CommandName::ModelList => of::<ModelListArgs, Vec<ModelOffer>>(printer),
        CommandName::ModelSelect => of::<ModelSelectArgs, ()>(printer),
        CommandName::Open => of::<OpenArgs, ()>(printer),
        CommandName::MemorySearch => of::<MemorySearchArgs, Vec<MemoryPassage>>(printer),
        CommandName::MemoryRemember => of::<MemoryRememberArgs, ()>(printer),
        CommandName::MemoryForget => of::<MemoryForgetArgs, MemoryForgetReply>(printer),
        CommandName::MemoryStats => of::<MemoryStatsArgs, MemoryStats>(printer),
    }
}

fn of<Args: JsonSchema, Reply: JsonSchema>(printer: &mut Printer) -> (String, String) {
    (printer.taken::<Args>(), printer.sent::<Reply>())
}
