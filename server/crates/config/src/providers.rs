//! The providers: the usual ones, always there, and the user's own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use devika_protocol::{Money, Price};
use secrecy::ExposeSecret as _;

use crate::built_in::{BUILT_IN, BuiltIn, OWN};
use crate::key::{KeyTable, hint};
use crate::provider::{Provider, ProviderKind};
use crate::value::Checked;
use crate::values::Values;

/// The user's providers in the order of their names, then the built-in ones.
pub(crate) fn resolve(
    values: &Values,
    keys: &KeyTable<'_>,
    home: Option<&Path>,
    wrong: &mut Vec<String>,
) -> Vec<Provider> {
    let mut resolver = Resolver { values, keys, home, wrong };
    let mut providers = Vec::new();
    for (name, place) in values.providers() {
        if BUILT_IN.iter().all(|built_in| built_in.name != name) && resolver.is_whole(name, place) {
            providers.push(resolver.provider(name, &OWN));
        }
    }
    for built_in in &BUILT_IN {
        providers.push(resolver.provider(built_in.name, built_in));
    }
    resolver.commands_get_no_keys(&providers);
    providers
}

struct Resolver<'a> {
    values: &'a Values,
    keys: &'a KeyTable<'a>,
    home: Option<&'a Path>,
    wrong: &'a mut Vec<String>,
}

impl Resolver<'_> {
    /// Whether a provider that only the configuration knows has what it needs.
    fn is_whole(&mut self, name: &str, place: &str) -> bool {
        let missing: Vec<String> = ["kind", "base_url"]
            .into_iter()
            .map(|field| key(name, field))
            .filter(|key| !self.values.mentions(key))
            .map(|key| format!("`{key}`"))
            .collect();
        if !missing.is_empty() {
            self.wrong.push(format!(
                "{place}: {} missing; a provider of your own needs `kind` and `base_url`",
                missing.join(" and ") + if missing.len() == 1 { " is" } else { " are" }
            ));
        }
        missing.is_empty()
    }

    fn provider(&mut self, name: &str, built_in: &BuiltIn) -> Provider {
        let values = self.values;
        let key = |field: &str| key(name, field);
        let number = |field: &str| values.number(&key(field)).and_then(|n| u32::try_from(n).ok());
        let time = |field: &str, seconds: u64| {
            values.duration(&key(field)).unwrap_or(Duration::from_secs(seconds))
        };
        let context_tokens = number("context_tokens").unwrap_or(built_in.context_tokens);
        let small = values.flag(&key("small")).unwrap_or(built_in.small);
        // A machine of the user's own may take minutes to load a model and to read a prompt.
        let first_token = if small { 600 } else { 120 };
        let variable = self.key_variable(name, built_in);
        Provider {
            name: name.to_owned(),
            kind: kind(values.text(&key("kind")).as_deref(), built_in.kind),
            base_url: self.base_url(name, built_in),
            key: self.keys.key(&format!("providers.{name}"), name, variable.as_deref()),
            key_hint: variable.as_deref().map(hint),
            default_model: values
                .text(&key("default_model"))
                .or_else(|| built_in.default_model.map(str::to_owned)),
            connect_timeout: time("connect_timeout", 10),
            first_token_timeout: time("first_token_timeout", first_token),
            idle_timeout: time("idle_timeout", 120),
            context_tokens,
            output_tokens: self.output_tokens(name, built_in, context_tokens),
            small,
            headers: self.headers(name),
            ca_file: values.path(&key("ca_file"), self.home, self.wrong),
            proxy: values.text(&key("proxy")),
            concurrency: number("concurrency").unwrap_or(built_in.concurrency),
            queue: number("queue").unwrap_or(100),
            prices: self.prices(name),
        }
    }

    fn base_url(&self, name: &str, built_in: &BuiltIn) -> String {
        let written = self.values.text(&key(name, "base_url"));
        let mut base_url = written.unwrap_or_else(|| built_in.base_url.to_owned());
        if !base_url.is_empty() && !base_url.ends_with('/') {
            base_url.push('/');
        }
        base_url
    }

    fn output_tokens(&mut self, name: &str, built_in: &BuiltIn, context_tokens: u32) -> u32 {
        let key = key(name, "output_tokens");
        let written = self.values.number(&key).and_then(|number| u32::try_from(number).ok());
        // At least three quarters are for the prompt, unless the user says otherwise.
        let tokens = written.unwrap_or(built_in.output_tokens.min(context_tokens / 4));
        if tokens >= context_tokens {
            self.wrong.push(format!(
                "{}: `{key}` must be less than `context_tokens`, which is {context_tokens}",
                self.values.place(&key),
            ));
        }
        tokens
    }

    fn headers(&self, name: &str) -> Vec<(String, String)> {
        let header = |set: &crate::value::Set| {
            let value = match &set.value {
                Checked::Text(text) => text.clone(),
                Checked::Secret(secret) => secret.expose_secret().to_owned(),
                _ => return None,
            };
            Some((set.path.last()?.clone(), value))
        };
        self.values.below(&key(name, "headers.")).filter_map(header).collect()
    }

    /// The prices of its models. What a table leaves out is as the providers usually have it: the
    /// cached part of a prompt costs what the rest does, and so does writing it there.
    fn prices(&mut self, name: &str) -> BTreeMap<String, Price> {
        let mut written: BTreeMap<&str, BTreeMap<&str, Money>> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for set in self.values.below(&key(name, "prices.")) {
            if let ([_, _, _, model, field], Checked::Money(money)) = (&set.path[..], &set.value) {
                written.entry(model).or_default().insert(field, *money);
                places.entry(model.as_str()).or_insert(&set.place);
            }
        }
        let mut prices = BTreeMap::new();
        for (model, fields) in written {
            let field = |name: &str| fields.get(name).copied();
            let (Some(input), Some(output)) = (field("input"), field("output")) else {
                self.wrong.push(format!(
                    "{}: the prices of \"{model}\" need both `input` and `output`",
                    places.get(model).map_or("", |place| place.as_str())
                ));
                continue;
            };
            let cached = field("cached").unwrap_or(input);
            let cache_write = field("cache_write").unwrap_or(input);
            prices.insert(model.to_owned(), Price { input, cached, cache_write, output });
        }
        prices
    }

    /// The variable that holds its key, unless another source does.
    fn key_variable(&self, name: &str, built_in: &BuiltIn) -> Option<String> {
        let written = self.values.text(&key(name, "key_env"));
        written.or_else(|| built_in.key_env.map(str::to_owned))
    }

    /// Refuses to hand the variable that holds a provider's key to commands.
    fn commands_get_no_keys(&mut self, providers: &[Provider]) {
        for allowed in self.values.texts("commands.env_allow") {
            let hint = hint(&allowed);
            let holds = |provider: &&Provider| provider.key_hint.as_ref() == Some(&hint);
            if let Some(provider) = providers.iter().find(holds) {
                self.wrong.push(format!(
                    "{}: `commands.env_allow` names {allowed}, which holds the key of {}; commands \
                     never get keys of providers: take it out",
                    self.values.place("commands.env_allow"),
                    provider.name
                ));
            }
        }
    }
}

fn key(provider: &str, field: &str) -> String {
    format!("providers.{provider}.{field}")
}

fn kind(word: Option<&str>, otherwise: ProviderKind) -> ProviderKind {
    match word {
        Some("anthropic") => ProviderKind::Anthropic,
        Some("gemini") => ProviderKind::Gemini,
        Some("ollama") => ProviderKind::Ollama,
        Some("openai") => ProviderKind::OpenAi,
        Some("responses") => ProviderKind::Responses,
        _ => otherwise,
    }
}
