//! Search engines, one after the other.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use devika_browser::{Engine, EngineKey, Hit, Web as _, WebError};
use scripted_model::ScriptedModel;
use secrecy::SecretString;

use crate::world::{Site, World, html, redirect, typed};

const DUCKDUCKGO: &str = include_str!("../../src/search/fixtures/duckduckgo.html");
const HUMAN: &str = include_str!("../../src/search/fixtures/duckduckgo-human.html");
const BING: &str = include_str!("../../src/search/fixtures/bing.html");
const GOOGLE: &str = include_str!("../../src/search/fixtures/google.json");
const BRAVE: &str = include_str!("../../src/search/fixtures/brave.json");
const SEARXNG: &str = include_str!("../../src/search/fixtures/searxng.json");

const KEY: &str = "k3y-canary";

fn world(engines: impl IntoIterator<Item = Engine>) -> World {
    let mut world = World::new();
    world.settings.engines = engines.into_iter().collect();
    world
}

fn key() -> SecretString {
    SecretString::from(KEY)
}

async fn first_hit(engine: Engine) -> Hit {
    world([engine]).reader().search("how to  read\na file?").await.unwrap().remove(0)
}

async fn no_engine(world: &World) -> String {
    match world.reader().search("q").await {
        Err(WebError::NoEngine { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_engine_is_asked_and_read() {
    let site = Site::new(|path| match path.split('?').next().unwrap() {
        "/html/" => html(DUCKDUCKGO),
        "/bing" => html(BING),
        "/google" => typed("application/json", GOOGLE),
        "/brave" => typed("application/json", BRAVE),
        "/sx/search" => typed("application/json", SEARXNG),
        other => panic!("{other}"),
    })
    .await;
    let engines = [
        Engine::duckduckgo().at(site.address("/html/")),
        Engine::bing().at(site.address("/bing")),
        Engine::google(key(), "id").at(site.address("/google")),
        Engine::brave(key()).at(site.address("/brave")),
        Engine::searxng(site.address("/sx")),
    ];
    let mut found = Vec::new();
    for engine in engines {
        found.push(first_hit(engine).await.address);
    }
    insta::assert_debug_snapshot!((found, site.asked()), @r#"
    (
        [
            "https://doc.rust-lang.org/std/fs/fn.read_to_string.html",
            "https://docs.rs/tokio/latest/tokio/time/fn.timeout.html",
            "https://doc.rust-lang.org/std/vec/struct.Vec.html",
            "https://serde.rs/attr-flatten.html",
            "https://git-scm.com/docs/git-bisect",
        ],
        [
            "/html/?q=how+to+read+a+file%3F",
            "/bing?q=how+to+read+a+file%3F",
            "/google?q=how+to+read+a+file%3F&cx=id",
            "/brave?q=how+to+read+a+file%3F",
            "/sx/search?q=how+to+read+a+file%3F&format=json",
        ],
    )
    "#);
}

#[tokio::test]
async fn a_key_travels_in_a_header_and_to_nobody_else() {
    let elsewhere = Site::new(|_| typed("application/json", BRAVE)).await;
    let target = elsewhere.address("/");
    let site = Site::new(move |_| redirect(&target)).await;
    for engine in [Engine::brave(key()), Engine::google(key(), "id")] {
        let why = no_engine(&world([engine.at(site.address("/search"))])).await;
        assert!(why.ends_with("answers with status 302"), "{why}");
    }
    assert!(site.asked().iter().all(|path| !path.contains(KEY)), "{:?}", site.asked());
    let headers = site.headers();
    assert_eq!(headers[0]["x-subscription-token"], KEY);
    assert_eq!(headers[1]["x-goog-api-key"], KEY);
    assert_eq!(elsewhere.asked(), [""; 0]);
}

#[tokio::test]
async fn a_key_is_in_no_failure() {
    let site =
        Site::new(|_| (StatusCode::UNAUTHORIZED, format!("bad {KEY}")).into_response()).await;
    let why = no_engine(&world([Engine::brave(key()).at(site.address("/"))])).await;
    assert_eq!(why, "Brave does not take the key; check it in `[research]`");
    let engine = Engine::brave(SecretString::from(format!("{KEY}\n"))).at(site.address("/"));
    let why = no_engine(&world([engine])).await;
    assert!(why.starts_with("Brave has a key") && !why.contains(KEY), "{why}");
    let locked = Engine::brave(EngineKey::read_by(|| Err("the keyring is locked".to_owned())));
    let why = no_engine(&world([locked.at(site.address("/"))])).await;
    assert_eq!(why, "Brave has no key: the keyring is locked");
}

#[tokio::test]
async fn who_cannot_prove_to_be_the_engine_gets_no_key() {
    let impostor = ScriptedModel::start_tls(vec![]);
    let why = no_engine(&world([Engine::brave(key()).at(impostor.openai_url())])).await;
    assert!(why.to_lowercase().contains("certificate"), "{why}");
    assert!(impostor.requests().is_empty());
}

#[tokio::test]
async fn where_one_engine_asks_for_a_person_the_next_is_asked_and_the_first_left_alone() {
    let wary = Site::new(|_| (StatusCode::ACCEPTED, html(HUMAN)).into_response()).await;
    let kind = Site::new(|_| html(BING)).await;
    let engines = [
        Engine::duckduckgo().at(wary.address("/html/")),
        Engine::bing().at(kind.address("/search")),
    ];
    let reader = world(engines).reader();
    for query in ["a", "b"] {
        assert_eq!(reader.search(query).await.unwrap().len(), 2);
    }
    assert_eq!(wary.asked(), ["/html/?q=a"]);
    assert_eq!(kind.asked(), ["/search?q=a", "/search?q=b"]);
}

#[tokio::test]
async fn where_no_engine_answers_each_is_told_with_its_reason() {
    let wary = Site::new(|_| html(HUMAN)).await;
    let changed = Site::new(|_| html("<main id=app></main>")).await;
    let busy = Site::new(|_| StatusCode::TOO_MANY_REQUESTS.into_response()).await;
    let world = world([
        Engine::duckduckgo().at(wary.address("/")),
        Engine::bing().at(changed.address("/")),
        Engine::brave(key()).at(busy.address("/")),
        Engine::searxng("no address"),
    ]);
    insta::assert_snapshot!(no_engine(&world).await.replace("; ", "\n"), @r#"
    DuckDuckGo asks for a proof of being human
    Bing answers in a shape that Devika does not know
    Brave asks for fewer searches, or your quota is used up
    SearXNG has no valid address
    "#);
}

#[tokio::test]
async fn without_an_engine_nothing_is_searched() {
    assert_eq!(no_engine(&world([])).await, "no search engine is configured");
}

#[tokio::test]
async fn what_one_engine_does_not_find_the_next_may() {
    let poor = Site::new(|_| typed("application/json", r#"{"type": "search"}"#)).await;
    let rich = Site::new(|_| typed("application/json", SEARXNG)).await;
    let poor = Engine::brave(key()).at(poor.address("/"));
    let both = world([poor.clone(), Engine::searxng(rich.address("/"))]);
    assert_eq!(both.reader().search("q").await.unwrap().len(), 2);
    assert_eq!(world([poor]).reader().search("q").await.unwrap(), []);
}

#[tokio::test]
async fn an_engines_usual_address_does_not_lead_inside() {
    let (world, _) = world([Engine::duckduckgo()]).looking_up(&["127.0.0.1"]);
    let why = no_engine(&world).await;
    assert!(why.starts_with("DuckDuckGo is not asked: 127.0.0.1 is this machine"), "{why}");
}

#[tokio::test]
async fn that_an_engine_is_on_this_machine_does_not_let_pages_be_read_there() {
    let site = Site::new(|_| typed("application/json", SEARXNG)).await;
    let reader = world([Engine::searxng(site.address("/"))]).reader();
    reader.search("q").await.unwrap();
    let found = reader.read(&site.address("/")).await;
    assert!(matches!(found, Err(WebError::Refused { .. })), "{found:?}");
}
