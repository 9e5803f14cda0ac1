//! Hollow answers: files that hold the words of our form in place of a content, or next to nothing of
//! what they held. Small models write them where a plan names files that need no change. Applied, they
//! would wreck what is there.

use devika_edit::{Answer, Block, FileEdit};

/// Lines with something in them from which on a file can be gutted.
const LINES: usize = 9;

/// Stands in the form of an answer for a file's content.
pub(crate) fn stand_in(path: &str) -> String {
    format!("the whole content of {path}")
}

/// Leaves out the files that hold no more than their [stand-in](stand_in).
///
/// # Errors
/// What to say to the model where nothing else is in the answer.
pub(crate) fn leave_out_stand_ins(answer: &mut Answer) -> Result<(), String> {
    let is_content = |block: &Block| match block {
        Block::Whole { path, text } => text.trim() != stand_in(path),
        _ => true,
    };
    let first = answer.blocks.first().map(|block| block.path().to_owned());
    answer.blocks.retain(is_content);
    match first {
        Some(path) if answer.blocks.is_empty() => Err(format!(
            "`{path}` holds only the words \"{}\". Write the content itself.",
            stand_in(&path)
        )),
        _ => Ok(()),
    }
}

/// What to say to the model where an edit takes nearly all of a file and puts nothing in its place.
pub(crate) fn gutted(edits: &[FileEdit]) -> Option<String> {
    edits.iter().find_map(|edit| match edit {
        FileEdit::Modify { path, before, after, .. } if is_gutted(before, after) => Some(format!(
            "`{path}` would lose {} of its {} lines. Give each file that must change with its whole content, and leave the others out. Where that is meant, answer the same again.",
            lines(before).count() - lines(after).count(),
            lines(before).count(),
        )),
        _ => None,
    })
}

fn is_gutted(before: &str, after: &str) -> bool {
    let (was, is) = (lines(before).count(), lines(after).count());
    was >= LINES && is * 3 < was && lines(after).all(|line| lines(before).any(|old| old == line))
}

/// The lines that hold something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(path: &str, text: &str) -> Block {
        Block::Whole { path: path.to_owned(), text: text.to_owned() }
    }

    fn answer(blocks: Vec<Block>) -> Answer {
        Answer { blocks, prose: String::new() }
    }

    #[test]
    fn a_file_that_holds_only_the_words_of_the_form_is_left_out() {
        let real = whole("b.py", "print(1)\n");
        let mut answer = answer(vec![whole("a.py", "the whole content of a.py\n"), real.clone()]);
        assert_eq!(leave_out_stand_ins(&mut answer), Ok(()));
        assert_eq!(answer.blocks, [real]);
    }

    #[test]
    fn an_answer_of_nothing_else_goes_back() {
        let mut answer = answer(vec![whole("a.py", "the whole content of a.py\n")]);
        assert_eq!(
            leave_out_stand_ins(&mut answer),
            Err("`a.py` holds only the words \"the whole content of a.py\". Write the content itself."
                .to_owned())
        );
    }

    #[test]
    fn a_file_is_gutted_where_little_is_left_of_it_and_nothing_is_new() {
        let file: String = (0..12).map(|n| format!("line {n}\n")).collect();
        assert!(is_gutted(&file, "line 3\n"), "one line is left");
        assert!(is_gutted(&file, ""), "nothing is left");
        assert!(!is_gutted(&file, "from lines import line_3\n"), "it was moved elsewhere");
        assert!(!is_gutted(&file, &file.replace("line 3\n", "")), "a line was removed");
        assert!(!is_gutted("a\nb\nc\n", ""), "a short file");
    }
}
