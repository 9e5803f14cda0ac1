//! Syntax trees of large files that have changed: the next change of such a file parses only what
//! differs.

use std::collections::VecDeque;

use tree_sitter::{InputEdit, Point, Tree};

use crate::language::Language;

/// Bytes of a file from which on its tree is kept: smaller ones are parsed in a few milliseconds.
const LARGE: usize = 64 * 1024;

/// Bytes of texts whose trees are kept; a tree takes about ten times as much.
const KEPT: usize = 4 * 1024 * 1024;

/// The trees of the files that changed last.
#[derive(Default)]
pub(crate) struct Trees {
    /// The one that changed last comes last.
    kept: VecDeque<Parsed>,
}

/// A file's text and its tree.
pub(crate) struct Parsed {
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) text: String,
    pub(crate) tree: Tree,
}

impl Trees {
    /// Takes what is kept of a file.
    pub(crate) fn take(&mut self, path: &str, language: Language) -> Option<Parsed> {
        let at = self.kept.iter().position(|kept| kept.path == path)?;
        self.kept.remove(at).filter(|kept| kept.language == language)
    }

    /// Keeps a file's tree where the file is large, in place of those that changed long ago.
    pub(crate) fn keep(&mut self, parsed: Parsed) {
        if !(LARGE..=KEPT).contains(&parsed.text.len()) {
            return;
        }
        self.kept.retain(|kept| kept.path != parsed.path);
        self.kept.push_back(parsed);
        while self.kept.iter().map(|kept| kept.text.len()).sum::<usize>() > KEPT {
            self.kept.pop_front();
        }
    }
}

impl Parsed {
    /// The tree with its places moved to where they are in `text`, which was made from this one's by one
    /// edit: what both begin and end with is the same.
    pub(crate) fn moved_to(mut self, text: &str) -> Tree {
        let (old, new) = (self.text.as_bytes(), text.as_bytes());
        let same = |(one, other): &(&u8, &u8)| one == other;
        let begin = old.iter().zip(new).take_while(same).count();
        let most = old.len().min(new.len()) - begin;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
        let (old_end, new_end) = (old.len() - end, new.len() - end);
        self.tree.edit(&InputEdit {
            start_byte: begin,
            old_end_byte: old_end,
            new_end_byte: new_end,
            start_position: point(old, begin),
            old_end_position: point(old, old_end),
            new_end_position: point(new, new_end),
        });
        self.tree
    }
}

/// The line and the column of a byte, both counted from 0.
fn point(text: &[u8], at: usize) -> Point {
    let before = &text[..at];
    let row = memchr::memchr_iter(b'\n', before).count();
    let begin = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    Point::new(row, at - begin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::{outline, parse};

    fn parsed(path: &str, text: String) -> Parsed {
        let language = Language::Rust;
        let tree = parse(language, &text, None).unwrap();
        Parsed { path: path.to_owned(), language, text, tree }
    }

    fn source(functions: usize) -> String {
        (0..functions)
            .map(|n| {
                format!("/// Does {n}.\npub fn f{n}(x: u32) -> u32 {{\n    g{n}(x) + {n}\n}}\n\n")
            })
            .collect()
    }

    #[test]
    fn what_is_read_from_a_tree_that_was_moved_is_what_a_new_one_says() {
        let text = source(50);
        let edits = [
            text.replacen("pub fn f7(", "pub fn ü7(a: &str, ", 1),
            text.replacen("/// Does 20.\n", "", 1),
            format!("// first\n{text}"),
            format!("{text}struct Last {{ a: u8 }}\n"),
            text[..text.len() / 2].to_owned(),
            text.replacen("    g9(x) + 9\n}", "    g9(x) + {", 1),
            String::new(),
            text.clone(),
        ];
        for edit in edits {
            let old = parsed("a.rs", text.clone()).moved_to(&edit);
            let tree = parse(Language::Rust, &edit, Some(&old)).unwrap();
            let anew = parse(Language::Rust, &edit, None).unwrap();
            let (moved, anew) =
                (outline(Language::Rust, &edit, &tree), outline(Language::Rust, &edit, &anew));
            assert_eq!(moved, anew, "{edit}");
        }
    }

    #[test]
    fn trees_of_small_files_are_not_kept_and_of_large_ones_the_last() {
        let mut trees = Trees::default();
        trees.keep(parsed("small.rs", source(1)));
        assert!(trees.take("small.rs", Language::Rust).is_none());
        let large = |path: &str| Parsed { text: " ".repeat(KEPT / 3), ..parsed(path, source(1)) };
        for path in ["a.rs", "b.rs", "c.rs", "d.rs"] {
            trees.keep(large(path));
        }
        assert!(trees.take("a.rs", Language::Rust).is_none(), "it changed long ago");
        assert!(trees.take("b.rs", Language::Python).is_none(), "it is another language now");
        assert!(trees.take("d.rs", Language::Rust).is_some());
    }
}
