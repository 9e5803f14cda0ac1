//! A report of the project, as Markdown and printed.

use scripted_model::Reply;
use serde_json::json;

use crate::session::{Client, Session};
use crate::world::{World, decision};

/// A shop of two modules, and a model that writes three sections about it.
async fn shop() -> World {
    let section = |title: &str, prose: &str| Reply::text(prose).when(format!("“{title}”"));
    let world = World::new(vec![
        decision(json!({ "kind": "report", "reply": "I will describe the shop." })),
        section("Purpose", "# Purpose\nIt *sells* things.<script>alert(1)</script>"),
        section("How it works", "`main.py` asks `prices.py`."),
        section("Limits", "It sells one thing."),
    ])
    .await;
    world
        .file("README.md", "A shop\n")
        .file("main.py", "from prices import price\nprint(price())\n")
        .file("prices.py", "def price():\n    return 1\n");
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_described_outside_of_it_with_its_real_structure() {
    let world = shop().await;
    let ran = world.run(&["run", "--yes", "Write a report of this project"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = world.home().join("state/reports/project-1.md");
    assert!(ran.out.contains(&format!("made {}", file.display())), "{ran:?}");
    insta::assert_snapshot!(std::fs::read_to_string(file).unwrap(), @r#"
    # project

    - [Purpose](#purpose)
    - [How it works](#how-it-works)
    - [Limits](#limits)
    - [Run and test](#run-and-test)
    - [Modules](#modules)
    - [Files](#files)

    ## Purpose

    It *sells* things.<script>alert(1)</script>

    ## How it works

    `main.py` asks `prices.py`.

    ## Limits

    It sells one thing.

    ## Run and test

    - `python3 main.py` runs it, because there is `main.py`.
    - No command is known that tests it.

    ## Modules

    ```mermaid
    graph TD
      m0["main.py"]
      m1["prices.py"]
      m0 --> m1
    ```

    ## Files

    ```
    README.md
    main.py
    prices.py
    ```
    "#);
    assert!(!world.has("project-1.md") && !world.has(".git"));
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_browser_the_report_is_printed_and_where_not_it_is_said() {
    let world = shop().await;
    let ran = world.run(&["run", "--yes", "Write a report of this project"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let pdf = world.home().join("state/reports/project-1.pdf");
    let browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_browser = std::env::split_paths(&path)
        .any(|folder| browsers.iter().any(|name| folder.join(name).is_file()));
    if has_browser {
        let printed = std::fs::read(&pdf).unwrap();
        assert!(printed.starts_with(b"%PDF-"), "{ran:?}");
    } else {
        assert!(ran.out.contains("It is not printed: there is no Chrome or Chromium"), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_browser_there_is_markdown_and_the_way_to_get_one() {
    let world = shop().await;
    let mut command = world.devika(&["run", "--yes", "Write a report of this project"]);
    let ran: crate::world::Ran = command.env("PATH", "/nowhere").output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("sudo apt install chromium"), "{ran:?}");
    assert!(world.home().join("state/reports/project-1.md").is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_that_can_is_shown_the_report() {
    let world = shop().await;
    let mut editor = Session::start(&world, Client::Plain).await;
    let prompt = json!({ "prompt": "Write a report of this project" });
    editor.execute("devika.task.start", prompt).await.unwrap();
    let shown = editor.message("window/showDocument").await;
    let file = world.home().join("state/reports/project-1.md");
    assert_eq!(shown["uri"], crate::buffers::uri(&file));
    assert_eq!(shown["external"], json!(null), "the editor itself opens Markdown");
}
