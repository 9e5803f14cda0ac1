//! `devika doctor --compare`: one prompt on several models, as a table.

use std::process::ExitCode;

use super::{Complaint, exit, terminal};
use crate::doctor::compare::{Figures, Outcome, Run, compare};
use crate::setup::Setup;

/// Asks the models and tells how they did; the exit code is 1 where one failed.
pub(super) async fn tell(
    setup: &Setup,
    prompt: &str,
    names: &[String],
    json: bool,
) -> anyhow::Result<ExitCode> {
    let config = setup.config(None, serde_json::Value::Null).map_err(Complaint::usage)?;
    let runs = compare(&setup.models(&config), names, prompt).await;
    if runs.is_empty() {
        let error = setup.models(&config).choose(None).await.err();
        let error = error.map_or_else(|| "no model can be asked".to_owned(), |e| e.to_string());
        return Err(Complaint::usage(error));
    }
    if json {
        for run in &runs {
            terminal::say(&serde_json::to_string(run)?);
        }
    } else {
        terminal::say(&table(&runs));
    }
    let failed = runs.iter().any(|run| matches!(run.outcome, Outcome::Failed { .. }));
    Ok(ExitCode::from(if failed { exit::FAILED } else { 0 }))
}

/// A line for each model, under one head.
fn table(runs: &[Run]) -> String {
    let width = runs.iter().map(|run| run.model.chars().count()).max().unwrap_or_default();
    let head = row(
        "model",
        width,
        ["first token", "total", "in", "out", "tokens/s", "cost"].map(str::to_owned),
    );
    let lines = runs.iter().map(|run| match &run.outcome {
        Outcome::Answered(figures) => row(&run.model, width, columns(figures)),
        Outcome::Failed { error } => format!("{:<width$}  failed: {error}", run.model),
    });
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

fn columns(figures: &Figures) -> [String; 6] {
    let unknown = || "?".to_owned();
    [
        format!("{} ms", figures.first_token_ms),
        format!("{} ms", figures.total_ms),
        figures.input.to_string(),
        figures.output.to_string(),
        figures.tokens_per_second.map_or_else(unknown, |speed| format!("{speed:.1}")),
        figures.cost.map_or_else(unknown, |cost| cost.to_string()),
    ]
}

fn row(
    model: &str,
    width: usize,
    [first, total, input, output, speed, cost]: [String; 6],
) -> String {
    format!(
        "{model:<width$}  {first:>11}  {total:>9}  {input:>6}  {output:>6}  {speed:>8}  {cost:>9}"
    )
}

#[cfg(test)]
mod tests {
    use devika_protocol::Money;

    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_model_with_its_figures_or_its_failure() {
        let figures = Figures {
            first_token_ms: 412,
            total_ms: 2_310,
            input: 31,
            output: 96,
            tokens_per_second: Some(50.6),
            cost: Some(Money(1_533_000)),
            answer: "Hello".to_owned(),
        };
        let free = Figures { cost: None, tokens_per_second: None, ..figures.clone() };
        let run = |model: &str, outcome| Run { model: model.to_owned(), outcome };
        let failed = Outcome::Failed { error: "mine refused the key".to_owned() };
        let runs = [
            run("anthropic/claude-sonnet-4-5", Outcome::Answered(figures)),
            run("ollama/llama3", Outcome::Answered(free)),
            run("mine/model", failed),
        ];
        insta::assert_snapshot!(table(&runs), @r"
        model                        first token      total      in     out  tokens/s       cost
        anthropic/claude-sonnet-4-5       412 ms    2310 ms      31      96      50.6    $0.0015
        ollama/llama3                     412 ms    2310 ms      31      96         ?          ?
        mine/model                   failed: mine refused the key
        ");
    }
}
