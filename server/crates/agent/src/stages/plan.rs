//! Decision and plan, in one turn.

use devika_edit::RelPath;
use devika_llm::Schema;
use devika_protocol::{Agent, AskKind, Event, Plan, Stage, Step};
use minijinja::context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::context::{self, Conversation};
use crate::error::Stop;
use crate::ports::UserReply;
use crate::prompts;
use crate::run::Run;

/// Tokens of the planner's answer at the most.
const MAX_TOKENS: u32 = 900;

/// Questions to the user before the planner has to decide.
const MAX_QUESTIONS: u32 = 3;

/// Commands of a plan at the most.
const MAX_COMMANDS: usize = 5;

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
/// Returns it with the conversation that led to it.
pub(crate) async fn decide_and_plan(run: &Run) -> Result<(Decision, Conversation), Stop> {
    run.enter(Stage::Plan, None, 1);
    let mut conversation = open(run)?;
    for round in 0..=MAX_QUESTIONS {
        let (decision, answer) = ask_planner(run, &format!("plan/{round}"), &conversation).await?;
        conversation = conversation.answered(&answer);
        run.tell(Event::Monologue { agent: Agent::Planner, text: decision.monologue.clone() });
        if !decision.queries.is_empty() {
            run.tell(Event::Queries { queries: decision.queries.clone() });
        }
        if decision.kind != Kind::Ask {
            run.tell(Event::Reply { text: decision.reply.clone() });
            return Ok((decision, conversation));
        }
        let key = format!("question/{round}");
        let UserReply::Answer(words) = run.ask(&key, AskKind::Question, &decision.question).await?
        else {
            return Err(Stop::Denied);
        };
        conversation =
            conversation.said(format!("The user answers: {words}\nDecide and plan now."));
    }
    Err(Stop::Failed(format!(
        "The planner asked {} questions and still has no plan. Say in one prompt what is wanted.",
        MAX_QUESTIONS + 1
    )))
}

fn open(run: &Run) -> Result<Conversation, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let (small, large) = OPENING_FILES;
    let budget = if run.model.limits().small { small } else { large };
    let mentioned = context::mentioned(&run.prompt, &paths);
    let text = prompts::render(
        "opening",
        context! {
            listing => context::listing(&paths),
            files => context::quote(&snapshot, &mentioned, budget).text,
            prompt => run.prompt.trim(),
        },
    );
    text.map(Conversation::open).map_err(Stop::Failed)
}

/// One decision and the words it came in; an answer that does not fit the schema goes back with what
/// is wrong.
async fn ask_planner(
    run: &Run,
    key: &str,
    conversation: &Conversation,
) -> Result<(Decision, String), Stop> {
    let mut conversation = conversation.clone();
    let mut last = String::new();
    for attempt in 0..=run.settings.repair_rounds {
        let schema = Schema { name: "plan", json: schema() };
        let max_tokens = MAX_TOKENS.min(run.model.limits().output);
        let request = conversation.request(max_tokens, Some(schema));
        let answer = run.turn(&format!("{key}/{attempt}"), Agent::Planner, &request).await?;
        match Decision::parse(&answer.text, run.settings.max_steps) {
            Ok(decision) => return Ok((decision, answer.text)),
            Err(complaint) => {
                run.tell(Event::Complaint { agent: Agent::Planner, text: complaint.clone() });
                conversation = conversation.answered(&answer.text).said(format!(
                    "That cannot be used: {complaint}. Answer again with the JSON object alone."
                ));
                last = complaint;
            }
        }
    }
    Err(Stop::Failed(format!(
        "{} gave no usable plan in {} attempts; the last one: {last}. Try a shorter prompt or a larger model.",
        run.model.name(),
        run.settings.repair_rounds + 1
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
        if decision.kind == Kind::Ask && decision.question.trim().is_empty() {
            return Err("kind is \"ask\" and question is empty".to_owned());
        }
        if decision.kind == Kind::Code {
            decision.check_steps(max_steps)?;
        }
        Ok(decision)
    }

    fn check_steps(&mut self, max_steps: usize) -> Result<(), String> {
        // A step such as "run the tests" touches no file; that is what `verify` is for.
        if self.steps.iter().any(|step| !step.files.is_empty()) {
            self.steps.retain(|step| !step.files.is_empty());
        }
        if self.steps.is_empty() {
            return Err("kind is \"code\" and steps is empty".to_owned());
        }
        if self.steps.len() > max_steps {
            return Err(format!(
                "there are {} steps; at most {max_steps} are allowed",
                self.steps.len()
            ));
        }
        for file in self.steps.iter_mut().flat_map(|step| &mut step.files) {
            *file = RelPath::new(file).map_err(|error| error.to_string())?.to_string();
        }
        self.verify.retain(|line| !line.trim().is_empty());
        self.verify.truncate(MAX_COMMANDS);
        match self.verify.iter().find(|line| line.chars().any(char::is_control)) {
            Some(line) => Err(format!("the command {line:?} is not one line")),
            None => Ok(()),
        }
    }

    /// The plan of a coding task.
    pub(crate) fn into_plan(self) -> Plan {
        Plan { reply: self.reply, focus: self.focus, steps: self.steps, verify: self.verify }
    }
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
/// strict modes want it; the thought comes first, so that it can lead the rest.
fn schema() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
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
            "steps": { "type": "array", "items": step },
            "verify": texts,
            "queries": texts,
            "question": text,
        },
        "required": ["monologue", "kind", "reply", "focus", "steps", "verify", "queries", "question"],
        "additionalProperties": false,
    })
}
