//! Where projects are put on the web, and the token for it.

use std::time::Duration;

use devika_config::{Redactor, find_in};
use secrecy::ExposeSecret as _;

use crate::world::World;

const TOKEN: &str = "nfp_0123456789abcdef";

fn token(world: &World) -> Option<String> {
    let key = world.config().deploy.netlify.key?;
    Some(key.secret().unwrap().expose_secret().to_owned())
}

#[test]
fn the_token_comes_from_the_environment_or_from_where_the_user_says() {
    assert_eq!(token(&World::new("")), None);
    let world = World::new("").env("NETLIFY_AUTH_TOKEN", TOKEN);
    assert_eq!(token(&world), Some(TOKEN.to_owned()));
    let world = World::new("[deploy.netlify]\nkey_command = \"echo from-command\"\n");
    assert_eq!(token(&world), Some("from-command".to_owned()));
    let world = World::new("[deploy.netlify]\nkey_env = \"MY_TOKEN\"\n").env("MY_TOKEN", TOKEN);
    assert_eq!(token(&world), Some(TOKEN.to_owned()));
}

#[test]
fn the_rest_has_defaults() {
    let deploy =
        World::new("[deploy.netlify]\nbase_url = \"http://127.0.0.1:8080\"\n").config().deploy;
    assert_eq!((deploy.site_bytes, deploy.time_limit), (100 << 20, Duration::from_secs(300)));
    assert_eq!(deploy.netlify.base_url, "http://127.0.0.1:8080/");
    assert_eq!((deploy.netlify.site, deploy.netlify.folder), (None, None));
    assert_eq!(World::new("").config().deploy.netlify.base_url, "https://api.netlify.com/");
}

#[test]
fn the_token_is_taken_out_of_texts_and_found_in_what_is_to_be_published() {
    let world = World::new("").env("NETLIFY_AUTH_TOKEN", TOKEN);
    let config = world.config();
    let text = format!("it is {TOKEN}");
    assert_eq!(Redactor::new(&config).redact(&text), "it is [key of Netlify]");
    assert_eq!(find_in(&text, &config), Some("Netlify"));
}

#[test]
fn commands_do_not_get_the_token() {
    let world = World::new("[commands]\nenv_allow = [\"NETLIFY_AUTH_TOKEN\"]\n");
    insta::assert_snapshot!(world.refusal(), @"config.toml:2:1: `commands.env_allow` names NETLIFY_AUTH_TOKEN, which holds the token of Netlify; commands never get keys: take it out");
}

#[test]
fn a_folder_outside_of_the_project_is_refused() {
    for folder in ["/etc", "../other", "a/../../b"] {
        let world = World::new(&format!("[deploy.netlify]\nfolder = \"{folder}\"\n"));
        assert!(world.refusal().contains("must be a folder below the project"), "{folder}");
    }
    let world = World::new("[deploy.netlify]\nfolder = \"./web/dist\"\n");
    assert_eq!(world.config().deploy.netlify.folder.as_deref(), Some("./web/dist"));
}

#[test]
fn a_workspace_says_nothing_of_where_it_is_put() {
    let toml = "[deploy.netlify]\nsite = \"theirs\"\nbase_url = \"http://evil.example/\"\n";
    let world = World::new("").workspace(toml);
    assert_eq!(world.config().deploy.netlify.site, None);
    assert!(
        world.warnings().contains("`deploy.netlify.base_url` is ignored"),
        "{}",
        world.warnings()
    );
}
