//! A project is put on the web: built, asked about, uploaded once, and to the same site each time.

use std::process::Command;

use scripted_model::Reply;
use serde_json::json;

use crate::netlify::{Fault, Netlify, TOKEN};
use crate::session::{Client, Session};
use crate::world::{Ran, World, decision};

const READY: [&str; 2] = ["processing", "ready"];

fn wants_to_deploy() -> Reply {
    decision(json!({ "kind": "deploy", "reply": "I will put it on the web." }))
}

/// A project of one page, and an account at Netlify.
async fn shop(netlify: &Netlify, more: &str) -> World {
    let world = World::new(vec![wants_to_deploy().repeated()]).await;
    let config = world.home().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let url = &netlify.url;
    world.configure(&format!("{text}{more}\n[deploy.netlify]\nbase_url = \"{url}\"\n"));
    world.file("index.html", "<h1>Shop</h1>\n");
    world
}

fn devika(world: &World, args: &[&str]) -> Command {
    let mut command = world.devika(args);
    command.env("NETLIFY_AUTH_TOKEN", TOKEN);
    command
}

fn run(world: &World, args: &[&str]) -> Ran {
    devika(world, args).output().unwrap().into()
}

fn deploy(world: &World) -> Ran {
    run(world, &["run", "--yes", "Deploy it"])
}

fn page(text: &str) -> Vec<(String, String)> {
    vec![("index.html".to_owned(), text.to_owned())]
}

/// What the user was asked before it was uploaded.
fn asked(world: &World, task: &str) -> String {
    let shown = world.run(&["tasks", "show", task, "--json"]);
    let asked = shown.events().into_iter().find(|event| event["kind"] == "outside").unwrap();
    asked["text"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_put_on_a_new_site_and_the_next_time_on_the_same() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let [site] = &netlify.sites()[..] else { panic!("{:?}", netlify.sites()) };
    assert!(site.starts_with("project-"), "{site}");
    assert!(ran.out.contains("I will put it on the web."), "{ran:?}");
    assert!(ran.out.contains(&format!("made https://{site}.netlify.app")), "{ran:?}");
    assert_eq!(
        asked(&world, "1"),
        format!(
            "Put this project on the web?\nWhere: Netlify, a new site named {site}\nWhat: 1 file, 14 bytes, of the project itself; anybody can see them there"
        )
    );

    world.file("index.html", "<h1>New</h1>\n");
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(netlify.sites().len(), 1);
    assert_eq!(netlify.uploads(), [page("<h1>Shop</h1>\n"), page("<h1>New</h1>\n")]);
    let place = format!("the site {site} (https://{site}.netlify.app), whose pages it replaces");
    assert!(asked(&world, "2").contains(&place), "{}", asked(&world, "2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_built_in_the_sandbox_first_and_only_what_was_built_is_uploaded() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    let build = "mkdir -p out && cp index.html out/ && echo $NETLIFY_AUTH_TOKEN > out/token.txt";
    world.file("netlify.toml", &format!("[build]\ncommand = \"{build}\"\npublish = \"out\"\n"));
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("because there is `netlify.toml`"), "{ran:?}");
    let mut built = page("<h1>Shop</h1>\n");
    built.push(("token.txt".to_owned(), "\n".to_owned()));
    assert_eq!(netlify.uploads(), [built], "a build gets no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_build_fails_nothing_is_uploaded() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    world.file("netlify.toml", "[build]\ncommand = \"echo No such page; exit 3\"\n");
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("Nothing was put on the web."), "{ran:?}");
    assert!(
        ran.out.contains("ended with code 3. It printed:\n\n```\nNo such page\n```"),
        "{ran:?}"
    );
    assert_eq!(netlify.requests(), ["GET user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_uploaded_unless_it_is_allowed_even_where_commands_are() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "[commands]\napprove = \"always\"\n").await;
    let ran = run(&world, &["run", "--trust", "Deploy it"]);
    assert_eq!(ran.code, Some(3), "it waits for an answer: {ran:?}");
    assert_eq!(netlify.requests(), ["GET user"]);
    let resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(netlify.uploads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_it_was_allowed_is_not_uploaded() {
    let netlify = Netlify::start(&READY).with(Fault::on("POST sites", 503));
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("Netlify has a fault"), "{ran:?}");
    world.file("index.html", "<h1>Other</h1>\n");
    let resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(1), "{resumed:?}");
    assert!(resumed.out.contains("its files have changed since you allowed it"), "{resumed:?}");
    assert_eq!(netlify.uploads().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_key_in_it_is_not_uploaded() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    world.file("app.js", &format!("const token = '{TOKEN}';\n"));
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("Nothing was put on the web: `app.js` holds the key of Netlify."),
        "{ran:?}"
    );
    assert_eq!(netlify.uploads().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_or_with_a_wrong_one_the_way_to_one_is_told_before_anything_is_built() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    let ran = world.run(&["run", "--yes", "Deploy it"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out
            .contains("There is no access token for Netlify. Make one at https://app.netlify.com/"),
        "{ran:?}"
    );
    assert!(ran.out.contains("set it as NETLIFY_AUTH_TOKEN"), "{ran:?}");
    assert!(netlify.requests().is_empty());

    let mut wrong = world.devika(&["run", "--yes", "Deploy it"]);
    let ran: Ran = wrong.env("NETLIFY_AUTH_TOKEN", "nfp_wrong0123456789").output().unwrap().into();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let why = "Netlify does not take the token from environment variable NETLIFY_AUTH_TOKEN (401, Access Denied";
    assert!(ran.out.contains(why), "{ran:?}");
    assert!(!ran.out.contains("nfp_wrong"), "{ran:?}");
    assert_eq!(netlify.requests(), ["GET user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_pause_is_waited_for_and_a_long_one_pauses_the_task() {
    let netlify =
        Netlify::start(&READY).with(Fault::on("GET deploys", 429).header("retry-after", "0")).with(
            Fault::on("POST deploys", 429).header("x-ratelimit-reset", "2099-01-27 22:20:17 UTC"),
        );
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.out.contains(
            "Netlify takes no more requests for the moment. It can be asked again at 2099-01-27"
        ),
        "{ran:?}"
    );
    assert!(
        netlify
            .requests()
            .ends_with(&["GET deploys", "GET deploys", "POST deploys"].map(str::to_owned))
    );
    let resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(netlify.uploads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_told_in_netlifys_words() {
    let taken = json!({ "errors": { "subdomain": ["must be unique"] } });
    let netlify = Netlify::start(&READY).with(Fault::on("POST sites", 422).body(taken));
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("Netlify refuses: 422, {\"subdomain\":[\"must be unique\"]}."),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_netlify_cannot_publish_says_why_and_that_the_site_is_as_it_was() {
    let netlify = Netlify::start(&["processing"]).failing("Invalid _redirects file");
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains(
            "Netlify could not publish it: Invalid _redirects file. The site is as it was."
        ),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_takes_long_is_waited_for_again_and_not_uploaded_again() {
    let netlify = Netlify::start(&["processing"; 5]);
    let world = shop(&netlify, "[deploy]\ntime_limit = 1\n").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.out.contains("after 1 s (`deploy.time_limit`) Netlify still works on it."),
        "{ran:?}"
    );
    let mut resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    while resumed.code == Some(3) {
        resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    }
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(netlify.uploads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_answer_is_lost_is_found_again() {
    let netlify = Netlify::start(&READY).with(Fault::on("POST deploys", 504).though_done());
    let world = shop(&netlify, "").await;
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(
        resumed.out.contains("It was uploaded before the interruption, and is not uploaded again."),
        "{resumed:?}"
    );
    assert_eq!((netlify.sites().len(), netlify.uploads().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_killed_at_any_point_makes_one_site_and_uploads_once() {
    for point in 1.. {
        let netlify = Netlify::start(&READY);
        let world = shop(&netlify, "").await;
        let mut command = devika(&world, &["run", "--yes", "Deploy it"]);
        let killed: Ran =
            command.env("DEVIKA_CRASH_AFTER", point.to_string()).output().unwrap().into();
        if killed.code == Some(0) {
            assert!(point > 15, "all points were tried: {point}");
            return;
        }
        let resumed = run(&world, &["tasks", "resume", "1", "--yes"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        assert_eq!((netlify.sites().len(), netlify.uploads().len()), (1, 1), "point {point}");
        assert_eq!(world.model.requests().len(), 1, "point {point}: a turn was paid for twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_own_site_is_used_and_a_site_that_is_gone_is_made_anew() {
    let netlify = Netlify::start(&READY).with_site("mine");
    let world = shop(&netlify, "").await;
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}site = \"mine\"\nfolder = \".\"\n"));
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(netlify.sites(), ["mine"]);
    world.configure(&config);
    netlify.remove_sites();
    let ran = deploy(&world);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("The site `mine` is gone; there will be a new one."), "{ran:?}");
    assert!(netlify.sites()[0].starts_with("project-"), "{:?}", netlify.sites());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_deploy_is_replayed_without_netlify_and_without_its_token() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    assert_eq!(deploy(&world).code, Some(0));
    let file = crate::replay::export(&world);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(TOKEN));
    let requests = netlify.requests().len();
    let ran = crate::replay::replay(&file, &[]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(netlify.requests().len(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_shows_the_page_in_a_browser() {
    let netlify = Netlify::start(&READY);
    let world = shop(&netlify, "").await;
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}key_command = \"echo {TOKEN}\"\n"));
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.choose = Some("Allow");
    editor.execute("devika.task.start", json!({ "prompt": "Deploy it" })).await.unwrap();
    let shown = editor.message("window/showDocument").await;
    assert_eq!(shown["uri"], format!("https://{}.netlify.app", netlify.sites()[0]));
    assert_eq!(shown["external"], true);
}
