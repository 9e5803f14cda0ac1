//! The map of a large project: where its files are too many to be listed, a map of what matters stands
//! for the list, and finds files that nobody named.

use devika_edit::RelPath;
use devika_protocol::Agent;

use crate::context;
use crate::error::Stop;
use crate::run::Run;
use crate::stages::known::known;

/// Names the map in the journal.
const KEY: &str = "map";

/// Tokens of the map, for a small model and for a large one.
const TOKENS: (usize, usize) = (1_000, 4_000);

/// Files that are found for a step at the most.
const FOUND: usize = 6;

/// What matters of a project that is too large to be listed; `None` where it is not, or where nobody
/// knows.
pub(crate) async fn of_project(run: &Run, paths: &[RelPath]) -> Result<Option<String>, Stop> {
    if !is_wanted(run, KEY, paths).await? {
        return Ok(None);
    }
    let (small, large) = TOKENS;
    let tokens = if run.model(Agent::Planner).limits().small { small } else { large };
    let map = known(run, KEY, async |knowledge| match knowledge.map() {
        Some(map) => map.map(&run.project, &run.prompt, tokens).await,
        None => None,
    });
    let map: Option<Option<String>> = map.await?;
    Ok(map.flatten().filter(|map| !map.trim().is_empty()))
}

/// Files of a large project that have to do with a step.
pub(crate) async fn related(run: &Run, step: &str, about: &str) -> Result<Vec<RelPath>, Stop> {
    let key = format!("{step}/files");
    let paths = context::paths(&run.workspace.editor.snapshot());
    if !is_wanted(run, &key, &paths).await? {
        return Ok(Vec::new());
    }
    let about = format!("{}\n{about}", run.prompt);
    let found = known(run, &key, async |knowledge| match knowledge.map() {
        Some(map) => {
            let paths = map.find(&run.project, &about, FOUND).await;
            paths.iter().map(RelPath::to_string).collect()
        }
        None => Vec::new(),
    });
    let found: Vec<String> = found.await?.unwrap_or_default();
    Ok(found.iter().filter_map(|path| RelPath::new(path).ok()).collect())
}

/// Whether the project is large, and there is somebody to ask or there was.
async fn is_wanted(run: &Run, key: &str, paths: &[RelPath]) -> Result<bool, Stop> {
    let has_map = run.settings.knowledge.as_ref().is_some_and(|it| it.map().is_some());
    Ok(context::are_many(paths) && (has_map || run.is_done(key).await?))
}
