//! A task's branch is pushed to a real git server over HTTP, and asked to be merged at a forge: only by
//! command, after asking, and once.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::clones::{git, http_backend};
use crate::session::{Client, Session};
use crate::world::{Ran, World, code, plan_of};

const TOKEN: &str = "canary-token-0123456789abcdef";

/// Which forge it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    GitHub,
    GitLab,
}

/// What a forge has and has seen.
struct Account {
    kind: Kind,
    folder: PathBuf,
    /// What was asked for, as it was sent.
    asked: Vec<Value>,
    /// Whether the next answer to such a request gets lost.
    loses: bool,
    requests: Vec<String>,
}

/// GitHub or GitLab: the API below `/api`, and git's own server for the project `ada/shop`.
struct Forge {
    account: Arc<Mutex<Account>>,
    url: String,
    folder: tempfile::TempDir,
}

impl Forge {
    fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("ada/shop.git")).unwrap();
        git(&folder.path().join("ada/shop.git"), &["init", "--quiet", "--bare"]);
        let account = Account {
            kind,
            folder: folder.path().to_owned(),
            asked: Vec::new(),
            loses: false,
            requests: Vec::new(),
        };
        let account = Arc::new(Mutex::new(account));
        let shared = Arc::clone(&account);
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let router = Router::new().fallback(serve).with_state(shared);
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { account, url: format!("http://{}", told.recv().unwrap()), folder }
    }

    fn asked(&self) -> Vec<Value> {
        self.account.lock().unwrap().asked.clone()
    }

    /// The commit of a branch as the server has it.
    fn tip(&self, branch: &str) -> Option<String> {
        let repository = git2::Repository::open(self.folder.path().join("ada/shop.git")).unwrap();
        let reference = repository.find_reference(&format!("refs/heads/{branch}")).ok()?;
        Some(reference.target().unwrap().to_string())
    }
}

async fn serve(
    State(account): State<Arc<Mutex<Account>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut account = account.lock().unwrap();
    let said = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    account.requests.push(format!("{method} {uri}"));
    if uri.path().starts_with("/api/") {
        if said("authorization") != format!("Bearer {TOKEN}") {
            return (StatusCode::UNAUTHORIZED, json!({ "message": "Bad credentials" }).to_string())
                .into_response();
        }
        return api(&mut account, &method, &uri, &body);
    }
    let user = if account.kind == Kind::GitHub { "x-access-token" } else { "oauth2" };
    let known = format!("Basic {}", STANDARD.encode(format!("{user}:{TOKEN}")));
    if said("authorization") != known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let query = uri.query().unwrap_or_default();
    let kind = said("content-type");
    let method = method.as_str();
    http_backend(&account.folder, method, uri.path(), query, &kind, Some("ada"), &body)
}

/// What the forges' documentation says of the four requests.
fn api(account: &mut Account, method: &Method, uri: &Uri, body: &[u8]) -> Response {
    let (path, field, address, head) = match account.kind {
        Kind::GitHub => {
            ("/api/repos/ada/shop/pulls", "html_url", "https://github.test/pull/", "head")
        }
        Kind::GitLab => (
            "/api/projects/ada%2Fshop/merge_requests",
            "web_url",
            "https://gitlab.test/merge/",
            "source_branch",
        ),
    };
    if uri.path() != path {
        return StatusCode::NOT_FOUND.into_response();
    }
    let shown = |number: usize| json!({ field: format!("{address}{}", number + 1) });
    if method == Method::GET {
        let query = uri.query().unwrap_or_default().replace("%2F", "/");
        let fits = |asked: &Value| {
            let branch = asked[head].as_str().unwrap();
            query.split('&').any(|part| {
                part == format!("head=ada:{branch}") || part == format!("source_branch={branch}")
            })
        };
        let found: Vec<Value> = (0..account.asked.len())
            .filter(|number| fits(&account.asked[*number]))
            .map(shown)
            .collect();
        return axum::Json(found).into_response();
    }
    account.asked.push(serde_json::from_slice(body).unwrap());
    if std::mem::take(&mut account.loses) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    (StatusCode::CREATED, axum::Json(shown(account.asked.len() - 1))).into_response()
}

/// A task of two steps that is done, in a project whose `origin` is at a forge.
async fn done(forge: &Forge) -> World {
    done_by(forge, &["run", "--yes", "Greet and part"]).await
}

async fn done_by(forge: &Forge, command: &[&str]) -> World {
    let world = World::new(vec![
        plan_of(&[("Greet", &["a.py"]), ("Part", &["b.py", "c.py", "d.py"])], &["python3 a.py"]),
        code("Greet louder", &[("a.py", "print('HELLO')\n")]),
        code("Part", &[("b.py", "print('bye')\n"), ("c.py", "c\n"), ("d.py", "d\n")]),
    ])
    .await;
    world.file("a.py", "print('hello')\n").committed();
    let address = format!("{}/ada/shop.git", forge.url);
    world.repository().remote("origin", &address).unwrap();
    let kind = if forge.account.lock().unwrap().kind == Kind::GitHub { "github" } else { "gitlab" };
    let file = world.home().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    world.configure(&format!(
        "{config}[publish.{kind}]\nkey_env = \"FORGE\"\nbase_url = \"{}/api/\"\n",
        forge.url
    ));
    let ran = world.run(command);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(forge.account.lock().unwrap().requests.len(), 0, "never by itself");
    world
}

fn devika(world: &World, args: &[&str]) -> Command {
    let mut command = world.devika(args);
    command.env("FORGE", TOKEN);
    command
}

fn run(world: &World, args: &[&str]) -> Ran {
    devika(world, args).output().unwrap().into()
}

fn head(world: &World) -> String {
    world.repository().head().unwrap().target().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_pushed_with_the_token_and_pushing_it_again_does_nothing() {
    for kind in [Kind::GitHub, Kind::GitLab] {
        let forge = Forge::start(kind);
        let world = done(&forge).await;
        for _ in 0..2 {
            let ran = run(&world, &["tasks", "push", "1", "--yes"]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert!(ran.out.contains(&format!("{} at {}", world.branch(), forge.url)), "{ran:?}");
            assert_eq!(forge.tip(&world.branch()), Some(head(&world)));
        }
        let sent = forge.account.lock().unwrap().requests.clone();
        let packs = sent.iter().filter(|line| line.starts_with("POST")).count();
        assert_eq!(packs, 1, "{sent:?}");
        assert!(forge.asked().is_empty(), "a push is no request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_branch_of_a_task_beside_the_files_is_published_from_where_it_is() {
    let forge = Forge::start(Kind::GitHub);
    let world = done_by(&forge, &["run", "--worktree", "--yes", "Greet and part"]).await;
    let checked_out = head(&world);
    let ran = run(&world, &["tasks", "pr", "1", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let asked = forge.asked();
    let branch = asked[0]["head"].as_str().unwrap();
    assert!(branch.starts_with("devika/"), "{asked:?}");
    let work = world.repository().refname_to_id(&format!("refs/heads/{branch}")).unwrap();
    assert_eq!(forge.tip(branch), Some(work.to_string()));
    assert_ne!(work.to_string(), checked_out);
    assert_eq!((head(&world), world.read("a.py")), (checked_out, "print('hello')\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_tells_the_plan_the_checks_and_the_cost() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    let ran = run(&world, &["tasks", "pr", "1", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("https://github.test/pull/1"), "{ran:?}");
    let [asked] = &forge.asked()[..] else { panic!("{:?}", forge.asked()) };
    assert_eq!(
        (&asked["title"], &asked["head"], &asked["base"]),
        (&json!("Greet and part"), &json!(world.branch()), &json!("main"))
    );
    let mut text = asked["body"].as_str().unwrap().to_owned();
    let commits: Vec<String> = world
        .repository()
        .head()
        .unwrap()
        .peel_to_commit()
        .map(|tip| vec![tip.parent_id(0).unwrap().to_string(), tip.id().to_string()])
        .unwrap();
    for (commit, name) in commits.iter().zip(["FIRST", "SECOND"]) {
        text = text.replace(&commit[..8], name);
    }
    insta::assert_snapshot!(text, @r"
    > Greet and part

    ## Steps
    - [x] Greet (FIRST)
    - [x] Part (SECOND)

    ## Checks
    - `python3 a.py` passed

    Made with Devika and scripted/model: 873 tokens, $0.00.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn gitlab_is_asked_in_its_own_words() {
    let forge = Forge::start(Kind::GitLab);
    let world = done(&forge).await;
    let ran = run(&world, &["tasks", "pr", "1", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("https://gitlab.test/merge/1"), "{ran:?}");
    let [asked] = &forge.asked()[..] else { panic!("{:?}", forge.asked()) };
    assert_eq!(
        (&asked["source_branch"], &asked["target_branch"]),
        (&json!(world.branch()), &json!("main"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_without_a_yes_and_the_question_says_all() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    let ran = run(&world, &["tasks", "pr", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("Nobody is there to answer. `--yes` allows it"), "{ran:?}");
    assert!(ran.err.contains("to GitHub, ada/shop ("), "{ran:?}");
    assert!(ran.err.contains("be merged into `main`"), "{ran:?}");
    assert_eq!(forge.account.lock().unwrap().requests.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_answer_was_lost_is_found_and_not_made_twice() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    forge.account.lock().unwrap().loses = true;
    let ran = run(&world, &["tasks", "pr", "1", "--yes"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("Try again: what was made is found first."), "{ran:?}");
    let ran = run(&world, &["tasks", "pr", "1", "--yes"]);
    assert_eq!((ran.code, forge.asked().len()), (Some(0), 1), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_is_made_wherever_the_program_is_killed() {
    let forge = Forge::start(Kind::GitLab);
    let world = done(&forge).await;
    let mut deaths = 0;
    for point in 1.. {
        let mut command = devika(&world, &["tasks", "pr", "1", "--yes"]);
        let ran = command.env("DEVIKA_CRASH_AFTER", point.to_string()).output().unwrap();
        if ran.status.code() == Some(0) {
            break;
        }
        assert_eq!(ran.status.code(), None, "{ran:?}");
        deaths += 1;
    }
    assert!(deaths >= 2, "it dies before and after");
    assert_eq!(forge.asked().len(), 1);
    assert_eq!(forge.tip(&world.branch()), Some(head(&world)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_and_the_token_is_never_shown() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    let without = world.run(&["tasks", "push", "1", "--yes"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    assert!(without.err.contains("set it as FORGE or name another source"), "{without:?}");
    let mut command = world.devika(&["tasks", "push", "1", "--yes"]);
    let wrong: Ran = command.env("FORGE", "another-token-987").output().unwrap().into();
    assert!(wrong.err.contains("does not let your token push there"), "{wrong:?}");
    assert!(!wrong.err.contains("another-token-987"), "{wrong:?}");
    world.repository().remote_set_url("origin", "git@git.example.org:ada/shop.git").unwrap();
    let other = run(&world, &["tasks", "push", "1", "--yes"]);
    assert!(other.err.contains("git.example.org is neither GitHub nor GitLab"), "{other:?}");
    let kept = crate::world::all_bytes(&world.home());
    assert!(!kept.windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_remote_is_the_one_that_is_named_else_the_one_that_is_followed_else_the_only_one() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    let repository = world.repository();
    let push = |more: &[&str]| run(&world, &[&["tasks", "push", "1", "--yes"], more].concat());
    assert!(repository.remote_rename("origin", "ours").unwrap().is_empty());
    assert_eq!(push(&[]).code, Some(0), "there is no other");
    repository.remote("theirs", "https://git.example.org/ada/shop.git").unwrap();
    let unclear = push(&[]);
    assert_eq!(unclear.code, Some(2), "{unclear:?}");
    assert!(unclear.err.contains("name one of ours, theirs by `--remote`"), "{unclear:?}");
    let unknown = push(&["--remote", "other"]);
    assert!(
        unknown.err.contains("no remote `other` with an address; there are ours"),
        "{unknown:?}"
    );
    assert_eq!(push(&["--remote", "ours"]).code, Some(0));
    let mut config = repository.config().unwrap();
    config.set_str("branch.main.remote", "theirs").unwrap();
    config.set_str("branch.main.merge", "refs/heads/main").unwrap();
    let followed = push(&[]);
    assert!(
        followed.err.contains("cannot be published to `theirs`: git.example.org"),
        "{followed:?}"
    );
    let file = world.home().join("config.toml");
    let configured = std::fs::read_to_string(&file).unwrap();
    world.configure(&format!("{configured}\n[git]\nremote = \"ours\"\n"));
    assert_eq!(push(&[]).code, Some(0), "the configuration comes before what is followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_asks_and_publishes_where_the_user_allows_it() {
    let forge = Forge::start(Kind::GitHub);
    let world = done(&forge).await;
    let file = world.home().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    world.configure(&config.replace("key_env = \"FORGE\"", &format!("key = \"{TOKEN}\"")));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, mode).unwrap();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.pullRequest", json!({ "task": 1 })).await.unwrap();
    let asked = editor.event("asked").await;
    assert_eq!(asked["kind"], "outside");
    assert_eq!(forge.account.lock().unwrap().requests.len(), 0);
    let yes = json!({ "task": 1, "ask": asked["ask"], "allow": true });
    editor.execute("devika.task.approve", yes).await.unwrap();
    let made = editor.event("made").await;
    assert_eq!((&made["what"], forge.asked().len()), (&json!("request"), 1), "{made}");
}
