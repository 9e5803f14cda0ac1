//! Where keys come from, and where they never go.

use std::path::Path;

use scripted_model::Reply;

use crate::world::{World, all_bytes, code, plan};

const CANARY: &str = "sk-canary-1234567890";

/// The configuration of the scripted provider, with this line about its key.
fn with_key(world: &World, line: &str) -> String {
    format!(
        "[models]\ndefault = \"scripted/model\"\n[commands]\napprove = \"always\"\n\
         [providers.scripted]\nkind = \"openai\"\nbase_url = \"{}\"\n{line}\n",
        world.model.openai_url()
    )
}

fn make_private(file: &Path) {
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// A task whose command prints all that it was given.
fn telling() -> Vec<Reply> {
    vec![
        plan("Write show.py", &["show.py"], &["python3 show.py"]),
        code("Show the environment", &[("show.py", "import os\nprint(dict(os.environ))\n")]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_command_prints_reaches_the_provider_and_nothing_else() {
    let world = World::new(telling()).await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("key");
    std::fs::write(&store, CANARY).unwrap();
    world.configure(&with_key(&world, &format!("key_command = \"cat {}\"", store.display())));
    world.model.require_key(CANARY);
    world.model.forbid_secret(CANARY);
    let ran = world.run(&["run", "--yes", "--json", "Show the environment"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = format!("{}{}", ran.out, ran.err);
    let kept = [world.home(), world.root()].map(|folder| all_bytes(&folder)).concat();
    for place in [told.as_bytes(), &kept] {
        assert!(!place.windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes()), "{ran:?}");
    }
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_had_fails_the_task_with_what_to_do() {
    let world = World::new(Vec::new()).await;
    world.configure(&with_key(&world, "key_command = \"echo sk-canary-1; exit 2\""));
    let ran = world.run(&["run", "--yes", "Hello"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("scripted was not asked: cannot read the key from"), "{ran:?}");
    assert!(ran.out.contains("Run it in a terminal to see why"), "{ran:?}");
    assert!(!ran.err.contains("canary") && !ran.out.contains("canary"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_file_that_git_takes_is_refused_until_git_ignores_it() {
    let world = World::new(Vec::new()).await;
    let file = world.home().join("config.toml");
    world.configure(&with_key(&world, &format!("key = \"{CANARY}\"")));
    let models = || world.run(&["models"]);
    let refused = models();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("Run: chmod 600"), "{refused:?}");

    make_private(&file);
    assert_eq!(models().code, Some(0));

    let git = git2::Repository::init(world.home()).unwrap();
    let refused = models();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.err.contains("lies in a git repository that does not ignore it"),
        "{refused:?}"
    );

    std::fs::write(world.home().join(".gitignore"), "config.toml\n").unwrap();
    assert_eq!(models().code, Some(0));

    let mut index = git.index().unwrap();
    index.add_path(Path::new("config.toml")).unwrap();
    index.write().unwrap();
    let refused = models();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("Replace the key at the provider"), "{refused:?}");
    assert!(!refused.err.contains(CANARY), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_in_a_file_is_not_committed() {
    let text = format!("KEY = '{CANARY}'\n");
    let world = World::new(vec![
        plan("Write a.py", &["a.py"], &[]),
        code("Add a", &[("a.py", text.as_str())]),
    ])
    .await;
    world.file("old.txt", "x\n").committed();
    world.configure(&with_key(&world, &format!("key_command = \"echo {CANARY}\"")));
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("`a.py` holds the key of scripted"), "{ran:?}");
    assert_eq!(world.log().len(), 1, "nothing is committed");
}
