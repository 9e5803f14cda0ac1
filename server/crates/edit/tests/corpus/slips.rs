//! The ways in which models get a SEARCH/REPLACE block wrong.

use std::collections::BTreeMap;

use crate::case::{Case, Edit, Expected, Piece, SOURCES};
use crate::random::Random;

/// Every kind of slip, by name.
pub(crate) const KINDS: [&str; 38] = [
    "exact",
    "trailing-space",
    "dedented",
    "first-line-dedented",
    "shifted",
    "tabs-as-spaces",
    "spaces-as-tabs",
    "inner-space",
    "typo-in-context",
    "typo-in-changed-line",
    "dropped-context",
    "dropped-beside-change",
    "dropped-blanks",
    "extra-blank",
    "added-context",
    "elided",
    "curly-in-answer",
    "curly-in-file",
    "crlf-file",
    "bom-file",
    "crlf-answer",
    "no-final-newline",
    "wrong-path",
    "two-of-that-name",
    "duplicate-place",
    "stale",
    "look-alike-only",
    "look-alike-beside",
    "elided-in-replace",
    "moved",
    "typos-in-two-lines",
    "typo-in-context, shifted",
    "typo-in-changed-line, shifted",
    "dropped-context, shifted",
    "inner-space, shifted",
    "added-context, shifted",
    "elided, shifted",
    "extra-blank, shifted",
];

/// The lines of SEARCH and of REPLACE as the model writes them.
struct View {
    search: Vec<String>,
    replace: Vec<String>,
}

/// Builds the case of `kind` with `random`, or `None` where the source does not lend itself to it.
pub(crate) fn build(kind: &str, random: &mut Random) -> Option<Case> {
    let (path, source) = *random.pick(&SOURCES);
    let source = match kind {
        "curly-in-file" => source.replace('"', "\u{201d}"),
        _ => source.to_owned(),
    };
    if kind == "moved" {
        return moved(path, &source, random);
    }
    let edit = Edit::random(&source, random);
    let mut files = BTreeMap::from([(path.to_owned(), source.clone())]);
    let mut after = edit.after();
    let mut named = path.to_owned();
    let mut fits = true;
    let mut settled = edit.places() == 1;
    let mut refuse = false;
    let mut view = seen(&edit, &mut |_, line| Some(line.to_owned()));
    let (first_slip, shifts) = match kind.split_once(", ") {
        Some((first, _)) => (first, true),
        None => (kind, false),
    };
    match first_slip {
        "exact" => {}
        "trailing-space" => {
            view = seen(&edit, &mut |at, line| Some(format!("{line}{}", [" ", "", "\t"][at % 3])));
            fits = !edit.pieces.iter().any(|p| matches!(p, Piece::New(_))) || settled;
            trim(&mut view.replace, &view.search);
        }
        "dedented" => {
            let least = least_indent(&edit);
            fits = least > 0;
            view = seen(&edit, &mut |_, line| Some(line.get(least..).unwrap_or("").to_owned()));
        }
        "first-line-dedented" => {
            let first = edit.pieces.iter().position(|piece| matches!(piece, Piece::Keep(_)));
            fits = first == Some(0) && edit.text(edit.pieces[0].line()?).starts_with([' ', '\t']);
            view = seen(&edit, &mut |at, line| {
                Some(if at == 0 { line.trim_start().to_owned() } else { line.to_owned() })
            });
        }
        "shifted" => {
            let more = if source.contains("\n\t") { "\t" } else { "    " };
            view = seen(&edit, &mut |_, line| Some(shifted(line, more)));
        }
        "tabs-as-spaces" => {
            fits = source.contains("\n\t");
            let width = *random.pick(&[2, 4, 8]);
            view = seen(&edit, &mut |_, line| Some(tabs_as_spaces(line, width)));
        }
        "spaces-as-tabs" => {
            fits = !source.contains("\n\t") && path.ends_with(".py") || path.ends_with(".java");
            view = seen(&edit, &mut |_, line| {
                let spaces = line.len() - line.trim_start().len();
                Some(format!("{}{}", "\t".repeat(spaces / 4), line.trim_start()))
            });
        }
        "inner-space" => {
            view = kept(&edit, &mut |_, line| {
                Some(line.replace(", ", ",").replace("(", "( ").replace(" = ", "="))
            });
        }
        "typo-in-context" | "typo-in-changed-line" => {
            let in_context = first_slip == "typo-in-context";
            let able = |piece: &Piece| match piece {
                Piece::Keep(line) => in_context && misspelt(edit.text(*line), 0).is_some(),
                Piece::Drop(line) => !in_context && misspelt(edit.text(*line), 0).is_some(),
                Piece::New(_) => false,
            };
            let places: Vec<usize> =
                (0..edit.pieces.len()).filter(|at| able(&edit.pieces[*at])).collect();
            if places.is_empty() {
                return None;
            }
            let (at, how) = (*random.pick(&places), random.below(256));
            view = kept(&edit, &mut |index, line| {
                Some(if index == at {
                    misspelt(line, how).unwrap_or_else(|| line.to_owned())
                } else {
                    line.to_owned()
                })
            });
        }
        "typos-in-two-lines" => {
            let able = |at: &usize| matches!(edit.pieces[*at], Piece::Keep(line) if misspelt(edit.text(line), 0).is_some());
            let places: Vec<usize> = (0..edit.pieces.len()).filter(able).collect();
            fits = edit.pieces.len() >= 6;
            let (one, other) = (*places.first()?, *places.get(1)?);
            let how = random.below(256);
            view = seen(&edit, &mut |index, line| {
                let wrong = (index == one || index == other).then(|| misspelt(line, how)).flatten();
                Some(wrong.unwrap_or_else(|| line.to_owned()))
            });
        }
        "dropped-context" => {
            let quiet = edit.quiet();
            let quiet: Vec<usize> = quiet.into_iter().filter(|at| *at > 1).collect();
            let at = *quiet.get(random.below(quiet.len().max(1)))?;
            view = seen(&edit, &mut |index, line| (index != at).then(|| line.to_owned()));
        }
        "dropped-beside-change" => {
            let kept = |at: &usize| matches!(edit.pieces.get(*at), Some(Piece::Keep(_)));
            let change = edit.pieces.iter().position(|piece| !matches!(piece, Piece::Keep(_)))?;
            let at = Some(change.checked_sub(1)?).filter(kept)?;
            settled = false;
            // Without a line behind the change the answer would mean another place.
            let solid = |piece: &Piece| match piece {
                Piece::Keep(line) => !edit.text(*line).trim().is_empty(),
                _ => false,
            };
            fits = edit.pieces[change..].iter().any(solid);
            view = seen(&edit, &mut |index, line| (index != at).then(|| line.to_owned()));
        }
        "dropped-blanks" => {
            let blank =
                |piece: &Piece| piece.line().is_some_and(|l| edit.text(l).trim().is_empty());
            // A blank line that the edit removes, unseen, is not in the answer at all.
            let removed = |piece: &Piece| matches!(piece, Piece::Drop(_)) && blank(piece);
            fits = edit.pieces.iter().any(blank) && !edit.pieces.iter().any(removed);
            // Whether new lines go before or after the blank line is then the reader's guess.
            settled &= !edit.pieces.windows(2).any(|two| {
                blank(&two[1]) && matches!(two[0], Piece::New(_))
                    || blank(&two[0]) && matches!(two[1], Piece::New(_))
            });
            view = seen(&edit, &mut |_, line| (!line.trim().is_empty()).then(|| line.to_owned()));
        }
        "extra-blank" => {
            view.search.insert(0, String::new());
            view.replace.insert(0, String::new());
            view.search.push(String::new());
            view.replace.push(String::new());
        }
        "added-context" => {
            let at = *edit.quiet().first()?;
            fits = edit.pieces.len() >= 8;
            view = seen(&edit, &mut |index, line| {
                Some(if index == at {
                    format!("{line}\n# checks what came in")
                } else {
                    line.into()
                })
            });
        }
        "elided" => {
            let quiet = edit.quiet();
            let quiet: Vec<usize> = quiet.into_iter().filter(|at| *at > 1).collect();
            let inner = (*quiet.first()?..=*quiet.last()?).collect::<Vec<usize>>();
            fits = inner == quiet && inner.len() >= 2;
            settled = false;
            view = seen(&edit, &mut |index, line| match inner.iter().position(|at| *at == index) {
                None => Some(line.to_owned()),
                Some(0) => Some("    ...".to_owned()),
                Some(_) => None,
            });
        }
        "curly-in-answer" | "curly-in-file" => {
            fits = view.search.iter().any(|line| line.contains(['"', '\u{201d}']));
            let (from, to) =
                if kind == "curly-in-file" { ('\u{201d}', "\"") } else { ('"', "\u{201d}") };
            view = kept(&edit, &mut |_, line| Some(line.replace(from, to)));
            // What the quotes of wholly new text should be is not settled by the file.
            settled &= !edit
                .pieces
                .iter()
                .any(|piece| matches!(piece, Piece::New(text) if text.contains(from)))
                || kind == "curly-in-answer";
        }
        "crlf-file" => {
            files.insert(path.to_owned(), source.replace('\n', "\r\n"));
            after = after.replace('\n', "\r\n");
        }
        "bom-file" => {
            files.insert(path.to_owned(), format!("\u{feff}{source}"));
            after = format!("\u{feff}{after}");
        }
        "no-final-newline" => {
            files.insert(path.to_owned(), source.trim_end_matches('\n').to_owned());
            after.pop();
        }
        "wrong-path" => named = format!("lib/{}", path.rsplit('/').next()?),
        "two-of-that-name" => {
            let name = path.rsplit('/').next()?;
            files.insert(format!("old/{name}"), source.clone());
            named = format!("lib/{name}");
            refuse = true;
        }
        "duplicate-place" => {
            let shown: String = (edit.pieces.iter().filter_map(Piece::line))
                .map(|line| format!("{}\n", edit.text(line)))
                .collect();
            files.insert(path.to_owned(), format!("{source}\n{shown}"));
            refuse = true;
        }
        "stale" | "look-alike-only" | "look-alike-beside" => {
            let other = source_with_other_names(&edit, kind == "look-alike-beside")?;
            if kind == "look-alike-beside" {
                after.push_str(other.strip_prefix(source.as_str())?);
            } else {
                refuse = true;
            }
            files.insert(path.to_owned(), other);
            if kind == "stale" {
                files.insert(path.to_owned(), "nothing\nof\nthe\nkind\n".to_owned());
            }
        }
        "elided-in-replace" => {
            let drops = edit.pieces.iter().any(|piece| matches!(piece, Piece::Drop(_)));
            fits = drops && view.search.len() >= 5;
            let keep = view.replace.len() / 2;
            view.replace.truncate(keep);
            view.replace.push("    # ... rest unchanged ...".to_owned());
            refuse = true;
        }
        "crlf-answer" => {}
        other => panic!("unknown kind {other}"),
    }
    if !fits {
        return None;
    }
    if shifts {
        let more = if source.contains("\n\t") { "\t" } else { "    " };
        for line in view.search.iter_mut().chain(&mut view.replace) {
            *line = line.split('\n').map(|line| shifted(line, more)).collect::<Vec<_>>().join("\n");
        }
        files.insert(path.to_owned(), format!("\u{feff}{}", source.replace('\n', "\r\n")));
        after = format!("\u{feff}{}", after.replace('\n', "\r\n"));
    }
    let mut answer = written(&named, &[view], random);
    if kind == "crlf-answer" {
        answer = answer.replace('\n', "\r\n");
    }
    let expected = expected(&files, path, after, refuse, settled);
    Some(Case { kind: kind.to_owned(), files, answer, expected })
}

fn expected(
    files: &BTreeMap<String, String>,
    path: &str,
    after: String,
    refuse: bool,
    settled: bool,
) -> Expected {
    let mut all = files.clone();
    all.insert(path.to_owned(), after);
    match (refuse, settled) {
        (true, _) => Expected::Refused,
        (false, true) => Expected::Applied(all),
        (false, false) => Expected::AppliedOrRefused(all),
    }
}

/// A block of lines moved elsewhere by two blocks: one inserts, one deletes.
fn moved(path: &str, source: &str, random: &mut Random) -> Option<Case> {
    let lines: Vec<&str> = source.lines().collect();
    let start = random.below(lines.len() - 8);
    let (block, anchor) = (&lines[start..start + 4], random.below(lines.len()));
    let unique = |part: &[&str]| lines.windows(part.len()).filter(|w| *w == part).count() == 1;
    let apart = anchor + 1 < start || anchor > start + 4;
    if !apart || block[0].trim().is_empty() || !unique(block) || !unique(&lines[anchor..=anchor]) {
        return None;
    }
    if lines[anchor].trim().len() < 6 {
        return None;
    }
    let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let inserted = View {
        search: own(&lines[anchor..=anchor]),
        replace: [own(&lines[anchor..=anchor]), own(block)].concat(),
    };
    let deleted = View { search: own(block), replace: Vec::new() };
    let mut after = String::new();
    for (index, line) in lines.iter().enumerate() {
        if !(start..start + 4).contains(&index) {
            after.push_str(&format!("{line}\n"));
        }
        if index == anchor {
            block.iter().for_each(|line| after.push_str(&format!("{line}\n")));
        }
    }
    let files = BTreeMap::from([(path.to_owned(), source.to_owned())]);
    let expected = expected(&files, path, after, false, true);
    let answer = written(path, &[inserted, deleted], random);
    Some(Case { kind: "moved".to_owned(), files, answer, expected })
}

/// What the model writes: the blocks with prose, fences and markers in one of the usual ways.
fn written(path: &str, views: &[View], random: &mut Random) -> String {
    let length = *random.pick(&[7, 7, 7, 9]);
    let (open, middle, close) = ("<".repeat(length), "=".repeat(length), ">".repeat(length));
    let join = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let blocks: String = views
        .iter()
        .map(|view| {
            let (search, replace) = (join(&view.search), join(&view.replace));
            format!("{open} SEARCH\n{search}{middle}\n{replace}{close} REPLACE\n")
        })
        .collect();
    match random.below(7) {
        0 => format!("File: `{path}`\n{blocks}"),
        1 => format!("Here is the change.\n\nFile: `{path}`\n```python\n{blocks}```\nThat is all."),
        2 => format!("```\nFile: `{path}`\n{blocks}```\n"),
        3 => format!("**{path}**\n\n```\n{blocks}```\n"),
        4 => format!("### `{path}`\n```diff\n{blocks}```"),
        5 => format!("{path}\n```ts\n{blocks}```\n\nDone."),
        _ => format!("```java {path}\n{blocks}```\n"),
    }
}

/// The region with every line, new ones too, as `see` makes it.
fn seen(edit: &Edit, see: &mut dyn FnMut(usize, &str) -> Option<String>) -> View {
    let mut view = View { search: Vec::new(), replace: Vec::new() };
    for (index, piece) in edit.pieces.iter().enumerate() {
        let text = match piece {
            Piece::Keep(line) | Piece::Drop(line) => edit.text(*line),
            Piece::New(text) => text,
        };
        let Some(text) = see(index, text) else { continue };
        if !matches!(piece, Piece::New(_)) {
            view.search.push(text.clone());
        }
        if !matches!(piece, Piece::Drop(_)) {
            view.replace.push(text);
        }
    }
    view
}

/// The region with every line of the file as `see` makes it, new ones as they shall be.
fn kept(edit: &Edit, see: &mut dyn FnMut(usize, &str) -> Option<String>) -> View {
    seen(edit, &mut |index, line| match edit.pieces[index] {
        Piece::New(_) => Some(line.to_owned()),
        _ => see(index, line),
    })
}

/// Takes the space at line ends from new lines.
fn trim(replace: &mut [String], search: &[String]) {
    for line in replace.iter_mut().filter(|line| !search.contains(line)) {
        *line = line.trim_end().to_owned();
    }
}

fn least_indent(edit: &Edit) -> usize {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let lines = edit.pieces.iter().map(|piece| match piece {
        Piece::Keep(line) | Piece::Drop(line) => edit.text(*line),
        Piece::New(text) => text,
    });
    lines.filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or(0)
}

fn shifted(line: &str, more: &str) -> String {
    if line.trim().is_empty() { String::new() } else { format!("{more}{line}") }
}

fn tabs_as_spaces(line: &str, width: usize) -> String {
    let tabs = line.len() - line.trim_start_matches('\t').len();
    format!("{}{}", " ".repeat(tabs * width), &line[tabs..])
}

/// `line` with two letters swapped, or one missing, doubled or wrong, in a word of five letters or
/// more; `how` chooses the word, the letter and the slip.
fn misspelt(line: &str, how: usize) -> Option<String> {
    let words: Vec<&str> =
        line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() >= 5).collect();
    let word = words.get(how / 4 % words.len().max(1))?;
    let start = word.as_ptr().addr() - line.as_ptr().addr();
    let swaps = how.is_multiple_of(4);
    // People and models get the first letter right, but for swapping it.
    let at = start + usize::from(!swaps) + how / 16 % (word.len() - 2);
    let (a, b) = (&line[at..=at], &line[at + 1..at + 2]);
    let wrong = match how % 4 {
        0 => format!("{b}{a}"),
        1 => b.to_owned(),
        2 => format!("{a}{a}{b}"),
        _ => format!("q{b}"),
    };
    let text = format!("{}{wrong}{}", &line[..at], &line[at + 2..]);
    (text != line).then_some(text)
}

/// The file with a copy of the region in which words that matter are others: instead of the region,
/// or, `beside`, after the whole file.
fn source_with_other_names(edit: &Edit, beside: bool) -> Option<String> {
    let lines: Vec<usize> = edit.pieces.iter().filter_map(Piece::line).collect();
    let mut others = 0;
    let other: String = lines
        .iter()
        .map(|line| {
            let text = edit.text(*line);
            let mut words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| w.len() >= 4);
            match words.next_back() {
                Some(word) => {
                    others += 1;
                    format!("{}\n", text.replacen(word, "archive", 1))
                }
                None => format!("{text}\n"),
            }
        })
        .collect();
    if others < 2 {
        return None;
    }
    let text = |range: &[String]| range.iter().map(|line| format!("{line}\n")).collect::<String>();
    let all = text(&edit.lines);
    if beside {
        return Some(format!("{all}{other}"));
    }
    let before = text(&edit.lines[..lines[0]]);
    Some(format!("{before}{other}{}", text(&edit.lines[lines[lines.len() - 1] + 1..])))
}
