//! Providers, models, prices and budgets.

use std::time::Duration;

use devika_config::{Provider, ProviderKind};
use devika_protocol::{Agent, Cap, Money, Price};
use serde_json::json;

use crate::world::World;

fn provider(world: &World, name: &str) -> Provider {
    world.config().providers.into_iter().find(|provider| provider.name == name).unwrap()
}

const DOLLAR: u64 = 1_000_000_000;

#[test]
fn gemini_and_ollama_speak_their_own_protocols() {
    let world = World::new("");
    let of = |name| {
        let provider = provider(&world, name);
        (provider.kind, provider.base_url, provider.concurrency)
    };
    let gemini = "https://generativelanguage.googleapis.com/v1beta/".to_owned();
    assert_eq!(of("gemini"), (ProviderKind::Gemini, gemini, 4));
    assert_eq!(of("ollama"), (ProviderKind::Ollama, "http://127.0.0.1:11434/".to_owned(), 1));
    for name in ["mistral", "groq", "lmstudio"] {
        assert_eq!(of(name).0, ProviderKind::OpenAi, "{name}");
    }
}

#[test]
fn a_gateway_gets_its_headers_certificates_proxy_and_bounds() {
    let world = World::new(
        "[providers.work]\nkind = \"responses\"\nbase_url = \"https://h/v1\"\n\
         key_env = \"WORK\"\nca_file = \"~/ca.pem\"\nproxy = \"http://proxy:3128\"\n\
         concurrency = 2\nqueue = 7\nheaders = { X-Team = \"blue\", api-key = \"{key}\" }\n",
    )
    .env("HOME", "/home/ada");
    let work = provider(&world, "work");
    assert_eq!(work.kind, ProviderKind::Responses);
    assert_eq!(work.ca_file.as_deref(), Some("/home/ada/ca.pem".as_ref()));
    assert_eq!(work.proxy.as_deref(), Some("http://proxy:3128"));
    assert_eq!((work.concurrency, work.queue), (2, 7));
    assert!(work.key_is_in_headers());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        work.own_headers(Some("k")),
        [header("X-Team", "blue"), header("api-key", "k")],
        "in the order of the file's table"
    );
    assert_eq!(work.own_headers(None), [header("X-Team", "blue")]);
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    let world = World::new(
        "[providers.openai.headers]\n\"a b\" = \"x\"\nX-Team = \"\"\nX-Other = \"a\\nb\"\n",
    );
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:2:1: `providers.openai.headers."a b"` is no name of an HTTP header
    config.toml:3:1: `providers.openai.headers.X-Team` must be a text in quotes: one line of plain characters, not empty
    config.toml:4:1: `providers.openai.headers.X-Other` must be a text in quotes: one line of plain characters, not empty
    "#);
}

#[test]
fn prices_are_exact_and_belong_to_a_model() {
    let world = World::new(
        "[providers.openai.prices.\"gpt-4.1\"]\ninput = 3.0\ncached = 0.3\ncache_write = \"3.75\"\noutput = 15\n\
         [providers.openai.prices.\"*\"]\ninput = 0.1\noutput = \"$0.000000001\"\n",
    );
    let openai = provider(&world, "openai");
    assert_eq!(
        openai.price("gpt-4.1"),
        Some(Price {
            input: Money(3 * DOLLAR),
            cached: Money(300_000_000),
            cache_write: Money(3_750_000_000),
            output: Money(15 * DOLLAR),
        })
    );
    let tenth = Money(100_000_000);
    let rest = Price { input: tenth, cached: tenth, cache_write: tenth, output: Money(1) };
    assert_eq!(openai.price("anything"), Some(rest));
    assert_eq!(provider(&world, "groq").price("anything"), None);
}

#[test]
fn prices_that_are_none_or_half_are_refused() {
    let world = World::new(
        "[providers.openai.prices.m]\ninput = 1\n[providers.openai.prices.n]\ninput = -1\noutput = 1e-3\ninptu = 2\n",
    );
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:4:1: `providers.openai.prices.n.input` must be an amount in dollars, such as 3, 0.25 or "0.25"
    config.toml:5:1: `providers.openai.prices.n.output` must be an amount in dollars, such as 3, 0.25 or "0.25"
    config.toml:6:1: there is no key `providers.openai.prices.n.inptu`; did you mean `providers.openai.prices.n.input`?
    config.toml:2:1: the prices of "m" need both `input` and `output`
    "#);
}

#[test]
fn a_model_for_each_role_and_those_that_step_in() {
    let world = World::new(
        "[models]\nplanner = \"anthropic/a\"\ncoder = \"openai/b\"\nfast = \"groq/c/d\"\n\
         fallback = [\"openai/e\", \"local/f\"]\npatience = \"30s\"\n",
    );
    let config = world.config();
    let roles: Vec<_> = config.models.roles.into_iter().collect();
    let expected = [(Agent::Planner, "anthropic/a"), (Agent::Coder, "openai/b")];
    assert_eq!(roles, expected.map(|(role, model)| (role, model.to_owned())));
    assert_eq!(config.models.fast.as_deref(), Some("groq/c/d"));
    assert_eq!(config.models.fallback, ["openai/e", "local/f"]);
    assert_eq!(config.budget.patience, Duration::from_secs(30));
}

#[test]
fn a_model_of_nobody_is_told_with_the_nearest_provider() {
    let world = World::new(
        "[models]\ncoder = \"antropic/claude\"\nfast = \"openai\"\nfallback = [\"groq/m\", \"zzzzzz/m\"]\n",
    );
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:2:1: `models.coder` names "antropic/claude", but there is no provider `antropic`; did you mean "anthropic/claude"?
    config.toml:3:1: `models.fast` names "openai", but no model of it: write "openai/MODEL"
    config.toml:4:1: `models.fallback` names "zzzzzz/m", but there is no provider `zzzzzz`; there are: anthropic, openai, gemini, mistral, groq, ollama, lmstudio, local, editor
    "#);
}

#[test]
fn a_task_and_a_day_have_caps_unless_they_are_lifted() {
    let budget = World::new("").config().budget;
    let cap = |dollars: u64, tokens| Cap { money: Some(Money(dollars * DOLLAR)), tokens };
    assert_eq!(budget.task, cap(5, Some(4_000_000)));
    assert_eq!((budget.day, budget.project), (cap(25, None), Cap::default()));
    assert_eq!(budget.patience, Duration::from_secs(120));
    let world = World::new(
        "[budget]\ntask = \"none\"\ntask_tokens = \"none\"\nday = 0.5\nproject_tokens = 9\n",
    );
    let budget = world.config().budget;
    assert_eq!(budget.task, Cap::default());
    assert_eq!(budget.day.money, Some(Money(DOLLAR / 2)));
    assert_eq!(budget.project.tokens, Some(9));
}

#[test]
fn a_workspace_can_only_make_budgets_smaller() {
    let world = World::new("[budget]\nday = 10\n").workspace(
        "[budget]\ntask = 1\ntask_tokens = \"none\"\nday = 11\nproject = 3\nproject_tokens = 5\n\
         [models]\npatience = \"1h\"\n",
    );
    let budget = world.config().budget;
    assert_eq!(budget.task, Cap { money: Some(Money(DOLLAR)), tokens: Some(4_000_000) });
    assert_eq!(budget.day.money, Some(Money(10 * DOLLAR)));
    assert_eq!(budget.project, Cap { money: Some(Money(3 * DOLLAR)), tokens: Some(5) });
    let ignored: Vec<String> =
        world.load().warnings.iter().map(|w| w.split('`').nth(1).unwrap().to_owned()).collect();
    assert_eq!(ignored, ["budget.day", "budget.task_tokens", "models.patience"]);
}

#[test]
fn an_editor_sets_budgets_in_plain_numbers() {
    let options = json!({ "budget": { "task": 0.3, "day": 2, "project": "1.25" } });
    let budget = World::new("").options(options).config().budget;
    let money = [budget.task, budget.day, budget.project].map(|cap| cap.money.unwrap().0);
    assert_eq!(money, [300_000_000, 2 * DOLLAR, 1_250_000_000]);
}

#[test]
fn an_editor_names_a_model_with_dots_as_it_is() {
    let options = json!({ "providers": { "openai": { "prices": {
        "gpt-4.1": { "input": 2, "output": 8 }
    } } } });
    let openai = provider(&World::new("").options(options), "openai");
    assert_eq!(openai.price("gpt-4.1").unwrap().output, Money(8 * DOLLAR));
}
