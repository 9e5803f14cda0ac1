//! The editor's own language models, which the editor asks for us.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_config::Provider;
use devika_llm::{
    Answer, Chosen, Delta, LanguageModel, Limits, ModelError, NoModel, Request, Role, Stop,
};
use devika_protocol::{LmFailure, LmMessage, LmModel, LmReply, LmRole, Money};
use tokio::sync::mpsc;

/// The families that are chosen where nothing says which: those that plans include without counting
/// turns, as GitHub Copilot's do.
const INCLUDED: [&str; 3] = ["gpt-4.1", "gpt-5-mini", "gpt-4o"];

/// What the status of a provider would be whose money is used up.
const PAYMENT_REQUIRED: u16 = 402;

/// What the status of a provider would be that is asked too often.
const TOO_MANY_REQUESTS: u16 = 429;

/// An editor that lets its own models be asked.
#[async_trait]
pub(crate) trait EditorModels: Send + Sync {
    /// Its models, in its own order.
    async fn list(&self) -> Vec<LmModel>;

    /// Asks one of them; `pieces` gets the answer as it comes. Dropping the future cancels the turn.
    ///
    /// # Errors
    /// Why the editor did not answer at all.
    async fn ask(
        &self,
        turn: EditorTurn,
        pieces: mpsc::UnboundedSender<String>,
    ) -> Result<LmReply, String>;
}

/// What a model of the editor is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EditorTurn {
    /// The model's id.
    pub(crate) model: String,
    /// The fixed instructions.
    pub(crate) system: String,
    /// The conversation.
    pub(crate) messages: Vec<LmMessage>,
}

/// Choosing among the editor's models.
pub(super) struct EditorChoice<'a> {
    pub(super) provider: &'a Provider,
    pub(super) editor: &'a dyn EditorModels,
}

impl EditorChoice<'_> {
    /// What a name says of the model, where it names the editor: nothing where it is the editor alone.
    pub(super) fn named<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (provider, model) = name.split_once('/').unwrap_or((name, ""));
        (provider == self.provider.name).then_some(model)
    }

    /// The model of this id or family; of an empty name, the usual one.
    pub(super) async fn choose(&self, model: &str, asked_for: bool) -> Result<Chosen, NoModel> {
        let listed = self.editor.list().await;
        let wanted = match model {
            "" => self.usual_of(&listed),
            model => named(&listed, model),
        };
        let why = match asked_for {
            true => "it was asked for",
            false => "it is `models.default` of the configuration",
        };
        let found = wanted.map(|model| self.chosen(model, why));
        found.ok_or_else(|| {
            let known: Vec<&str> = listed.iter().map(|model| model.id.as_str()).collect();
            NoModel::NotInEditor { model: model.to_owned(), known: known.join(", ") }
        })
    }

    /// The model that is asked where nothing says which.
    pub(super) async fn usual(&self) -> Option<Chosen> {
        let listed = self.editor.list().await;
        Some(self.chosen(
            self.usual_of(&listed)?,
            "the editor has it, and there is no key and no local model",
        ))
    }

    /// `default_model` of the provider, else the first that a plan includes, else the first.
    fn usual_of<'m>(&self, listed: &'m [LmModel]) -> Option<&'m LmModel> {
        let configured = self.provider.default_model.as_deref();
        let first = |name| named(listed, name);
        configured.into_iter().chain(INCLUDED).find_map(first).or_else(|| listed.first())
    }

    /// The model with what it holds, as far as the editor says.
    fn chosen(&self, model: &LmModel, why: &str) -> Chosen {
        let mut provider = self.provider.clone();
        if let Some(input) = model.input_tokens {
            provider.context_tokens = input.saturating_add(provider.output_tokens);
        }
        Chosen { provider, model: model.id.clone(), why: why.to_owned() }
    }
}

fn named<'m>(listed: &'m [LmModel], name: &str) -> Option<&'m LmModel> {
    let by_id = listed.iter().find(|model| model.id == name);
    by_id.or_else(|| listed.iter().find(|model| model.family == name))
}

/// A model of the editor.
pub(super) struct EditorModel {
    editor: Arc<dyn EditorModels>,
    chosen: Chosen,
    name: String,
}

impl EditorModel {
    pub(super) fn new(editor: Arc<dyn EditorModels>, chosen: Chosen) -> Self {
        let name = format!("{}/{}", chosen.provider.name, chosen.model);
        Self { editor, chosen, name }
    }

    fn asked(&self, request: &Request) -> EditorTurn {
        let last = request.messages.len().saturating_sub(1);
        let told = |(at, message): (usize, &devika_llm::Message)| LmMessage {
            role: match message.role {
                Role::User => LmRole::User,
                Role::Assistant => LmRole::Assistant,
            },
            text: match &request.schema {
                Some(schema) if at == last => schema.told_after(&message.text),
                _ => message.text.clone(),
            },
        };
        EditorTurn {
            model: self.chosen.model.clone(),
            system: request.system.clone(),
            messages: request.messages.iter().enumerate().map(told).collect(),
        }
    }

    /// Tokens that the editor does not count are told as none, and so estimated by the policy.
    fn answer(&self, reply: Result<LmReply, String>) -> Result<Answer, ModelError> {
        match reply {
            Ok(LmReply::Answered { text, .. }) if text.trim().is_empty() => {
                Err(self.broken("the answer is empty".to_owned()))
            }
            Ok(LmReply::Answered { text, input_tokens, output_tokens }) => Ok(Answer {
                model: self.name.clone(),
                text,
                // The editor does not say whether the model reached its limit.
                stop: Stop::Complete,
                input_tokens: input_tokens.unwrap_or_default().into(),
                cached_tokens: 0,
                cache_written_tokens: 0,
                output_tokens: output_tokens.unwrap_or_default().into(),
                cost: Money::ZERO,
            }),
            Ok(LmReply::Failed { reason, message }) => Err(self.failure(reason, message)),
            Err(why) => Err(self.not_asked(format!(
                "{why}. Resume the task in the editor that has this model, or choose another model"
            ))),
        }
    }

    fn failure(&self, reason: LmFailure, message: String) -> ModelError {
        let (provider, model) = (self.chosen.provider.name.clone(), self.name.clone());
        match reason {
            LmFailure::Consent => self.not_asked(format!(
                "the editor does not let Devika use its language models ({message}). Allow it: in VS \
                 Code's Accounts menu, under “Manage Language Model Access”; then resume the task"
            )),
            LmFailure::Quota => {
                let message =
                    format!("the plan's quota is used up, and no waiting helps: {message}");
                ModelError::Rejected { provider, status: PAYMENT_REQUIRED, message }
            }
            LmFailure::Busy => {
                let (status, retry_after) = (TOO_MANY_REQUESTS, None);
                ModelError::Busy { provider, status, message, retry_after }
            }
            LmFailure::Refused => ModelError::Refused { model, message },
            LmFailure::Gone => self.not_asked(format!(
                "{message} ({}). Choose another model with “Devika: Choose Model”, then resume the task",
                self.chosen.model
            )),
            LmFailure::Overflow => ModelError::ContextOverflow { model, message },
            LmFailure::Broken => self.broken(message),
        }
    }

    fn broken(&self, why: String) -> ModelError {
        ModelError::Broken { model: self.name.clone(), why }
    }

    fn not_asked(&self, message: String) -> ModelError {
        ModelError::NoKey { provider: self.chosen.provider.name.clone(), message }
    }

    fn stalled(&self, limit: Duration) -> ModelError {
        ModelError::Stalled { model: self.name.clone(), seconds: limit.as_secs().max(1) }
    }
}

#[async_trait]
impl LanguageModel for EditorModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> Limits {
        let Provider { context_tokens, output_tokens, small, .. } = self.chosen.provider;
        Limits { context: context_tokens, output: output_tokens, small }
    }

    async fn turn(
        &self,
        request: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let (sender, mut pieces) = mpsc::unbounded_channel();
        let mut reply = pin!(self.editor.ask(self.asked(request), sender));
        let mut limit = self.chosen.provider.first_token_timeout;
        let mut streamed = String::new();
        let answer = loop {
            tokio::select! {
                biased;
                Some(piece) = pieces.recv() => {
                    on_delta(Delta::Text(&piece));
                    streamed.push_str(&piece);
                    limit = self.chosen.provider.idle_timeout;
                }
                reply = &mut reply => break self.answer(reply)?,
                () = tokio::time::sleep(limit) => return Err(self.stalled(limit)),
            }
        };
        // The answer may come before the last of its pieces, and has them all.
        let rest = answer.text.strip_prefix(&streamed).filter(|rest| !rest.is_empty());
        rest.into_iter().for_each(|rest| on_delta(Delta::Text(rest)));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use devika_config::ProviderKind;
    use devika_llm::Message;

    use super::*;

    /// An editor with these models, whose answer is streamed in pieces or never ends.
    struct Double {
        models: Vec<LmModel>,
        pieces: &'static [&'static str],
        reply: Option<LmReply>,
    }

    #[async_trait]
    impl EditorModels for Double {
        async fn list(&self) -> Vec<LmModel> {
            self.models.clone()
        }

        async fn ask(
            &self,
            _: EditorTurn,
            pieces: mpsc::UnboundedSender<String>,
        ) -> Result<LmReply, String> {
            self.pieces.iter().for_each(|piece| pieces.send((*piece).to_owned()).unwrap());
            match &self.reply {
                Some(reply) => Ok(reply.clone()),
                None => pending().await,
            }
        }
    }

    fn provider() -> Provider {
        let config = devika_config::load(&devika_config::Sources::default()).unwrap().config;
        config.providers.into_iter().find(|one| one.kind == ProviderKind::Editor).unwrap()
    }

    fn listed(families: &[&str]) -> Vec<LmModel> {
        let model = |family: &&str| LmModel {
            id: format!("{family}-id"),
            family: (*family).to_owned(),
            input_tokens: Some(50_000),
        };
        families.iter().map(model).collect()
    }

    async fn usual(families: &[&str], default_model: Option<&str>) -> Option<String> {
        let editor = Double { models: listed(families), pieces: &[], reply: None };
        let default_model = default_model.map(str::to_owned);
        let provider = Provider { default_model, ..provider() };
        let choice = EditorChoice { provider: &provider, editor: &editor };
        Some(choice.usual().await?.model)
    }

    #[tokio::test]
    async fn the_usual_model_is_the_configured_one_else_an_included_one_else_the_first() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(usual(&["opus", "gpt-4o", "gpt-4.1"], None).await, some("gpt-4.1-id"));
        assert_eq!(usual(&["opus", "gpt-4.1"], Some("opus")).await, some("opus-id"));
        assert_eq!(usual(&["opus", "haiku"], Some("gone")).await, some("opus-id"));
        assert_eq!(usual(&[], None).await, None);
    }

    /// What a turn comes to, and what was streamed of it.
    async fn turn(
        pieces: &'static [&'static str],
        reply: Option<LmReply>,
    ) -> (Result<String, ModelError>, String) {
        let editor = Double { models: listed(&["gpt-4o"]), pieces, reply };
        let provider = Provider { idle_timeout: Duration::from_millis(20), ..provider() };
        let choice = EditorChoice { provider: &provider, editor: &editor };
        let chosen = choice.choose("gpt-4o", true).await.unwrap();
        let model = EditorModel::new(Arc::new(editor), chosen);
        assert_eq!(model.limits().context, 50_000 + provider.output_tokens);
        let message = Message { role: Role::User, text: "Hello?".to_owned() };
        let (system, messages) = (String::new(), vec![message]);
        let request = Request { system, messages, schema: None, max_tokens: 100 };
        let streamed = Mutex::new(String::new());
        let hear = |delta: Delta<'_>| {
            if let Delta::Text(text) = delta {
                streamed.lock().unwrap().push_str(text);
            }
        };
        let answer = model.turn(&request, &hear).await;
        (answer.map(|answer| answer.text), streamed.into_inner().unwrap())
    }

    fn answered(text: &str) -> Option<LmReply> {
        let text = text.to_owned();
        Some(LmReply::Answered { text, input_tokens: None, output_tokens: None })
    }

    #[tokio::test]
    async fn an_answer_that_comes_before_its_last_pieces_is_streamed_whole_all_the_same() {
        let whole = "Hello there".to_owned();
        assert_eq!(turn(&["Hel"], answered(&whole)).await, (Ok(whole.clone()), whole));
    }

    #[tokio::test]
    async fn an_empty_answer_is_none() {
        let (answer, _) = turn(&[], answered(" \n")).await;
        assert_eq!(
            answer.unwrap_err().to_string(),
            "the answer of editor/gpt-4o-id broke off: the answer is empty"
        );
    }

    #[tokio::test]
    async fn a_model_that_falls_silent_has_stalled() {
        let (answer, streamed) = turn(&["Hel"], None).await;
        let model = "editor/gpt-4o-id".to_owned();
        assert_eq!(answer, Err(ModelError::Stalled { model, seconds: 1 }));
        assert_eq!(streamed, "Hel");
    }
}
