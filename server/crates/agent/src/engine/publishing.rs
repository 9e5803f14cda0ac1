//! Publishing a task's branch: pushed, and asked to be merged. Only ever by the user's command, and
//! asked about each time.

use std::sync::Arc;

use devika_protocol::{
    AskId, AskKind, CommandExit, Event, EventRecord, MadeKind, Plan, TaskId, Usage,
};
use devika_store::Entry;
use devika_vcs::{Remote, Repository};
use serde_json::json;

use super::{Engine, word};
use crate::error::{EngineError, Stop};
use crate::ports::{Ask, UserReply, Workspace};
use crate::publisher::{MergeRequest, Place, Publisher};
use crate::stages::commit::blocking;

/// The kind of entries of the journal that this writes. They come after the task's end, and so are no
/// part of its trajectory.
const PUBLISHED: &str = "published";

/// Characters of a request's title at the most.
const TITLE: usize = 72;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// The branch.
    Branch,
    /// The branch, and a request to merge it into the one that the task began on.
    Request,
}

/// A branch that is to be published.
struct Work {
    branch: String,
    commit: String,
    into: Option<String>,
    remote: Remote,
}

impl Engine {
    /// Pushes a task's branch to the forge that a remote is at (the one of that name; else the configured
    /// one, else the one that the branch follows, else `origin`), and asks there for it to be merged, as
    /// is wanted, once the user allows it. What is there already is not made again. Told as
    /// [`Event::Made`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] with what is missing, or what the forge said.
    pub async fn publish(
        &self,
        task: TaskId,
        what: Publishing,
        remote: Option<&str>,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let publisher = self.0.settings.outside.publisher.clone();
        let publisher = publisher
            .ok_or_else(|| EngineError::Usage("there is nothing here that publishes".to_owned()))?;
        let events = self.of_ended(task).await?;
        let remote = remote.map(str::to_owned).or_else(|| self.0.settings.git.remote.clone());
        let work = work(task, &events, remote, workspace).await?;
        let place = publisher.place(&work.remote.address).map_err(|why| {
            let remote = &work.remote.name;
            EngineError::Usage(format!("task {task} cannot be published to `{remote}`: {why}"))
        })?;
        let request = match what {
            Publishing::Branch => None,
            Publishing::Request => Some(self.request(task, &events, &work).await?),
        };
        let entry = self.journaled(task, what, &work, &place).await?;
        if !self
            .is_allowed(task, &entry, question(&work, &place, request.as_ref()), workspace)
            .await?
        {
            self.0.store.settle(entry.id, json!({ "allowed": false })).await?;
            return Err(EngineError::Usage(
                "nothing was published: you did not allow it".to_owned(),
            ));
        }
        let (kind, address) = carry_out(&publisher, &work, &place, request, workspace)
            .await
            .map_err(EngineError::Usage)?;
        self.0.store.settle(entry.id, json!({ "place": address })).await?;
        let event = Event::Made { what: kind, place: address };
        Ok(self.0.store.append_and_wait(task, event).await.map(drop)?)
    }

    /// The events of a task that nobody works on.
    async fn of_ended(&self, task: TaskId) -> Result<Vec<EventRecord>, EngineError> {
        let state = self.summary(task).await?.state;
        if self.live().contains_key(&task) || !(state.is_terminal() || state.can_resume()) {
            return Err(EngineError::Usage(format!(
                "task {task} is {}; pause or cancel it first",
                word(state)
            )));
        }
        Ok(self.0.store.events(task).await?)
    }

    async fn request(
        &self,
        task: TaskId,
        events: &[EventRecord],
        work: &Work,
    ) -> Result<MergeRequest, EngineError> {
        let into = work.into.clone().ok_or_else(|| {
            EngineError::Usage(format!(
                "task {task} has no branch of its own that could be merged: its commits are on `{}`",
                work.branch
            ))
        })?;
        let summary = self.summary(task).await?;
        let usage = self.0.store.usage(task).await?;
        let first = summary.prompt.lines().next().unwrap_or_default();
        Ok(MergeRequest {
            branch: work.branch.clone(),
            into,
            title: first.chars().take(TITLE).collect(),
            text: description(&summary.prompt, events, usage),
        })
    }

    /// Written down before it is done, each time anew: the forge is asked whether it was done before.
    async fn journaled(
        &self,
        task: TaskId,
        what: Publishing,
        work: &Work,
        place: &Place,
    ) -> Result<Entry, EngineError> {
        let before = self.0.store.entries_of_kind(task, PUBLISHED).await?.len();
        let intent = json!({
            "request": what == Publishing::Request,
            "branch": work.branch,
            "commit": work.commit,
            "place": place,
        });
        Ok(self.0.store.intend(task, &format!("{PUBLISHED}/{before}"), PUBLISHED, intent).await?)
    }

    /// Asks the user, whose answer may also come by command.
    async fn is_allowed(
        &self,
        task: TaskId,
        entry: &Entry,
        text: String,
        workspace: &Workspace,
    ) -> Result<bool, EngineError> {
        let (id, edits) = (AskId(entry.id), Vec::new());
        let ask = Ask { task, id, kind: AskKind::Outside, text, unforeseen: false, edits };
        let by_command = self.0.asks.put(workspace.root.clone(), ask.clone());
        self.0
            .store
            .append(task, Event::Asked { ask: ask.id, kind: ask.kind, text: ask.text.clone() });
        let reply = tokio::select! {
            reply = workspace.user.ask(&ask) => reply,
            Ok(reply) = by_command => reply,
        };
        self.0.asks.withdraw(task);
        self.0.store.append(task, reply.told(ask.id));
        match reply {
            UserReply::Absent => Err(EngineError::Usage(format!(
                "{}\nNobody is there to answer. `--yes` allows it",
                ask.text
            ))),
            reply => Ok(reply == UserReply::Allow),
        }
    }
}

/// The branch of a task, and where it began.
async fn work(
    task: TaskId,
    events: &[EventRecord],
    remote: Option<String>,
    workspace: &Workspace,
) -> Result<Work, EngineError> {
    let branch = events.iter().rev().find_map(|record| match &record.event {
        Event::Committed { branch, .. } => Some(branch.clone()),
        _ => None,
    });
    let branch =
        branch.ok_or_else(|| EngineError::Usage(format!("task {task} has committed nothing")))?;
    let root = workspace.root.clone();
    let looked = blocking(move || {
        let repository = Repository::open(&root)?
            .ok_or_else(|| Stop::Failed("there is no git repository".to_owned()))?;
        let commit = repository.tip_of(&branch)?.ok_or_else(|| {
            Stop::Failed(format!("the branch `{branch}` of task {task} is no longer there"))
        })?;
        let origin = repository.origin(&task.to_string())?;
        let into = origin.map(|origin| origin.branch).filter(|into| *into != branch);
        let branches: Vec<&str> = into.iter().chain([&branch]).map(String::as_str).collect();
        let remote = repository.remote(remote.as_deref(), &branches)?;
        Ok(Work { branch, commit, into, remote })
    });
    looked.await.map_err(|stop| {
        EngineError::Usage(match stop {
            Stop::Failed(why) | Stop::Paused(_, why) => why,
            Stop::Denied => "it was not allowed".to_owned(),
        })
    })
}

fn question(work: &Work, place: &Place, request: Option<&MergeRequest>) -> String {
    let Work { branch, commit, .. } = work;
    let push = format!(
        "Push the branch `{branch}` ({commit:.8}) to {}, {} ({})?",
        place.forge, place.project, place.address
    );
    match request {
        None => push,
        Some(request) => format!(
            "{push}\nAnd ask there for it to be merged into `{}`, as “{}”:\n\n{}",
            request.into, request.title, request.text
        ),
    }
}

/// Does what is not done yet; what was made, and its address.
async fn carry_out(
    publisher: &Arc<dyn Publisher>,
    work: &Work,
    place: &Place,
    request: Option<MergeRequest>,
    workspace: &Workspace,
) -> Result<(MadeKind, String), String> {
    publisher.push(place, &workspace.root, &work.branch).await?;
    let Some(request) = request else {
        return Ok((MadeKind::Branch, format!("{} at {}", work.branch, place.address)));
    };
    if let Some(found) = publisher.find_request(place, &work.branch).await? {
        return Ok((MadeKind::Request, found));
    }
    Ok((MadeKind::Request, publisher.open_request(place, &request).await?))
}

/// What was wanted and planned, what was checked, and what it took.
fn description(prompt: &str, events: &[EventRecord], usage: Usage) -> String {
    let mut plan: Option<&Plan> = None;
    let mut commits: Vec<(u32, &str)> = Vec::new();
    let mut lines: Vec<(i64, &str)> = Vec::new();
    let mut checks: Vec<(&str, bool)> = Vec::new();
    let mut models: Vec<&str> = Vec::new();
    for record in events {
        match &record.event {
            Event::Planned { plan: planned } => plan = Some(planned),
            Event::Committed { step, commit, .. } => commits.push((*step, commit)),
            Event::CommandStarted { command, line, .. } => lines.push((*command, line)),
            Event::CommandFinished { command, exit, .. } => {
                let line = lines.iter().find(|(known, _)| known == command);
                if let Some((_, line)) = line {
                    checks.retain(|(known, _)| known != line);
                    checks.push((line, *exit == CommandExit::Code(0)));
                }
            }
            Event::TurnFinished { model, .. } if !models.contains(&model.as_str()) => {
                models.push(model);
            }
            _ => {}
        }
    }
    let quoted: String = prompt.lines().map(|line| format!("> {line}\n")).collect();
    let mut text = quoted;
    if let Some(plan) = plan {
        text.push_str("\n## Steps\n");
        for (number, step) in (1..).zip(&plan.steps) {
            let commit = commits.iter().rev().find(|(of, _)| *of == number);
            let (mark, id) = match commit {
                Some((_, commit)) => ("x", format!(" ({commit:.8})")),
                None => (" ", String::new()),
            };
            text.push_str(&format!("- [{mark}] {}{id}\n", step.text));
        }
    }
    if !checks.is_empty() {
        text.push_str("\n## Checks\n");
        for (line, passed) in checks {
            let ending = if passed { "passed" } else { "failed" };
            text.push_str(&format!("- `{line}` {ending}\n"));
        }
    }
    let tokens = usage.input + usage.output;
    text.push_str(&format!(
        "\nMade with Devika and {}: {tokens} tokens, {}.\n",
        models.join(", "),
        usage.cost
    ));
    text
}
