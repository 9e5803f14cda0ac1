//! Bad input gets a clear error, and nothing is lost or half-written.

use std::os::unix::fs::PermissionsExt as _;

use scripted_model::Reply;

use crate::world::{World, code, plan};

async fn world_that_writes(path: &str) -> World {
    // The refused answer goes back to the model, which tries the same again and again.
    let answer = code("Write it", &[(path, "x\n")]).when("Commit:").repeated();
    World::new(vec![plan("Write it", &["a.txt"], &[]), answer]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_model_at_all_exits_2_with_the_three_ways_to_get_one() {
    let world = World::new(Vec::new()).await;
    // Nothing answers at these addresses, whatever runs on this machine.
    world.configure("[providers.ollama]\nbase_url = \"http://127.0.0.1:9/v1/\"\n[providers.lmstudio]\nbase_url = \"http://127.0.0.1:9/v1/\"\n");
    let ran = world.run(&["run", "--yes", "Write hello"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    for way in ["ANTHROPIC_API_KEY", "Ollama", "devika models pull local"] {
        assert!(ran.err.contains(way), "{way} is missing: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_shows_the_providers_words_and_where_the_key_was_read_but_not_the_key() {
    let world = World::new(vec![Reply::status(401, "Incorrect API key provided").repeated()]).await;
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\nkey_env = \"SCRIPTED_KEY\"\n"
    ));
    let output = world
        .devika(&["run", "--yes", "Hello"])
        .env("SCRIPTED_KEY", "sk-canary-1234567890")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Incorrect API key provided") && text.contains("SCRIPTED_KEY"), "{text}");
    assert!(!text.contains("sk-canary"), "{text}");
    let kept = crate::world::all_bytes(&world.home());
    assert!(!kept.windows(9).any(|bytes| bytes == b"sk-canary"), "the key is in a file of Devika");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_files_and_no_repository_is_refused_unchanged() {
    let world = world_that_writes("a.txt").await;
    world.file("mine.txt", "mine\n");
    let ran = world.run(&["run", "--yes", "Write a.txt"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("is not a git repository") && ran.out.contains("git init"), "{ran:?}");
    assert!(!world.has("a.txt") && !world.has(".git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_in_the_middle_of_a_merge_is_refused() {
    let world = world_that_writes("a.txt").await;
    world.file("mine.txt", "mine\n").committed();
    let head = world.repository().head().unwrap().target().unwrap();
    world.file(".git/MERGE_HEAD", &format!("{head}\n"));
    let ran = world.run(&["run", "--yes", "Write a.txt"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("merge"), "{ran:?}");
    assert!(!world.has("a.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_repository_is_refused() {
    let world = world_that_writes("a.txt").await;
    git2::Repository::init_bare(world.root()).unwrap();
    let ran = world.run(&["run", "--yes", "Write a.txt"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("bare"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_tree_that_leads_away_is_refused() {
    let world = world_that_writes("a.txt").await;
    world.file("mine.txt", "mine\n").committed();
    let outside = tempfile::tempdir().unwrap();
    let mut config = world.repository().config().unwrap();
    config.set_str("core.worktree", &outside.path().display().to_string()).unwrap();
    let ran = world.run(&["run", "--yes", "Write a.txt"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!world.has("a.txt"));
    assert_eq!(
        std::fs::read_dir(outside.path()).unwrap().count(),
        0,
        "nothing was written outside"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_outside_the_workspace_and_protected_ones_are_refused_before_the_editor() {
    for path in
        ["../out.txt", "/tmp/devika-out.txt", ".git/hooks/post-commit", ".vscode/tasks.json"]
    {
        let world = world_that_writes(path).await;
        world.file("mine.txt", "mine\n").committed();
        let ran = world.run(&["run", "--yes", "Write it"]);
        assert_eq!(ran.code, Some(1), "{path}: {ran:?}");
        assert!(
            ran.out.contains("outside")
                || ran.out.contains("inside")
                || ran.out.contains("protected"),
            "{ran:?}"
        );
        assert!(!world.root().join(path).exists(), "{path} was written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_out_of_the_workspace_is_not_followed() {
    let world = world_that_writes("link/a.txt").await;
    world.file("mine.txt", "mine\n").committed();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), world.root().join("link")).unwrap();
    let ran = world.run(&["run", "--yes", "Write it"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_file_is_left_as_it_is() {
    let world = world_that_writes("logo.png").await;
    std::fs::write(world.root().join("logo.png"), [0x89, b'P', 0, 0xff]).unwrap();
    world.committed();
    let ran = world.run(&["run", "--yes", "Change the logo"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("not a text file"), "{ran:?}");
    assert_eq!(std::fs::read(world.root().join("logo.png")).unwrap(), [0x89, b'P', 0, 0xff]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_named_and_left_alone() {
    let world = world_that_writes("sub/a.txt").await;
    // A file where a folder is needed stops every user, the superuser included.
    world.file("sub", "I am a file\n").committed();
    let ran = world.run(&["run", "--yes", "Write it"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("sub/a.txt"), "{ran:?}");
    assert_eq!(world.read("sub"), "I am a file\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_no_half_file() {
    // A writer that may make files of 4 KiB at the most stands for a disk without room.
    let big = "x".repeat(64 * 1024) + "\n";
    let world = World::new(vec![
        plan("Write big.txt", &["big.txt"], &[]),
        code("Write it", &[("big.txt", &big)]),
    ])
    .await;
    world.file("mine.txt", "mine\n").committed();
    let mut command = std::process::Command::new("/bin/sh");
    let devika = world.devika(&[]);
    command.args([
        "-c",
        "ulimit -f 100; exec \"$0\" run --yes --json Write",
        &devika.get_program().to_string_lossy(),
    ]);
    command.current_dir(world.root()).env_clear();
    command.envs(devika.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = command.output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    assert!(!world.has("big.txt") || world.read("big.txt") == big, "half a file was left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_prompt_and_one_of_a_megabyte_exit_2_without_a_turn() {
    let world = World::new(Vec::new()).await;
    let empty = world.run(&["run", "--yes", "  "]);
    assert_eq!(empty.code, Some(2), "{empty:?}");
    assert!(empty.err.contains("the prompt is empty"), "{empty:?}");

    let mut child = world
        .devika(&["run", "--yes", "-"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, &vec![b'a'; 1024 * 1024]).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tasks.prompt_bytes"));
    assert_eq!(world.model.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_model_exits_2_and_an_unknown_provider_names_the_nearest() {
    let world = World::new(Vec::new()).await;
    let ran = world.run(&["run", "--yes", "--model", "scriptd/model", "Hello"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("scripted"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_in_the_configuration_names_file_line_and_the_nearest_key() {
    let world = World::new(Vec::new()).await;
    world.configure("[tasks]\n\npatch_round = 2\n");
    let ran = world.run(&["run", "--yes", "Hello"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    for part in ["config.toml", "3", "patch_rounds"] {
        assert!(ran.err.contains(part), "{part} is missing: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_repository_never_runs_on_a_commit() {
    let world =
        World::new(vec![plan("Write a", &["a.txt"], &[]), code("Add a", &[("a.txt", "a\n")])])
            .await;
    world.file("mine.txt", "mine\n").committed();
    let canary = world.home().join("canary");
    for hook in ["pre-commit", "post-commit", "commit-msg", "reference-transaction"] {
        let path = format!(".git/hooks/{hook}");
        world.file(&path, &format!("#!/bin/sh\ntouch {}\n", canary.display()));
        std::fs::set_permissions(world.root().join(path), std::fs::Permissions::from_mode(0o755))
            .unwrap();
    }
    let ran = world.run(&["run", "--yes", "Write a"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!canary.exists(), "a hook ran");
}
