//! Keys never stay in texts, and are found in what is to be committed.

use devika_config::{Redactor, find_in};
use proptest::prelude::*;

use crate::world::{World, write};

fn redacted(world: &World, text: &str) -> String {
    Redactor::new(&world.config()).redact(text).into_owned()
}

#[test]
fn a_known_key_is_named_by_its_provider() {
    let world = World::new("[providers.openai]\nkey = \"plain-canary-1\"\n")
        .env("ANTHROPIC_API_KEY", "canary-two-22");
    let shown = redacted(&world, "a=plain-canary-1&b=canary-two-22plain-canary-1");
    assert_eq!(shown, "a=[key of openai]&b=[key of anthropic][key of openai]");
}

#[test]
fn a_header_that_is_a_secret_is_one_in_texts_too() {
    let world = World::new("[providers.openai.headers]\nX-Gate-Token = \"canary-three\"\n");
    assert_eq!(redacted(&world, "<canary-three>"), "<[key of openai]>");
}

#[test]
fn a_word_that_stands_for_no_key_stays_in_texts() {
    let world = World::new("").env("OPENAI_API_KEY", "ollama");
    assert_eq!(redacted(&world, "ask ollama"), "ask ollama");
}

#[test]
fn a_key_that_was_replaced_is_still_taken_out() {
    let world = World::new("[providers.openai]\nkey = \"canary-old\"\n");
    let config = world.config();
    let redactor = Redactor::new(&config);
    let key = config.providers.iter().find(|one| one.name == "openai").unwrap().key.clone();
    write(&world.path("config.toml"), "[providers.openai]\nkey = \"canary-new\"\n");
    let key = key.unwrap();
    assert!(key.reread(&key.secret().unwrap()).unwrap());
    assert_eq!(redactor.redact("canary-old canary-new"), "[key of openai] [key of openai]");
    assert_eq!(find_in("x canary-old", &config), Some("openai"));
}

#[test]
fn what_looks_like_a_key_is_taken_out_whosever_it_is() {
    let keys = [
        "sk-abcdefghijklmnop1234",
        "sk-ant-api03-abcdefghijklmnop1234",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "gsk_abcdefghijklmnopqrst1234",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "xoxb-123456789012-abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE+a/b=\n-----END RSA PRIVATE KEY-----",
        r"-----BEGIN PRIVATE KEY-----\nMIIE+a/b=\n-----END PRIVATE KEY-----",
    ];
    let world = World::new("");
    for key in keys {
        assert_eq!(redacted(&world, &format!("a \"{key}\" b")), "a \"[secret]\" b", "{key}");
    }
    let header = "authorization: Bearer abcdefghijkl.mnop1234 x";
    assert_eq!(redacted(&world, header), "authorization: Bearer [secret] x");
}

#[test]
fn ordinary_text_stays_as_it_is() {
    let world = World::new("");
    for text in [
        "sk-loading-indicator-container",
        "task-list-with-2-long-names-12345",
        "the bearer of this letter, Bearer of bad news",
        "AKIA and AIza",
    ] {
        assert_eq!(redacted(&world, text), text);
    }
}

#[test]
fn a_key_is_found_in_bytes_and_none_is_read_for_it() {
    let world = World::new("[providers.groq]\nkey_command = \"touch read\"\n")
        .env("OPENAI_API_KEY", "plain-canary-1");
    let config = world.config();
    assert_eq!(find_in(b"\xff\0plain-canary-1\n", &config), Some("openai"));
    assert_eq!(find_in("plain-canary", &config), None);
    let groq = config.providers.iter().find(|one| one.name == "groq").unwrap();
    assert!(groq.key.as_ref().unwrap().known().is_none());
}

proptest! {
    /// Wherever the keys stand, and whatever around them.
    #[test]
    fn no_key_survives(
        keys in prop::collection::vec("[a-zA-Z0-9_-]{8,40}", 1..4),
        parts in prop::collection::vec(".{0,20}", 1..6),
    ) {
        let names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY"];
        let world = names.iter().zip(&keys).fold(World::new(""), |world, (n, k)| world.env(n, k));
        let text: String = parts.iter().zip(keys.iter().cycle()).map(|(p, k)| format!("{p}{k}")).collect();
        let config = world.config();
        prop_assert!(find_in(&text, &config).is_some());
        let redactor = Redactor::new(&config);
        let shown = redactor.redact(&text).into_owned();
        for key in &keys {
            prop_assert!(!shown.contains(key.as_str()), "{key} in {shown}");
        }
        prop_assert_eq!(redactor.redact(&shown), &*shown, "once is enough");
    }

    /// A text without keys is not touched, and not copied.
    #[test]
    fn other_text_is_left_alone(text in "[a-z ,.;\n]{0,200}") {
        let world = World::new("").env("OPENAI_API_KEY", "Canary-1");
        let redactor = Redactor::new(&world.config());
        prop_assert!(matches!(redactor.redact(&text), std::borrow::Cow::Borrowed(same) if same == text));
    }
}
