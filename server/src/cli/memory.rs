//! `devika memory`: searches what is remembered, adds to it, forgets, exports, moves.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use devika_config::MemoryKind;
use devika_memory::{Filter, Found, Kind, Memory as _, PassageId, Stats, migrate};

use super::{Complaint, folder, terminal};
use crate::memory::{ConfiguredMemory, Forgettable, OfProject, Refused, kind};
use crate::setup::Setup;

/// Passages that are written at once by an export.
const PAGE: usize = 256;

/// Characters of a passage that a search shows.
const SHOWN: usize = 400;

/// Options of `devika memory`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The project's folder; this one where absent
    #[arg(short = 'C', long, global = true, value_name = "FOLDER")]
    directory: Option<PathBuf>,
    /// All projects
    #[arg(long, global = true)]
    all: bool,
    /// Only this kind
    #[arg(long, global = true, value_parser = kind)]
    kind: Option<Kind>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find what was remembered
    Search {
        /// Words, identifiers, a sentence
        #[arg(required = true)]
        text: Vec<String>,
        /// How much to show
        #[arg(long, default_value_t = 5)]
        limit: usize,
    },
    /// Remember a note
    Remember {
        /// What is to be remembered
        #[arg(required = true)]
        text: Vec<String>,
        /// For all projects
        #[arg(long)]
        shared: bool,
    },
    /// Forget what is chosen by `--kind`, `--source`, `--all`
    Forget {
        /// What the source begins with: an address, a path
        #[arg(long)]
        source: Option<String>,
        /// Forget all of the project; without it, a kind or a source must be named
        #[arg(long)]
        everything: bool,
    },
    /// How much is remembered, and where
    Stats,
    /// Write what is remembered, one JSON object a line
    Export {
        /// The file to make; standard output where absent
        file: Option<PathBuf>,
    },
    /// Move everything to another place, and check that it arrived
    Migrate {
        /// Where to
        #[arg(long, value_parser = ["qdrant", "embedded"])]
        to: String,
    },
}

/// Carries the subcommand out.
pub(super) async fn memory(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let root = folder(&args.directory.clone().unwrap_or_else(|| PathBuf::from(".")))?;
    let config = setup.config(Some(&root), serde_json::Value::Null).map_err(Complaint::usage)?;
    let memory = setup.memory(&config);
    let own = OfProject::new(&memory, &root);
    let of = if args.all { own.of_all() } else { own };
    match args.command {
        Command::Search { text, limit } => {
            let found = of.search(&text.join(" "), args.kind, limit).await?;
            found.iter().for_each(|found| terminal::say(&shown(found, args.json)));
        }
        Command::Remember { text, shared } => {
            of.remember(&text.join(" "), shared).await.map_err(|refused| complaint(refused, ""))?;
            terminal::say("remembered");
        }
        Command::Forget { source, everything } => {
            let what = Forgettable { kind: args.kind, source, everything };
            let options = " (--kind, --source, --everything)";
            let count = of.forget(what).await.map_err(|refused| complaint(refused, options))?;
            terminal::say(&format!("{count} passages forgotten"));
        }
        Command::Stats => terminal::say(&stats(&of.stats().await?)),
        Command::Export { file } => export(&memory, &of.filter(args.kind), file).await?,
        Command::Migrate { to } => move_to(setup, &memory, &to).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn complaint(refused: Refused, options: &str) -> anyhow::Error {
    match refused {
        Refused::Usage(why) => Complaint::usage(format!("{why}{options}")),
        Refused::Memory(error) => error.into(),
    }
}

fn shown(found: &Found, json: bool) -> String {
    let passage = &found.passage;
    if json {
        return serde_json::json!(passage).to_string();
    }
    let text: String = passage.text.chars().take(SHOWN).collect();
    let title =
        if passage.title.is_empty() { String::new() } else { format!("  {}", passage.title) };
    format!("{}  {}{title}\n{}\n", passage.kind.word(), passage.source, indented(&text))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn stats(stats: &Stats) -> String {
    let mut text = stats.place.clone();
    if let Some(bytes) = stats.bytes {
        text.push_str(&format!(", {:.1} MiB", bytes as f64 / f64::from(1 << 20)));
    }
    if stats.without_vector > 0 {
        text.push_str(&format!(", {} passages without a vector", stats.without_vector));
    }
    for count in &stats.counts {
        let word = count.kind.word();
        text.push_str(&format!("\n{:>8}  {word:<12}  {}", count.passages, count.project));
    }
    text
}

async fn export(
    memory: &ConfiguredMemory,
    filter: &Filter,
    file: Option<PathBuf>,
) -> anyhow::Result<()> {
    let mut out: Box<dyn std::io::Write> = match &file {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => Box::new(std::fs::File::create_new(path).map_err(|error| {
            Complaint::usage(format!("cannot make {}: {error}. Name a new file", path.display()))
        })?),
    };
    let mut after: Option<PassageId> = None;
    loop {
        let page = memory.page(filter, after, PAGE).await?;
        for passage in &page {
            writeln!(out, "{}", serde_json::json!(passage))?;
        }
        match page.last() {
            Some(last) => after = Some(last.id()),
            None => return Ok(out.flush()?),
        }
    }
}

async fn move_to(setup: &Setup, memory: &ConfiguredMemory, to: &str) -> anyhow::Result<()> {
    let (from, to) = match to {
        "qdrant" => (MemoryKind::Embedded, MemoryKind::Qdrant),
        _ => (MemoryKind::Qdrant, MemoryKind::Embedded),
    };
    let (from, to) = (memory.kept(from).bare().await?, memory.kept(to).bare().await?);
    let cursor = setup.paths.state_dir.join("memory-migration");
    let progress = |moved: devika_memory::Moved| {
        terminal::complain(&format!("{} of {} passages moved", moved.passages, moved.of));
    };
    let moved = migrate(from.as_ref(), to.as_ref(), &cursor, &progress).await?;
    terminal::say(&format!(
        "{} passages moved, {} of them read back and compared. Set `memory.kind` to use them there.",
        moved.passages, moved.compared
    ));
    Ok(())
}
