//! The user wants a repository: it is cloned into the projects folder, after asking, and opened.

use std::path::{Path, PathBuf};

use devika_protocol::{AskKind, Event, MadeKind, Stage};
use devika_vcs::{Cloned, RemoteAddress};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Stop;
use crate::outside::Cloner;
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::report;
use crate::wording::own_words;

/// Names that are tried where a folder is there already.
const MOST_NAMES: u32 = 100;

/// Clones the repository that the user names.
pub(crate) async fn clone(run: &Run) -> Result<Event, Stop> {
    run.enter(Stage::Clone, None, 1);
    let address = match RemoteAddress::find_in(&own_words(&run.prompt)) {
        Some(Ok(address)) => address,
        Some(Err(why)) => return report::said(run, why).await,
        None => {
            let text = "Say where the repository is, such as: clone https://example.org/a/b.git";
            return report::said(run, text.to_owned()).await;
        }
    };
    let Target { folder, bounds } = target(run, &address).await?;
    if !is_allowed(run, &address, &folder, &bounds).await? {
        return report::said(run, "Nothing was cloned: you did not allow it.".to_owned()).await;
    }
    let made = fetch(run, &address, &folder).await?;
    run.tell(Event::Made { what: MadeKind::Project, place: folder.display().to_string() });
    let what = match (&made.branch, &made.commit) {
        (Some(branch), Some(commit)) => format!("`{branch}` at `{:.8}`", commit),
        _ => "without a commit yet".to_owned(),
    };
    let text = format!(
        "{address} is in {} ({what}). Nothing of it was run. Open the folder to work in it; Devika asks there whether you trust it.",
        folder.display()
    );
    report::said(run, text).await
}

/// Where it is cloned to, and what it may have.
#[derive(Debug, Serialize, Deserialize)]
struct Target {
    folder: PathBuf,
    bounds: String,
}

/// The folder that is made: named after the repository, and none that is there already.
async fn target(run: &Run, address: &RemoteAddress) -> Result<Target, Stop> {
    let projects = &run.settings.outside.projects;
    let target: Option<Target> = run
        .outside("clone/target", json!({ "address": address.as_str() }), async |_| {
            let name = |number| match number {
                1 => address.name().to_owned(),
                number => format!("{}-{number}", address.name()),
            };
            let folders = (1..=MOST_NAMES).map(|number| projects.join(name(number)));
            let free = folders.into_iter().find(|folder| folder.symlink_metadata().is_err());
            let bounds = cloner(run)?.bounds();
            Ok(free.map(|folder| Target { folder, bounds }))
        })
        .await?;
    target.ok_or_else(|| {
        Stop::Failed(format!(
            "There are too many folders called `{}` in {}. Remove some, then start the task anew.",
            address.name(),
            projects.display()
        ))
    })
}

async fn is_allowed(
    run: &Run,
    address: &RemoteAddress,
    folder: &Path,
    bounds: &str,
) -> Result<bool, Stop> {
    let text = format!(
        "Clone this repository?\nFrom: {address}\nTo: {}\nIt may have {bounds}.",
        folder.display()
    );
    Ok(run.ask("clone/allow", AskKind::Outside, &text).await? == UserReply::Allow)
}

/// A clone, as the journal keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    branch: Option<String>,
    commit: Option<String>,
}

/// Clones next to the folder, and gives it its name when it is whole.
async fn fetch(run: &Run, address: &RemoteAddress, folder: &Path) -> Result<Made, Stop> {
    let intent = json!({ "address": address.as_str(), "folder": folder });
    run.outside("clone/fetch", intent, async |_| {
        // A run that ended before it could say so has done it.
        if run.attempt > 1
            && let Some(done) = devika_vcs::cloned(folder, address)
        {
            return Ok(made(done));
        }
        let failed = |error: std::io::Error| {
            Stop::Failed(format!("{} cannot be made: {error}.", folder.display()))
        };
        let part = part(run, folder);
        if part.symlink_metadata().is_ok() {
            std::fs::remove_dir_all(&part).map_err(failed)?;
        }
        std::fs::create_dir_all(&run.settings.outside.projects).map_err(failed)?;
        let on_progress = |text: &str| run.tell(Event::Progress { text: text.to_owned() });
        let done = cloner(run)?.clone(address, &part, &on_progress).await.map_err(Stop::Failed)?;
        if folder.symlink_metadata().is_ok() {
            // The name was taken meanwhile; the clone is given up, and what is there stays.
            let _left_over = std::fs::remove_dir_all(&part);
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        std::fs::rename(&part, folder).map_err(failed)?;
        Ok(made(done))
    })
    .await
}

fn cloner(run: &Run) -> Result<&dyn Cloner, Stop> {
    let cloner = run.settings.outside.cloner.as_deref();
    cloner.ok_or_else(|| Stop::Failed("There is nothing here that clones.".to_owned()))
}

fn made(Cloned { branch, commit }: Cloned) -> Made {
    Made { branch, commit }
}

/// Where a clone is until it is whole.
fn part(run: &Run, folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.part-{}", run.task))
}
