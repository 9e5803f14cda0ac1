//! `devika doctor`: is everything there? One line a check, with the way out.

use std::process::ExitCode;

use serde_json::json;

use super::{exit, terminal};
use crate::setup::Setup;

/// Options of `devika doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// How a check ended.
enum Verdict {
    Ok(String),
    /// Works, but the user should know.
    Warning(String),
    Failed(String),
}

/// Runs the checks; the exit code is 1 where one failed.
pub(super) async fn doctor(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    let mut tell = |name: &str, verdict: Verdict| {
        let (word, text) = match verdict {
            Verdict::Ok(text) => ("ok", text),
            Verdict::Warning(text) => ("warning", text),
            Verdict::Failed(text) => {
                failed = true;
                ("failed", text)
            }
        };
        terminal::say(&if args.json {
            json!({ "check": name, "verdict": word, "text": text }).to_string()
        } else {
            format!("{word:<8} {name:<14} {text}")
        });
    };

    let config = match setup.config(None, serde_json::Value::Null) {
        Ok(config) => {
            let file = &setup.paths.config_file;
            let text = if file.exists() {
                "valid"
            } else {
                "not there, which is fine; `devika init` writes it"
            };
            tell("configuration", Verdict::Ok(format!("{}: {text}", file.display())));
            config
        }
        Err(error) => {
            tell("configuration", Verdict::Failed(error.to_string()));
            return Ok(ExitCode::from(exit::FAILED));
        }
    };
    tell(
        "database",
        match setup.engine(&config, setup.sources(None, serde_json::Value::Null)).await {
            Ok(_) => Verdict::Ok(setup.paths.state_dir.join("devika.db").display().to_string()),
            Err(error) => Verdict::Failed(error.to_string()),
        },
    );
    tell("git identity", match devika_vcs::user() {
        Ok(user) if user.is_default => Verdict::Warning(
            "none, so commits will be by a stand-in. Run: git config --global user.name NAME, then the same with user.email".to_owned(),
        ),
        Ok(user) => Verdict::Ok(format!("{} <{}>", user.name, user.email)),
        Err(error) => Verdict::Failed(error.to_string()),
    });
    let models = setup.models(&config);
    match models.choose(None).await {
        Ok(chosen) => {
            let name = format!("{}/{}", chosen.provider.name, chosen.model);
            tell("model", Verdict::Ok(format!("{name}: {}", chosen.why)));
            if chosen.provider.kind != devika_config::ProviderKind::Local {
                tell(
                    "provider",
                    match devika_llm::list_models(&chosen.provider).await {
                        Ok(listed) if listed.iter().any(|model| model.name == chosen.model) => {
                            Verdict::Ok(format!("answers, and has {}", chosen.model))
                        }
                        Ok(_) => {
                            Verdict::Warning(format!("answers, and does not list {}", chosen.model))
                        }
                        Err(error) => Verdict::Failed(error.to_string()),
                    },
                );
            }
        }
        Err(error) => tell("model", Verdict::Failed(error.to_string())),
    }
    Ok(ExitCode::from(if failed { exit::FAILED } else { 0 }))
}
