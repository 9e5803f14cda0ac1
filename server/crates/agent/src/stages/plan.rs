//! Decision and plan, in one turn.

use devika_llm::Schema;
use devika_protocol::{Agent, AskKind, Event, Plan, Stage};
use minijinja::context;

use crate::context::{self, Opening};
use crate::conversation;
use crate::error::Stop;
use crate::ports::UserReply;
use crate::prompts;
use crate::rules;
use crate::run::Run;
use crate::stages::decision::{self, Decision};
use crate::stages::kinds::{self, Kind};
use crate::stages::verify::{self, Failure};
use crate::stages::{beside, code_map, recall, remember};
use crate::wording::asks_first;

/// Tokens of the planner's answer at the most.
const MAX_TOKENS: u32 = 900;

/// Questions to the user before the planner has to decide.
const MAX_QUESTIONS: u32 = 3;

/// Characters of mentioned files in the opening, for a small model and for a large one. The planner
/// needs to see what the user talks about; the coder gets the files anyway.
const OPENING_FILES: (usize, usize) = (3_000, 24_000);

/// Asks the planner, or in a conversation the action agent, and the user where they have a question,
/// until there is a decision. Returns it with the opening of all further requests.
pub(crate) async fn decide_and_plan(
    run: &Run,
    trouble: Option<&Failure>,
) -> Result<(Decision, Opening), Stop> {
    run.enter(Stage::Plan, None, 1);
    let (mut opening, agent) = open(run, trouble).await?;
    if let Some(question) = asks_first(&run.prompt) {
        ask_user(run, "question/first", &question, &mut opening).await?;
    }
    for round in 0..=MAX_QUESTIONS {
        let decision = ask(run, agent, &format!("plan/{round}"), &opening).await?;
        run.tell(Event::Monologue { agent, text: decision.monologue.clone() });
        if !decision.queries.is_empty() {
            run.tell(Event::Queries { queries: decision.queries.clone() });
        }
        if decision.kind != Kind::Ask {
            run.tell(Event::Reply { text: decision.reply.clone() });
            return Ok((decision, opening));
        }
        let key = format!("question/{round}");
        ask_user(run, &key, &decision.question, &mut opening).await?;
    }
    Err(Stop::Failed(format!(
        "The planner asked {} questions and still has no plan. Say in one prompt what is wanted.",
        MAX_QUESTIONS + 1
    )))
}

/// Puts a question to the user, and adds it and their answer to the opening.
async fn ask_user(run: &Run, key: &str, question: &str, opening: &mut Opening) -> Result<(), Stop> {
    let reply = run.ask(key, AskKind::Question, question).await?;
    let UserReply::Answer(words) = reply else { return Err(Stop::Denied) };
    remember::answer(run, question, &words).await;
    opening.add(&format!("You asked: {question}\nThe user answers: {words}"));
    Ok(())
}

/// The opening, and the agent that decides on it.
async fn open(run: &Run, trouble: Option<&Failure>) -> Result<(Opening, Agent), Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let (small, large) = OPENING_FILES;
    let budget = if run.model(Agent::Planner).limits().small { small } else { large };
    let mut mentioned = context::mentioned(&run.prompt, &paths);
    if let Some(failure) = trouble {
        context::add_failing(&mut mentioned, &failure.output, &snapshot, &paths);
    }
    let rules = rules::of_project(&snapshot, run.model(Agent::Planner).limits().small);
    for text in rules.warnings {
        run.tell(Event::Warning { text });
    }
    // After the files are looked at: a replay begins with what is seen before the first act.
    let files = context::quote(&snapshot, &mentioned, budget).text;
    let conversation = conversation::so_far(run).await?;
    let remembered = recall::recall(run).await?;
    let map = code_map::of_project(run, &paths).await?;
    let beside = beside::changes_of_user(run).await?;
    let agent = if conversation.is_empty() { Agent::Planner } else { Agent::Action };
    let changes = match conversation.changes.as_str() {
        "" => String::new(),
        changes => context::fenced(changes),
    };
    let text = prompts::render(
        "opening",
        context! {
            map => map,
            listing => context::listing(&paths),
            files => files,
            beside => beside,
            rules => rules.text,
            conversation => &conversation.text,
            changes => changes,
            notes => remembered.notes,
            outcomes => remembered.outcomes,
            command => trouble.map(|failure| failure.line.clone()),
            failure => trouble.map(|failure| context::fenced(&verify::end_of(&failure.output))),
            prompt => run.prompt.trim(),
        },
    );
    Ok((Opening::new(text.map_err(Stop::Failed)?), agent))
}

/// One decision; an answer that does not fit the schema goes back with what is wrong.
async fn ask(run: &Run, agent: Agent, key: &str, opening: &Opening) -> Result<Decision, Stop> {
    let limits = run.model(agent).limits();
    let kinds = kinds::offered(&run.prompt, agent == Agent::Action, limits.small);
    let instruction =
        instruction(&kinds, kinds::wants_document(&run.prompt)).map_err(Stop::Failed)?;
    let max_tokens = MAX_TOKENS.min(limits.output);
    let schema = Schema { name: "plan", json: decision::schema(&kinds, limits.small) };
    let mut request = opening.request(&instruction, max_tokens, Some(schema));
    let mut last = String::new();
    let rounds = run.rounds(run.settings.tasks.repair_rounds);
    for attempt in 0..=rounds {
        let answer = run.turn(&format!("{key}/{attempt}"), agent, &request).await?;
        match Decision::parse(&answer.text, run.settings.tasks.max_steps) {
            Ok(mut decision) => {
                // What is said in a conversation can be as short as "yes".
                if limits.small && agent == Agent::Planner {
                    decision.keep_to(&run.prompt);
                }
                return Ok(decision);
            }
            Err(complaint) => {
                run.tell(Event::Complaint { agent, text: complaint.clone() });
                let reply = format!(
                    "That cannot be used: {complaint}. Answer again with the JSON object alone."
                );
                context::go_on(&mut request, answer.text, reply);
                last = complaint;
            }
        }
    }
    Err(Stop::Failed(format!(
        "{} gave no usable plan in {} attempts; the last one: {last}. Try a shorter prompt or a larger model.",
        run.model(agent).name(),
        rounds + 1
    )))
}

/// What the model is told to decide among these kinds.
fn instruction(kinds: &[Kind], document: bool) -> Result<String, String> {
    let coding: Vec<String> = kinds
        .iter()
        .filter(|kind| kind.is_coding())
        .map(|kind| format!("\"{}\"", kind.word()))
        .collect();
    prompts::render(
        "plan",
        context! {
            kinds => kinds::described(kinds),
            coding => coding.join(" or "),
            runs => kinds.contains(&Kind::Run),
            document => document,
        },
    )
}

/// The plan in words, for the user's approval.
pub(crate) fn describe(plan: &Plan) -> String {
    let mut text = format!("{}\n", plan.reply);
    for (index, step) in plan.steps.iter().enumerate() {
        text.push_str(&format!("{}. {} ({})\n", index + 1, step.text, step.files.join(", ")));
    }
    for line in &plan.verify {
        text.push_str(&format!("Check: {line}\n"));
    }
    text.push_str("Carry out this plan?");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instruction_with_all_kinds_stays_under_600_tokens() {
        let all = kinds::offered("Go on", true, false);
        let text = instruction(&all, true).unwrap();
        assert!((prompts::SYSTEM.len() + text.len()).div_ceil(4) < 600, "{text}");
    }

    #[test]
    fn the_kinds_are_named_where_they_matter() {
        let simple = instruction(&[Kind::Code, Kind::Answer, Kind::Ask], false).unwrap();
        assert!(simple.contains("- steps: for \"code\" as few as possible"), "{simple}");
        assert!(!simple.contains("\"run\"") && !simple.contains("letter"), "{simple}");
        let next = instruction(&[Kind::Feature, Kind::Bug, Kind::Run], true).unwrap();
        assert!(next.contains("- steps: for \"feature\" or \"bug\" as few"), "{next}");
        assert!(next.contains("For \"run\": the one command"), "{next}");
        assert!(next.contains("A letter, an essay or the like is one Markdown file"), "{next}");
    }
}
