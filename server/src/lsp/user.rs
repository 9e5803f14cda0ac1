//! The person at the client, as somebody who may be asked.

use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use devika_agent::{Ask, User, UserReply};
use devika_protocol::{AskKind, CommandName};
use tower_lsp::ls_types::MessageType;

use super::session::Session;

const ALLOW: &str = "Allow";
const ALWAYS: &str = "Always in this project";
const DENY: &str = "Deny";

/// The person at the client.
pub(super) struct ClientUser {
    session: Arc<Session>,
}

impl ClientUser {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl User for ClientUser {
    /// A client that declares `asks` draws the question from the event. All others are shown a
    /// message, and a choice where they have such a thing; the command answers in any case.
    async fn ask(&self, ask: &Ask) -> UserReply {
        let client = self.session.negotiated();
        if client.devika.asks {
            return pending().await;
        }
        self.session.client.show(MessageType::INFO, message(ask)).await;
        if ask.kind == AskKind::Question || !client.choices {
            return pending().await;
        }
        let typ = MessageType::INFO;
        let choices: &[&str] = match ask.kind {
            kind if kind.has_scopes() => &[ALLOW, ALWAYS, DENY],
            _ => &[ALLOW, DENY],
        };
        match self.session.client.choose(typ, ask.text.clone(), choices).await.as_deref() {
            Some(ALLOW) => UserReply::Allow,
            Some(ALWAYS) => UserReply::AllowAlways,
            Some(DENY) => UserReply::Deny,
            // Dismissed is not denied; the message in the log and the code action stay.
            _ => pending().await,
        }
    }
}

/// What is asked, and the command that answers it.
fn message(ask: &Ask) -> String {
    let Ask { task, text, .. } = ask;
    let (command, arguments) = match ask.kind {
        AskKind::Question => {
            (CommandName::Reply, format!("{{\"task\": {task}, \"answer\": \"…\"}}"))
        }
        _ => (CommandName::Approve, format!("{{\"task\": {task}, \"allow\": true}}")),
    };
    let in_part = match ask.kind {
        AskKind::Edits => {
            " To leave out parts of them, add \"refused\": [{\"path\": \"…\", \"hunks\": [1]}]; without hunks, the whole file."
        }
        _ => "",
    };
    format!(
        "Devika asks (task {task}): {text}\nAnswer with `{}` {arguments}.{in_part}",
        command.as_str()
    )
}

#[cfg(test)]
mod tests {
    use devika_protocol::{AskId, TaskId};

    use super::*;

    fn ask(kind: AskKind) -> Ask {
        Ask {
            task: TaskId(7),
            id: AskId(3),
            kind,
            text: "Which database?".into(),
            unforeseen: false,
            edits: Vec::new(),
        }
    }

    #[test]
    fn a_message_names_the_command_that_answers_it() {
        insta::assert_snapshot!(message(&ask(AskKind::Question)), @r#"
        Devika asks (task 7): Which database?
        Answer with `devika.task.reply` {"task": 7, "answer": "…"}.
        "#);
        insta::assert_snapshot!(message(&ask(AskKind::Command)), @r#"
        Devika asks (task 7): Which database?
        Answer with `devika.task.approve` {"task": 7, "allow": true}.
        "#);
        insta::assert_snapshot!(message(&ask(AskKind::Edits)), @r#"
        Devika asks (task 7): Which database?
        Answer with `devika.task.approve` {"task": 7, "allow": true}. To leave out parts of them, add "refused": [{"path": "…", "hunks": [1]}]; without hunks, the whole file.
        "#);
    }
}
