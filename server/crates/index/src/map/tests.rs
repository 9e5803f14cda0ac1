//! What a map shows of a small project.

use super::{Focus, Row, map, rank};
use crate::language::Language;
use crate::outline::outline_of;

/// A project of these Rust files.
fn project(files: &[(&str, &str)]) -> Vec<Row> {
    let mut rows: Vec<Row> = files
        .iter()
        .map(|(path, text)| {
            let read = outline_of(Language::Rust, text);
            let mentions = read.mentions.iter().map(|(name, count)| format!("{name}\t{count}\n"));
            Row {
                path: (*path).to_owned(),
                language: Some(Language::Rust),
                mentions: mentions.collect(),
                symbols: read.symbols,
            }
        })
        .collect();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    rows
}

fn shop() -> Vec<Row> {
    project(&[
        ("src/main.rs", "fn main() { open_shop(); serve_customer(); close_shop(); }"),
        (
            "src/shop.rs",
            "pub fn open_shop() { Till::new(); }\npub fn close_shop() {}\nfn lonely() {}",
        ),
        (
            "src/customer.rs",
            "pub fn serve_customer() { let till = Till::new(); till.take_money(); }",
        ),
        (
            "src/till.rs",
            "/// Holds money.\npub struct Till;\nimpl Till {\n    pub fn new() -> Self { Till }\n    pub fn take_money(&self) {}\n}",
        ),
        ("src/weather.rs", "pub fn rain() {}"),
    ])
}

fn paths(rows: &[Row], focus: &Focus) -> Vec<String> {
    rank(rows, focus, 10).into_iter().map(|file| file.path).collect()
}

#[test]
fn what_the_others_refer_to_most_comes_first() {
    assert_eq!(paths(&shop(), &Focus::default())[0], "src/till.rs");
    insta::assert_snapshot!(map(&shop(), &Focus::default(), 1_000), @r##"
    src/till.rs
      2: pub struct Till
      4: Till: pub fn new() -> Self
      5: Till: pub fn take_money(&self)
    src/customer.rs
      1: pub fn serve_customer()
    src/shop.rs
      1: pub fn open_shop()
      2: pub fn close_shop()
      3: fn lonely()
    src/main.rs
      1: fn main()
    src/weather.rs
      1: pub fn rain()
    "##);
}

#[test]
fn words_in_focus_move_the_map_to_the_files_that_have_them() {
    assert_eq!(paths(&shop(), &Focus::of("It should rain in bad weather"))[0], "src/weather.rs");
    let first = map(&shop(), &Focus::of("Let customers wait in line"), 20);
    insta::assert_snapshot!(first, @r##"
    src/customer.rs
      1: pub fn serve_customer()
    "##);
}

#[test]
fn a_file_in_focus_brings_what_it_refers_to() {
    let focus = Focus { files: vec!["src/customer.rs".to_owned()], ..Focus::default() };
    assert_eq!(paths(&shop(), &focus)[..2], ["src/customer.rs", "src/till.rs"]);
}

#[test]
fn a_map_has_no_more_tokens_than_there_is_room_for() {
    for tokens in 0..100 {
        let map = map(&shop(), &Focus::default(), tokens);
        assert!(map.chars().count() <= tokens * 4, "{tokens}: {map}");
    }
    assert_eq!(map(&shop(), &Focus::default(), 3), "");
}

#[test]
fn the_same_project_and_focus_make_the_same_map() {
    let focus = Focus::of("take money from the customer");
    let first = map(&shop(), &focus, 60);
    assert!((0..20).all(|_| map(&shop(), &focus, 60) == first));
}

#[test]
fn a_name_that_everybody_defines_leads_nowhere() {
    let many: Vec<(String, String)> =
        (0..20).map(|at| (format!("src/m{at:02}.rs"), "pub fn get() {}".to_owned())).collect();
    let mut files: Vec<(&str, &str)> =
        many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("src/user.rs", "fn user() { get(); rare_name(); }"));
    files.push(("src/z.rs", "pub fn rare_name() {}"));
    assert_eq!(paths(&project(&files), &Focus::default())[0], "src/z.rs");
}

#[test]
fn what_the_whole_project_mentions_is_no_centre_of_it() {
    let users: Vec<(String, String)> = (0..20)
        .map(|at| (format!("src/u{at:02}.rs"), format!("fn user_{at:02}() {{ Option::Some(at) }}")))
        .collect();
    let mut files: Vec<(&str, &str)> =
        users.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("tests/strange.rs", "enum Option { Some }"));
    files.push(("src/v.rs", "fn v() { own_name(); }"));
    files.push(("src/w.rs", "fn w() { own_name(); }"));
    files.push(("src/z.rs", "pub fn own_name() {}"));
    assert_eq!(paths(&project(&files), &Focus::default())[0], "src/z.rs");
}

#[test]
fn an_empty_project_has_an_empty_map() {
    assert_eq!(map(&[], &Focus::of("anything"), 100), "");
    assert_eq!(rank(&[], &Focus::default(), 10), []);
}
