//! Markdown cut by its headings.

/// A part of a page that can be read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The headings that it is under, the outermost first.
    pub headings: Vec<String>,
    /// Its text, without its own heading.
    pub text: String,
}

/// Cuts Markdown by its headings, and longer parts between paragraphs. No text has more than
/// `max_chars` characters; a block of code that is cut is closed and opened again. Headings without
/// text are no section.
#[must_use]
pub fn sections(markdown: &str, max_chars: usize) -> Vec<Section> {
    let mut cutter = Cutter { max: max_chars.max(16), ..Cutter::default() };
    let mut fence = Fence::default();
    for line in markdown.lines() {
        let was_code = fence.open().is_some();
        let is_code = fence.holds(line);
        match (was_code, fence.open().is_some()) {
            (false, true) => cutter.open(line),
            (true, false) => cutter.close(),
            _ => match heading(line).filter(|_| !is_code) {
                Some((level, title)) => cutter.enter(level, title),
                None => cutter.line(line),
            },
        }
    }
    cutter.finish();
    cutter.sections
}

/// The level and the title of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let title = line[level..].strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !title.is_empty()).then_some((level, title))
}

#[derive(Default)]
struct Cutter {
    max: usize,
    sections: Vec<Section>,
    /// The headings above, with their levels.
    above: Vec<(usize, String)>,
    text: String,
    /// Characters of `text`.
    chars: usize,
    /// The line that has opened the block of code that goes on.
    code: Option<String>,
}

impl Cutter {
    fn enter(&mut self, level: usize, title: &str) {
        self.finish();
        self.above.retain(|(above, _)| *above < level);
        self.above.push((level, title.to_owned()));
    }

    /// Adds a line that is no heading.
    fn line(&mut self, line: &str) {
        let closing = self.closing();
        let length = line.chars().count() + 1;
        let is_break = line.is_empty() && self.code.is_none() && self.chars > self.max / 2;
        if self.chars + length + closing > self.max || is_break {
            self.cut();
        }
        let room = self.max.saturating_sub(self.chars + closing + 1).max(1);
        if length <= room {
            return self.push(line);
        }
        let chars: Vec<char> = line.chars().collect();
        for part in chars.chunks(room) {
            if self.chars + part.len() + 1 + closing > self.max {
                self.cut();
            }
            self.push(&part.iter().collect::<String>());
        }
    }

    /// Adds the line that opens a block of code.
    fn open(&mut self, line: &str) {
        let line: String = line.trim_start().chars().take(self.max / 4).collect();
        let length = line.chars().count() + 1 + fence_of(&line).len() + 1;
        if self.chars + length > self.max {
            self.finish();
        }
        self.push(&line);
        self.code = Some(line);
    }

    /// Characters that ending the block of code takes.
    fn closing(&self) -> usize {
        self.code.as_ref().map_or(0, |open| fence_of(open).len() + 1)
    }

    /// Adds the line that ends a block of code.
    fn close(&mut self) {
        if let Some(open) = self.code.take() {
            self.push(&fence_of(&open));
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.chars += line.chars().count() + 1;
    }

    /// Ends a section within a part; a block of code goes on in the next.
    fn cut(&mut self) {
        match self.code.clone() {
            None => self.finish(),
            Some(open) if self.text.trim_end() == open.trim_end() => {}
            Some(open) => {
                self.push(&fence_of(&open));
                self.finish();
                self.push(&open);
            }
        }
    }

    fn finish(&mut self) {
        let text = std::mem::take(&mut self.text).trim_matches('\n').trim_end().to_owned();
        self.chars = 0;
        if !text.trim().is_empty() {
            let headings = self.above.iter().map(|(_, title)| title.clone()).collect();
            self.sections.push(Section { headings, text });
        }
    }
}

/// The fence that ends what a line opens.
fn fence_of(opening: &str) -> String {
    opening.trim_start_matches([' ', '>']).chars().take_while(|c| *c == '`').collect()
}

/// Where code begins and ends.
#[derive(Default)]
pub(crate) struct Fence {
    mark: Option<String>,
}

impl Fence {
    /// Whether a line, which comes after all that were asked about before, is of a block of code, its
    /// fences included.
    pub(crate) fn holds(&mut self, line: &str) -> bool {
        let line = line.trim_start_matches([' ', '>']);
        let mark: String = line.chars().take_while(|c| *c == '`').collect();
        match &self.mark {
            Some(open) => {
                if mark.len() >= open.len() && line.trim_end().len() == mark.len() {
                    self.mark = None;
                }
                true
            }
            None if mark.len() >= 3 && !line[mark.len()..].contains('`') => {
                self.mark = Some(mark);
                true
            }
            None => false,
        }
    }

    /// The fence of the block that the last line was in, where it goes on.
    pub(crate) fn open(&self) -> Option<&str> {
        self.mark.as_deref()
    }
}
