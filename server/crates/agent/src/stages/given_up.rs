//! A step that cannot be verified: kept on its branch and marked as failing, or taken back, as the user
//! has configured.

use devika_config::FailingStep;
use devika_edit::FileEdit;
use devika_protocol::Plan;

use crate::error::Stop;
use crate::run::Run;
use crate::stages::apply::{self, StoredEdit};
use crate::stages::commit::{self, Ending, Touched};
use crate::stages::verify::Failure;

/// A step that still fails after its rounds of repair, or whose repair goes round in circles.
pub(crate) struct GivingUp<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) number: u32,
    /// What the keys of this attempt begin with.
    pub(crate) key: &'a str,
    pub(crate) round: u32,
    pub(crate) branch: Option<&'a str>,
    pub(crate) failure: &'a Failure,
    /// Whether the model has answered the same to the same.
    pub(crate) in_circles: bool,
}

/// What an earlier run of the task left of a step that it gave up.
pub(crate) enum Kept {
    /// It is committed as failing; the repair goes on from there.
    Committed,
    /// It was taken back, to begin anew.
    Nothing,
}

/// Whether an earlier run of the task gave the step up after this round.
pub(crate) async fn was_done(run: &Run, key: &str, round: u32) -> Result<bool, Stop> {
    Ok(run.outcome(&done_key(key, round)).await?.is_some())
}

fn done_key(key: &str, round: u32) -> String {
    format!("{key}/given-up{round}")
}

impl GivingUp<'_> {
    /// Gives the step up, which ends the task as failed; or says how an earlier run did.
    pub(crate) async fn carry_out(
        &self,
        run: &Run,
        touched: &Touched,
        subject: Option<&str>,
    ) -> Result<Kept, Stop> {
        let is_repeated = was_done(run, self.key, self.round).await?;
        let way = run.settings.tasks.failing_step;
        let intent = serde_json::json!({});
        let done = done_key(self.key, self.round);
        // Decided before it is done: a process that takes over after a crash does it the same way.
        let way: FailingStep = run.once(&done, "given up", intent, async |_| Ok(way)).await?;
        let (kept, told) = match way {
            FailingStep::Keep => {
                let ending = commit::commit_failing(run, self, subject, touched).await?;
                if ending == Ending::TakenBack {
                    return Ok(Kept::Nothing);
                }
                let told = "It is committed, marked as failing, so that you can look at it.";
                (Kept::Committed, told)
            }
            FailingStep::Revert => {
                self.take_back(run, touched).await?;
                (Kept::Nothing, "Its changes are taken back; earlier steps stay.")
            }
        };
        if is_repeated {
            return Ok(kept);
        }
        let (after, advice) = match (self.in_circles, self.round - 1) {
            (false, rounds) => {
                (format!("after {rounds} rounds of repair"), "Resume the task for more rounds.")
            }
            (true, _) => (
                "and the model answers the same again".to_owned(),
                "Say more of what you want, or resume the task with another model.",
            ),
        };
        Err(Stop::Failed(format!(
            "Step {} still fails {after}: `{}` {}.\n{}\n{told} {advice}",
            self.number,
            self.failure.line,
            self.failure.ending,
            self.failure.output.trim_end()
        )))
    }

    /// Undoes the step's edits; what the user typed meanwhile stays.
    async fn take_back(&self, run: &Run, touched: &Touched) -> Result<(), Stop> {
        let undone: Vec<FileEdit> = touched.undone();
        let key = format!("{}/undo{}", self.key, self.round);
        let edits = undone.iter().map(StoredEdit::from).collect();
        apply::apply_unasked(run, &key, self.number, self.round, edits).await.map(drop)
    }
}
