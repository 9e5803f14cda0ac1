//! The user: does something at random.

use crate::scene::{Scene, Words, words_in};

/// The user does up to `most` things, each at random, each checked.
pub(crate) fn acts(scene: &mut Scene, most: u32) {
    for _ in 0..scene.rng.u32(0..=most) {
        let done = act(scene);
        scene.log.push(format!("user: {done}"));
        scene.check(&done);
    }
}

fn act(scene: &mut Scene) -> String {
    let files = scene.files();
    let Some(file) = scene.rng.choice(&files).cloned() else { return begin_file(scene) };
    match scene.rng.u8(..20) {
        0..=8 => types(scene, &file),
        9 => begin_file(scene),
        10 => deletes(scene, &file),
        11 => formats(scene, &file),
        12..=14 => stages(scene, &file),
        15..=16 => {
            scene.commit_index();
            "commits".to_owned()
        }
        17 => switches(scene),
        _ => takes_out(scene, &file),
    }
}

/// Types a line somewhere in the file.
fn types(scene: &mut Scene, file: &str) -> String {
    let word = scene.word('u');
    let text = scene.read(file);
    let mut lines: Vec<&str> = text.lines().collect();
    let at = scene.rng.usize(0..=lines.len());
    lines.insert(at, &word);
    scene.write(file, &(lines.join("\n") + "\n"));
    scene.typed.entry(file.to_owned()).or_default().insert(word.clone());
    format!("types {word} in line {at} of {file}")
}

/// Deletes a line of their own.
fn takes_out(scene: &mut Scene, file: &str) -> String {
    let words: Vec<String> = scene.typed.get(file).into_iter().flatten().cloned().collect();
    let Some(word) = scene.rng.choice(&words).cloned() else { return types(scene, file) };
    let text = scene.read(file);
    let kept = text.lines().filter(|line| line.trim() != word);
    scene.write(file, &kept.map(|line| format!("{line}\n")).collect::<String>());
    scene.typed.get_mut(file).unwrap().remove(&word);
    format!("takes {word} out of {file}")
}

fn begin_file(scene: &mut Scene) -> String {
    let (name, word) = (scene.word('n'), scene.word('u'));
    let file = format!("{name}txt");
    scene.write(&file, &format!("{word}\n"));
    scene.typed.insert(file.clone(), Words::from([word]));
    format!("begins {file}")
}

fn deletes(scene: &mut Scene, file: &str) -> String {
    std::fs::remove_file(scene.root.join(file)).unwrap();
    scene.typed.remove(file);
    format!("deletes {file}")
}

/// Indents every line otherwise.
fn formats(scene: &mut Scene, file: &str) -> String {
    let indent = " ".repeat(scene.rng.usize(0..4));
    let text = scene.read(file);
    let text: String = text.lines().map(|line| format!("{indent}{}\n", line.trim())).collect();
    scene.write(file, &text);
    format!("indents {file} by {}", indent.len())
}

fn stages(scene: &mut Scene, file: &str) -> String {
    let repository = scene.repository();
    let mut index = repository.index().unwrap();
    index.add_path(file.as_ref()).unwrap();
    index.write().unwrap();
    scene.staged.insert(file.to_owned(), words_in(&scene.read(file)));
    format!("stages {file}")
}

/// Leaves the branch for a new one, or goes back to the one that was left. No file changes by it.
fn switches(scene: &mut Scene) -> String {
    let repository = scene.repository();
    let head = repository.head().unwrap();
    let (now, commit) = (head.name().unwrap().to_owned(), head.peel_to_commit().unwrap());
    let back = scene.left.take().filter(|left| {
        repository.find_reference(left).is_ok_and(|it| it.target() == Some(commit.id()))
    });
    let to = back.unwrap_or_else(|| {
        let name = scene.word('s').replace('.', "");
        repository.branch(&name, &commit, false).unwrap();
        format!("refs/heads/{name}")
    });
    repository.set_head(&to).unwrap();
    scene.left = Some(now);
    format!("switches to {to}")
}

/// Does what a paused task asks for, more often than not: goes back to its branch, or commits everything.
pub(crate) fn obliges(scene: &mut Scene, asked: &str) {
    if scene.rng.u8(..4) == 0 {
        return;
    }
    if asked.contains("is checked out") && scene.left.is_some() {
        let done = switches(scene);
        scene.log.push(format!("user: {done}"));
    }
    if asked.contains("commit or stash") {
        let files = scene.files();
        files.iter().for_each(|file| drop(stages(scene, file)));
        scene.commit_index();
        scene.log.push("user: commits everything".to_owned());
    }
}
