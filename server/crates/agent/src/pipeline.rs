//! The way of one task: decide and plan, then code, apply, verify, patch and commit each step, then
//! report.

use devika_protocol::{AskKind, Event, Mode, Stage};

use crate::error::Stop;
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::{answer, checks, commit, plan, report, step, trust, verify};

/// Walks a task to its end and returns its terminal event.
pub(crate) async fn carry_out(run: &Run) -> Result<Event, Stop> {
    trust::ensure(run).await?;
    if run.attempt == 1 {
        run.store.add_message(run.task, "user", &run.prompt).await?;
    }
    let (decision, opening) = plan::decide_and_plan(run).await?;
    if decision.kind == plan::Kind::Answer {
        return answer::answer(run, &decision, &opening).await;
    }
    let mut plan = decision.into_plan();
    let before = checks::settle(run, &mut plan).await?;
    run.tell(Event::Planned { plan: plan.clone() });
    if run.mode == Mode::Plan {
        let text = plan::describe(&plan);
        if run.ask("approve/plan", AskKind::Plan, &text).await? == UserReply::Deny {
            return Err(Stop::Denied);
        }
    }
    let branch = commit::prepare(run, &plan.focus).await?;
    let before = verify::before(run, &before).await?;
    for number in 1..=plan.steps.len() as u32 {
        step::carry_out(run, &plan, &opening, before.as_ref(), branch.as_deref(), number).await?;
        run.tell(Event::StepFinished { step: number });
    }
    run.enter(Stage::Report, None, 1);
    report::completed(run, &plan, branch).await
}
