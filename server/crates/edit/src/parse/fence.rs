//! Fenced code.

/// A line that opens or closes fenced code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence<'a> {
    indent: usize,
    mark: u8,
    length: usize,
    /// What stands behind the marks, trimmed; empty for a line that may close.
    pub(super) info: &'a str,
}

impl<'a> Fence<'a> {
    /// The fence in a line, if it is one: three or more backticks or tildes.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        let inner = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - inner.len();
        let mark = *inner.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
        let length = inner.bytes().take_while(|byte| *byte == mark).count();
        let info = inner[length..].trim();
        // `inline code with three backticks``` is not a fence.
        (length >= 3 && !(mark == b'`' && info.ends_with("```"))).then_some(Self {
            indent,
            mark,
            length,
            info,
        })
    }

    /// Its language: the first word of the info string, up to a colon.
    pub(super) fn language(&self) -> &'a str {
        let word = self.info.split_whitespace().next().unwrap_or_default();
        word.split(':').next().unwrap_or_default()
    }

    /// Whether `other`, further down, is a fence on the same level, not text of the fenced code.
    fn concerns(&self, other: &Fence<'_>) -> bool {
        other.mark == self.mark && other.length >= self.length && other.indent <= self.indent + 3
    }

    /// Whether `other`, further down, closes this one.
    pub(super) fn is_closed_by(&self, other: &Fence<'_>) -> bool {
        self.concerns(other) && other.info.is_empty()
    }

    /// The lines without this fence's own indentation, which a list gives.
    pub(super) fn unindent(&self, lines: &[&str]) -> String {
        let mut text = String::new();
        for line in lines {
            let own = line.bytes().take(self.indent).take_while(|b| matches!(b, b' ' | b'\t'));
            text.push_str(&line[own.count()..]);
            text.push('\n');
        }
        text
    }
}

/// The index of the line of `lines` that closes `open`, which stands just before them.
///
/// A fence with an info string inside opens a nested one. In Markdown, nested code may also open
/// with a bare fence: where three or more bare ones are left before `end_of_file` says that another
/// file begins, the first of them opens nested code.
pub(super) fn closing(
    open: &Fence<'_>,
    lines: &[&str],
    markdown: bool,
    enclosing: usize,
    begins_next: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut nested: Vec<Fence<'_>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(fence) = Fence::of(line) else { continue };
        let innermost = nested.last().unwrap_or(open);
        if !innermost.concerns(&fence) {
            continue;
        }
        if !fence.info.is_empty() {
            if nested.is_empty() && begins_next(index) {
                return None;
            }
            nested.push(fence);
        } else if nested.pop().is_none() {
            let opens_nested = markdown
                && bare_left(open, &lines[index..], &|line| begins_next(index + line))
                    >= 3 + enclosing;
            if !opens_nested {
                return Some(index);
            }
            nested.push(fence);
        }
    }
    None
}

/// How many bare fences of `open`'s level are left before the next file, those that close a fence
/// with an info string not counted.
fn bare_left(open: &Fence<'_>, lines: &[&str], begins_next: &dyn Fn(usize) -> bool) -> usize {
    let mut bare = 0;
    let mut with_info = 0;
    for (index, line) in lines.iter().enumerate() {
        let Some(fence) = Fence::of(line).filter(|fence| open.concerns(fence)) else { continue };
        if begins_next(index) {
            break;
        }
        if !fence.info.is_empty() {
            with_info += 1;
        } else if with_info > 0 {
            with_info -= 1;
        } else {
            bare += 1;
        }
    }
    bare
}
