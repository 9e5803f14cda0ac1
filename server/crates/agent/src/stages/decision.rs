//! The planner's answer: read, checked, and the schema that it follows.

use devika_edit::RelPath;
use devika_protocol::{Plan, Step};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stages::kinds::Kind;
use crate::wording::own_words;

/// Commands of a plan at the most.
const MAX_COMMANDS: usize = 4;

/// Steps that a small model may plan.
const STEPS_OF_SMALL: usize = 4;

/// Characters of a thought, a reply or a step's text at the most.
const MAX_LINE: usize = 300;

/// Characters of a task that is the text of its only step.
const MAX_TASK: usize = 600;

/// Files that one turn writes, where the plan has them in steps of their own.
const FILES_AT_ONCE: usize = 2;

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

impl Decision {
    /// Reads and checks a planner's answer.
    ///
    /// # Errors
    /// What is wrong, in words for the model.
    pub(super) fn parse(answer: &str, max_steps: usize) -> Result<Self, String> {
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
        if decision.kind.is_coding() {
            decision.check_steps(max_steps)?;
        }
        Ok(decision)
    }

    fn check_steps(&mut self, max_steps: usize) -> Result<(), String> {
        for step in &mut self.steps {
            // A folder, as small models name one where its tests are run.
            step.files.retain(|file| !file.ends_with('/'));
        }
        for file in self.steps.iter_mut().flat_map(|step| &mut step.files) {
            *file = RelPath::new(file).map_err(|error| error.to_string())?.to_string();
        }
        // A step such as "run the tests" touches no file; that is what `verify` is for.
        if self.steps.iter().any(|step| !step.files.is_empty()) {
            self.steps.retain(|step| !step.files.is_empty());
        }
        self.join_small_steps();
        if self.steps.is_empty() {
            return Err(format!("kind is \"{}\" and steps is empty", self.kind.word()));
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

    /// Has the only step of a plan say what the user said, where that is short. The plans of small models
    /// forget parts of a task, or tell how a person would type it, and the coder keeps to them: a `clean`
    /// target that was to remove two things removed both in 0 of 6 answers by the plan, and in 6 of 6 by
    /// the task (Qwen2.5-Coder 1.5B).
    pub(super) fn keep_to(&mut self, prompt: &str) {
        let words = own_words(prompt).split_whitespace().collect::<Vec<_>>().join(" ");
        if let [only] = &mut self.steps[..]
            && self.kind.is_coding()
            && (1..=MAX_TASK).contains(&words.chars().count())
        {
            only.text = words;
        }
    }

    /// The plan of a coding task.
    pub(crate) fn into_plan(self) -> Plan {
        Plan { reply: self.reply, focus: self.focus, steps: self.steps, verify: self.verify }
    }
}

/// The first line of a text; small models like to go on with code, which belongs elsewhere.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    line.chars().take(MAX_LINE).collect()
}

/// The outermost JSON object in a text that may have fences or words around it.
pub(super) fn object_in(text: &str) -> Option<&str> {
    let (start, end) = (text.find('{')?, text.rfind('}')?);
    text.get(start..=end)
}

/// The schema of [`Decision`]. All fields are required and no other is allowed, as providers'
/// strict modes want it; the thought comes first, so that it can lead the rest. For a small model
/// the lists and texts are bounded, or it may repeat itself to the end of its answer; providers of
/// large ones refuse such bounds (OpenAI's strict mode).
pub(super) fn schema(kinds: &[Kind], small: bool) -> Value {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
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
            "kind": { "type": "string", "enum": words },
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
    fn a_folder_is_no_file_of_a_step() {
        let planned = steps(&[("Mend it", &["a.py"]), ("Run the tests", &["tests/"])]);
        assert_eq!(planned, Ok(vec![step("Mend it", &["a.py"])]));
    }

    #[test]
    fn the_only_step_says_what_the_user_said_where_that_is_short() {
        let kept = |steps: Value, prompt: &str| {
            let answer = json!({ "kind": "code", "steps": steps }).to_string();
            let mut decision = Decision::parse(&answer, 3).unwrap();
            decision.keep_to(prompt);
            decision.steps
        };
        let one = || json!([{ "text": "Open a.py", "files": ["a.py"] }]);
        let prompt = "Add a flag\nto this:\n```\nprint()\n```\n";
        assert_eq!(kept(one(), prompt), [step("Add a flag to this:", &["a.py"])]);
        assert_eq!(kept(one(), &"long ".repeat(200)), [step("Open a.py", &["a.py"])]);
        let two = json!([
            { "text": "One", "files": ["a", "b"] },
            { "text": "Two", "files": ["c", "d"] }
        ]);
        assert_eq!(kept(two, prompt)[0], step("One", &["a", "b"]));
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
        let schema = schema(&[Kind::Code], true);
        let named: Vec<String> =
            schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, named);
    }
}
