//! A repository is cloned from a real git server over HTTP, after asking, and offered to the editor.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use scripted_model::Reply;
use serde_json::json;

use crate::session::{Client, Session};
use crate::world::{World, decision};

/// `git http-backend` behind a socket; `/old` sends to `/shop`.
struct GitServer {
    url: String,
    _folder: tempfile::TempDir,
}

impl GitServer {
    /// One that has the repository `shop` with one commit.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = folder.path().join("shop");
        std::fs::create_dir(&shop).unwrap();
        std::fs::write(shop.join("main.py"), "print('Shop')\n").unwrap();
        git(&shop, &["init", "--quiet", "--initial-branch", "trunk"]);
        git(&shop, &["add", "--all"]);
        git(&shop, &["commit", "--quiet", "-m", "Begin"]);
        let (tell, told) = std::sync::mpsc::channel();
        let root = folder.path().to_owned();
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, Router::new().fallback(serve).with_state(root))
                    .await
                    .unwrap();
            });
        });
        Self { url: format!("http://{}", told.recv().unwrap()), _folder: folder }
    }

    fn address(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }
}

pub fn git(folder: &Path, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(args)
        .current_dir(folder)
        .status();
    assert!(ran.unwrap().success(), "{args:?}");
}

/// Answers by git's own CGI program.
async fn serve(
    State(root): State<PathBuf>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert!(!headers.contains_key("authorization"), "no credentials are sent");
    let query = uri.query().unwrap_or_default().to_owned();
    if let Some(rest) = uri.path().strip_prefix("/old") {
        return Redirect::permanent(&format!("/shop{rest}?{query}")).into_response();
    }
    if uri.path().starts_with("/elsewhere") {
        return Redirect::permanent("http://example.org/shop/info/refs?service=git-upload-pack")
            .into_response();
    }
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    http_backend(&root, method.as_str(), uri.path(), &query, kind, None, &body)
}

/// What git's own CGI program answers, to a user who is logged in or to anybody.
pub fn http_backend(
    root: &Path,
    method: &str,
    path: &str,
    query: &str,
    kind: &str,
    user: Option<&str>,
    body: &[u8],
) -> Response {
    let mut program = Command::new("git");
    if let Some(user) = user {
        program.env("REMOTE_USER", user);
    }
    let mut program = program
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", kind)
        .env("CONTENT_LENGTH", body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(body).unwrap();
    let output = program.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let said = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let status = said("Status:").and_then(|status| status.split(' ').next()?.parse().ok());
    let status = StatusCode::from_u16(status.unwrap_or(200)).unwrap();
    let kind = said("Content-Type:").unwrap_or("text/plain").to_owned();
    (status, [("content-type", kind)], output[end + 4..].to_vec()).into_response()
}

fn wants_a_clone() -> Reply {
    decision(json!({ "kind": "clone", "reply": "I will fetch it." })).repeated()
}

fn prompt(address: &str) -> String {
    format!("Clone {address}, please.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_cloned_into_the_projects_folder_and_its_path_told() {
    let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
    let address = server.address("shop");
    let ran = world.run(&["run", "--yes", &prompt(&address)]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let folder = world.home().join("projects/shop");
    assert!(ran.out.contains("I will fetch it."), "{ran:?}");
    assert!(ran.out.contains(&format!("made {}", folder.display())), "{ran:?}");
    assert_eq!(std::fs::read_to_string(folder.join("main.py")).unwrap(), "print('Shop')\n");
    let git = git2::Repository::open(&folder).unwrap();
    assert_eq!(git.head().unwrap().shorthand().unwrap(), "trunk");
    assert_eq!(git.find_remote("origin").unwrap().url().unwrap(), address);
    assert!(!world.has(".git") && !world.has("main.py"), "the project itself is left alone");

    let again = world.run(&["run", "--yes", &prompt(&address)]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let second = world.home().join("projects/shop-2");
    assert!(again.out.contains(&format!("made {}", second.display())), "no folder is written over");
    let names = std::fs::read_dir(world.home().join("projects")).unwrap().count();
    assert_eq!(names, 2, "nothing half done is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_unless_it_is_allowed() {
    let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
    let address = server.address("shop");
    let ran = world.run(&["run", "--trust", "--json", &prompt(&address)]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let asked = ran.events().into_iter().find(|event| event["event"] == "asked").unwrap();
    let folder = world.home().join("projects/shop");
    assert_eq!(
        asked["text"],
        format!(
            "Clone this repository?\nFrom: {address}\nTo: {}\nIt may have 1000 MB and 900 s.",
            folder.display()
        )
    );
    assert!(!world.home().join("projects").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_was_renamed_is_found_and_another_server_is_not_followed() {
    let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
    let ran = world.run(&["run", "--yes", &prompt(&server.address("old"))]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(world.home().join("projects/old/main.py").is_file());
    let ran = world.run(&["run", "--yes", &prompt(&server.address("elsewhere"))]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("its server sends elsewhere, which Devika does not follow."),
        "{ran:?}"
    );
    assert!(!world.home().join("projects/elsewhere").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_cloned_is_told_with_the_way_out_and_leaves_nothing() {
    let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
    let missing = world.run(&["run", "--yes", &prompt(&server.address("missing"))]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.out.contains("there is no such repository, or it is a private one."),
        "{missing:?}"
    );
    let file = world.run(&["run", "--yes", "Clone file:///etc/passwd"]);
    assert_eq!(file.code, Some(0), "{file:?}");
    assert!(
        file.out.contains("`file:///etc/passwd` cannot be cloned: Devika clones over https."),
        "{file:?}"
    );
    let left = std::fs::read_dir(world.home().join("projects")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_is_killed_at_any_point_is_whole_after_it_is_resumed() {
    for point in 1.. {
        let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
        let mut command = world.devika(&["run", "--yes", &prompt(&server.address("shop"))]);
        let killed = command.env("DEVIKA_CRASH_AFTER", point.to_string()).output().unwrap();
        if killed.status.success() {
            assert!(point > 6, "all points were tried: {point}");
            return;
        }
        let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        let projects = world.home().join("projects");
        let names: Vec<_> =
            std::fs::read_dir(&projects).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["shop"], "point {point}");
        assert!(projects.join("shop/main.py").is_file(), "point {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_clone_is_replayed_without_a_network() {
    let (server, world) = (GitServer::start(), World::new(vec![wants_a_clone()]).await);
    let ran = world.run(&["run", "--yes", &prompt(&server.address("shop"))]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = crate::replay::export(&world);
    drop(server);
    let replayed = crate::replay::replay(&file, &[]).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_with_the_extension_is_offered_the_folder_and_any_other_is_shown_it() {
    let server = GitServer::start();
    for (client, method) in
        [(Client::Extension, "devika/openFolder"), (Client::Plain, "window/showDocument")]
    {
        let world = World::new(vec![wants_a_clone()]).await;
        let mut editor = Session::start(&world, client).await;
        editor.choose = Some("Allow");
        let prompt = json!({ "prompt": prompt(&server.address("shop")) });
        let task = editor.execute("devika.task.start", prompt).await.unwrap()["task"].clone();
        if client == Client::Extension {
            editor.event("asked").await;
            let allow = json!({ "task": task, "allow": true });
            editor.execute("devika.task.approve", allow).await.unwrap();
        }
        let offered = editor.message(method).await;
        let folder = world.home().join("projects/shop");
        assert_eq!(offered["uri"], crate::buffers::uri(&folder), "{client:?}");
    }
}
