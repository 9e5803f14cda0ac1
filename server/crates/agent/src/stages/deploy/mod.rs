//! The user wants the project on the web: it is built in the sandbox, the user is asked, and what was
//! built is uploaded, once, to the project's own site.

mod build;
mod files;

use std::path::PathBuf;
use std::sync::Arc;

use devika_protocol::{AskKind, CommandExit, Event, MadeKind, PauseReason, Stage};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use self::build::Build;
use self::files::Collected;
use crate::clock;
use crate::error::Stop;
use crate::outside::{DeployError, Deployer, Site};
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::commit::slug_of;
use crate::stages::report;
use crate::stages::run_program::printed;
use crate::stages::verify::{self, Shown};

/// The journal's key of the site that a task deployed to; the next task goes there, too.
const SITE: &str = "deploy/site";

/// Puts the project on the web and says where.
pub(crate) async fn deploy(run: &Run) -> Result<Event, Stop> {
    run.enter(Stage::Deploy, None, 1);
    let known = known_site(run).await?;
    let build = build(run).await?;
    if let Some(why) = run_build(run, &build).await? {
        return report::said(run, format!("Nothing was put on the web. {why}")).await;
    }
    let publication = match publication(run, &build).await? {
        Ok(publication) => publication,
        Err(why) => return report::said(run, format!("Nothing was put on the web: {why}")).await,
    };
    let names = names(run).await?;
    if !is_allowed(run, known.as_ref(), &names, &publication).await? {
        let text = "Nothing was put on the web: you did not allow it.";
        return report::said(run, text.to_owned()).await;
    }
    let site = site(run, known, &names).await?;
    let deploy = upload(run, &site, &names, &publication).await?;
    let address = ready(run, &site, &deploy).await?;
    run.tell(Event::Made { what: MadeKind::Site, place: address.clone() });
    let text = format!(
        "It is on the web: <{address}> ({}). The next time it goes to the same site, `{}`.",
        publication.in_words(),
        site.name
    );
    report::said(run, text).await
}

/// What is uploaded, as it was when the user was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Publication {
    /// Relative to the project's root; empty for the root itself.
    folder: String,
    files: usize,
    bytes: u64,
    /// Of all names and contents.
    digest: String,
    /// What the user should know of them.
    notes: Vec<String>,
}

impl Publication {
    fn of(folder: &str, collected: &Collected) -> Self {
        Self {
            folder: folder.to_owned(),
            files: collected.files.len(),
            bytes: collected.bytes(),
            digest: collected.digest(),
            notes: collected.notes(),
        }
    }

    /// `3 files, 12.3 kB, of the folder dist`
    fn in_words(&self) -> String {
        let folder = match self.folder.as_str() {
            "" => "the project itself".to_owned(),
            folder => format!("the folder `{folder}`"),
        };
        let files = if self.files == 1 { "1 file" } else { &format!("{} files", self.files) };
        format!("{files}, {}, of {folder}", files::size(self.bytes))
    }
}

/// What a new site and the deploy are called: chosen once, so that what a crash left is found again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Names {
    /// Who puts it on the web.
    host: String,
    site: String,
    title: String,
}

/// The site that the user names, or the one that the project was put on before.
async fn known_site(run: &Run) -> Result<Option<Site>, Stop> {
    run.outside("deploy/known", json!({}), async |_| {
        let deployer = deployer(run)?;
        if let Some(named) = deployer.site() {
            return Ok(Some(deployer.find_site(named).await.map_err(|error| stop(run, error))?));
        }
        let project = run.project();
        let before = run.store.last_outcome(&project, SITE).await?;
        let before: Option<Site> = before.and_then(|site| serde_json::from_value(site).ok());
        let Some(before) = before else {
            deployer.check().await.map_err(|error| stop(run, error))?;
            return Ok(None);
        };
        match deployer.find_site(&before.id).await {
            Err(DeployError::Gone(_)) => {
                let text = format!("The site `{}` is gone; there will be a new one.", before.name);
                run.tell(Event::Warning { text });
                Ok(None)
            }
            found => found.map(Some).map_err(|error| stop(run, error)),
        }
    })
    .await
}

/// How the project is built, decided once.
async fn build(run: &Run) -> Result<Build, Stop> {
    let root = run.workspace.root.clone();
    let build = run.outside("deploy/build", json!({}), async |_| Ok(Build::of(&root))).await?;
    if let Some((line, because)) = build.line() {
        let text = format!("It is built by `{line}`, because there is `{because}`.");
        run.tell(Event::Warning { text });
    }
    Ok(build)
}

/// Runs the build, where there is one; why there is nothing to deploy, where it fails.
async fn run_build(run: &Run, build: &Build) -> Result<Option<String>, Stop> {
    let Some((line, _)) = build.line() else { return Ok(None) };
    Ok(match verify::show(run, "deploy/built", line).await? {
        Shown::Ended { exit: CommandExit::Code(0), .. } => None,
        Shown::Denied => Some(format!("`{line}` was not run: you did not allow it.")),
        Shown::Missing(program) => {
            Some(format!("`{line}` cannot be run here: {program} is not installed."))
        }
        Shown::Ended { exit, output, .. } => Some(format!(
            "`{line}` {}.{}\n\nSay “fix it”, and I will.",
            verify::ending(exit),
            printed(&output)
        )),
    })
}

/// What there is to upload, or why there is nothing that may be.
async fn publication(run: &Run, build: &Build) -> Result<Result<Publication, String>, Stop> {
    let found: Result<Publication, String> = run
        .outside("deploy/files", json!({}), async |_| {
            let named = deployer(run)?.folder().map(str::to_owned);
            let (root, build) = (run.workspace.root.clone(), build.clone());
            let found = blocking(move || files::find(&root, named.as_deref(), build.folders()));
            let folder = match found.await? {
                Ok(folder) => folder,
                Err(why) => return Ok(Err(why)),
            };
            let collected = collect(run, folder.clone()).await?;
            Ok(collected.map(|collected| Publication::of(&folder, &collected)))
        })
        .await?;
    for text in found.iter().flat_map(|publication| &publication.notes) {
        run.tell(Event::Warning { text: text.clone() });
    }
    Ok(found)
}

async fn names(run: &Run) -> Result<Names, Stop> {
    run.outside("deploy/names", json!({}), async |_| {
        let root = run.workspace.root.file_name().unwrap_or_default().to_string_lossy();
        let unique = unique(run);
        Ok(Names {
            host: deployer(run)?.name().to_owned(),
            site: format!("{}-{}", slug_of(&root), &unique[..8]),
            title: format!("Devika, task {}, {}", run.task, &unique[..16]),
        })
    })
    .await
}

/// Digits that nobody else has: of the time, this process and the project.
fn unique(run: &Run) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = format!(
        "{:?} {} {} {}",
        now.unwrap_or_default(),
        std::process::id(),
        run.task,
        run.workspace.root.display()
    );
    Sha256::digest(seed.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn is_allowed(
    run: &Run,
    known: Option<&Site>,
    names: &Names,
    publication: &Publication,
) -> Result<bool, Stop> {
    let host = &names.host;
    let place = match known {
        Some(site) => {
            format!("{host}, the site {} ({}), whose pages it replaces", site.name, site.address)
        }
        None => format!("{host}, a new site named {}", names.site),
    };
    let text = format!(
        "Put this project on the web?\nWhere: {place}\nWhat: {}; anybody can see them there",
        publication.in_words()
    );
    Ok(run.ask("deploy/allow", AskKind::Outside, &text).await? == UserReply::Allow)
}

/// The site, which is made where there is none.
async fn site(run: &Run, known: Option<Site>, names: &Names) -> Result<Site, Stop> {
    run.outside(SITE, json!({ "name": names.site }), async |_| match known {
        Some(site) => Ok(site),
        None => deployer(run)?.make_site(&names.site).await.map_err(|error| stop(run, error)),
    })
    .await
}

/// Uploads what the user has allowed, unless a run that ended before it could say so has done it.
async fn upload(
    run: &Run,
    site: &Site,
    names: &Names,
    publication: &Publication,
) -> Result<String, Stop> {
    run.outside("deploy/upload", json!({ "title": names.title }), async |_| {
        let deployer = deployer(run)?;
        let found = deployer.find_deploy(site, &names.title).await;
        if let Some(deploy) = found.map_err(|error| stop(run, error))? {
            let text = "It was uploaded before the interruption, and is not uploaded again.";
            run.tell(Event::Warning { text: text.to_owned() });
            return Ok(deploy);
        }
        let collected = collect(run, publication.folder.clone()).await?.map_err(Stop::Failed)?;
        if collected.digest() != publication.digest {
            return Err(Stop::Failed(
                "Nothing was put on the web: its files have changed since you allowed it. Start the task anew."
                    .to_owned(),
            ));
        }
        let text = format!("uploading {}", files::size(publication.bytes));
        run.tell(Event::Progress { text });
        deployer.upload(site, &names.title, collected.files).await.map_err(|error| stop(run, error))
    })
    .await
}

/// Waits until it is on the web; the address.
async fn ready(run: &Run, site: &Site, deploy: &str) -> Result<String, Stop> {
    run.outside("deploy/ready", json!({ "deploy": deploy }), async |_| {
        let deployer = deployer(run)?;
        let on_state = |state: &str| {
            let text = format!("{}: {state}", deployer.name());
            run.tell(Event::Progress { text });
        };
        deployer.ready(site, deploy, &on_state).await.map_err(|error| stop(run, error))
    })
    .await
}

async fn collect(run: &Run, folder: String) -> Result<Result<Collected, String>, Stop> {
    let (root, key_in) = (run.workspace.root.clone(), Arc::clone(&run.settings.key_in));
    let most = deployer(run)?.most_bytes();
    blocking(move || Collected::of(&root, &folder, most, &*key_in)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Stop::Failed(format!("Reading the files broke off: {error}")))
}

fn deployer(run: &Run) -> Result<&dyn Deployer, Stop> {
    run.settings.outside.deployer.as_deref().ok_or_else(|| {
        Stop::Failed("There is nothing here that puts a project on the web.".to_owned())
    })
}

/// What a failure means for the task, which can be taken up again where it stopped.
fn stop(run: &Run, error: DeployError) -> Stop {
    match error {
        DeployError::Gone(text) | DeployError::Refused(text) => Stop::Failed(text),
        DeployError::Later { why, wait } => Stop::Paused(
            PauseReason::Provider,
            format!(
                "{why} It can be asked again {}. Go on then with `devika tasks resume {}`.",
                clock::after(wait),
                run.task
            ),
        ),
    }
}

/// A path below the root, as a folder of the disk.
fn below(root: &std::path::Path, folder: &str) -> PathBuf {
    if folder.is_empty() { root.to_path_buf() } else { root.join(folder) }
}
