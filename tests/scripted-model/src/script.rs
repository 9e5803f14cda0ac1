//! The script, what was seen of it, and what was wrong.

use std::collections::VecDeque;

use crate::{Reply, Seen};

/// Everything a server remembers.
#[derive(Debug)]
pub(crate) struct Script {
    replies: VecDeque<Reply>,
    whole: Option<Vec<Reply>>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) problems: Vec<String>,
    pub(crate) models: Vec<String>,
    /// Tokens of context and of an answer, which lists tell.
    pub(crate) limits: (u32, u32),
    pub(crate) key: Option<String>,
    pub(crate) secrets: Vec<String>,
    pub(crate) body_limit: usize,
}

/// Bodies up to this are taken unless a test says otherwise.
const BODY_LIMIT: usize = 4 << 20;

impl Script {
    pub(crate) fn new(replies: Vec<Reply>) -> Self {
        Self {
            replies: replies.into(),
            whole: None,
            seen: Vec::new(),
            problems: Vec::new(),
            models: vec!["scripted".to_owned()],
            limits: (32_768, 4_096),
            key: None,
            secrets: Vec::new(),
            body_limit: BODY_LIMIT,
        }
    }

    /// Starts over with the replies it has now, each time none is left for a request.
    pub(crate) fn start_over_when_exhausted(&mut self) {
        self.whole = Some(self.replies.iter().cloned().collect());
    }

    pub(crate) fn push(&mut self, reply: Reply) {
        self.replies.push_back(reply);
    }

    pub(crate) fn unused(&self) -> usize {
        self.replies.iter().filter(|reply| !reply.repeat).count()
    }

    /// Records a request, checks it, and takes the reply for it: the first in the script that is
    /// for this prompt or for any.
    pub(crate) fn answer(&mut self, seen: Seen) -> Option<Reply> {
        let number = self.seen.len() + 1;
        let prompt = seen.prompt();
        let mut complaints = seen.complaints();
        for secret in &self.secrets {
            if seen.raw.contains(secret.as_str()) {
                complaints.push("a secret is in the body".to_owned());
            }
        }
        let reply = self.take(&prompt);
        match &reply {
            None => complaints.push(exhausted(&prompt)),
            Some(reply) if reply.expect_schema && seen.schema.is_none() => {
                complaints.push("no schema, where the script expects one".to_owned());
            }
            Some(_) => {}
        }
        self.problems
            .extend(complaints.into_iter().map(|what| format!("request {number}: {what}")));
        if self.whole.is_none() {
            self.seen.push(seen);
        }
        reply
    }

    fn take(&mut self, prompt: &str) -> Option<Reply> {
        let at = self.fitting(prompt).or_else(|| {
            self.replies = self.whole.clone()?.into();
            self.fitting(prompt)
        })?;
        if self.replies[at].repeat {
            return self.replies.get(at).cloned();
        }
        self.replies.remove(at)
    }

    fn fitting(&self, prompt: &str) -> Option<usize> {
        self.replies
            .iter()
            .position(|reply| reply.when.as_ref().is_none_or(|needle| prompt.contains(needle)))
    }
}

fn exhausted(prompt: &str) -> String {
    let tail: String =
        prompt.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
    format!("the script has no reply for the prompt that ends with: {tail}")
}
