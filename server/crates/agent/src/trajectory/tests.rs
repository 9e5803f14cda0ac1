//! A trajectory as a file: what is written is read again, and nothing planted is in it.

use std::io::Cursor;

use devika_protocol::{CommandExit, StopReason, Usage};
use proptest::prelude::*;

use super::*;
use crate::sight::{Seen, Sighting};

/// A trajectory with an act of every kind, and `text` in every field that holds words of the user,
/// a model or a command.
fn trajectory(text: &str) -> Trajectory {
    let said = || text.to_owned();
    let edit = |after: Option<String>| StoredEdit {
        path: "a.txt".to_owned(),
        from: None,
        before: Some(said()),
        after,
    };
    let request = Asked {
        agent: Agent::Coder,
        model: "scripted/model".to_owned(),
        second: false,
        limits: Limits { context: 8_192, output: 2_048, small: true },
        max_tokens: 900,
        system: said(),
        messages: vec![said(), said()],
    };
    let answer = StoredAnswer {
        model: "scripted/other".to_owned(),
        text: said(),
        stop: StopReason::Length,
        usage: Usage { input: 7, cached: 3, output: 2, ..Usage::default() },
        heard: 1,
    };
    let conversation = Conversation { text: said(), changes: said() };
    let outcome = StoredOutcome {
        exit: CommandExit::Code(1),
        output: said(),
        millis: 12,
        refused_hosts: vec![],
    };
    let file = Seen { path: "a.txt".to_owned(), was: Sighting::Text(said()) };
    let world =
        World { run: 2, listed: vec!["a.txt".to_owned()], files: vec![file], ..World::default() };
    let acts = [
        ("plan/0/0", What::Turn { request, answer: Some(answer) }),
        ("question/0", What::Ask { kind: AskKind::Question, text: said(), answer: Some(said()) }),
        ("step1/verify1/0", What::Command { line: said(), outcome: Some(outcome) }),
        ("step1/apply/0", What::Edit { edit: edit(Some(said())), done: Some(edit(None)) }),
        (
            "step1/errors0",
            What::Errors {
                asked: true,
                errors: Some(vec![CodeError {
                    path: said(),
                    line: 1,
                    message: said(),
                    source: None,
                }]),
            },
        ),
        ("branch", What::Branch { made: true, branch: Some("devika/x".to_owned()) }),
        ("step1/commit", What::Commit { subject: Some(said()) }),
        ("conversation", What::Conversation { before: Some(conversation) }),
        ("deploy/known", What::Outside { done: true, outcome: serde_json::Value::Null }),
        ("steer/1", What::Steer { text: said() }),
        ("step2/code/0/edits", What::Other {}),
    ];
    let act = |(key, what): (&str, What)| Act {
        key: key.to_owned(),
        run: 2,
        world: Some(world.clone()),
        what,
    };
    Trajectory {
        header: Header {
            devika: "0.1.0".to_owned(),
            prompt: said(),
            mode: Mode::Review,
            state: TaskState::Failed,
            created: "2026-01-01T00:00:00.000Z".to_owned(),
            root: said(),
            bounds: Bounds::default(),
        },
        acts: acts.into_iter().map(act).collect(),
    }
}

fn written(trajectory: &Trajectory, redact: &dyn Fn(&str) -> String) -> Vec<u8> {
    let mut bytes = Vec::new();
    trajectory.write(&mut bytes, redact).unwrap();
    bytes
}

#[test]
fn what_is_written_is_read_again() {
    let trajectory = trajectory("ä \"quoted\"\n\tline\u{2028}");
    let bytes = written(&trajectory, &|text| text.to_owned());
    assert_eq!(Trajectory::read(Cursor::new(bytes)).unwrap(), trajectory);
    assert_eq!(trajectory.steps(), 2);
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    let bytes = written(&trajectory("x"), &|text| text.to_owned());
    for length in 0..bytes.len() {
        let read = Trajectory::read(Cursor::new(&bytes[..length]));
        assert!(
            matches!(read, Err(TrajectoryError::Foreign | TrajectoryError::Truncated { .. })),
            "cut at {length}: {read:?}"
        );
    }
}

#[test]
fn a_users_name_that_is_one_of_our_words_breaks_nothing() {
    for name in ["turn", "coder", "review", "failed", "question", "devika-trajectory", "length"] {
        let mask = Mask::new().user(name);
        let bytes = written(&trajectory("x"), &|text| mask.cover(text));
        assert_eq!(Trajectory::read(Cursor::new(bytes)).unwrap().header.mode, Mode::Review);
    }
}

#[test]
fn a_key_that_the_cut_of_a_long_output_tears_is_covered_in_the_request_too() {
    let key = "sk-ant-api03-aaaabbbbccccddddeeeeffffgggghhhh";
    let output = format!("{key}{}", " tail".repeat(596));
    let shown = crate::stages::verify::shown(&output);
    assert!(shown.contains("hhhh tail") && !shown.contains("sk-ant"), "{shown}");
    let mut recorded = trajectory("x");
    let outcome =
        StoredOutcome { exit: CommandExit::Code(1), output, millis: 1, refused_hosts: vec![] };
    for act in &mut recorded.acts {
        match &mut act.what {
            What::Command { outcome: was, .. } => *was = Some(outcome.clone()),
            What::Turn { request, .. } => {
                request.messages = vec![format!("It said:\n{shown}\nMend it.")]
            }
            _ => {}
        }
    }
    let mask = Mask::new();
    let bytes = written(&recorded, &|text| mask.cover(text));
    assert!(!String::from_utf8(bytes).unwrap().contains("hhhh"));
}

proptest! {
    #[test]
    fn nothing_planted_anywhere_is_in_the_file(
        around in "[ -~\n]{0,30}[ \n=\"']",
        body in "[a-zA-Z0-9]{36}",
        home in "/home/[a-z]{6,9}",
        email in "[a-z]{5,8}@[a-z]{5,8}\\.org",
    ) {
        let planted = [format!("sk-{body}"), format!("AIza{body}"), home.clone(), email.clone()];
        let text: String = planted.iter().map(|it| format!("{around}{it}\n")).collect();
        let mask = Mask::new().home(&home).user(&email);
        let bytes = written(&trajectory(&text), &|text| mask.cover(text));
        let file = String::from_utf8(bytes).unwrap();
        for secret in [&body, &home, &email] {
            prop_assert!(!file.contains(secret.as_str()), "{secret} is in {file}");
        }
        prop_assert!(Trajectory::read(Cursor::new(file)).is_ok());
    }
}
