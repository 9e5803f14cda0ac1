//! The blocks of an answer, gathered by file, and what each file becomes.

use super::Files;
use super::tell::missed;
use crate::elision::{is_dots, is_remark};
use crate::locate::{self, Miss};
use crate::text::{Change, Text, new_file};
use crate::{Block, FileEdit, RelPath};

/// All that an answer asks for, file by file.
pub(super) struct Work<'a> {
    files: &'a dyn Files,
    targets: Vec<Target>,
    problems: Vec<String>,
}

/// All that an answer asks for in one file.
struct Target {
    path: RelPath,
    before: Option<String>,
    whole: Option<String>,
    replacements: Vec<Replacement>,
    delete: bool,
    rename: Option<RelPath>,
}

/// One SEARCH/REPLACE block of a file.
struct Replacement {
    search: String,
    replace: String,
    /// Which of the file's SEARCH/REPLACE blocks it is, from 1.
    number: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, targets: Vec::new(), problems: Vec::new() }
    }

    /// Notes what `block` asks for, or why it cannot be.
    pub(super) fn take(&mut self, block: &Block) {
        if let Err(problem) = self.try_take(block) {
            self.problems.push(problem);
        }
    }

    fn try_take(&mut self, block: &Block) -> Result<(), String> {
        match block {
            Block::Whole { path, text } => {
                let target = self.target(path, false)?;
                if target.whole.as_ref().is_some_and(|other| other != text) {
                    return Err(format!(
                        "`{path}` came twice as a whole file with different text. Send it once."
                    ));
                }
                target.whole = Some(text.clone());
            }
            Block::Replace { path, search, replace } => {
                let target = self.target(path, !search.trim().is_empty())?;
                let number = target.replacements.len() + 1;
                let (search, replace) = (search.clone(), replace.clone());
                target.replacements.push(Replacement { search, replace, number });
            }
            Block::Delete { path } => self.target(path, true)?.delete = true,
            Block::Rename { from, to } => {
                let to = RelPath::new(to).map_err(|error| format!("{error}."))?;
                if self.files.read(&to)?.is_some() {
                    return Err(format!("`{from}` cannot be renamed: there is a file `{to}`."));
                }
                self.target(from, true)?.rename = Some(to);
            }
        }
        Ok(())
    }

    /// The file that the model calls `written`.
    fn target(&mut self, written: &str, must_exist: bool) -> Result<&mut Target, String> {
        let path = RelPath::new(written).map_err(|error| format!("{error}."))?;
        if let Some(index) = self.known(&path) {
            return Ok(&mut self.targets[index]);
        }
        let before = self.files.read(&path).map_err(|why| format!("`{path}`: {why}"))?;
        let (path, before) = match before {
            None if must_exist => self.by_name(&path)?,
            before => (path, before),
        };
        let index = self.known(&path).unwrap_or(self.targets.len());
        if index == self.targets.len() {
            self.targets.push(Target {
                path,
                before,
                whole: None,
                replacements: Vec::new(),
                delete: false,
                rename: None,
            });
        }
        Ok(&mut self.targets[index])
    }

    fn known(&self, path: &RelPath) -> Option<usize> {
        self.targets
            .iter()
            .position(|target| target.path == *path || target.rename.as_ref() == Some(path))
    }

    /// The one file elsewhere with the name of a path where there is none.
    fn by_name(&self, path: &RelPath) -> Result<(RelPath, Option<String>), String> {
        let created = |target: &&Target| target.path.file_name() == path.file_name();
        if let Some(target) = self.targets.iter().find(created) {
            return Ok((target.path.clone(), target.before.clone()));
        }
        match &self.files.find_by_name(path.file_name())[..] {
            [] => Err(format!(
                "There is no file `{path}`. To make it, send it whole; to change another file, \
                 give its path."
            )),
            [one] => match self.files.read(one) {
                Ok(text) => Ok((one.clone(), text)),
                Err(why) => Err(format!("`{one}`: {why}")),
            },
            several => {
                let names: Vec<String> =
                    several.iter().take(6).map(|path| format!("`{path}`")).collect();
                Err(format!(
                    "There is no file `{path}`, but several of that name: {}. Say which one.",
                    names.join(", ")
                ))
            }
        }
    }

    /// The edits of the files where all is well, and what is wrong in the others.
    pub(super) fn finish(self) -> (Vec<FileEdit>, Vec<String>) {
        let mut edits = Vec::new();
        let mut problems = self.problems;
        for target in self.targets {
            match target.edit() {
                Ok(edit) => edits.extend(edit),
                Err(found) => problems.extend(found),
            }
        }
        (edits, problems)
    }
}

impl Target {
    /// The edit, `None` where nothing changes.
    fn edit(self) -> Result<Option<FileEdit>, Vec<String>> {
        if self.delete {
            return self.deletion().map(Some).map_err(|problem| vec![problem]);
        }
        let text = self.start().map_err(|problem| vec![problem])?;
        let after = match text {
            Some(text) => self.replaced(&text)?,
            None => self.created().map_err(|problem| vec![problem])?,
        };
        Ok(match (self.before, self.rename) {
            (Some(before), Some(to)) => {
                Some(FileEdit::Rename { from: self.path, to, before, after })
            }
            (Some(before), None) if before == after => None,
            (Some(before), None) => Some(FileEdit::Modify { path: self.path, before, after }),
            (None, _) => Some(FileEdit::Create { path: self.path, text: after }),
        })
    }

    fn deletion(self) -> Result<FileEdit, String> {
        let path = self.path;
        if self.whole.is_some() || !self.replacements.is_empty() || self.rename.is_some() {
            return Err(format!(
                "`{path}` is to be deleted and changed at once. Send one of both."
            ));
        }
        match self.before {
            Some(before) => Ok(FileEdit::Delete { path, before }),
            None => Err(format!("`{path}` cannot be deleted: there is no such file.")),
        }
    }

    /// The text that SEARCH/REPLACE blocks apply to; `None` for a file that they create.
    fn start(&self) -> Result<Option<String>, String> {
        match (&self.whole, &self.before) {
            (Some(whole), Some(before)) => {
                self.refuse_elision(whole, before)?;
                Ok(Some(Text::new(before).replaced_by(whole)))
            }
            (Some(whole), None) => {
                self.refuse_elision(whole, "")?;
                Ok(Some(new_file(whole)))
            }
            (None, before) => Ok(before.clone()),
        }
    }

    /// A whole file that leaves text out is not the whole file.
    fn refuse_elision(&self, whole: &str, before: &str) -> Result<(), String> {
        if whole.trim().is_empty() && !before.trim().is_empty() {
            return Err(format!(
                "`{0}` came without any text. To delete it write ``Delete: `{0}` ``.",
                self.path
            ));
        }
        let shorter = whole.lines().count() * 4 < before.lines().count() * 3;
        let speaks_of_more = |line: &str| {
            let lower = line.to_lowercase();
            ["existing code", "unchanged", "rest of"].iter().any(|words| lower.contains(words))
        };
        let leaves_out = |line: &&str| {
            (is_remark(line) && (!before.is_empty() || speaks_of_more(line)))
                || (is_dots(line) && shorter)
        };
        let is_new = |line: &&str| !before.lines().any(|old| old.trim() == line.trim());
        match whole.lines().filter(leaves_out).find(is_new) {
            None => Ok(()),
            Some(line) => Err(format!(
                "`{}` came as a whole file, but `{}` in it stands for lines left out. Send all \
                 lines, or SEARCH/REPLACE blocks with only the lines that change.",
                self.path,
                line.trim()
            )),
        }
    }

    /// The text of a file that blocks with an empty SEARCH create.
    fn created(&self) -> Result<String, String> {
        match &self.replacements[..] {
            [one] if one.search.trim().is_empty() => Ok(new_file(&one.replace)),
            _ => Err(format!("`{}` does not exist. Send it whole, in one block.", self.path)),
        }
    }

    fn replaced(&self, text: &str) -> Result<String, Vec<String>> {
        let (filling, replacements): (Vec<&Replacement>, Vec<&Replacement>) =
            self.replacements.iter().partition(|block| block.search.trim().is_empty());
        if let Some(block) = filling.first() {
            return self.filled(text, block, self.replacements.len()).map_err(|p| vec![p]);
        }
        let original = Text::new(text);
        let lines = original.lines();
        let mut changes = Vec::new();
        let mut later = Vec::new();
        let mut problems = Vec::new();
        for block in &replacements {
            match self.place(&lines, block) {
                Ok(found) => changes.push(found),
                Err(miss @ Miss::NotFound(_)) => later.push((*block, miss)),
                Err(miss) => problems.push(self.tell(block, &lines, &miss)),
            }
        }
        let tell = |(block, miss): &(&Replacement, Miss)| self.tell(block, &lines, miss);
        match combined(changes) {
            Some(changes) if problems.is_empty() => self
                .then(original.with(&changes), &later)
                .map_err(|()| later.iter().map(tell).collect()),
            None => Err(vec![format!(
                "Two SEARCH/REPLACE blocks of `{}` change the same lines differently. Send one \
                 block for those lines.",
                self.path
            )]),
            Some(_) => {
                problems.extend(later.iter().map(tell));
                Err(problems)
            }
        }
    }

    /// `text` with the blocks that were written with the other blocks' changes in mind.
    fn then(&self, mut text: String, later: &[(&Replacement, Miss)]) -> Result<String, ()> {
        for (block, _) in later {
            let now = Text::new(&text);
            let changes = locate::locate(&now.lines(), &block.search, &block.replace);
            text = now.with(&changes.map_err(drop)?);
        }
        Ok(text)
    }

    /// The changes of one block; of several equal blocks for as many equal places, all of them.
    fn place(&self, lines: &[&str], block: &Replacement) -> Result<Vec<Change>, Miss> {
        let found = locate::locate(lines, &block.search, &block.replace);
        if let (Err(Miss::NotFound(_)), Some(search)) = (&found, without_numbers(&block.search)) {
            let replace = without_numbers(&block.replace);
            return locate::locate(lines, &search, replace.as_ref().unwrap_or(&block.replace));
        }
        let Err(Miss::Ambiguous(places)) = &found else { return found };
        let same =
            |other: &&Replacement| other.search == block.search && other.replace == block.replace;
        if self.replacements.iter().filter(same).count() != places.len() {
            return found;
        }
        let mut changes = Vec::new();
        for (index, start) in places.iter().enumerate() {
            let end = places.get(index + 1).copied().unwrap_or(lines.len());
            let here = locate::locate(&lines[*start..end], &block.search, &block.replace);
            let Ok(here) = here else { return found };
            changes.extend(here.into_iter().map(|change| Change {
                start: change.start + start,
                end: change.end + start,
                ..change
            }));
        }
        Ok(changes)
    }

    /// A block with an empty SEARCH fills an empty file, and nothing else.
    fn filled(&self, text: &str, block: &Replacement, blocks: usize) -> Result<String, String> {
        let new = Text::new(text).replaced_by(&block.replace);
        if blocks == 1 && (text.trim().is_empty() || new == text) {
            return Ok(new);
        }
        Err(format!(
            "SEARCH/REPLACE block {} of `{}` has an empty SEARCH, but the file has text. Put the \
             lines beside the place into SEARCH, and again into REPLACE.",
            block.number, self.path
        ))
    }

    fn tell(&self, block: &Replacement, lines: &[&str], miss: &Miss) -> String {
        missed(self.path.as_str(), block.number, &block.search, lines, miss)
    }
}

/// The changes of all blocks in order, equal ones once; `None` where different ones overlap.
fn combined(blocks: Vec<Vec<Change>>) -> Option<Vec<Change>> {
    let mut all: Vec<Change> = Vec::new();
    for change in blocks.into_iter().flatten() {
        if !all.contains(&change) {
            all.push(change);
        }
    }
    all.sort_by_key(|change| (change.start, change.end));
    let apart = all.windows(2).all(|pair| pair[0].end <= pair[1].start);
    apart.then_some(all)
}

/// `text` without the line numbers (`12| `) of a complaint or a listing, where every line has one.
fn without_numbers(text: &str) -> Option<String> {
    let bare = |line: &str| {
        let (number, rest) = line.trim_start().split_once('|')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| format!("{}\n", rest.strip_prefix(' ').unwrap_or(rest)))
    };
    text.lines().map(bare).collect::<Option<String>>().filter(|bare| !bare.is_empty())
}
