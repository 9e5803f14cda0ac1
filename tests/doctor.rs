//! The user asks whether everything is there, and how the models compare.

use std::net::TcpListener;
use std::process::Command;

use scripted_model::{Reply, ScriptedModel};
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{Ran, World, all_bytes, decision};

/// A world with four providers: one that is well, one that knows another key, one that never
/// answers, and one that nobody listens for.
struct Providers {
    world: World,
    stranger: ScriptedModel,
    hanging: TcpListener,
    refused: String,
}

impl Providers {
    async fn new(replies: Vec<Reply>) -> Self {
        let world = World::new(replies).await;
        let stranger = ScriptedModel::start(Vec::new()).await;
        let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        world.model.set_models(&["small", "model"]);
        world.model.require_key("the-right-key");
        stranger.require_key("another-key");
        let providers = Self { world, stranger, hanging, refused: format!("http://{free}/v1/") };
        let urls = [
            ("good", providers.world.model.openai_url()),
            ("hanging", providers.hanging_url()),
            ("refused", providers.refused.clone()),
            ("stranger", providers.stranger.openai_url()),
        ];
        let tables = urls.map(|(name, url)| {
            format!(
                "[providers.{name}]\nkind = \"openai\"\nbase_url = \"{url}\"\n\
                 key_env = \"A_KEY\"\ndefault_model = \"model\"\nfirst_token_timeout = \"1s\"\n"
            )
        });
        providers.world.configure(&format!(
            "[models]\ndefault = \"good/model\"\n[sandbox]\nmode = \"off\"\n[research]\nrender = false\n{}",
            tables.concat()
        ));
        std::fs::write(
            providers.world.home().join(".gitconfig"),
            "[user]\nname = A User\nemail = user@example.org\n",
        )
        .unwrap();
        providers.programs();
        providers
    }

    fn hanging_url(&self) -> String {
        format!("http://{}/v1/", self.hanging.local_addr().unwrap())
    }

    /// The only program of this world, which tells its version.
    fn programs(&self) {
        let folder = self.world.home().join("bin");
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("chromium");
        std::fs::write(&file, "#!/bin/sh\necho Chromium 123\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&file, mode).unwrap();
    }

    fn devika(&self, args: &[&str]) -> Command {
        let mut command = self.world.devika(args);
        command.env("PATH", self.world.home().join("bin")).env("A_KEY", "the-right-key");
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.devika(args).output().unwrap().into()
    }

    /// What was printed, without what differs from run to run.
    fn told(&self, ran: &Ran) -> String {
        let places = [
            (self.world.model.openai_url(), "GOOD"),
            (self.hanging_url(), "HANGING"),
            (self.refused.clone(), "REFUSED"),
            (self.world.home().display().to_string(), "HOME"),
        ];
        let told =
            places.iter().fold(ran.out.clone(), |text, (place, name)| text.replace(place, name));
        told.lines().map(without_figures).collect::<Vec<_>>().join("\n")
    }

    /// What the model saw of those who asked whether its list is public.
    fn forget_questions_without_a_key(&self) {
        self.world.model.take_problems();
        self.stranger.take_problems();
    }
}

/// The line with `#` for how long a check took, for how much of the disk is free, and for the format
/// of the database, which every migration changes.
fn without_figures(line: &str) -> String {
    let mut shown = line.to_owned();
    for (unit, width) in [(" ms  ", 31), (" GB of disk", 0), (", 1 MB", 0)] {
        let Some(at) = shown.find(unit) else { continue };
        let kept = shown[..at].trim_end_matches(|c: char| c.is_ascii_digit());
        shown = format!("{kept:<width$}#{}", &shown[at..]);
    }
    shown
}

#[tokio::test]
async fn the_doctor_says_what_is_well_and_how_to_mend_what_is_not() {
    let providers = Providers::new(Vec::new()).await;
    let ran = providers.run(&["doctor"]);
    insta::assert_snapshot!(providers.told(&ran), @r"
    ok       configuration         # ms  HOME/config.toml: valid
    ok       permissions           # ms  0644: others may read the file, and it holds no key
    ok       git identity          # ms  A User <user@example.org>
    ok       log                   # ms  HOME/log
    ok       database              # ms  HOME/state/devika.db: whole, format #, 1 MB; # GB of disk are free
    ok       breakers              # ms  no provider is left alone because of failures
    warning  sandbox               # ms  off by `sandbox.mode`: commands can do what you can do
    ok       browser               # ms  HOME/bin/chromium: Chromium 123; it reads no pages (`research.render`)
    ok       memory                # ms  HOME/state/memory.db: not there yet; it is made with the first passage
    ok       local model           # ms  not installed; `devika models pull local` gets it (1.1 GB)
    ok       provider good         # ms  authenticated (environment variable A_KEY); has model
    failed   provider hanging      # ms  hanging (its list of models) sent nothing for 5 s
    failed   provider refused      # ms  cannot reach refused at REFUSED: Connection refused (os error 111). Is it running, and is the address right?
    failed   provider stranger     # ms  stranger refused the key (environment variable A_KEY): invalid x-api-key
                                         Run: export A_KEY=YOUR_KEY
    ok       model                 # ms  good/model: it is `models.default` of the configuration
    ");
    assert_eq!(ran.code, Some(1));
    providers.forget_questions_without_a_key();
}

#[tokio::test]
async fn a_file_that_shows_its_key_to_others_is_told_with_the_command_that_closes_it() {
    let world = World::new(Vec::new()).await;
    world.configure(
        "[providers.mine]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/\"\nkey = \"k\"\n",
    );
    let file = world.home().join("config.toml");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file, mode).unwrap();
    let ran = world.run(&["doctor", "--json"]);
    let checks: Vec<Value> = ran.events();
    let found = checks.iter().find(|check| check["name"] == "permissions").unwrap();
    assert_eq!(found["verdict"], "failed");
    assert_eq!(found["mend"], format!("chmod 600 '{}'", file.display()));
    assert_eq!(ran.code, Some(1));
}

#[tokio::test]
async fn a_prompt_is_put_to_several_models_and_their_figures_are_compared() {
    let reply = Reply::text("Hello there").chunks(3).usage(12, 0, 4);
    let providers = Providers::new(vec![reply.clone(), reply]).await;
    let models = "--models=good/model,good/small,hanging/model,stranger/model,nobody/model";
    let ran = providers.run(&["doctor", "--compare", "Say hello", models, "--json"]);
    let told: Vec<Value> = ran
        .events()
        .into_iter()
        .map(|mut run| {
            for field in ["first_token_ms", "total_ms", "tokens_per_second"] {
                assert!(run["error"].is_string() || run[field].is_number(), "{run}");
                run.as_object_mut().unwrap().remove(field);
            }
            run
        })
        .collect();
    insta::assert_json_snapshot!(told, @r#"
    [
      {
        "model": "good/model",
        "answer": "Hello there",
        "cost": 0,
        "input": 12,
        "output": 4
      },
      {
        "model": "good/small",
        "answer": "Hello there",
        "cost": 0,
        "input": 12,
        "output": 4
      },
      {
        "model": "hanging/model",
        "error": "hanging/model sent nothing for 1 s"
      },
      {
        "model": "stranger/model",
        "error": "stranger refused the key (environment variable A_KEY): invalid x-api-key"
      },
      {
        "model": "nobody/model",
        "error": "there is no provider `nobody`. Configured are: good, hanging, refused, stranger, anthropic, openai, gemini, mistral, groq, ollama, lmstudio, local, editor."
      }
    ]
    "#);
    assert_eq!(ran.code, Some(1));
    let asked: Vec<String> =
        providers.world.model.requests().iter().map(|request| request.model.clone()).collect();
    assert_eq!(asked, ["model", "small"]);
}

#[tokio::test]
async fn the_models_that_each_provider_has_are_listed_and_the_current_one_is_marked() {
    let providers = Providers::new(Vec::new()).await;
    let ran = providers.run(&["models"]);
    insta::assert_snapshot!(providers.told(&ran), @r"
    good (environment variable A_KEY)
    * model  free
      small  free
    hanging: sent no list within 5 s
    refused: cannot reach refused at REFUSED: Connection refused (os error 111). Is it running, and is the address right?
    stranger: stranger refused the key (environment variable A_KEY): invalid x-api-key
    anthropic: no key; set environment variable ANTHROPIC_API_KEY
    openai: no key; set environment variable OPENAI_API_KEY
    gemini: no key; set environment variable GEMINI_API_KEY
    mistral: no key; set environment variable MISTRAL_API_KEY
    groq: no key; set environment variable GROQ_API_KEY
    ollama: not running at http://127.0.0.1:11434/
    lmstudio: not running at http://127.0.0.1:1234/v1/
    local: not installed; run `devika models pull local`
    editor: asked through VS Code, in which they can be chosen

    A task gets good/model: it is `models.default` of the configuration.
    ");
    let one = providers.run(&["models", "good", "--json"]);
    let offer = |model: &str, current| {
        json!({
            "provider": "good", "model": model, "context": null, "output": null,
            "price": { "input": 0, "cached": 0, "cache_write": 0, "output": 0 }, "current": current,
        })
    };
    assert_eq!(one.events(), [offer("small", false), offer("model", true)]);
    let other = providers.run(&["models", "stranger"]);
    assert_eq!(other.code, Some(1));
}

#[tokio::test]
async fn an_editor_is_told_of_its_own_capabilities_too() {
    let world = World::new(vec![Reply::text("Yes")]).await;
    world.model.set_models(&["model"]);
    let mut session = Session::start(&world, Client::Bare).await;
    let checks = session.execute("devika.doctor", json!({})).await.unwrap();
    let checks = checks.as_array().unwrap();
    let verdict = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        check.unwrap_or_else(|| panic!("{checks:#?}"))["verdict"].clone()
    };
    let verdicts =
        ["configuration", "database", "provider scripted", "model", "editor"].map(verdict);
    assert_eq!(verdicts, ["ok", "ok", "ok", "ok", "warning"]);
    let offers = session.execute("devika.model.list", json!({})).await.unwrap();
    assert_eq!(
        offers,
        json!([{
            "provider": "scripted", "model": "model", "context": null, "output": null,
            "price": { "input": 0, "cached": 0, "cache_write": 0, "output": 0 }, "current": true,
        }])
    );
}

#[tokio::test]
async fn a_model_that_is_chosen_for_a_folder_is_remembered_until_it_is_forgotten() {
    let providers = Providers::new(Vec::new()).await;
    let used = || {
        let ran = providers.run(&["models", "good", "--json"]);
        let current = ran.events().into_iter().find(|offer| offer["current"] == true).unwrap();
        current["model"].as_str().unwrap().to_owned()
    };
    assert_eq!(used(), "model");
    assert_eq!(providers.run(&["models", "use", "good/small"]).code, Some(0));
    assert_eq!(used(), "small");
    let refused = providers.run(&["models", "use", "anthropic/claude"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(
        refused.err.trim(),
        "devika: anthropic has no key: it is read from environment variable ANTHROPIC_API_KEY"
    );
    assert_eq!(providers.run(&["models", "use", "--forget"]).code, Some(0));
    assert_eq!(used(), "model");
}

#[tokio::test]
async fn a_task_gets_the_model_that_the_editor_chose_unless_it_names_its_own() {
    let turns = || [decision(json!({ "kind": "answer" })), Reply::text("It is.")];
    let world = World::new([turns(), turns(), turns()].concat()).await;
    let mut session = Session::start(&world, Client::Extension).await;
    let ask = async |session: &mut Session, model: Value| {
        let task = json!({ "prompt": "Is this well?", "model": model });
        session.execute("devika.task.start", task).await.unwrap();
        session.event("completed").await;
        world.model.requests().last().unwrap().model.clone()
    };
    let select = |model: Value| json!({ "model": model });
    session.execute("devika.model.select", select(json!("scripted/other"))).await.unwrap();
    assert_eq!(ask(&mut session, Value::Null).await, "other");
    assert_eq!(ask(&mut session, json!("scripted/own")).await, "own");
    session.execute("devika.model.select", select(Value::Null)).await.unwrap();
    assert_eq!(ask(&mut session, Value::Null).await, "model");
    let refused = session.execute("devika.model.select", select(json!("nobody/x"))).await;
    let message = refused.unwrap_err()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("there is no provider `nobody`"), "{message}");
}

#[tokio::test]
async fn the_log_says_whether_the_provider_takes_the_key_when_the_first_task_begins() {
    let turns = vec![decision(json!({ "kind": "answer" })), Reply::text("It is.")];
    let world = World::new(turns).await;
    world.model.require_key("the-right-key");
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"mine/model\"\n[providers.mine]\nkind = \"openai\"\n\
         base_url = \"{url}\"\nkey = \"the-right-key\"\n"
    ));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(world.home().join("config.toml"), mode).unwrap();
    let mut session = Session::start(&world, Client::Extension).await;
    let log = || String::from_utf8(all_bytes(&world.home().join("log"))).unwrap();
    session.execute("devika.task.list", json!({})).await.unwrap();
    assert!(!log().contains("provider authenticated"), "nobody was asked before there is a task");
    session.execute("devika.task.start", json!({ "prompt": "Is it well?" })).await.unwrap();
    session.event("completed").await;
    // The log is a file, which tells nobody that it has grown.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !log().contains("provider authenticated provider=\"mine\"") {
        assert!(tokio::time::Instant::now() < deadline, "{}", log());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(!log().contains("the-right-key"));
}

/// What the doctor says of the memory.
fn memory_check(world: &World) -> Value {
    let ran = world.run(&["doctor", "--json"]);
    ran.events().into_iter().find(|check| check["name"] == "memory").unwrap()
}

#[tokio::test]
async fn the_doctor_opens_the_memory_and_says_what_is_in_it() {
    let world = World::new(Vec::new()).await;
    world.run(&["memory", "remember", "Release notes live in docs/changes.md"]);
    let check = memory_check(&world);
    let file = world.home().join("state/memory.db");
    let text = check["text"].as_str().unwrap();
    assert_eq!(check["verdict"], "ok", "{check}");
    assert!(text.starts_with(&format!("{}: format 1, ", file.display())), "{check}");
    assert!(text.ends_with(" 1 passages"), "{check}");

    std::fs::write(&file, "no database at all, and longer than its header would have to be")
        .unwrap();
    let check = memory_check(&world);
    assert_eq!(check["verdict"], "failed", "{check}");
    assert!(check["text"].as_str().unwrap().contains("cannot be used"), "{check}");
}

#[tokio::test]
async fn the_doctor_says_that_the_memorys_server_is_away_and_what_stands_in_for_it() {
    let world = World::new(Vec::new()).await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (fallback, verdict) in [("refuse", "failed"), ("file", "warning")] {
        world.configure(&format!(
            "[memory]\nkind = \"qdrant\"\n[memory.qdrant]\nurl = \"http://{free}\"\nfallback = \"{fallback}\"\n"
        ));
        let check = memory_check(&world);
        assert_eq!(check["verdict"], verdict, "{check}");
        assert!(check["text"].as_str().unwrap().contains("Is Qdrant running"), "{check}");
    }
}
