//! Starting the browser, and ending it with all that it has left.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use devika_sandbox::Command;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::cdp::Connection;
use super::find::{find_browser, too_old};
use super::proxy::Proxy;
use super::{BrowserSandbox, ChromeSettings};
use crate::Guard;

/// How long starting may take; on a slow disk, the first start takes seconds.
const START: Duration = Duration::from_secs(30);

/// A browser that is used all the time is ended after this, and started again.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// What the browser says before the address to connect to.
const LISTENING: &str = "DevTools listening on ";

/// What every profile's name begins with.
const PROFILE: &str = "profile-";

/// The file in a profile that is locked while it is used.
const LOCK: &str = "in-use";

/// Keeps the browser quiet, small, and on its one way to the network.
///
/// Pages share processes: they are all strangers to the user, who is logged in nowhere, and ten pages
/// of ten sites take half of the memory so.
const FLAGS: [&str; 37] = [
    "--headless",
    "--remote-debugging-port=0",
    "--proxy-bypass-list='<-loopback>'",
    // No name is looked up but by the proxy, and no address reached but the proxy's.
    "--host-resolver-rules='MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-notifications",
    "--disable-sync",
    "--disable-back-forward-cache",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    // High, so that what is loaded when it comes into sight is there.
    "--window-size=1280,2000",
    "--in-process-gpu",
    "--num-raster-threads=1",
    "--process-per-site",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=2",
    "--js-flags=--max-old-space-size=256",
    "--disable-features=Translate,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading,AutofillServerCommunication,CertificateTransparencyComponentUpdater,DialMediaRouteProvider,GlobalMediaControls,InterestFeedContentSuggestions,SpareRendererForSitePerProcess,IsolateOrigins,site-per-process,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
];

/// A browser that runs until it is dropped.
pub(super) struct Browser {
    // In the order in which they are dropped.
    pub(super) connection: Connection,
    running: JoinHandle<()>,
    _proxy: Proxy,
    /// Removed once the browser is dead, which takes the runner a moment.
    profile: Option<Profile>,
}

impl Browser {
    /// Starts it, with a network that reaches what `guard` lets through.
    ///
    /// # Errors
    /// Why it could not be started, and what to do.
    pub(super) async fn start(settings: &ChromeSettings, guard: Guard) -> Result<Self, String> {
        let program = find_browser(settings.program.clone(), settings.search_path.as_deref())
            .ok_or("there is no Chrome or Chromium")?;
        let no_folder = |error: io::Error| {
            format!("no profile can be made for it in {}: {error}", settings.folder.display())
        };
        let profile = Profile::make(&settings.folder).map_err(no_folder)?;
        let proxy = Proxy::start(guard).await.map_err(|e| e.to_string())?;
        let line = line(settings, &program, &profile.path, proxy.address);
        let (running, address) = run(settings, line, &profile.path).await?;
        let abort = |error: String| {
            running.abort();
            format!("{} is of no use: {error}", program.display())
        };
        let connection =
            Connection::open(&address).await.map_err(|error| abort(error.to_string()))?;
        let version = connection.browser().call("Browser.getVersion", serde_json::json!({})).await;
        let version = version.map_err(|error| abort(error.to_string()))?;
        match too_old(version["product"].as_str().unwrap_or_default()) {
            Some(why) => Err(abort(why)),
            None => Ok(Self { connection, running, _proxy: proxy, profile: Some(profile) }),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.connection.is_gone() || self.running.is_finished()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.running.abort();
        let Some(profile) = self.profile.take() else { return };
        // Without a runtime, the next start removes it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || profile.remove());
        }
    }
}

/// Runs the browser until the task is aborted, and waits for the address that it tells.
async fn run(
    settings: &ChromeSettings,
    line: String,
    profile: &Path,
) -> Result<(JoinHandle<()>, String), String> {
    let mut env = settings.env.clone();
    env.insert("HOME".to_owned(), profile.display().to_string());
    let command =
        Command { env, time_limit: LIFE, output_bytes: 16 * 1024, ..Command::new(line, profile) };
    let runner = Arc::clone(&settings.runner);
    let (tell, told) = oneshot::channel();
    let listening = Mutex::new((String::new(), Some(tell)));
    let running = tokio::spawn(async move {
        let ended = runner.run(&command, &|output| listen(&listening, output)).await;
        let said = match ended {
            Ok(outcome) => format!("it has ended: {}", last_words(&outcome.output)),
            Err(error) => error.to_string(),
        };
        tracing::debug!(said, "the browser has ended");
        if let (_, Some(tell)) = listening.into_inner().unwrap_or_else(PoisonError::into_inner) {
            tell.send(Err(said)).ok();
        }
    });
    match timeout(START, told).await {
        Ok(Ok(Ok(address))) => Ok((running, address)),
        Ok(Ok(Err(why))) => Err(format!("the browser cannot be started: {why}")),
        Ok(Err(_)) | Err(_) => {
            running.abort();
            Err(format!("the browser did not start within {} s", START.as_secs()))
        }
    }
}

type Tell = oneshot::Sender<Result<String, String>>;

/// Looks for the address in what the browser says.
fn listen(listening: &Mutex<(String, Option<Tell>)>, output: &str) {
    let mut listening = listening.lock().unwrap_or_else(PoisonError::into_inner);
    let (said, tell) = &mut *listening;
    if tell.is_none() {
        return;
    }
    said.push_str(output);
    let address = said.split_once(LISTENING).and_then(|(_, rest)| rest.split_once('\n'));
    if let Some((address, _)) = address
        && let Some(tell) = tell.take()
    {
        tell.send(Ok(address.trim().to_owned())).ok();
        said.clear();
    }
}

fn last_words(output: &str) -> &str {
    output.trim().lines().next_back().unwrap_or("it says nothing")
}

fn line(settings: &ChromeSettings, program: &Path, profile: &Path, proxy: SocketAddr) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let sandbox = match settings.sandbox {
        BrowserSandbox::On => "",
        BrowserSandbox::OffForTests => " --no-sandbox",
    };
    // What nobody looks at is drawn small, which takes a quarter of the memory.
    let scale = if settings.screenshots.is_some() { "1" } else { "0.5" };
    format!(
        "exec {} {}{sandbox} --force-device-scale-factor={scale} --proxy-server=http://{proxy} --user-data-dir={} about:blank",
        quoted(program),
        FLAGS.join(" "),
        quoted(profile)
    )
}

/// A profile that belongs to one browser.
struct Profile {
    path: PathBuf,
    /// Held while it is used: the system gives it back when this program dies.
    _lock: File,
}

impl Profile {
    /// A new one in a folder, in which those are removed that nobody uses any more.
    fn make(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        sweep(folder)?;
        let path = tempfile::Builder::new().prefix(PROFILE).tempdir_in(folder)?.keep();
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self { path, _lock: lock })
    }

    /// Removes it, as soon as the browser's processes no longer write to it.
    fn remove(self) {
        for _ in 0..20 {
            match fs::remove_dir_all(&self.path) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
        tracing::warn!(profile = %self.path.display(), "a browser's profile is left for the next start");
    }
}

fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let is_profile = entry.file_name().to_string_lossy().starts_with(PROFILE);
        // One without a lock is being made, or being removed.
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        if is_profile && lock.try_lock().is_ok() {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
    Ok(())
}
