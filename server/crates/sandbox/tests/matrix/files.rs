//! Files: a command writes in its workspace, and nowhere else; and it sees no more than it needs.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use devika_sandbox::Exit;

use crate::world::{World, names};

#[tokio::test]
async fn the_workspace_is_written_and_read() {
    let world = World::new();
    world.write("src/a.txt", "a");
    let outcome = world.run("cat src/a.txt > b.txt; rm src/a.txt; mkdir c; ls").await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(0), "b.txt\nc\nsrc\n"));
    assert_eq!(fs::read_to_string(world.file("b.txt")).unwrap(), "a");
    assert!(!world.file("src/a.txt").exists());
}

#[tokio::test]
async fn a_file_outside_is_not_changed() {
    let world = World::new();
    let theirs = world.at("outside/theirs");
    let line = format!("echo mine > {0}; rm -f {0}; echo new > {0}-new", theirs.display());
    world.run(&line).await;
    assert_eq!(world.names("outside"), ["theirs"]);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs\n");

    world.plain(&line).await;
    assert_eq!(world.names("outside"), ["theirs-new"]);
}

#[tokio::test]
async fn the_system_is_read_only() {
    let outcome = World::new()
        .run("for d in / /usr /etc /var /dev; do touch $d/devika-test 2>&1 || echo no; done")
        .await;
    assert_eq!(outcome.output.matches("no\n").count(), 5, "{}", outcome.output);
}

#[tokio::test]
async fn the_mode_of_a_file_outside_is_not_changed() {
    let world = World::new();
    let theirs = world.at("outside/theirs");
    let mode = || theirs.metadata().unwrap().permissions().mode() & 0o777;
    let before = mode();
    let line = format!("chmod 777 {}", theirs.display());
    world.run(&line).await;
    assert_eq!(mode(), before);

    world.plain(&line).await;
    assert_eq!(mode(), 0o777);
}

#[tokio::test]
async fn the_home_is_not_read() {
    let world = World::new();
    let line = "cat ~/.ssh/id";
    assert!(!world.run(line).await.output.contains("SECRET"));
    assert!(world.plain(line).await.output.contains("SECRET"));
    // What a command writes there is gone with it.
    world.run("echo x > ~/.profile").await;
    assert!(!world.at("home/.profile").exists());
}

#[tokio::test]
async fn other_homes_are_not_read() {
    let world = World::new();
    let listed = world.run("ls -A /root /home 2>/dev/null").await.output;
    // What is shown of the home of whoever runs the tests is the way to our own program.
    assert!(!listed.contains(".ssh") && !listed.contains(".bashrc"), "{listed}");
}

#[tokio::test]
async fn devikas_own_files_are_neither_seen_nor_written() {
    let world = World::new();
    let database = world.at("devika/devika.db");
    let line = format!("cat {0}; echo x > {0}", database.display());
    assert!(!world.run(&line).await.output.contains("SECRET"));
    assert_eq!(fs::read_to_string(&database).unwrap(), "SECRET\n");

    assert!(world.plain(&line).await.output.contains("SECRET"));
    assert_eq!(fs::read_to_string(&database).unwrap(), "x\n");
}

#[tokio::test]
async fn a_folder_that_is_writable_to_the_first_layer_alone_is_not_written() {
    // What hides other homes is an empty folder in memory, of the command's own user, that its mount
    // lets it write; Landlock does not list it.
    let line =
        "grep -c ' /home rw' /proc/self/mountinfo; stat -c %A /home; touch /home/devika-matrix";
    let output = World::new().run(line).await.output;
    assert!(output.starts_with("1\ndrwx"), "{output}");
    assert!(output.contains("Permission denied"), "{output}");
}

#[tokio::test]
async fn toolchains_in_the_home_are_there_without_credentials() {
    let world = World::new();
    for (file, text) in [
        ("home/.cargo/bin/tool", "#!/bin/sh\necho tool runs\n"),
        ("home/.cargo/credentials.toml", "SECRET"),
        ("home/.cargo/config.toml", "[registries.mine]\ntoken = \"SECRET\"\n"),
        ("home/.npmrc", "SECRET"),
        ("home/.netrc", "SECRET"),
        ("home/.pypirc", "SECRET"),
        ("home/.m2/settings.xml", "SECRET"),
    ] {
        fs::create_dir_all(world.at(file).parent().unwrap()).unwrap();
        fs::write(world.at(file), text).unwrap();
    }
    fs::set_permissions(world.at("home/.cargo/bin/tool"), fs::Permissions::from_mode(0o755))
        .unwrap();
    let line = "~/.cargo/bin/tool; echo x > ~/.cargo/bin/tool; grep -rs SECRET ~";
    let outcome = world.run(line).await;
    assert!(outcome.output.contains("tool runs"), "{}", outcome.output);
    assert!(!outcome.output.contains("SECRET"), "{}", outcome.output);
    let tool = fs::read_to_string(world.at("home/.cargo/bin/tool")).unwrap();
    assert!(tool.contains("tool runs"));
    assert!(world.plain("grep -rs SECRET ~").await.output.contains("SECRET"));
}

#[tokio::test]
async fn a_program_of_the_search_path_in_the_home_is_found() {
    let mut world = World::new();
    fs::create_dir_all(world.at("home/tools/bin")).unwrap();
    fs::write(world.at("home/tools/bin/mine"), "#!/bin/sh\necho it runs\n").unwrap();
    fs::set_permissions(world.at("home/tools/bin/mine"), fs::Permissions::from_mode(0o755))
        .unwrap();
    let path = format!("{}:{}", world.at("home/tools/bin").display(), crate::world::PATH);
    world.command.env.insert("PATH".into(), path);
    assert_eq!(world.run("mine").await.output, "it runs\n");
}

#[tokio::test]
async fn temporary_files_are_private_and_gone_afterwards() {
    let world = World::new();
    let line = "echo x > /tmp/devika-matrix-temporary; cat /tmp/devika-matrix-temporary; ls /tmp";
    let output = world.run(line).await.output;
    assert!(output.starts_with("x\n"), "{output}");
    assert!(!std::path::Path::new("/tmp/devika-matrix-temporary").exists());
}

#[tokio::test]
async fn git_as_it_is_can_be_read_and_not_written() {
    let world = World::new();
    let line = "cat .git/HEAD; echo '[core] fsmonitor=x' > .git/config; \
                echo x > .git/hooks/pre-commit; mv .git aside; rm -rf .git; ls -A .git";
    let outcome = world.run(line).await;
    assert!(outcome.output.starts_with("ref: refs/heads/main\n"), "{}", outcome.output);
    assert_eq!(world.names("home/project/.git"), ["HEAD", "config", "hooks"]);
    assert_eq!(fs::read_to_string(world.file(".git/config")).unwrap(), "[core]\n");
    assert_eq!(names(&world.file(".git/hooks")), [""; 0]);
    assert_eq!(outcome.slipped, []);

    world.plain(line).await;
    assert!(!world.file(".git").exists());
}

#[tokio::test]
async fn what_is_not_there_cannot_be_made_and_nothing_is_left_of_that() {
    let world = World::new();
    fs::remove_dir_all(world.file(".git")).unwrap();
    let line = "for n in .git .vscode .idea; do mkdir -p $n/hooks; echo x > $n/settings.json; done; \
                for n in .devika.toml .envrc .exrc .nvim.lua .mcp.json; do echo x > $n; done; \
                rmdir .git .vscode .envrc; rm -f .devika.toml; mv .vscode v; find . -size +0 -type f";
    let outcome = world.run(line).await;
    let made: Vec<_> = outcome.output.lines().filter(|line| line.starts_with("./")).collect();
    assert_eq!(made, [""; 0]);
    assert_eq!(world.names("home/project"), [""; 0]);
    assert_eq!(outcome.slipped, []);

    world.plain(line).await;
    assert!(world.file(".idea/settings.json").exists());
}

#[tokio::test]
async fn settings_of_editors_in_a_subfolder_are_read_only_too() {
    let world = World::new();
    world.write("web/.vscode/settings.json", "{}");
    world.write("team.code-workspace", "{}");
    let line = "echo bad > web/.vscode/settings.json; echo bad > team.code-workspace; \
                rm -rf web/.vscode team.code-workspace";
    let outcome = world.run(line).await;
    assert_eq!(fs::read_to_string(world.file("web/.vscode/settings.json")).unwrap(), "{}");
    assert_eq!(fs::read_to_string(world.file("team.code-workspace")).unwrap(), "{}");
    assert_eq!(outcome.slipped, []);

    world.plain(line).await;
    assert!(!world.file("team.code-workspace").exists());
}

#[tokio::test]
async fn a_link_that_is_swapped_leads_nowhere() {
    let world = World::new();
    // A folder becomes a link to somewhere else while files are written through it.
    let line = format!(
        "mkdir d; rmdir d; ln -s {0} d; echo x > d/planted; ln -s {0}/theirs f; echo x > f; \
         ln -sfn .git g; echo x > g/config",
        world.at("outside").display()
    );
    world.run(&line).await;
    assert_eq!(world.names("outside"), ["theirs"]);
    assert_eq!(fs::read_to_string(world.at("outside/theirs")).unwrap(), "theirs\n");
    assert_eq!(fs::read_to_string(world.file(".git/config")).unwrap(), "[core]\n");

    world.plain(&format!("rm -f d f g; {line}")).await;
    assert_eq!(world.names("outside"), ["planted", "theirs"]);
}

#[tokio::test]
async fn a_link_out_that_was_there_before_leads_nowhere_either() {
    let world = World::new();
    symlink(world.at("outside"), world.file("out")).unwrap();
    let line = "echo x > out/planted";
    world.run(line).await;
    assert_eq!(world.names("outside"), ["theirs"]);
    world.plain(line).await;
    assert_eq!(world.names("outside"), ["planted", "theirs"]);
}

#[tokio::test]
async fn a_worktree_reads_the_history_that_it_shares_and_does_not_write_it() {
    let world = World::new();
    let run = |line: &str| {
        let done = std::process::Command::new("/bin/sh")
            .args(["-ec", line])
            .current_dir(world.at("home"))
            .env("HOME", world.at("home"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run("git init -q -b main main; cd main; git -c user.name=a -c user.email=a@b commit -q \
         --allow-empty -m 'first words'; git worktree add -q ../tree; cp -r ../project ../keep");
    let mut world = world;
    world.command.workspace = world.at("home/tree");
    world.command.cwd = world.at("home/tree");
    let line = "git log --format=%s; git branch planted; echo x > ../main/.git/hooks/pre-commit; \
                rm -f .git; git rev-parse --abbrev-ref HEAD";
    let outcome = world.run(line).await;
    assert!(outcome.output.contains("first words\n"), "{}", outcome.output);
    assert!(outcome.output.ends_with("tree\n"), "{}", outcome.output);
    let planted = ["home/main/.git/hooks/pre-commit", "home/main/.git/refs/heads/planted"];
    assert!(planted.iter().all(|path| !world.at(path).exists()));

    world.plain(line).await;
    assert!(planted.iter().all(|path| world.at(path).exists()));
}

#[tokio::test]
async fn a_history_in_another_folder_of_the_workspace_is_read_only() {
    let world = World::new();
    fs::rename(world.file(".git"), world.file("history")).unwrap();
    for folder in ["objects", "refs"] {
        fs::create_dir(world.file("history").join(folder)).unwrap();
    }
    fs::write(world.file(".git"), "gitdir: history\n").unwrap();
    let line = "echo bad > history/config; mv history aside";
    world.run(line).await;
    assert_eq!(fs::read_to_string(world.file("history/config")).unwrap(), "[core]\n");
    world.plain(line).await;
    assert!(world.file("aside").exists());
}
