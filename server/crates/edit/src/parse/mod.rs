//! From a model's answer to blocks, as models really write them.

mod fence;
mod header;
mod markers;
mod path_like;

use self::fence::Fence;
use self::header::{Header, Strength, action, fits, header, path_in_comment, path_in_info};
use self::markers::{opening, take_apart};
use self::path_like::extension;
use crate::{Answer, Block, Complaint};

/// Takes a model's answer apart.
///
/// # Errors
/// A [`Complaint`] where there is no block at all, where one is incomplete (an answer that was cut
/// is never half applied), or where it cannot be told what belongs to it.
pub fn parse(answer: &str) -> Result<Answer, Complaint> {
    let text = answer.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let mut reader = Reader {
        lines: &lines,
        at: 0,
        pending: None,
        last: None,
        outer: Vec::new(),
        answer: Answer::default(),
    };
    while reader.at < lines.len() {
        reader.step()?;
    }
    reader.refuse_name_without_text()?;
    let mut answer = reader.answer;
    answer.prose = answer.prose.trim().to_owned();
    if answer.blocks.is_empty() {
        return Err(no_block(&text));
    }
    Ok(answer)
}

/// Reads an answer line by line.
struct Reader<'a> {
    lines: &'a [&'a str],
    at: usize,
    /// The file that a line just named.
    pending: Option<Header>,
    /// The file of the last block.
    last: Option<String>,
    /// Fences around whole blocks, not around a file's text, that are still open.
    outer: Vec<Fence<'a>>,
    answer: Answer,
}

impl<'a> Reader<'a> {
    fn step(&mut self) -> Result<(), Complaint> {
        let line = self.lines[self.at];
        if opening(line).is_some() {
            return self.search_replace();
        }
        if let Some(fence) = Fence::of(line) {
            return self.fence(fence);
        }
        if let Some(block) = action(line) {
            self.pending = None;
            self.answer.blocks.push(block);
        } else if let Some(named) = header(line).filter(|h| self.announces(h, self.at + 1)) {
            self.pending = Some(named);
        } else {
            self.prose(line);
        }
        self.at += 1;
        Ok(())
    }

    /// A file that is named last and has no text is the sign of an answer that was cut.
    fn refuse_name_without_text(&self) -> Result<(), Complaint> {
        let Some(named) = &self.pending else { return Ok(()) };
        if self.answer.blocks.iter().any(|block| block.path() == named.path) {
            return Ok(());
        }
        Err(Complaint::new(format!(
            "Your answer ends with the name of `{0}`, without its text: it is incomplete, nothing \
             was applied. Send all again with the text of `{0}` in a fence (```) below its name.",
            named.path
        )))
    }

    fn prose(&mut self, line: &str) {
        let said = |header: &Header| header.strength == Strength::Said;
        if !line.trim().is_empty() && !self.pending.as_ref().is_some_and(said) {
            self.pending = None;
        }
        self.answer.prose.push_str(line);
        self.answer.prose.push('\n');
    }

    /// Whether what follows line `from` bears out that a line names a file: a fence or a marker,
    /// directly, unless the line says `File:`.
    fn announces(&self, header: &Header, from: usize) -> bool {
        header.strength == Strength::Said
            || self.next_text(from).is_some_and(|at| {
                opening(self.lines[at]).is_some() || Fence::of(self.lines[at]).is_some()
            })
    }

    /// The first line at or after `from` that is not blank.
    fn next_text(&self, from: usize) -> Option<usize> {
        (from..self.lines.len()).find(|at| !self.lines[*at].trim().is_empty())
    }

    fn search_replace(&mut self) -> Result<(), Complaint> {
        let number = self.at + 1;
        let Some(open) = opening(self.lines[self.at]) else { return Ok(()) };
        let parts = take_apart(&open, &self.lines[number..])
            .map_err(|broken| Complaint::new(broken.complaint(number)))?;
        let path = open
            .path
            .or_else(|| self.pending.take().map(|header| header.path))
            .or_else(|| self.last.clone())
            .ok_or_else(|| Complaint::new(no_path(number)))?;
        self.pending = None;
        self.last = Some(path.clone());
        let (search, replace) = (parts.search, parts.replace);
        self.answer.blocks.push(Block::Replace { path, search, replace });
        self.at = number + parts.lines;
        Ok(())
    }

    fn fence(&mut self, fence: Fence<'a>) -> Result<(), Complaint> {
        let closes_outer = self.outer.last().is_some_and(|outer| outer.is_closed_by(&fence));
        if closes_outer && self.pending.is_none() {
            self.outer.pop();
            self.at += 1;
            return Ok(());
        }
        let first = self.at + 1;
        let in_info = path_in_info(fence.info);
        if self.begins_with_block(&fence, first, in_info.is_some()) {
            return self.enter(fence, in_info);
        }
        let named = self.pending.clone().filter(|header| fits(header, fence.language()));
        let markdown = self.is_markdown(named.as_ref(), in_info.as_deref(), &fence);
        let begins_next = |line: usize| self.is_headed(first + line);
        let body = &self.lines[first..];
        let Some(length) = fence::closing(&fence, body, markdown, self.outer.len(), begins_next)
        else {
            return Err(Complaint::new(unclosed(first, named.map(|h| h.path).or(in_info))));
        };
        let body = &body[..length];
        if !markdown && body.iter().any(|line| opening(line).is_some()) {
            return self.enter(fence, in_info);
        }
        self.whole(fence, named, in_info, body)?;
        self.at = first + length + 1;
        Ok(())
    }

    /// Goes on inside a fence that is not a file's text but stands around blocks.
    fn enter(&mut self, fence: Fence<'a>, path: Option<String>) -> Result<(), Complaint> {
        if let Some(path) = path.filter(|_| self.pending.is_none()) {
            self.pending = Some(Header { path, strength: Strength::Said });
        }
        self.outer.push(fence);
        self.at += 1;
        Ok(())
    }

    /// Whether the fenced text at `first` begins with a block, or with a line that names its file.
    fn begins_with_block(&self, fence: &Fence<'_>, first: usize, in_info: bool) -> bool {
        let Some(at) = self.next_text(first) else { return false };
        let line = self.lines[at];
        if opening(line).is_some() {
            return true;
        }
        let text_like = matches!(
            fence.language().to_ascii_lowercase().as_str(),
            "" | "markdown" | "md" | "text" | "plaintext" | "txt" | "diff"
        );
        if in_info || self.pending.is_some() {
            let to_marker =
                self.next_text(at + 1).is_some_and(|next| opening(self.lines[next]).is_some());
            return to_marker && header(line).is_some();
        }
        if action(line).is_some() && text_like {
            return true;
        }
        let leads_on = |at: usize| {
            header(self.lines[at]).is_some()
                && self.next_text(at + 1).is_some_and(|next| {
                    let next = self.lines[next];
                    opening(next).is_some()
                        || Fence::of(next)
                            .is_some_and(|inner| !fence.is_closed_by(&inner) || text_like)
                })
        };
        if leads_on(at) && !self.ends_at_next_fence(fence, at) {
            return true;
        }
        // Prose inside an outer fence, before the first file that is named.
        text_like
            && (at..self.lines.len()).take_while(|at| Fence::of(self.lines[*at]).is_none()).any(
                |at| {
                    header(self.lines[at]).is_some_and(|h| h.strength == Strength::Said)
                        && leads_on(at)
                        && !self.ends_at_next_fence(fence, at)
                },
            )
    }

    /// Whether the next fence after `at` ends fenced text rather than opening a file's: it is bare,
    /// and nothing fenced follows that it could open.
    fn ends_at_next_fence(&self, fence: &Fence<'_>, at: usize) -> bool {
        let mut fences = self.lines[at + 1..].iter().filter_map(|line| Fence::of(line));
        match fences.next() {
            Some(next) if fence.is_closed_by(&next) => fences.next().is_none(),
            Some(_) => false,
            None => false,
        }
    }

    /// Whether the lines above `at` name the file that the fence there opens.
    fn is_headed(&self, at: usize) -> bool {
        self.lines[..at]
            .iter()
            .rev()
            .find(|line| !line.trim().is_empty())
            .and_then(|line| header(line))
            .is_some_and(|header| header.strength == Strength::Said)
    }

    fn is_markdown(
        &self,
        named: Option<&Header>,
        in_info: Option<&str>,
        fence: &Fence<'_>,
    ) -> bool {
        let by_path = |path: &str| {
            extension(path)
                .map(|e| matches!(e.to_ascii_lowercase().as_str(), "md" | "mdx" | "markdown"))
        };
        named
            .and_then(|header| by_path(&header.path))
            .or_else(|| in_info.and_then(by_path))
            .unwrap_or(matches!(fence.language(), "markdown" | "md"))
    }

    /// A file's whole text, or, where no file is named, prose.
    fn whole(
        &mut self,
        fence: Fence<'_>,
        named: Option<Header>,
        in_info: Option<String>,
        body: &[&str],
    ) -> Result<(), Complaint> {
        let said = named.clone().filter(|header| header.strength == Strength::Said);
        let mut body = body;
        let mut path = said.map(|h| h.path).or(in_info).or_else(|| named.map(|h| h.path));
        if path.is_none()
            && let Some(found) = body.first().and_then(|line| path_in_comment(line))
        {
            body = &body[1..];
            path = Some(found);
        }
        let Some(path) = path else {
            for line in body {
                self.answer.prose.push_str(line);
                self.answer.prose.push('\n');
            }
            return Ok(());
        };
        let is_patch = |path: &str| matches!(extension(path), Some("diff" | "patch"));
        if matches!(fence.language(), "diff" | "patch") && !is_patch(&path) {
            return Err(Complaint::new(format!(
                "`{path}` came as a diff, which cannot be applied. Send SEARCH/REPLACE blocks or \
                 the whole file."
            )));
        }
        self.pending = None;
        self.last = Some(path.clone());
        self.answer.blocks.push(Block::Whole { path, text: fence.unindent(body) });
        Ok(())
    }
}

fn no_block(text: &str) -> Complaint {
    let why = if text.trim().is_empty() {
        "The answer is empty."
    } else if text.contains("```") {
        "The answer has fenced code but no line that names its file."
    } else {
        "The answer has no file and no change in it."
    };
    // Blocks are not offered here: a small model that hears of them writes broken ones.
    Complaint::new(format!(
        "{why} Put a line ``File: `path/name` `` before each file, and below it the whole text of \
         the file in a fence (```)."
    ))
}

fn no_path(line: usize) -> String {
    format!(
        "The SEARCH/REPLACE block that begins in line {line} of your answer does not say which \
         file it changes. Put a line ``File: `path/name` `` before it."
    )
}

fn unclosed(line: usize, path: Option<String>) -> String {
    let whose = path.map(|path| format!(" of `{path}`")).unwrap_or_default();
    format!(
        "The fence{whose} that opens in line {line} of your answer is never closed: the answer is \
         incomplete, nothing was applied. Send the whole file again, shorter if it was too long."
    )
}
