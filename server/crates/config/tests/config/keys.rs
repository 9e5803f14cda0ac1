//! Where keys come from, when they are read, and what is refused.

use std::path::Path;

use crate::world::{World, permit, write};
use devika_config::{GitState, Key, KeyError, load};
use secrecy::{ExposeSecret as _, SecretString};

/// The key of Anthropic, which most tests configure.
fn key(world: &World) -> Key {
    let providers = world.config().providers;
    let anthropic = providers.into_iter().find(|provider| provider.name == "anthropic");
    anthropic.unwrap().key.unwrap()
}

fn shown(secret: Result<SecretString, KeyError>) -> Result<String, String> {
    secret.map(|secret| secret.expose_secret().to_owned()).map_err(|error| error.to_string())
}

/// A world whose folder `bin`, which comes first in PATH, has a program of that name.
fn with_program(toml: &str, name: &str, script: &str) -> World {
    let world = World::new(toml);
    let bin = world.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let program = bin.join(name);
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    permit(&program, 0o700);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let folder = world.path("").display().to_string();
    world.env("PATH", &path).env("FOLDER", &folder)
}

const PASS: &str = "[providers.anthropic]\nkey_command = \"pass show anthropic\"\n";

#[test]
fn a_command_is_run_when_the_key_is_first_wanted_and_once() {
    let world = with_program(PASS, "pass", "echo run >> $FOLDER/runs; echo \" $1-$2 \"; echo more");
    let key = key(&world);
    assert!(key.known().is_none() && !world.path("runs").exists());
    assert_eq!(shown(key.secret()), Ok("show-anthropic".to_owned()));
    assert_eq!(shown(key.clone().secret()), Ok("show-anthropic".to_owned()));
    assert_eq!(std::fs::read_to_string(world.path("runs")).unwrap(), "run\n");
}

#[test]
fn those_who_want_the_key_at_one_time_share_one_run() {
    let world = with_program(PASS, "pass", "echo run >> $FOLDER/runs; echo abc");
    let key = key(&world);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(shown(key.secret()), Ok("abc".to_owned())));
        }
    });
    assert_eq!(std::fs::read_to_string(world.path("runs")).unwrap(), "run\n");
}

#[test]
fn a_command_line_that_is_more_than_words_goes_through_the_shell() {
    let toml = "[providers.anthropic]\nkey_command = \"printf '%s' \\\"a$((1+1))\\\" | tr a b\"\n";
    assert_eq!(shown(key(&World::new(toml)).secret()), Ok("b2".to_owned()));
}

#[test]
fn a_command_that_prints_without_end_has_told_its_key() {
    let toml = "[providers.anthropic]\nkey_command = \"yes sk-canary\"\n";
    assert_eq!(shown(key(&World::new(toml)).secret()), Ok("sk-canary".to_owned()));
}

#[test]
fn what_a_failing_command_prints_is_never_shown() {
    let world = with_program(PASS, "pass", "echo sk-canary; echo sk-canary >&2; exit 3");
    let error = world.without_folder(&key(&world).secret().unwrap_err().to_string());
    insta::assert_snapshot!(error, @"cannot read the key from providers.anthropic.key_command in config.toml:2:1: it failed (exit status: 3). Run it in a terminal to see why");
    let world = with_program(PASS, "pass", "exit 0");
    let error = world.without_folder(&key(&world).secret().unwrap_err().to_string());
    insta::assert_snapshot!(error, @"there is no key in providers.anthropic.key_command in config.toml:2:1. It must print the key on its first line");
    let world = World::new(PASS).env("PATH", "/nowhere");
    let error = world.without_folder(&key(&world).secret().unwrap_err().to_string());
    insta::assert_snapshot!(error, @"cannot read the key from providers.anthropic.key_command in config.toml:2:1: pass: No such file or directory (os error 2). Run it in a terminal to see why");
}

#[test]
fn a_workspace_or_an_editor_names_no_command() {
    let world = World::new("").workspace(PASS);
    assert!(world.config().providers.iter().all(|provider| provider.key.is_none()));
    assert!(world.warnings().contains("`providers.anthropic.key_command` is ignored"));
    let options = serde_json::json!({ "providers": { "anthropic": { "key_command": "evil" } } });
    insta::assert_snapshot!(World::new("").options(options).refusal(), @"the client's options: `providers.anthropic.key_command` is refused here; put it into the user's configuration file");
}

#[test]
fn the_keyring_is_asked_by_the_systems_program() {
    const TOML: &str = "[providers.anthropic]\nkey_keyring = true\n";
    let script = r#"[ "$1 $2 $3 $4" = "lookup service devika username" ] && echo "of-$5""#;
    let world = with_program(TOML, "secret-tool", script);
    let key = key(&world);
    assert_eq!(key.source(), "keyring entry devika/anthropic");
    assert_eq!(shown(key.secret()), Ok("of-anthropic".to_owned()));
}

#[test]
fn an_entry_that_is_not_in_the_keyring_says_how_to_put_it_there() {
    const TOML: &str = "[providers.anthropic]\nkey_keyring = \"work/claude\"\n";
    let world = with_program(TOML, "secret-tool", "exit 1");
    insta::assert_snapshot!(key(&world).secret().unwrap_err(), @"there is no key in keyring entry work/claude. Put it there: secret-tool store --label=Devika service 'work' username 'claude'");
    let without_program = key(&World::new(TOML).env("PATH", "/nowhere"));
    insta::assert_snapshot!(without_program.secret().unwrap_err(), @"cannot read the key from keyring entry work/claude: secret-tool: No such file or directory (os error 2). Install secret-tool (package libsecret-tools), or use `key_command`");
}

#[test]
fn of_several_sources_the_nearest_counts() {
    let sources = |toml: &str| {
        let world = World::new(&format!("[providers.anthropic]\n{toml}"));
        let world = world.env("ANTHROPIC_API_KEY", "in-environment");
        world.without_folder(key(&world).source())
    };
    assert_eq!(sources(""), "environment variable ANTHROPIC_API_KEY");
    assert_eq!(sources("key_keyring = true\n"), "keyring entry devika/anthropic");
    let command = "providers.anthropic.key_command in config.toml:3:1";
    assert_eq!(sources("key_keyring = true\nkey_command = \"echo x\"\n"), command);
    let file = "providers.anthropic.key in config.toml:3:1";
    assert_eq!(sources("key_command = \"echo x\"\nkey = \"in-file\"\n"), file);
}

#[test]
fn a_key_that_was_replaced_in_the_file_is_found_when_the_old_one_is_refused() {
    let with = |key: &str| format!("[providers.anthropic]\nkey = \"{key}\"\n");
    let world = World::new(&with("old"));
    let key = key(&world);
    let old = key.secret().unwrap();
    assert_eq!(key.reread(&old), Ok(false));
    write(&world.path("config.toml"), &with("new"));
    assert_eq!(shown(key.secret()), Ok("old".to_owned()), "until it is refused");
    assert_eq!(key.reread(&old), Ok(true));
    assert_eq!(shown(key.secret()), Ok("new".to_owned()));
    assert_eq!(key.reread(&old), Ok(true), "another turn was refused the old key as well");
}

#[test]
fn a_file_that_was_opened_to_others_since_is_not_read_again() {
    let world = World::new("[providers.anthropic]\nkey = \"old\"\n");
    let key = key(&world);
    let old = key.secret().unwrap();
    permit(&world.path("config.toml"), 0o644);
    let error = key.reread(&old).unwrap_err().to_string();
    assert!(error.contains("other users of this machine may read it. Run: chmod 600"), "{error}");
    std::fs::remove_file(world.path("config.toml")).unwrap();
    assert!(matches!(key.reread(&old), Err(KeyError::Missing { .. })));
}

#[test]
fn a_key_of_the_environment_does_not_change() {
    let key = key(&World::new("").env("ANTHROPIC_API_KEY", "k"));
    assert_eq!(key.reread(&key.secret().unwrap()), Ok(false));
}

#[test]
fn a_file_with_a_key_may_lie_in_a_repository_that_ignores_it() {
    let refusal = |state: Option<fn(&Path) -> GitState>| {
        let world = World::new("[providers.anthropic]\nkey = \"sk-canary\"\n").git(state);
        std::fs::create_dir(world.path(".git")).unwrap();
        load(world.sources()).map_err(|error| world.without_folder(&error.to_string())).map(drop)
    };
    assert_eq!(refusal(Some(|_| GitState::Ignored)), Ok(()));
    insta::assert_snapshot!(refusal(Some(|_| GitState::Untracked)).unwrap_err(), @"config.toml holds a key and lies in a git repository that does not ignore it. Move the file out of it, add it to .gitignore, or name an environment variable with `key_env` instead");
    insta::assert_snapshot!(refusal(Some(|_| GitState::Tracked)).unwrap_err(), @"config.toml holds a key and git tracks it, so that the key is staged or committed. Replace the key at the provider, since the old one stays in the history; then run: git rm --cached 'config.toml', and add the file to .gitignore");
    assert_eq!(refusal(None), refusal(Some(|_| GitState::Untracked)), "nobody to ask");
}

#[test]
fn a_header_with_a_secret_makes_the_file_as_secret_as_a_key() {
    let world = World::new("[providers.anthropic.headers]\nX-Gateway-Token = \"sk-canary\"\n");
    let loaded = world.load();
    assert!(!format!("{loaded:?}").contains("canary"));
    permit(&world.path("config.toml"), 0o644);
    assert!(world.refusal().contains("other users of this machine may read it"));
    let world = World::new("[providers.anthropic.headers]\nX-Team = \"blue\"\n");
    permit(&world.path("config.toml"), 0o644);
    world.load();
}
