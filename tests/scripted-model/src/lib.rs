//! A model server that follows a script: the protocols of OpenAI (chat completions and responses),
//! Anthropic, Gemini, Mistral, Groq, LM Studio, OpenRouter and Ollama over real HTTP on 127.0.0.1,
//! streamed or whole, with faults on demand, and a check of every request.
//!
//! ```no_run
//! # async fn doc() {
//! use scripted_model::{Reply, ScriptedModel};
//!
//! let model = ScriptedModel::start(vec![Reply::text("Hello").chunks(2).usage(12, 4, 2)]).await;
//! // … point the program at `model.openai_url()` or `model.anthropic_url()` …
//! assert_eq!(model.requests()[0].messages[0].text, "Say hello");
//! model.finish();
//! # }
//! ```
//!
//! The server runs on a thread of its own, so that a test may block its own runtime (by waiting
//! for a child process, say) without stopping the model.

mod anthropic;
mod dialect;
mod gate;
mod gemini;
mod lists;
mod ollama;
mod openai;
mod reply;
mod responses;
mod routes;
mod script;
mod seen;
mod server;
mod stream;
mod strict;
mod tls;

pub use dialect::Protocol;
pub use gate::Gate;
pub use reply::{Fault, Reply, Stop, Usage};
pub use seen::{Seen, SeenMessage};
pub use server::ScriptedModel;
