//! A project with uncommitted work of the user in every form, a task of three steps beside it, and what
//! both together are to come to.

use scripted_model::Reply;

use super::picture::Picture;
use crate::world::{World, plan_of};

/// Turns of the task: one plan, one answer a step.
pub const TURNS: usize = 4;

/// Commits of the task.
pub const COMMITS: usize = 3;

/// The files that the task changes, once each.
pub const CHANGED: [&str; 7] =
    ["shared.txt", "a.txt", "gone.txt", "sub/b.txt", "old.txt", "new.txt", "c.txt"];

/// A project and what it should look like.
pub struct Project {
    pub world: World,
    /// What it is to be like in the end, as far as the user is concerned: kept up with what they type.
    pub wanted: Picture,
}

impl Project {
    /// A project with the user's work in it, and a model that carries out the task; it would answer each
    /// turn as often as it is asked.
    pub async fn new() -> Self {
        let world = World::new(replies().into_iter().map(Reply::repeated).collect()).await;
        let base = lines(&[]);
        for (path, text) in [
            (".gitignore", "*.log\n"),
            ("shared.txt", &base),
            ("mine.txt", "committed\n"),
            ("gone.txt", "to be deleted\n"),
            ("old.txt", "to be renamed\n"),
        ] {
            world.file(path, text);
        }
        world.committed();
        let staged_lines = lines(&[(2, "staged by the user")]);
        world.file("shared.txt", &staged_lines).file("mine.txt", "staged\n");
        stage(&world, &["shared.txt", "mine.txt"]);
        let lines_on_disk = lines(&[(2, "staged by the user"), (15, "not staged")]);
        world.file("shared.txt", &lines_on_disk).file("mine.txt", "neither staged nor committed\n");
        world.file("untracked.txt", "nobody knows me\n").file("ignored.log", "ignored\n");
        Self { wanted: wanted(), world }
    }

    /// The user types: at the end of a file of theirs, of the one they share, or of one that Devika has
    /// made by now.
    pub fn user_types(&mut self, rng: &mut fastrand::Rng) {
        let path = ["mine.txt", "untracked.txt", "shared.txt", "a.txt", "sub/b.txt", "c.txt"]
            [rng.usize(..6)];
        if !self.world.has(path) {
            return;
        }
        let typed = format!("typed {}\n", rng.u16(..));
        self.world.file(path, &(self.world.read(path) + &typed));
        self.wanted.files.get_mut(path).unwrap().push_str(&typed);
    }
}

fn wanted() -> Picture {
    const OURS: (usize, &str) = (8, "Devika");
    const STAGED: (usize, &str) = (2, "staged by the user");
    let picture = |shared: &[(usize, &str)], mine: &str| {
        let texts = [
            (".gitignore", "*.log\n"),
            ("shared.txt", &lines(shared)),
            ("mine.txt", mine),
            ("a.txt", "a\n"),
            ("sub/b.txt", "b\n"),
            ("c.txt", "c\n"),
            ("new.txt", "to be renamed\n"),
        ];
        texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
    };
    let mut wanted = Picture {
        committed: picture(&[OURS], "committed\n"),
        staged: picture(&[STAGED, OURS], "staged\n"),
        files: picture(&[STAGED, OURS, (15, "not staged")], "neither staged nor committed\n"),
    };
    for (path, text) in [("untracked.txt", "nobody knows me\n"), ("ignored.log", "ignored\n")] {
        wanted.files.insert(path.to_owned(), text.to_owned());
    }
    wanted
}

/// 16 lines, of which these are other ones; counted from 1.
fn lines(others: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        let other = others.iter().find(|(at, _)| *at == number);
        other.map_or(format!("line {number}\n"), |(_, text)| format!("{text}\n"))
    };
    (1..=16).map(line).collect()
}

/// Streamed in small pieces, so that there is time to be killed in an answer.
fn replies() -> Vec<Reply> {
    let step = |number: usize, text: &str| {
        Reply::text(format!("Commit: Step {number}\n\n{text}"))
            .when(format!("Do step {number} of 3 now"))
            .chunks(7)
    };
    let block = "<<<<<<< SEARCH\nline 7\nline 8\nline 9\n=======\nline 7\nDevika\nline 9\n>>>>>>> REPLACE\n";
    vec![
        step(1, &format!("File: `shared.txt`\n```\n{block}```\n\nFile: `a.txt`\n```\na\n```\n")),
        step(2, "Delete: `gone.txt`\n\nFile: `sub/b.txt`\n```\nb\n```\n"),
        step(3, "Rename: `old.txt` -> `new.txt`\n\nFile: `c.txt`\n```\nc\n```\n"),
        plan_of(
            &[
                ("Change line 8 and add a", &["shared.txt", "a.txt"]),
                ("Remove what is gone and add b", &["gone.txt", "sub/b.txt"]),
                ("Rename the old one and add c", &["old.txt", "new.txt", "c.txt"]),
            ],
            &["test -f c.txt"],
        )
        .chunks(40),
    ]
}

fn stage(world: &World, paths: &[&str]) {
    let repository = world.repository();
    let mut index = repository.index().unwrap();
    for path in paths {
        index.add_path(path.as_ref()).unwrap();
    }
    index.write().unwrap();
}
