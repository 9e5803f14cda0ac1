//! Measures a new repository and commits to it: `cargo run --example measure_vcs -- FOLDER`, where
//! FOLDER is empty.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use devika_vcs::{CommitFile, CommitRequest, Repository};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name an empty folder")?);
    let report = |what: &str, count: u32, since: Instant| {
        let millis = since.elapsed().as_secs_f64() * 1e3 / f64::from(count);
        println!("{what:<24} {millis:>8.3} ms each");
    };
    let since = Instant::now();
    let repository = Repository::init(&folder)?;
    report("init", 1, since);
    let since = Instant::now();
    commit(&repository, &folder, 0)?;
    report("first commit", 1, since);
    let since = Instant::now();
    for number in 1..=100 {
        commit(&repository, &folder, number)?;
    }
    report("commit of two files", 100, since);
    let since = Instant::now();
    for _ in 0..10 {
        Repository::open(&folder)?;
    }
    report("open", 10, since);
    let since = Instant::now();
    repository.find("7", "no such step")?;
    report("find among 101", 1, since);
    Ok(())
}

fn commit(repository: &Repository, folder: &Path, number: u32) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for name in ["a", "b"] {
        let (path, text) = (format!("{name}{number}.txt"), format!("{name} {number}\n"));
        fs::write(folder.join(&path), &text)?;
        files.push(CommitFile { path, before: None, after: Some(text) });
    }
    let trailers = vec![
        ("Devika-Task".to_owned(), "7".to_owned()),
        ("Devika-Step".to_owned(), number.to_string()),
    ];
    repository.commit(&CommitRequest { files, message: "Write files".to_owned(), trailers })?;
    Ok(())
}
