//! The way of one task: decide and plan, then code, apply, verify, patch and commit each step, then
//! report.

use devika_protocol::{AskKind, Event, Mode, Stage};

use crate::context::Opening;
use crate::error::Stop;
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::decision::Decision;
use crate::stages::kinds::Kind;
use crate::stages::verify::Failure;
use crate::stages::{
    answer, checks, clone, commit, deploy, describe, page, plan, report, research, run_program,
    run_tests, step, trouble, trust, verify,
};
use crate::steer;

/// Walks a task to its end and returns its terminal event.
pub(crate) async fn carry_out(run: &Run) -> Result<Event, Stop> {
    trust::ensure(run).await?;
    if run.attempt == 1 {
        run.store.add_message(run.task, "user", &run.prompt).await?;
    }
    let trouble = trouble::look(run).await?;
    let (decision, opening) = plan::decide_and_plan(run, trouble.as_ref()).await?;
    let end = match decision.kind {
        Kind::Answer => answer::answer(run, &decision, &opening).await?,
        Kind::Run => run_program::run(run, &decision, &opening).await?,
        Kind::Test => run_tests::run(run, &decision).await?,
        Kind::Report => describe::describe(run, &opening).await?,
        Kind::Page => page::page(run, &opening).await?,
        Kind::Deploy => deploy::deploy(run).await?,
        Kind::Clone => clone::clone(run).await?,
        Kind::Code | Kind::Feature | Kind::Bug | Kind::Ask => {
            code(run, decision, opening, trouble).await?
        }
    };
    research::remember_outcome(run, &end).await;
    for words in steer::unheard(run).await? {
        let text = format!("“{words}” came too late for this task; the next one knows of it.");
        run.tell(Event::Warning { text });
    }
    Ok(end)
}

/// Carries out a plan step by step.
async fn code(
    run: &Run,
    decision: Decision,
    mut opening: Opening,
    trouble: Option<Failure>,
) -> Result<Event, Stop> {
    let agent = decision.kind.coder();
    let sources = research::look_up(run, &decision.queries, &mut opening).await?;
    let mut plan = decision.into_plan();
    let before = checks::settle(run, &mut plan).await?;
    // What the user wants repaired is repaired when it passes.
    if let Some(Failure { line, .. }) = &trouble
        && !plan.verify.contains(line)
    {
        plan.verify.push(line.clone());
    }
    run.tell(Event::Planned { plan: plan.clone() });
    if run.mode == Mode::Plan {
        let text = plan::describe(&plan);
        if run.ask("approve/plan", AskKind::Plan, &text).await? == UserReply::Deny {
            return Err(Stop::Denied);
        }
    }
    let branch = commit::prepare(run, &plan.focus).await?;
    let before = match trouble {
        Some(trouble) => Some(trouble),
        None => verify::before(run, &before).await?,
    };
    let mut number = 0;
    loop {
        while number < plan.steps.len() {
            number += 1;
            let step = step::Planned {
                plan: &plan,
                opening: &opening,
                sources: &sources,
                agent,
                before: before.as_ref(),
                branch: branch.as_deref(),
                number: number as u32,
            };
            step::carry_out(run, step).await?;
            run.tell(Event::StepFinished { step: number as u32 });
        }
        let Some(further) = steer::further_step(run, &plan).await? else { break };
        plan.steps.push(further);
        run.tell(Event::Planned { plan: plan.clone() });
    }
    run.enter(Stage::Report, None, 1);
    report::completed(run, &plan, branch).await
}
