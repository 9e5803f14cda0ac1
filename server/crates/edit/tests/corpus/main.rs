//! Measures the crate on a corpus of model-like errors: at least 99 of 100 right, none wrong.

mod case;
mod random;
mod slips;

use std::collections::BTreeMap;

use case::{Case, Expected};
use devika_edit::{Files, RelPath, parse, resolve};
use random::Random;

/// Cases of each kind.
const EACH: usize = 100;

struct Project<'a>(&'a BTreeMap<String, String>);

impl Files for Project<'_> {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        Ok(self.0.get(path.as_str()).cloned())
    }

    fn find_by_name(&self, name: &str) -> Vec<RelPath> {
        let paths = self.0.keys().filter_map(|path| RelPath::new(path).ok());
        paths.filter(|path| path.file_name() == name).collect()
    }
}

/// The files afterwards, or the complaint.
fn outcome(case: &Case) -> Result<BTreeMap<String, String>, String> {
    let answer = parse(&case.answer).map_err(|complaint| complaint.to_string())?;
    let edits =
        resolve(&answer, &Project(&case.files)).map_err(|complaint| complaint.to_string())?;
    let mut files = case.files.clone();
    for edit in edits {
        files.insert(edit.path().to_string(), edit.after().unwrap_or_default().to_owned());
    }
    Ok(files)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Verdict {
    Right,
    NotRight,
    Wrong,
}

fn verdict(case: &Case) -> Verdict {
    match (outcome(case), &case.expected) {
        (Ok(files), Expected::Applied(right) | Expected::AppliedOrRefused(right)) => {
            if files == *right { Verdict::Right } else { Verdict::Wrong }
        }
        (Ok(_), Expected::Refused) => Verdict::Wrong,
        (Err(_), Expected::Applied(_)) => Verdict::NotRight,
        (Err(_), Expected::Refused | Expected::AppliedOrRefused(_)) => Verdict::Right,
    }
}

fn corpus() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, kind) in slips::KINDS.iter().enumerate() {
        let mut random = Random::new(number as u64 + 1);
        let tries = std::iter::repeat_with(|| slips::build(kind, &mut random)).take(20_000);
        let made: Vec<Case> = tries.flatten().take(EACH).collect();
        assert_eq!(made.len(), EACH, "too few cases of kind {kind}");
        cases.extend(made);
    }
    cases
}

#[test]
fn of_model_like_answers_99_in_100_are_right_and_none_is_applied_wrongly() {
    let cases = corpus();
    assert!(cases.len() >= 2_000);
    let mut by_kind: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut shown = String::new();
    for case in &cases {
        let verdict = verdict(case);
        by_kind.entry(&case.kind).or_default()[verdict as usize] += 1;
        if verdict != Verdict::Right && shown.len() < 12_000 {
            shown.push_str(&format!(
                "=== {verdict:?}, {}\n{}\n--- {:?}\n",
                case.kind,
                case.answer,
                outcome(case).err().unwrap_or_default()
            ));
        }
    }
    let count =
        |verdict: Verdict| by_kind.values().map(|kind| kind[verdict as usize]).sum::<usize>();
    let summary = format!("[right, not right, wrong] by kind: {by_kind:#?}\n{shown}");
    assert_eq!(count(Verdict::Wrong), 0, "wrong applications\n{summary}");
    let share = count(Verdict::Right) as f64 / cases.len() as f64;
    assert!(share >= 0.99, "only {share} right\n{summary}");
}
