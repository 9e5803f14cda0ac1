//! The page of recipes: each of its blocks is a configuration that works as it stands.

use std::collections::BTreeSet;

use crate::world::World;

const PAGE: &str = include_str!("../../../../../docs/providers.md");

/// The blocks of TOML, each with the heading above it.
fn recipes() -> Vec<(&'static str, String)> {
    let (mut recipes, mut heading, mut block) = (Vec::new(), "", None);
    for line in PAGE.lines() {
        match (&mut block, line) {
            (None, "```toml") => block = Some(String::new()),
            (Some(text), "```") => {
                recipes.push((heading, std::mem::take(text)));
                block = None;
            }
            (Some(text), line) => text.extend([line, "\n"]),
            (None, line) if line.starts_with('#') => heading = line.trim_matches(['#', ' ']),
            (None, _) => {}
        }
    }
    recipes
}

#[test]
fn every_recipe_is_a_configuration_without_a_fault() {
    for (heading, recipe) in recipes() {
        let world = World::new(&recipe).env("HOME", "/home/ada");
        let loaded = devika_config::load(world.sources());
        let loaded = loaded.unwrap_or_else(|error| panic!("{heading}: {error}"));
        assert_eq!(loaded.warnings, [""; 0], "{heading}");
    }
}

#[test]
fn every_recipes_model_belongs_to_a_provider() {
    for (heading, recipe) in recipes() {
        let config = World::new(&recipe).env("HOME", "/home/ada").config();
        let Some(model) = config.models.default else { continue };
        let (provider, _) = model.split_once('/').unwrap();
        assert!(config.providers.iter().any(|one| one.name == provider), "{heading}: {model}");
    }
}

#[test]
fn there_is_a_recipe_for_each_of_the_usual_cases() {
    let headings: BTreeSet<_> = recipes().into_iter().map(|(heading, _)| heading).collect();
    let expected = [
        "A command",
        "A company's own",
        "A model for each role",
        "Another variable",
        "Anthropic",
        "Azure",
        "Budgets",
        "Gemini",
        "Groq",
        "LM Studio",
        "Mistral",
        "Ollama",
        "OpenAI",
        "OpenRouter",
        "Several keys of one provider",
        "The configuration file itself",
        "The editor's own models",
        "The local model",
        "The system's keyring",
        "Where a model fails",
        "With a key and nothing else",
        "Your own prices",
        "llama.cpp",
        "vLLM",
    ];
    assert_eq!(headings, BTreeSet::from(expected));
}

#[test]
fn what_the_page_says_of_the_usual_providers_is_so() {
    let providers = World::new("").config().providers;
    for provider in providers.iter().filter(|one| one.key_hint.is_some()) {
        let variable = provider.key_hint.as_ref().unwrap().replace("environment variable ", "");
        let model = provider.default_model.as_ref().unwrap();
        let row = format!("| `{}` | `{variable}` | `{model}` |", provider.name);
        assert!(PAGE.contains(&row), "{row}");
    }
}
