//! `devika models [PROVIDER]`: what each provider offers, and which model a task gets.

use std::process::ExitCode;

use devika_config::ProviderKind;
use devika_protocol::{ModelOffer, Price};
use serde_json::json;

use crate::cli::{Complaint, exit, terminal};
use crate::models::ConfiguredModels;
use crate::offers::{self, NotOffered, Offers};

/// Models of one provider that are shown where all providers are.
const SHOWN: usize = 8;

/// Lists the models of all providers, or all of one. `remembered` is the one that the user chose for
/// this folder.
pub(super) async fn list(
    models: &ConfiguredModels,
    remembered: Option<&str>,
    only: Option<&str>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let chosen = models.of_project(None, remembered).await;
    let current = chosen.as_ref().ok().map(|it| format!("{}/{}", it.provider.name, it.model));
    let offers = match only {
        None => offers::all(models, current.as_deref()).await,
        Some(name) => vec![one(models, name, current.as_deref()).await?],
    };
    for offers in &offers {
        let shown = if only.is_some() { usize::MAX } else { SHOWN };
        for line in if json { json_lines(offers) } else { lines(offers, shown) } {
            terminal::say(&line);
        }
    }
    let failed = only.is_some() && offers.iter().any(|offers| offers.models.is_err());
    match chosen {
        _ if failed => Ok(ExitCode::from(exit::FAILED)),
        _ if json || only.is_some() => Ok(ExitCode::SUCCESS),
        Ok(chosen) => {
            let (provider, model) = (&chosen.provider.name, &chosen.model);
            terminal::say(&format!("\nA task gets {provider}/{model}: {}.", chosen.why));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            terminal::complain(&format!("\n{error}"));
            Ok(ExitCode::from(exit::USAGE))
        }
    }
}

async fn one(
    models: &ConfiguredModels,
    name: &str,
    current: Option<&str>,
) -> anyhow::Result<Offers> {
    let provider = models.providers.iter().find(|provider| provider.name == name);
    let Some(provider) = provider else {
        let known: Vec<&str> = models.providers.iter().map(|known| known.name.as_str()).collect();
        let known = known.join(", ");
        return Err(Complaint::usage(format!("there is no provider `{name}`; there are {known}")));
    };
    Ok(offers::of(models, provider, current).await)
}

fn json_lines(offers: &Offers) -> Vec<String> {
    match &offers.models {
        Ok(models) => models.iter().map(|offer| json!(offer).to_string()).collect(),
        Err(why) => {
            let error = reason(offers, why);
            vec![json!({ "provider": offers.provider.name, "error": error }).to_string()]
        }
    }
}

/// A line for the provider, and one for each of its models; those that a task gets come first.
fn lines(offers: &Offers, shown: usize) -> Vec<String> {
    let name = &offers.provider.name;
    let models = match &offers.models {
        Err(why) => return vec![format!("{name}: {}", reason(offers, why))],
        Ok(models) => models,
    };
    let source = match &offers.provider.key {
        Some(key) => key.source().to_owned(),
        None if offers.provider.kind == ProviderKind::Local => "installed".to_owned(),
        None => offers.provider.base_url.clone(),
    };
    let mut lines = vec![format!("{name} ({source})")];
    if models.is_empty() {
        lines.push("  no models".to_owned());
    }
    let (current, others): (Vec<_>, Vec<_>) = models.iter().partition(|offer| offer.current);
    let width = models.iter().map(|offer| offer.model.chars().count()).max().unwrap_or_default();
    lines.extend(current.into_iter().chain(others).take(shown).map(|offer| line(offer, width)));
    if let Some(more) = models.len().checked_sub(shown).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more: devika models {name}"));
    }
    lines
}

fn line(offer: &ModelOffer, width: usize) -> String {
    let mut facts = Vec::new();
    facts.extend(offer.context.map(|tokens| format!("context {}", thousands(tokens))));
    facts.extend(offer.output.map(|tokens| format!("answers up to {}", thousands(tokens))));
    facts.extend(offer.price.as_ref().map(price));
    let mark = if offer.current { '*' } else { ' ' };
    format!("{mark} {:<width$}  {}", offer.model, facts.join(", ")).trim_end().to_owned()
}

fn price(price: &Price) -> String {
    if *price == Price::default() {
        return "free".to_owned();
    }
    format!("{} in and {} out for a million tokens", price.input, price.output)
}

/// Tokens as people say them: `128k`.
fn thousands(tokens: u32) -> String {
    match tokens {
        0..10_000 => tokens.to_string(),
        _ => format!("{}k", (f64::from(tokens) / 1000.0).round()),
    }
}

fn reason(offers: &Offers, why: &NotOffered) -> String {
    match why {
        NotOffered::NoKey(hint) => format!("no key; set {hint}"),
        NotOffered::NotInstalled => "not installed; run `devika models pull local`".to_owned(),
        NotOffered::NotRunning => format!("not running at {}", offers.provider.base_url),
        NotOffered::NoEditor => "asked through VS Code, in which they can be chosen".to_owned(),
        NotOffered::Failed(error) => error.clone(),
    }
}
