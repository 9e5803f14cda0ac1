//! What a model may write, and what is understood.

use devika_edit::{Block, parse};

fn whole(path: &str, text: &str) -> Block {
    Block::Whole { path: path.to_owned(), text: text.to_owned() }
}

fn replace(path: &str, search: &str, replace: &str) -> Block {
    let (search, replace) = (search.to_owned(), replace.to_owned());
    Block::Replace { path: path.to_owned(), search, replace }
}

#[track_caller]
fn blocks(answer: &str) -> Vec<Block> {
    match parse(answer) {
        Ok(answer) => answer.blocks,
        Err(complaint) => panic!("{complaint}"),
    }
}

#[track_caller]
fn complaint(answer: &str) -> String {
    match parse(answer) {
        Ok(answer) => panic!("understood as {:?}", answer.blocks),
        Err(complaint) => complaint.to_string(),
    }
}

#[test]
fn a_fence_below_a_file_line_is_that_file_and_the_rest_is_prose() {
    let answer =
        parse("Here it is:\n\nFile: `hello.py`\n```python\nprint('hi')\n```\n\nRun it.").unwrap();
    assert_eq!(answer.blocks, [whole("hello.py", "print('hi')\n")]);
    assert_eq!(answer.prose, "Here it is:\n\n\nRun it.");
}

#[test]
fn the_path_is_found_wherever_models_put_it() {
    for answer in [
        "File: `src/a.py`\n```python\nx\n```",
        "File: src/a.py\n```\nx\n```",
        "**File: `src/a.py`**\n\n```python\nx\n```",
        "### File: `src/a.py`\n```python\nx\n```",
        "#### 1. `src/a.py`\n```python\nx\n```",
        "**src/a.py**\n```python\nx\n```",
        "**`src/a.py`**:\n```python\nx\n```",
        "### src/a.py\n\n```python\nx\n```",
        "`src/a.py`\n```python\nx\n```",
        "src/a.py:\n```python\nx\n```",
        "1. src/a.py\n```python\nx\n```",
        "Now create `src/a.py` with this:\n```python\nx\n```",
        "```python src/a.py\nx\n```",
        "```src/a.py\nx\n```",
        "```python:src/a.py\nx\n```",
        "```python title=\"src/a.py\"\nx\n```",
        "```python {src/a.py}\nx\n```",
        "```python\n# src/a.py\nx\n```",
        "```python\n# File: src/a.py\nx\n```",
        "```js\n// src/a.py\nx\n```",
        "```html\n<!-- src/a.py -->\nx\n```",
        "~~~python src/a.py\nx\n~~~",
        "- File: `src/a.py`\n  ```python\n  x\n  ```",
        "New file: `src/a.py`\n```python\nx\n```",
        "Filename: src/a.py\r\n```python\r\nx\r\n```\r\n",
    ] {
        assert_eq!(blocks(answer), [whole("src/a.py", "x\n")], "{answer}");
    }
}

#[test]
fn fences_around_everything_are_taken_off() {
    let two = [whole("a.py", "x\n"), whole("b.py", "y\n")];
    for answer in [
        "```\nFile: `a.py`\n```python\nx\n```\nFile: `b.py`\n```python\ny\n```\n```",
        "```markdown\nFile: `a.py`\n```python\nx\n```\n\nFile: `b.py`\n```\ny\n```\n```\n",
        "````markdown\nHere:\n\nFile: `a.py`\n```python\nx\n```\nFile: `b.py`\n```python\ny\n```\n````",
    ] {
        assert_eq!(blocks(answer), two, "{answer}");
    }
}

#[test]
fn search_replace_blocks_stand_inside_or_outside_of_fences() {
    let block = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n";
    let one = [replace("a.py", "old\n", "new\n")];
    for answer in [
        format!("File: `a.py`\n{block}"),
        format!("File: `a.py`\n```python\n{block}```"),
        format!("```python a.py\n{block}```"),
        format!("```\na.py\n{block}```"),
        format!("a.py\n```diff\n{block}```"),
        format!("**a.py**\n\n{block}\nDone."),
        format!("```\nFile: `a.py`\n{block}```\n"),
        format!("File: `a.py`\n```\n{}", block.replace('\n', "\r\n")),
        block.replace("SEARCH", "SEARCH a.py"),
        format!("File: `a.py`\n{}", block.replace("<<<<<<<", "<<<<<<<<")),
        format!("File: `a.py`\n{}", block.replace(">>>>>>> REPLACE", ">>>>>>> REPLACE```")),
        format!("File: `a.py`\n{}", block.replace("SEARCH", "ORIGINAL").replace("REPLACE", "UPDATED")),
        "File: `a.py`\n<<<<<<< SEARCH\n```python\nold\n```\n=======\n```python\nnew\n```\n>>>>>>> REPLACE\n"
            .to_owned(),
    ] {
        assert_eq!(blocks(&answer), one, "{answer}");
    }
}

#[test]
fn several_blocks_of_a_file_need_its_name_once() {
    let answer = "File: `a.py`\n<<<<<<< SEARCH\n1\n=======\n2\n>>>>>>> REPLACE\nAnd:\n\n\
                  <<<<<<< SEARCH\n3\n=======\n>>>>>>> REPLACE\n";
    assert_eq!(blocks(answer), [replace("a.py", "1\n", "2\n"), replace("a.py", "3\n", "")]);
}

#[test]
fn shorter_underlines_are_text_and_an_empty_search_is_a_new_file() {
    let answer = "File: `a.md`\n<<<<<<< SEARCH\n=======\nTitle\n=====\n>>>>>>> REPLACE\n";
    assert_eq!(blocks(answer), [replace("a.md", "", "Title\n=====\n")]);
}

#[test]
fn longer_markers_let_marker_like_text_in() {
    let answer =
        "File: `a.md`\n<<<<<<<<< SEARCH\nA\n=======\n=========\nB\n=======\n>>>>>>>>> REPLACE\n";
    assert_eq!(blocks(answer), [replace("a.md", "A\n=======\n", "B\n=======\n")]);
}

#[test]
fn files_are_deleted_and_renamed_by_plain_lines() {
    let answer =
        "Delete: `old.py`\n- **Delete:** `b.py`\nRename: `a.py` -> `c.py`\nMove: d.py to e/d.py";
    let rename = |from: &str, to: &str| Block::Rename { from: from.into(), to: to.into() };
    assert_eq!(
        blocks(answer),
        [
            Block::Delete { path: "old.py".into() },
            Block::Delete { path: "b.py".into() },
            rename("a.py", "c.py"),
            rename("d.py", "e/d.py"),
        ]
    );
}

#[test]
fn fences_inside_a_markdown_file_are_its_text() {
    let readme = "# Title\n\n```bash\nmake\n```\n\nThat is all.\n";
    for fence in ["```", "````"] {
        let answer = format!("File: `README.md`\n{fence}markdown\n{readme}{fence}\n\nDone.");
        assert_eq!(blocks(&answer), [whole("README.md", readme)], "{answer}");
    }
    let bare = "# Title\n\n```\nmake\n```\n\nThat is all.\n";
    let answer = format!("File: `README.md`\n```markdown\n{bare}```\nFile: `a.py`\n```\nx\n```\n");
    assert_eq!(blocks(&answer), [whole("README.md", bare), whole("a.py", "x\n")]);
}

#[test]
fn commands_to_run_are_not_files() {
    let answer = "File: `a.py`\n```python\nx\n```\n\nRun `a.py`:\n```bash\npython a.py\n```\n\
                  Output of `a.py`:\n```\nx\n```\n`a.py`:\n```console\n$ a\n```\n";
    assert_eq!(blocks(answer), [whole("a.py", "x\n")]);
}

#[test]
fn an_answer_that_was_cut_is_never_half_applied() {
    for answer in [
        "File: `a.py`\n```python\nx\n```\nFile: `b.py`\n```python\ny",
        "File: `a.py`\n```python\nx\n```\nFile: `b.py`\n<<<<<<< SEARCH\ny\n=======\nz",
        "File: `a.py`\n```python\nx\n```\nFile: `b.py`\n<<<<<<< SEARCH\ny",
        "File: `a.py`\n```python\nx\n```\nand run\n```bash\npython",
        "File: `a.py`\n```python\nx\n```\nFile: `b.py`\n",
    ] {
        assert!(complaint(answer).contains("incomplete"), "{}", complaint(answer));
    }
}

#[test]
fn blocks_that_cannot_be_taken_apart_are_complained_about_by_line() {
    insta::assert_snapshot!(
        complaint("File: `a.py`\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE\n"),
        @"The SEARCH/REPLACE block that begins in line 2 of your answer has no `=======` line between SEARCH and REPLACE. Send it again with one."
    );
    insta::assert_snapshot!(
        complaint("<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"),
        @"The SEARCH/REPLACE block that begins in line 1 of your answer does not say which file it changes. Put a line ``File: `path/name` `` before it."
    );
    assert!(
        complaint("File: `a`\n<<<<<<< SEARCH\n=======\n=======\n>>>>>>> REPLACE")
            .contains("longer markers")
    );
}

#[test]
fn an_answer_without_any_block_is_told_how_to_write_one() {
    assert!(complaint("").starts_with("The answer is empty."));
    assert!(complaint("I would change a.py.").starts_with("The answer has no file"));
    assert!(
        complaint("```python\nx = 1\n```").starts_with("The answer has fenced code but no line")
    );
    assert!(complaint("a.py\n```diff\n-x\n+y\n```").contains("came as a diff"));
}

#[test]
fn an_empty_fence_is_an_empty_file() {
    assert_eq!(blocks("File: `p/__init__.py`\n```python\n```"), [whole("p/__init__.py", "")]);
}
