//! The layers: what wins, what is refused with which words, and what never leaks.

use std::path::PathBuf;
use std::time::Duration;

use crate::world::World;
#[cfg(unix)]
use crate::world::{permit, write};
use devika_config::{Approval, EXAMPLE, ProviderKind, stamp};
use devika_protocol::Mode;
use secrecy::ExposeSecret as _;
use serde_json::json;

const WITH_KEY: &str = "[providers.openai]\nkey = \"sk-canary\"\n";

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_the_nearest_key() {
    let world = World::new(
        "[tasks]\nmode = \"wild\"\n\n  patch_round = 2\nqueue = \"many\"\n[comands]\napprove = \"ask\"\n",
    );
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:2:1: `tasks.mode` must be one of "auto", "review", "plan"
    config.toml:4:3: there is no key `tasks.patch_round`; did you mean `tasks.patch_rounds`?
    config.toml:5:1: `tasks.queue` must be a whole number from 0 to 1000
    config.toml:6:2: there is no table `[comands]`; did you mean `[commands]`?
    "#);
}

#[test]
fn a_value_in_the_wrong_place_is_told_where_it_belongs() {
    let world = World::new("mode = \"plan\"\ntasks2 = {}\nlog = 3\n\"tasks.mode\" = \"plan\"\n");
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:1:1: there is no key `mode`; did you mean `tasks.mode` or `sandbox.mode` or `git.mode`?
    config.toml:2:1: there is no table `[tasks2]`; did you mean `[tasks]`?
    config.toml:3:1: `log` is a table: write [log]
    config.toml:4:1: there is no key `"tasks.mode"`; the tables are: models, providers, budget, tasks, commands, sandbox, git, checkpoints, projects, deploy, publish, memory, research, report, local, log
    "#);
}

#[test]
fn every_source_is_named_in_its_mistakes() {
    let world = World::new("")
        .env("DEVIKA_MODE", "wild")
        .options(json!({ "tasks": { "queue": 1.5, "max_turn": 3 } }))
        .workspace("[task]\nmode = \"plan\"\n");
    insta::assert_snapshot!(world.refusal(), @r#"
    environment variable DEVIKA_MODE: `tasks.mode` must be one of "auto", "review", "plan"
    the client's options: `tasks.queue` must be a whole number from 0 to 1000
    the client's options: there is no key `tasks.max_turn`; did you mean `tasks.max_turns`?
    .devika.toml:1:2: there is no table `[task]`; did you mean `[tasks]`?
    "#);
}

#[test]
fn broken_toml_names_its_place_and_does_not_show_the_line() {
    let refusal = World::new("[providers.openai]\nkey = \"sk-canary\n").refusal();
    assert!(refusal.starts_with("config.toml:2:"), "{refusal}");
    assert!(!refusal.contains("canary"), "{refusal}");
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    assert_eq!(World::new("\u{feff}[tasks]\nmode = \"plan\"\n").config().tasks.mode, Mode::Plan);
}

#[test]
fn later_layers_win() {
    let file = "[models]\ndefault = \"file/m\"\n[tasks]\nmode = \"plan\"\npatch_rounds = 7\n";
    let world = World::new(file)
        .env("DEVIKA_MODEL", "env/m")
        .env("DEVIKA_MODE", "plan")
        .options(json!({ "tasks": { "mode": "review" } }));
    let config = world.config();
    assert_eq!(config.models.default.as_deref(), Some("env/m"));
    assert_eq!((config.tasks.mode, config.tasks.patch_rounds), (Mode::Review, 7));
}

#[test]
fn options_may_be_nested_or_dotted_and_null_sets_nothing() {
    let options = json!({ "tasks.mode": "plan", "git": { "trailers": false }, "log": null });
    let config = World::new("").options(options).config();
    assert_eq!((config.tasks.mode, config.git.trailers), (Mode::Plan, false));
}

#[test]
fn the_example_as_it_stands_changes_nothing() {
    let shown = |world: World| format!("{:?}", world.load());
    assert_eq!(shown(World::new(EXAMPLE)), shown(World::new("")));
}

#[test]
fn a_workspace_can_tighten_and_nothing_else() {
    let world = World::new("").workspace(
        "[tasks]\nmode = \"plan\"\nmax_turns = 9999\n\
         [commands]\napprove = \"always\"\ntime_limit = \"10s\"\nenv_allow = [\"X\"]\n\
         [models]\ndefault = \"evil/m\"\n\
         [providers.openai]\nbase_url = \"http://evil.example/\"\n",
    );
    let config = world.config();
    assert_eq!(config.tasks.mode, Mode::Plan);
    assert_eq!(config.commands.time_limit, Duration::from_secs(10));
    assert_eq!(config.commands.approve, Approval::Ask);
    assert_eq!(config.commands.env_allow, [""; 0]);
    assert_eq!(config.tasks.max_turns, 40);
    assert_eq!(config.models.default, None);
    assert!(config.providers.iter().all(|provider| !provider.base_url.contains("evil")));
    insta::assert_snapshot!(world.warnings(), @r"
    .devika.toml:5:1: `commands.approve` is ignored: a file in the workspace can only make limits smaller and modes stricter
    .devika.toml:7:1: `commands.env_allow` is ignored: a file in the workspace can only make limits smaller and modes stricter
    .devika.toml:9:1: `models.default` is ignored: a file in the workspace can only make limits smaller and modes stricter
    .devika.toml:11:1: `providers.openai.base_url` is ignored: a file in the workspace can only make limits smaller and modes stricter
    .devika.toml:3:1: `tasks.max_turns` is ignored: a file in the workspace can only make limits smaller and modes stricter
    ");
}

#[test]
fn a_workspace_can_turn_the_web_and_memory_off_and_not_on() {
    let off = "[research]\non = false\n[memory]\non = false\n";
    let config = World::new("").workspace(off).config();
    assert_eq!((config.research.on, config.memory.on), (false, false));
    let world = World::new(off).workspace("[research]\non = true\n");
    assert!(!world.config().research.on);
    assert_eq!(world.load().warnings.len(), 1);
}

#[test]
fn a_workspace_cannot_loosen_what_the_user_has_tightened() {
    let world = World::new("[tasks]\nmode = \"plan\"\nqueue = 2\n")
        .workspace("[tasks]\nmode = \"review\"\nqueue = 3\n");
    let tasks = world.config().tasks;
    assert_eq!((tasks.mode, tasks.queue), (Mode::Plan, 2));
    assert_eq!(world.load().warnings.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_workspaces_file_that_is_no_file_or_has_no_end_is_refused_at_once() {
    let world = World::new("").workspace_file(PathBuf::from("/dev/zero"));
    assert!(world.refusal().contains("it is not a file"), "{}", world.refusal());
    let world = World::new("");
    let pipe = world.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let world = world.workspace_file(pipe);
    assert!(world.refusal().contains("it is not a file"), "{}", world.refusal());
    let world = World::new("").workspace(&"#".repeat(2 << 20));
    assert!(world.refusal().contains("longer than 1 MiB"), "{}", world.refusal());
}

#[test]
fn a_missing_file_is_no_mistake_unless_it_was_named() {
    let world = World::new("").user_file(PathBuf::from("/no/such/file"));
    assert_eq!(world.load().warnings, [""; 0]);
    let world = world.env("DEVIKA_CONFIG", "/no/such/file");
    insta::assert_snapshot!(world.warnings(), @r"
    DEVIKA_CONFIG names /no/such/file, which does not exist: `devika init` writes it
    ");
}

#[test]
fn a_folder_may_begin_with_the_users_home() {
    let toml = "[projects]\nfolder = \"~/made/here\"\n";
    let config = World::new(toml).env("HOME", "/home/ada").config();
    assert_eq!(config.projects_folder, Some(PathBuf::from("/home/ada/made/here")));
    insta::assert_snapshot!(World::new(toml).refusal(), @r"
    config.toml:2:1: `projects.folder` begins with ~, but HOME is not set
    ");
    insta::assert_snapshot!(World::new("[projects]\nfolder = \"here\"\n").refusal(), @r"
    config.toml:2:1: `projects.folder` must be an absolute path, or one that begins with ~/
    ");
}

#[test]
fn a_provider_of_ones_own_comes_first_with_defaults_filled_in() {
    let world = World::new(
        "[providers.mine]\nkind = \"anthropic\"\nbase_url = \"http://h/v1\"\nkey_env = \"MINE\"\n",
    )
    .env("MINE", " sk-canary\n");
    let mine = &world.config().providers[0];
    assert_eq!((mine.name.as_str(), mine.kind), ("mine", ProviderKind::Anthropic));
    assert_eq!(mine.base_url, "http://h/v1/");
    assert_eq!((mine.context_tokens, mine.output_tokens, mine.small), (128_000, 8_192, false));
    let key = mine.key.as_ref().unwrap();
    assert_eq!(key.secret().unwrap().expose_secret(), "sk-canary");
    assert_eq!(key.source(), "environment variable MINE");
}

#[test]
fn the_usual_providers_are_there_without_configuration() {
    let providers = World::new("").config().providers;
    let names: Vec<_> = providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "anthropic",
            "openai",
            "gemini",
            "mistral",
            "groq",
            "ollama",
            "lmstudio",
            "local",
            "editor"
        ]
    );
}

#[test]
fn a_provider_that_cannot_work_is_refused() {
    let world = World::new(
        "[providers.empty]\n[providers.half]\nkind = \"openai\"\n[providers.\"a/b\"]\nkind = \"openai\"\n\
         [providers.openai]\nbase_url = \"ftp://h/\"\n[providers.groq]\nwarp = 9\n\
         [providers.local]\ncontext_tokens = 2048\noutput_tokens = 4096\n",
    );
    insta::assert_snapshot!(world.refusal(), @r#"
    config.toml:4:12: a provider cannot be called "a/b": use letters, digits, - and _
    config.toml:7:1: `providers.openai.base_url` must be an address that begins with http:// or https://, without user name, password, `?` or `#`
    config.toml:9:1: there is no key `providers.groq.warp`; there are: kind, base_url, key_env, key_keyring, key_command, key, default_model, ca_file, proxy, connect_timeout, first_token_timeout, idle_timeout, concurrency, queue, context_tokens, output_tokens, small, headers, prices
    config.toml:1:12: `providers.empty.kind` and `providers.empty.base_url` are missing; a provider of your own needs `kind` and `base_url`
    config.toml:2:12: `providers.half.base_url` is missing; a provider of your own needs `kind` and `base_url`
    config.toml:12:1: `providers.local.output_tokens` must be less than `context_tokens`, which is 2048
    "#);
}

#[test]
fn an_address_that_does_not_fit_is_told_once() {
    let toml = "[providers.mine]\nkind = \"openai\"\nbase_url = \"h/v1\"\n";
    assert_eq!(World::new(toml).refusal().lines().count(), 1);
}

#[test]
fn an_answer_leaves_room_for_the_prompt() {
    let world = World::new("[providers.openai]\ncontext_tokens = 8000\n");
    let openai = world.config().providers.into_iter().find(|one| one.name == "openai").unwrap();
    assert_eq!((openai.context_tokens, openai.output_tokens), (8_000, 2_000));
}

#[test]
fn a_secret_in_the_wrong_place_is_refused_and_not_repeated() {
    let world = World::new(
        "[providers.openai]\nkey_env = \"sk-ant-canary\"\nbase_url = \"https://u:canary@h/\"\n",
    );
    let refusal = world.refusal();
    assert!(!refusal.contains("canary"), "{refusal}");
    insta::assert_snapshot!(refusal, @r#"
    config.toml:2:1: `providers.openai.key_env` must be the name of an environment variable, such as "MY_API_KEY", not the key itself
    config.toml:3:1: `providers.openai.base_url` must be an address that begins with http:// or https://, without user name, password, `?` or `#`
    "#);
}

#[test]
fn a_key_is_never_taken_from_options() {
    let world =
        World::new("").options(json!({ "providers": { "openai": { "key": "sk-canary" } } }));
    insta::assert_snapshot!(world.refusal(), @r"
    the client's options: `providers.openai.key` is refused here; put the key into an environment variable or into the user's configuration file
    ");
}

#[test]
fn commands_are_never_given_the_variable_with_a_providers_key() {
    let world = World::new("[commands]\nenv_allow = [\"CARGO_HOME\", \"OPENAI_API_KEY\"]\n");
    insta::assert_snapshot!(world.refusal(), @r"
    config.toml:2:1: `commands.env_allow` names OPENAI_API_KEY, which holds the key of openai; commands never get keys of providers: take it out
    ");
}

#[cfg(unix)]
#[test]
fn a_key_in_a_file_that_others_can_read_is_refused_with_the_way_out() {
    let world = World::new(WITH_KEY);
    permit(&world.path("config.toml"), 0o640);
    insta::assert_snapshot!(world.refusal(), @r"
    config.toml holds a key and other users of this machine may read it. Run: chmod 600 'config.toml'
    ");
}

#[cfg(unix)]
#[test]
fn a_file_without_a_key_may_be_read_by_others() {
    let world = World::new("[tasks]\nmode = \"plan\"\n");
    permit(&world.path("config.toml"), 0o644);
    assert_eq!(world.config().tasks.mode, Mode::Plan);
}

#[cfg(unix)]
#[test]
fn a_key_in_a_file_inside_a_repository_is_refused_even_behind_a_link() {
    let world = World::new("");
    let inside = world.path("dotfiles/devika.toml");
    std::fs::create_dir_all(world.path("dotfiles/.git")).unwrap();
    write(&inside, WITH_KEY);
    let link = world.path("link.toml");
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    for file in [inside, link] {
        let world = World::new("").user_file(file);
        assert!(world.refusal().contains("lies in a git repository"), "{}", world.refusal());
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let world = World::new(WITH_KEY).env("ANTHROPIC_API_KEY", "sk-canary-2");
    let loaded = world.load();
    let keys = loaded.config.providers.iter().filter(|provider| provider.key.is_some()).count();
    assert_eq!(keys, 2);
    let shown = format!("{loaded:?} {:?}", world.sources());
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_stamp_tells_when_a_file_is_to_be_read_again() {
    let world = World::new("").workspace("");
    let before = stamp(world.sources());
    assert_eq!(stamp(world.sources()), before);
    let mut seen = vec![before];
    let mut changes = |what: &str| {
        let now = stamp(world.sources());
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    let file = world.path("config.toml");
    std::fs::write(&file, "[tasks]\n").unwrap();
    changes("other text");
    std::fs::rename(world.path(".devika.toml"), world.path("elsewhere")).unwrap();
    changes("a file that is gone");
    std::fs::write(world.path(".devika.toml"), "").unwrap();
    changes("a file of the same length in its place");
}
