//! What the tasks of this session have told so far: who wrote a line and why, and what can be done
//! about a task that has ended, is drawn from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use devika_protocol::{Event, EventRecord, Plan, TaskId, TaskSummary};

use super::authorship::Origin;

/// Tasks that are remembered at the most; the oldest are forgotten.
const MOST: usize = 100;

/// What a task's own branch begins with.
const OWN_BRANCH: &str = "devika/";

/// What the tasks of this session have told so far.
#[derive(Debug, Default)]
pub(super) struct Stories(BTreeMap<TaskId, Story>);

/// What a task has told so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// The workspace root.
    project: String,
    /// What the user asked for.
    pub(super) prompt: String,
    plan: Option<Plan>,
    /// The model that answered last, `provider/model`.
    model: String,
    /// The last thought.
    thought: String,
    /// The branch of its commits.
    branch: Option<String>,
    /// Whether all of its steps are taken back.
    pub(super) undone: bool,
    /// Whether it was accepted or discarded.
    closed: bool,
    ended: bool,
    /// Whether it can be taken up again.
    pub(super) can_resume: bool,
}

impl Stories {
    /// Takes up the story of a task that an earlier session began.
    pub(super) fn take_up(&mut self, task: &TaskSummary) {
        let story = self.story(task.id);
        story.project.clone_from(&task.project);
        story.prompt.clone_from(&task.prompt);
    }

    /// Hears an event of a task.
    pub(super) fn hear(&mut self, record: &EventRecord) {
        if !record.event.is_live() {
            self.story(record.task).hear(&record.event);
        }
    }

    /// Who writes what a task changes now.
    pub(super) fn origin(&self, task: TaskId, step: u32) -> Option<Arc<Origin>> {
        let story = self.0.get(&task)?;
        Some(Arc::new(Origin {
            task,
            step,
            prompt: story.prompt.clone(),
            model: story.model.clone(),
            what: story.step(step),
            why: story.thought.clone(),
        }))
    }

    /// Whether a task that has not ended is asked for what begins like this.
    pub(super) fn carry_out(&self, beginning: &str) -> bool {
        self.0.values().any(|story| !story.ended && story.prompt.starts_with(beginning))
    }

    /// The workspace root of a task.
    pub(super) fn root(&self, task: TaskId) -> Option<PathBuf> {
        self.0.get(&task).map(|story| PathBuf::from(&story.project))
    }

    /// The last task of a root that has ended.
    pub(super) fn last_ended(&self, root: &Path) -> Option<(TaskId, &Story)> {
        let project = root.display().to_string();
        let of_root = self.0.iter().rev().filter(|(_, story)| story.project == project);
        of_root.map(|(task, story)| (*task, story)).find(|(_, story)| story.ended)
    }

    fn story(&mut self, task: TaskId) -> &mut Story {
        if self.0.len() >= MOST && !self.0.contains_key(&task) {
            drop(self.0.pop_first());
        }
        self.0.entry(task).or_default()
    }
}

impl Story {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Queued { prompt, project, .. } => {
                self.prompt.clone_from(prompt);
                self.project.clone_from(project);
            }
            Event::Started { .. } => (self.ended, self.can_resume) = (false, false),
            Event::Planned { plan } => self.plan = Some(plan.clone()),
            Event::Monologue { text, .. } => self.thought.clone_from(text),
            Event::TurnFinished { model, .. } => self.model.clone_from(model),
            Event::Committed { branch, .. } => self.branch = Some(branch.clone()),
            Event::Undone { step: None, redo, .. } => self.undone = !redo,
            Event::Undone { .. } => self.undone = false,
            Event::Accepted { .. } => self.closed = true,
            Event::Discarded { .. } => (self.closed, self.branch) = (true, None),
            Event::Failed { .. } | Event::Paused { .. } => {
                (self.ended, self.can_resume) = (true, true);
            }
            Event::Completed { .. } | Event::Cancelled {} => self.ended = true,
            _ => {}
        }
    }

    /// Whether there are commits that can be taken back.
    pub(super) fn has_commits(&self) -> bool {
        self.branch.is_some()
    }

    /// Whether its work waits on a branch of its own for the user to take or leave it.
    pub(super) fn is_open(&self) -> bool {
        !self.closed && self.branch.as_ref().is_some_and(|branch| branch.starts_with(OWN_BRANCH))
    }

    /// What a step does, and how many there are.
    fn step(&self, number: u32) -> String {
        let steps = self.plan.as_ref().map_or(&[][..], |plan| &plan.steps);
        let place = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        match steps.get(place) {
            Some(step) => format!("step {number}/{}: {}", steps.len(), step.text),
            None => format!("step {number}"),
        }
    }
}
