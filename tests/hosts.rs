//! A command that fails for want of a host: the user is asked, and it runs again with what they allow.

#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scripted_model::Reply;
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{Ran, World, code, plan};

/// A web server on this machine that counts its visits.
struct Site {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Site {
    fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let head = BufReader::new(client.try_clone().unwrap()).lines();
                head.map(Result::unwrap).take_while(|line| !line.is_empty()).for_each(drop);
                counted.fetch_add(1, Ordering::SeqCst);
                let answer =
                    "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nwelcome";
                client.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { port, visits }
    }

    /// Not one of the addresses for which Python leaves a proxy out.
    fn host(&self) -> String {
        format!("127.0.0.2:{}", self.port)
    }

    /// A program that needs the site.
    fn visitor(&self) -> String {
        format!(
            "import urllib.request\nprint(urllib.request.urlopen('http://{}/').read())\n",
            self.host()
        )
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// A task whose check needs the site.
    fn task(&self) -> Vec<Reply> {
        vec![
            plan("Write visit.py", &["visit.py"], &["python3 visit.py"]),
            code("Add a visit", &[("visit.py", &self.visitor())]),
        ]
    }
}

/// Runs a task to its end; allows its commands for the task, and answers for hosts with `scope`. Returns
/// what was asked about hosts.
async fn run_task(editor: &mut Session, scope: &str) -> Vec<String> {
    editor.execute("devika.task.start", json!({ "prompt": "Visit the site" })).await.unwrap();
    let mut asked = Vec::new();
    loop {
        let event = editor.until(|m| m["method"] == "devika/event").await["params"].clone();
        match event["event"].as_str().unwrap() {
            "asked" => {
                let is_host = event["kind"] == "host";
                let scope =
                    Some(if is_host { scope } else { "task" }).filter(|scope| *scope != "no");
                if is_host {
                    asked.push(event["text"].as_str().unwrap().to_owned());
                }
                let args = json!({
                    "task": event["task"],
                    "ask": event["ask"],
                    "allow": scope.is_some(),
                    "scope": scope,
                });
                editor.execute("devika.task.approve", args).await.unwrap();
            }
            "completed" => return asked,
            "failed" | "cancelled" | "paused" => panic!("{event}"),
            _ => {}
        }
    }
}

fn warnings(ran: &Ran) -> Vec<String> {
    let events = ran.events().into_iter().filter(|event| event["event"] == "warning");
    events.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_names_host_and_command_and_a_yes_runs_it_again() {
    for scope in ["once", "task"] {
        let site = Site::new();
        let world = World::new(site.task()).await;
        let mut editor = Session::start(&world, Client::Extension).await;
        let question = format!(
            "Let commands reach {} (this machine, or a private network)? This one asked for it and \
             failed; it runs again if you allow that.\npython3 visit.py",
            site.host()
        );
        assert_eq!(run_task(&mut editor, scope).await, [question], "{scope}");
        assert_eq!(site.visits(), 1, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_for_good_holds_for_the_next_task_and_is_not_kept_in_the_project() {
    let site = Site::new();
    let change = code("Visit again", &[("visit.py", &format!("# Again\n{}", site.visitor()))]);
    let again = plan("Visit again", &["visit.py"], &["python3 visit.py"]);
    let world = World::new([site.task(), vec![again, change]].concat()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await.len(), 1);
    assert_eq!(run_task(&mut editor, "no").await, [""; 0]);
    assert!(site.visits() >= 2);
    let kept = crate::world::all_bytes(&world.root());
    assert!(!kept.windows(9).any(|bytes| bytes == b"approvals"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_to_the_model_and_not_asked_again() {
    let site = Site::new();
    let told = format!("(The user does not allow commands to reach {}; do without.)", site.host());
    let still = format!("# Once more\n{}", site.visitor());
    let replies = [
        site.task(),
        vec![
            code("Try again", &[("visit.py", &still)]).when(&told),
            code("Do without", &[("visit.py", "print('offline')\n")]).when(&told),
        ],
    ];
    let world = World::new(replies.concat()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "no").await.len(), 1);
    assert_eq!(site.visits(), 0);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_there_a_host_is_denied_with_the_key_that_allows_it() {
    let visitor = "import urllib.request\nurllib.request.urlopen('http://nowhere.invalid/')\n";
    let world = World::new(vec![
        plan("Write visit.py", &["visit.py"], &["python3 visit.py"]),
        code("Add a visit", &[("visit.py", visitor)]),
        code("Do without", &[("visit.py", "print('offline')\n")]),
    ])
    .await;
    let file = world.home().join("config.toml");
    let toml = std::fs::read_to_string(file).unwrap() + "[commands]\napprove = \"always\"\n";
    world.configure(&toml);
    let ran = world.run(&["run", "--trust", "--json", "Visit the site"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = warnings(&ran);
    let names_key =
        |text: &String| text.contains("nowhere.invalid:80") && text.contains("`sandbox.hosts`");
    assert_eq!(told.iter().filter(|text| names_key(text)).count(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_killed_at_any_point_neither_asks_twice_nor_visits_twice() {
    let mut ended = false;
    // One more than its journal has writes.
    for point in 1..40 {
        let site = Site::new();
        let replies = site.task().into_iter().rev().map(Reply::repeated).collect::<Vec<_>>();
        let world = World::new(prefer_code(replies)).await;
        // A host of this machine is nothing that is allowed beforehand.
        let asked = world.run(&["run", "--yes", "Visit the site"]);
        assert_eq!((asked.code, site.visits()), (Some(3), 0), "{asked:?}");
        let killed = world
            .devika(&["tasks", "resume", "1", "--yes"])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        if killed.status.code() == Some(0) {
            ended = true;
            break;
        }
        let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        assert_eq!(site.visits(), 1, "point {point}");
        let events = world.run(&["tasks", "show", "1", "--json"]).events();
        // What still waits is told again by each run; it is one question, with one answer.
        let is_of_host = |event: &&Value| event["event"] == "asked" && event["kind"] == "host";
        let asks: HashSet<i64> =
            events.iter().filter(is_of_host).map(|it| it["ask"].as_i64().unwrap()).collect();
        let answers: Vec<_> = events
            .iter()
            .filter(|it| it["event"] == "answered" && asks.contains(&it["ask"].as_i64().unwrap()))
            .collect();
        assert_eq!((asks.len(), answers.len()), (1, 1), "point {point}: {events:?}");
    }
    assert!(ended, "it has more writes than were tried");
}

/// The coder's answer goes to the coder only, whatever is asked again.
fn prefer_code(replies: Vec<Reply>) -> Vec<Reply> {
    let mut replies = replies.into_iter();
    replies.next().map(|code| code.when("Do this now")).into_iter().chain(replies).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_allowed_a_host_is_the_same_when_replayed() {
    let site = Site::new();
    let world = World::new(site.task()).await;
    assert_eq!(world.run(&["run", "--yes", "Visit the site"]).code, Some(3));
    let ran = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = crate::replay::export(&world);
    let replayed = crate::replay::replay(&file, &[]).await;
    assert_eq!(replayed.out, "replayed 2 turns, 2 commands: the same\n", "{replayed:?}");
    assert_eq!(site.visits(), 1);
}
