//! Measures checkpoints of a repository: `cargo run --example measure_checkpoints -- FOLDER [FILES]`,
//! where FOLDER is empty and gets so many files, 20,000 where not said.

use std::{
    error::Error,
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use devika_vcs::{CheckpointLimits, Repository};

/// How often what is repeated is repeated.
const TIMES: u32 = 21;

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name an empty folder")?);
    let files = std::env::args().nth(2).map_or(Ok(20_000), |files| files.parse())?;
    drop(Repository::init(&folder)?);
    for number in 0..files {
        let below = folder.join(format!("part{}/sub{}", number % 40, number / 40 % 25));
        fs::create_dir_all(&below)?;
        let text = format!("pub fn number_{number}() -> u32 {{ {number} }}\n").repeat(20);
        fs::write(below.join(format!("file{number}.rs")), text)?;
    }
    let git = |args: &[&str]| Command::new("git").args(args).current_dir(&folder).status();
    git(&["add", "."])?;
    git(&["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "Begin"])?;
    git(&["gc", "-q"])?;
    // Files that were changed a moment ago are read again.
    std::thread::sleep(Duration::from_secs(3));
    git(&["update-index", "-q", "--really-refresh"])?;

    let limits = CheckpointLimits {
        file_bytes: 16 << 20,
        keep: Duration::from_secs(1 << 20),
        disk_percent: 5,
    };
    let mut number = 0;
    let mut make = || -> Result<f64, Box<dyn Error>> {
        number += 1;
        let since = Instant::now();
        let repository = Repository::open_busy(&folder)?.ok_or("no repository")?;
        repository.checkpoint("1", number, limits)?;
        Ok(since.elapsed().as_secs_f64() * 1e3)
    };
    println!("{:<28} {:>8.1} ms", "the first of a repository", make()?);
    let mut unchanged = Vec::new();
    for _ in 0..TIMES {
        unchanged.push(make()?);
    }
    let mut changed = Vec::new();
    for round in 0..TIMES {
        fs::write(folder.join("part7/sub3/changed.rs"), format!("// {round}\n"))?;
        changed.push(make()?);
    }
    let mut audited = Vec::new();
    for _ in 0..TIMES {
        let since = Instant::now();
        let repository = Repository::open_busy(&folder)?.ok_or("no repository")?;
        repository.touched_since_checkpoint(limits.file_bytes)?;
        audited.push(since.elapsed().as_secs_f64() * 1e3);
    }
    for (what, mut times) in [
        ("nothing changed", unchanged),
        ("one file changed", changed),
        ("a look afterwards", audited),
    ] {
        times.sort_by(f64::total_cmp);
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{what:<28} {median:>8.1} ms median, {worst:.1} ms at worst, of {TIMES}");
    }
    Ok(())
}
