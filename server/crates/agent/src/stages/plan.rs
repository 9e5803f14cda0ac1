//! Decision and plan, in one turn.

use devika_edit::RelPath;
use devika_llm::Schema;
use devika_protocol::{Agent, AskKind, Event, Plan, Stage, Step};
use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::context::{self, Opening};
use crate::error::Stop;
use crate::ports::UserReply;
use crate::prompts;
use crate::rules;
use crate::run::Run;

/// Tokens of the planner's answer at the most.
const MAX_TOKENS: u32 = 900;

/// Questions to the user before the planner has to decide.
const MAX_QUESTIONS: u32 = 3;

/// Commands of a plan at the most.
const MAX_COMMANDS: usize = 4;

/// Steps that a small model may plan.
const STEPS_OF_SMALL: usize = 4;

/// Characters of a thought, a reply or a step's text at the most.
const MAX_LINE: usize = 300;

/// Files that one turn writes, where the plan has them in steps of their own.
const FILES_AT_ONCE: usize = 2;

/// Characters of mentioned files in the opening, for a small model and for a large one. The planner
/// needs to see what the user talks about; the coder gets the files anyway.
const OPENING_FILES: (usize, usize) = (3_000, 24_000);

/// What kind of task it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Files are created or changed.
    Code,
    /// A question; nothing is changed.
    Answer,
    /// A fact is missing that only the user knows.
    Ask,
}

/// The planner's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    #[serde(default)]
    pub(crate) monologue: String,
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) reply: String,
    #[serde(default)]
    pub(crate) focus: String,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    pub(crate) verify: Vec<String>,
    #[serde(default)]
    pub(crate) queries: Vec<String>,
    #[serde(default)]
    pub(crate) question: String,
}

/// Asks the planner, and the user where the planner has a question, until there is a decision.
/// Returns it with the opening of all further requests.
pub(crate) async fn decide_and_plan(run: &Run) -> Result<(Decision, Opening), Stop> {
    run.enter(Stage::Plan, None, 1);
    let mut opening = open(run)?;
    for round in 0..=MAX_QUESTIONS {
        let decision = ask_planner(run, &format!("plan/{round}"), &opening).await?;
        run.tell(Event::Monologue { agent: Agent::Planner, text: decision.monologue.clone() });
        if !decision.queries.is_empty() {
            run.tell(Event::Queries { queries: decision.queries.clone() });
        }
        if decision.kind != Kind::Ask {
            run.tell(Event::Reply { text: decision.reply.clone() });
            return Ok((decision, opening));
        }
        let key = format!("question/{round}");
        let reply = run.ask(&key, AskKind::Question, &decision.question).await?;
        let UserReply::Answer(words) = reply else { return Err(Stop::Denied) };
        opening.add(&format!("You asked: {}\nThe user answers: {words}", decision.question));
    }
    Err(Stop::Failed(format!(
        "The planner asked {} questions and still has no plan. Say in one prompt what is wanted.",
        MAX_QUESTIONS + 1
    )))
}

fn open(run: &Run) -> Result<Opening, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let (small, large) = OPENING_FILES;
    let budget = if run.model(Agent::Planner).limits().small { small } else { large };
    let mentioned = context::mentioned(&run.prompt, &paths);
    let rules = rules::of_project(&snapshot, run.model(Agent::Planner).limits().small);
    for text in rules.warnings {
        run.tell(Event::Warning { text });
    }
    let text = prompts::render(
        "opening",
        context! {
            listing => context::listing(&paths),
            files => context::quote(&snapshot, &mentioned, budget).text,
            rules => rules.text,
            prompt => run.prompt.trim(),
        },
    );
    text.map(Opening::new).map_err(Stop::Failed)
}

/// One decision; an answer that does not fit the schema goes back with what is wrong.
async fn ask_planner(run: &Run, key: &str, opening: &Opening) -> Result<Decision, Stop> {
    let instruction = prompts::render("plan", context! {}).map_err(Stop::Failed)?;
    let max_tokens = MAX_TOKENS.min(run.model(Agent::Planner).limits().output);
    let schema = Schema { name: "plan", json: schema(run.model(Agent::Planner).limits().small) };
    let mut request = opening.request(&instruction, max_tokens, Some(schema));
    let mut last = String::new();
    let rounds = run.rounds(run.settings.tasks.repair_rounds);
    for attempt in 0..=rounds {
        let answer = run.turn(&format!("{key}/{attempt}"), Agent::Planner, &request).await?;
        match Decision::parse(&answer.text, run.settings.tasks.max_steps) {
            Ok(decision) => return Ok(decision),
            Err(complaint) => {
                run.tell(Event::Complaint { agent: Agent::Planner, text: complaint.clone() });
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
        run.model(Agent::Planner).name(),
        rounds + 1
    )))
}

impl Decision {
    /// Reads and checks a planner's answer.
    ///
    /// # Errors
    /// What is wrong, in words for the model.
    fn parse(answer: &str, max_steps: usize) -> Result<Self, String> {
        let json = object_in(answer).ok_or("it contains no JSON object")?;
        let mut decision: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        for text in [&mut decision.monologue, &mut decision.reply, &mut decision.focus] {
            *text = one_line(text);
        }
        for step in &mut decision.steps {
            step.text = one_line(&step.text);
        }
        if decision.kind == Kind::Ask && decision.question.trim().is_empty() {
            return Err("kind is \"ask\" and question is empty".to_owned());
        }
        if decision.kind == Kind::Code {
            decision.check_steps(max_steps)?;
        }
        Ok(decision)
    }

    fn check_steps(&mut self, max_steps: usize) -> Result<(), String> {
        for file in self.steps.iter_mut().flat_map(|step| &mut step.files) {
            *file = RelPath::new(file).map_err(|error| error.to_string())?.to_string();
        }
        // A step such as "run the tests" touches no file; that is what `verify` is for.
        if self.steps.iter().any(|step| !step.files.is_empty()) {
            self.steps.retain(|step| !step.files.is_empty());
        }
        self.join_small_steps();
        if self.steps.is_empty() {
            return Err("kind is \"code\" and steps is empty".to_owned());
        }
        if self.steps.len() > max_steps {
            return Err(format!(
                "there are {} steps; at most {max_steps} are allowed",
                self.steps.len()
            ));
        }
        self.verify.retain(|line| !line.trim().is_empty());
        self.verify.truncate(MAX_COMMANDS);
        match self.verify.iter().find(|line| line.chars().any(char::is_control)) {
            Some(line) => Err(format!("the command {line:?} is not one line")),
            None => Ok(()),
        }
    }

    /// Joins neighbouring steps as long as they touch few files together: one turn writes them all,
    /// and a file is not written twice.
    fn join_small_steps(&mut self) {
        let mut joined: Vec<Step> = Vec::new();
        for step in self.steps.drain(..) {
            let Some(last) = joined.last_mut() else {
                joined.push(step);
                continue;
            };
            let new = step.files.iter().filter(|file| !last.files.contains(file)).cloned();
            let new: Vec<String> = new.collect();
            let shares_a_file = new.len() < step.files.len();
            if shares_a_file || last.files.len() + new.len() <= FILES_AT_ONCE {
                last.text = format!("{}; {}", last.text.trim_end_matches('.'), step.text);
                last.files.extend(new);
            } else {
                joined.push(step);
            }
        }
        self.steps = joined;
    }

    /// The plan of a coding task.
    pub(crate) fn into_plan(self) -> Plan {
        Plan { reply: self.reply, focus: self.focus, steps: self.steps, verify: self.verify }
    }
}

/// The first line of a text; small models like to go on with code, which belongs elsewhere.
fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    line.chars().take(MAX_LINE).collect()
}

/// The outermost JSON object in a text that may have fences or words around it.
fn object_in(text: &str) -> Option<&str> {
    let (start, end) = (text.find('{')?, text.rfind('}')?);
    text.get(start..=end)
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

/// The schema of [`Decision`]. All fields are required and no other is allowed, as providers'
/// strict modes want it; the thought comes first, so that it can lead the rest. For a small model
/// the lists and texts are bounded, or it may repeat itself to the end of its answer; providers of
/// large ones refuse such bounds (OpenAI's strict mode).
fn schema(small: bool) -> Value {
    let text = if small {
        json!({ "type": "string", "maxLength": MAX_LINE })
    } else {
        json!({ "type": "string" })
    };
    let list = |item: &Value, most: usize| {
        let mut list = json!({ "type": "array", "items": item });
        if small {
            list["maxItems"] = json!(most);
        }
        list
    };
    let texts = list(&text, MAX_COMMANDS);
    let step = json!({
        "type": "object",
        "properties": { "text": text, "files": texts },
        "required": ["text", "files"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {
            "monologue": text,
            "kind": { "type": "string", "enum": ["code", "answer", "ask"] },
            "reply": text,
            "focus": text,
            "steps": list(&step, STEPS_OF_SMALL),
            "verify": texts,
            "queries": texts,
            "question": text,
        },
        "required": ["monologue", "kind", "reply", "focus", "steps", "verify", "queries", "question"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(steps: &[(&str, &[&str])]) -> Result<Vec<Step>, String> {
        let steps: Vec<Value> =
            steps.iter().map(|(text, files)| json!({ "text": text, "files": files })).collect();
        let answer = json!({ "kind": "code", "steps": steps }).to_string();
        Decision::parse(&answer, 3).map(|decision| decision.steps)
    }

    fn step(text: &str, files: &[&str]) -> Step {
        Step { text: text.to_owned(), files: files.iter().map(|file| (*file).to_owned()).collect() }
    }

    #[test]
    fn a_small_task_is_one_step_however_finely_it_was_planned() {
        let planned = steps(&[
            ("Create a.py.", &["a.py"]),
            ("Write it", &["./a.py"]),
            ("Test it", &["test_a.py"]),
            ("Run the tests", &[]),
        ]);
        assert_eq!(
            planned,
            Ok(vec![step("Create a.py; Write it; Test it", &["a.py", "test_a.py"])])
        );
    }

    #[test]
    fn steps_that_touch_many_files_stay_apart() {
        let planned = steps(&[("One", &["a", "b"]), ("Two", &["c", "d"])]);
        assert_eq!(planned, Ok(vec![step("One", &["a", "b"]), step("Two", &["c", "d"])]));
    }

    #[test]
    fn a_plan_that_cannot_be_carried_out_is_refused_in_words_for_the_model() {
        assert_eq!(steps(&[]), Err("kind is \"code\" and steps is empty".to_owned()));
        assert!(steps(&[("Out", &["../x"])]).unwrap_err().contains("`../x`"));
    }

    #[test]
    fn a_plan_in_a_fence_with_words_around_it_is_read() {
        let answer =
            "Here it is:\n```json\n{\"kind\":\"answer\",\"reply\":\"So {it} is\"}\n```\nDone.";
        assert_eq!(Decision::parse(answer, 3).unwrap().reply, "So {it} is");
    }

    #[test]
    fn the_schema_names_every_field_of_the_answer() {
        let decision = Decision::parse("{\"kind\":\"answer\"}", 3).unwrap();
        let fields: Vec<String> = json!(decision).as_object().unwrap().keys().cloned().collect();
        let schema = schema(true);
        let named: Vec<String> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, named);
    }
}
