//! The model: plans a step or two over files that are there, and changes them at random. It has no wish to
//! delete a line of the user's. While it thinks, the user goes on.

use std::sync::Arc;

use async_trait::async_trait;
use devika_llm::{Answer, Delta, LanguageModel, Limits, ModelError, Request, Stop};
use devika_protocol::Money;
use serde_json::json;

use crate::scene::{Scene, Shared, words_in};
use crate::user;

/// Things that the user does while the model answers, at the most.
const MEANWHILE: u32 = 3;

pub(crate) struct RandomAgent(pub(crate) Arc<Shared>);

#[async_trait]
impl LanguageModel for RandomAgent {
    fn name(&self) -> &str {
        "double/random"
    }

    fn limits(&self) -> Limits {
        Limits { context: 64_000, output: 4_096, small: false }
    }

    async fn turn(
        &self,
        request: &Request,
        _on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let mut scene = self.0.lock();
        let text = match &request.schema {
            Some(_) => plan(&mut scene),
            None => code(&mut scene, &request.messages.last().unwrap().text),
        };
        scene.log.push(format!("agent: {text}"));
        user::acts(&mut scene, MEANWHILE);
        Ok(Answer {
            model: "double/random".to_owned(),
            text,
            stop: Stop::Complete,
            input_tokens: 1,
            cached_tokens: 0,
            cache_written_tokens: 0,
            output_tokens: 1,
            cost: Money::ZERO,
        })
    }
}

/// Steps of two files each: more than are joined into one.
fn plan(scene: &mut Scene) -> String {
    let mut files = scene.tracked();
    scene.rng.shuffle(&mut files);
    let steps: Vec<_> = files
        .chunks(2)
        .take(scene.rng.usize(1..=2))
        .map(|files| json!({ "text": format!("Change [{}]", files.join(" ")), "files": files }))
        .collect();
    let steps =
        if steps.is_empty() { vec![json!({ "text": "Change []", "files": [] })] } else { steps };
    json!({
        "monologue": "", "kind": "code", "reply": "Done so.", "focus": "the files",
        "steps": steps, "verify": ["true"], "queries": [], "question": "",
    })
    .to_string()
}

/// Changes to the files that the step names between brackets, and often a new one.
fn code(scene: &mut Scene, prompt: &str) -> String {
    let named = prompt.rsplit_once("Change [").and_then(|(_, rest)| rest.split_once(']'));
    let files: Vec<String> =
        named.map_or("", |(files, _)| files).split_whitespace().map(str::to_owned).collect();
    let mut answer = "Commit: Change files\n\n".to_owned();
    let there = scene.files();
    for file in files.iter().filter(|file| there.contains(file)) {
        answer.push_str(&change(scene, file));
    }
    if scene.rng.bool() || answer.ends_with("files\n\n") {
        let (name, word) = (scene.word('m'), scene.word('a'));
        scene.made.insert(format!("{name}txt"));
        answer.push_str(&format!("File: `{name}txt`\n```\n{word}\n```\n\n"));
    }
    answer
}

fn change(scene: &mut Scene, file: &str) -> String {
    let text = scene.read(file);
    let lines: Vec<&str> = text.lines().collect();
    let word = scene.word('a');
    let has_users = !words_in(&text).is_empty();
    match scene.rng.u8(..10) {
        0 if !has_users => format!("Delete: `{file}`\n\n"),
        1 if !has_users => {
            let new = format!("{}txt", scene.word('m'));
            scene.made.insert(new.clone());
            format!("Rename: `{file}` -> `{new}`\n\n")
        }
        2..=4 => {
            let at = scene.rng.usize(0..=lines.len());
            let mut lines = lines;
            lines.insert(at, &word);
            format!("File: `{file}`\n```\n{}\n```\n\n", lines.join("\n"))
        }
        _ if lines.is_empty() => format!("File: `{file}`\n```\n{word}\n```\n\n"),
        _ => {
            let from = scene.rng.usize(..lines.len());
            let to = (from + 3).min(lines.len());
            let found = lines[from..to].join("\n");
            let at = scene.rng.usize(from..=to) - from;
            let mut new = lines[from..to].to_vec();
            new.insert(at, &word);
            let new = new.join("\n");
            format!(
                "File: `{file}`\n```\n<<<<<<< SEARCH\n{found}\n=======\n{new}\n>>>>>>> REPLACE\n```\n\n"
            )
        }
    }
}
