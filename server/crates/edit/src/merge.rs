//! Three-way merge by lines.

use similar::TextMerge;

/// Both sides changed the same lines in different ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("both sides changed the same lines, from line {line} of the common text on")]
pub struct Conflict {
    /// The first such line of the common text, counted from 1.
    pub line: u32,
    /// How many places are in conflict.
    pub places: u32,
}

/// `base` with the changes that both `ours` and `theirs` made to it. The same change on both sides
/// counts once. Lines keep the endings that the side they come from has.
///
/// # Errors
/// [`Conflict`] where both sides changed the same or touching lines differently.
pub fn merge3(base: &str, ours: &str, theirs: &str) -> Result<String, Conflict> {
    if ours == theirs || theirs == base {
        return Ok(ours.to_owned());
    }
    if ours == base {
        return Ok(theirs.to_owned());
    }
    let merge = TextMerge::from_lines(base, ours, theirs);
    match merge.conflicts().next() {
        None => Ok(merge.to_string()),
        Some(first) => Err(Conflict {
            line: u32::try_from(first.base_range().start + 1).unwrap_or(u32::MAX),
            places: u32::try_from(merge.conflict_count()).unwrap_or(u32::MAX),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

    #[test]
    fn changes_in_different_places_are_both_kept() {
        let merged = merge3(BASE, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n");
        assert_eq!(merged, Ok("ONE\ntwo\nthree\nfour\nFIVE\n".to_owned()));
    }

    #[test]
    fn the_same_change_on_both_sides_is_made_once() {
        let both = "one\ntwo\n3\nfour\nfive\n";
        assert_eq!(merge3(BASE, both, both), Ok(both.to_owned()));
        let merged = merge3(BASE, both, "one\ntwo\n3\nfour\nFIVE\n");
        assert_eq!(merged, Ok("one\ntwo\n3\nfour\nFIVE\n".to_owned()));
    }

    #[test]
    fn different_changes_of_one_line_are_a_conflict_that_says_where() {
        let merged = merge3(BASE, "one\ntwo\n3\nfour\nfive\n", "one\ntwo\nIII\nfour\nfive\n");
        assert_eq!(merged, Err(Conflict { line: 3, places: 1 }));
    }

    #[test]
    fn line_endings_and_a_missing_final_newline_are_kept() {
        let merged = merge3("a\r\nb\r\nc\r\nd", "A\r\nb\r\nc\r\nd", "a\r\nb\r\nc\r\nD");
        assert_eq!(merged, Ok("A\r\nb\r\nc\r\nD".to_owned()));
    }

    #[test]
    fn a_side_that_changed_nothing_gives_way() {
        assert_eq!(merge3(BASE, BASE, "other"), Ok("other".to_owned()));
        assert_eq!(merge3(BASE, "other", BASE), Ok("other".to_owned()));
    }
}
