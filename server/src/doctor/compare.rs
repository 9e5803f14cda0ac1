//! The same prompt on several models: how soon, how fast, how dear.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use devika_llm::{Answer, Chosen, Delta, LanguageModel, Message, NoModel, Request, Role};
use devika_protocol::{Money, Price};
use futures::future::join_all;
use serde::Serialize;

use crate::models::ConfiguredModels;

/// How one model did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    /// `provider/model`, or what was asked for where that is none.
    pub(crate) model: String,
    /// What came of it; exactly one of the two is there.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// What came of asking.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// It answered.
    Answered(Figures),
    /// It did not.
    Failed {
        /// Why, and what to do.
        error: String,
    },
}

/// What an answer took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// Milliseconds until the first token, of reasoning or answer.
    pub(crate) first_token_ms: u64,
    /// Milliseconds until the answer was whole.
    pub(crate) total_ms: u64,
    /// Tokens of the prompt.
    pub(crate) input: u64,
    /// Tokens of the answer.
    pub(crate) output: u64,
    /// Tokens a second after the first; none where the answer came in one piece.
    pub(crate) tokens_per_second: Option<f64>,
    /// What it cost, where the price is known.
    pub(crate) cost: Option<Money>,
    /// The answer.
    pub(crate) answer: String,
}

/// Asks each of the models, or one of every provider that can be asked where none is named. Those of
/// one provider are asked one after the other, so that they do not slow each other down.
pub(crate) async fn compare(models: &ConfiguredModels, names: &[String], prompt: &str) -> Vec<Run> {
    let entrants = match names {
        [] => everyone(models).await,
        names => join_all(names.iter().map(|name| entrant(models, name))).await,
    };
    let mut lanes: Vec<Vec<(usize, &Entrant)>> = Vec::new();
    for (place, entrant) in entrants.iter().enumerate() {
        match lanes.iter_mut().find(|lane| lane[0].1.provider() == entrant.provider()) {
            Some(lane) => lane.push((place, entrant)),
            None => lanes.push(vec![(place, entrant)]),
        }
    }
    let run_lane = async |lane: Vec<(usize, &Entrant)>| {
        let mut runs = Vec::new();
        for (place, entrant) in lane {
            runs.push((place, entrant.run(models, prompt).await));
        }
        runs
    };
    let mut runs: Vec<(usize, Run)> =
        join_all(lanes.into_iter().map(run_lane)).await.into_iter().flatten().collect();
    runs.sort_by_key(|(place, _)| *place);
    runs.into_iter().map(|(_, run)| run).collect()
}

/// A name that was asked for, and the model it stands for.
struct Entrant {
    name: String,
    chosen: Result<Chosen, NoModel>,
}

async fn entrant(models: &ConfiguredModels, name: &str) -> Entrant {
    Entrant { name: name.to_owned(), chosen: models.choose(Some(name)).await }
}

/// The model that a task gets, and one of every other provider that can be asked.
async fn everyone(models: &ConfiguredModels) -> Vec<Entrant> {
    let usual = models.choose(None).await.ok();
    let usual_provider = usual.as_ref().map(|chosen| chosen.provider.name.clone());
    let others = models.providers.iter().filter(|it| Some(&it.name) != usual_provider.as_ref());
    let others = join_all(others.map(|provider| entrant(models, &provider.name))).await;
    let usual = usual.map(|chosen| Entrant {
        name: format!("{}/{}", chosen.provider.name, chosen.model),
        chosen: Ok(chosen),
    });
    usual.into_iter().chain(others.into_iter().filter(|other| other.chosen.is_ok())).collect()
}

impl Entrant {
    /// Those of one provider share a lane.
    fn provider(&self) -> &str {
        self.name.split_once('/').map_or(&self.name, |(provider, _)| provider)
    }

    async fn run(&self, models: &ConfiguredModels, prompt: &str) -> Run {
        let chosen = match &self.chosen {
            Ok(chosen) => chosen,
            Err(error) => return failed(self.name.clone(), error),
        };
        let model = format!("{}/{}", chosen.provider.name, chosen.model);
        match models.bare(chosen).await {
            Ok(connected) => {
                let price = crate::models::price(&chosen.provider, &chosen.model);
                ask(model, &*connected, price, prompt).await
            }
            Err(error) => failed(model, error),
        }
    }
}

async fn ask(name: String, model: &dyn LanguageModel, price: Option<Price>, prompt: &str) -> Run {
    let request = Request {
        system: "You are a software engineer. Answer briefly.".to_owned(),
        messages: vec![Message { role: Role::User, text: prompt.to_owned() }],
        schema: None,
        max_tokens: model.limits().output,
    };
    let begun = Instant::now();
    let pieces = Mutex::new(Pieces::default());
    let hear = |delta: Delta<'_>| {
        if !matches!(delta, Delta::Notice(_)) {
            pieces.lock().unwrap_or_else(PoisonError::into_inner).hear(begun.elapsed());
        }
    };
    let answer = model.turn(&request, &hear).await;
    let total = begun.elapsed();
    let pieces = pieces.into_inner().unwrap_or_else(PoisonError::into_inner);
    match answer {
        Ok(answer) => {
            let figures = figures(answer, &pieces, total, price);
            Run { model: name, outcome: Outcome::Answered(figures) }
        }
        Err(error) => failed(name, error),
    }
}

/// When an answer came.
#[derive(Debug, Default)]
struct Pieces {
    first: Option<Duration>,
    count: u32,
}

impl Pieces {
    fn hear(&mut self, after: Duration) {
        self.first.get_or_insert(after);
        self.count += 1;
    }
}

fn figures(answer: Answer, pieces: &Pieces, total: Duration, price: Option<Price>) -> Figures {
    let first = pieces.first.unwrap_or(total);
    let streamed = total.saturating_sub(first).as_secs_f64();
    let speed = answer.output_tokens as f64 / streamed;
    Figures {
        first_token_ms: millis(first),
        total_ms: millis(total),
        input: answer.input_tokens,
        output: answer.output_tokens,
        tokens_per_second: (pieces.count > 1 && speed.is_finite())
            .then_some((speed * 10.0).round() / 10.0),
        cost: price.map(|price| devika_llm::cost(&answer, &price)),
        answer: answer.text,
    }
}

fn failed(model: String, error: impl ToString) -> Run {
    Run { model, outcome: Outcome::Failed { error: error.to_string() } }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
