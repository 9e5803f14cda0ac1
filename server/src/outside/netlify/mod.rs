//! Netlify, by its API (`https://open-api.netlify.com`, version 1).

mod archive;

use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{DeployError, Deployer, Site, SiteFile};
use devika_config::{Deploy, Key};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use crate::outside::answer::{self, Answer};
use crate::outside::escaped;

/// How it is called.
const HOST: &str = "Netlify";

/// How long Netlify may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// The longest pause that is waited for; for a longer one the task pauses.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a request is made that Netlify puts off.
const ATTEMPTS: u32 = 4;

/// The times between two looks at a deploy, which grow from the first to the second: deploys of a few
/// files take some seconds.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How long to wait with a task whose request came to nothing.
const LATER: Duration = Duration::from_secs(30);

/// Deploys of a site that are looked through for a title: more than are made in a day.
const DEPLOYS: u32 = 100;

/// Where an access token is made.
const TOKENS: &str = "https://app.netlify.com/user/applications";

/// Netlify.
pub(super) struct Netlify {
    deploy: Deploy,
}

/// A site, as Netlify tells it.
#[derive(Debug, Deserialize)]
struct ToldSite {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    ssl_url: Option<String>,
}

/// A deploy, as Netlify tells it.
#[derive(Debug, Deserialize)]
struct ToldDeploy {
    id: String,
    state: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    ssl_url: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl From<ToldSite> for Site {
    fn from(told: ToldSite) -> Self {
        let address = told.ssl_url.filter(|url| !url.is_empty()).unwrap_or(told.url);
        Self { id: told.id, name: told.name, address }
    }
}

impl Netlify {
    pub(super) fn new(deploy: Deploy) -> Self {
        Self { deploy }
    }

    fn client(&self) -> Result<Client, DeployError> {
        devika_llm::web_client(&self.deploy.netlify.base_url, SILENCE)
            .map_err(|why| DeployError::Refused(format!("Netlify cannot be asked: {why}.")))
    }

    fn request(&self, client: &Client, method: Method, path: &str) -> RequestBuilder {
        client.request(method, format!("{}api/v1/{path}", self.deploy.netlify.base_url))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, DeployError> {
        let request = self.request(&self.client()?, Method::GET, path);
        self.ask(request, Repeat::Always).await
    }

    /// Sends a request with the token; one that Netlify puts off is sent again after a while.
    async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        repeat: Repeat,
    ) -> Result<T, DeployError> {
        let mut token = self.token().await?;
        let mut is_reread = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Some(request) = request.try_clone() else {
                return Err(DeployError::Refused("the request cannot be repeated".to_owned()));
            };
            let sent = request.bearer_auth(token.expose_secret()).send().await;
            let (why, wait) = match answer::of(HOST, sent).await {
                Answer::Good(text) => {
                    let read = answer::read(HOST, "deploy.netlify.base_url", &text);
                    return read.map_err(DeployError::Refused);
                }
                Answer::Unknown(text) if !is_reread => {
                    is_reread = true;
                    match self.another_token(&token).await? {
                        Some(another) => token = another,
                        None => return Err(self.not_taken(&text)),
                    }
                    continue;
                }
                Answer::Unknown(text) => return Err(self.not_taken(&text)),
                Answer::Missing(text) => return Err(DeployError::Gone(text)),
                Answer::Refused(text) => return Err(DeployError::Refused(text)),
                Answer::PutOff { why, wait } => (why, wait),
                Answer::Broken(why) if repeat == Repeat::Always => {
                    (why, Duration::from_secs(1 << attempt.min(4)))
                }
                Answer::Broken(why) => return Err(DeployError::Later { why, wait: LATER }),
            };
            if attempt == ATTEMPTS || wait > PATIENCE {
                return Err(DeployError::Later { why, wait });
            }
            sleep(wait).await;
        }
    }

    async fn token(&self) -> Result<SecretString, DeployError> {
        let key = self.key()?.clone();
        let read = tokio::task::spawn_blocking(move || key.secret()).await;
        match read {
            Ok(Ok(token)) => Ok(token),
            Ok(Err(error)) => Err(DeployError::Refused(format!("{error}."))),
            Err(error) => {
                Err(DeployError::Refused(format!("Reading the token broke off: {error}.")))
            }
        }
    }

    /// What the source of the token has now, where that is another one.
    async fn another_token(
        &self,
        refused: &SecretString,
    ) -> Result<Option<SecretString>, DeployError> {
        let (key, refused) = (self.key()?.clone(), refused.clone());
        let reread = tokio::task::spawn_blocking(move || key.reread(&refused)).await;
        match reread {
            Ok(Ok(true)) => self.token().await.map(Some),
            _ => Ok(None),
        }
    }

    fn key(&self) -> Result<&Key, DeployError> {
        let netlify = &self.deploy.netlify;
        netlify.key.as_ref().ok_or_else(|| {
            DeployError::Refused(format!(
                "There is no access token for Netlify. Make one at {TOKENS}, and set it as {} or name \
                 another source in [deploy.netlify] of your configuration; then resume the task.",
                netlify.key_variable
            ))
        })
    }

    fn not_taken(&self, text: &str) -> DeployError {
        let source = self.deploy.netlify.key.as_ref().map_or("nowhere", Key::source);
        DeployError::Refused(format!(
            "Netlify does not take the token from {source} ({text}). Make a new one at {TOKENS}, and \
             resume the task."
        ))
    }
}

/// Whether a request may be made again where nobody knows what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// It changes nothing.
    Always,
    /// It may have been carried out.
    Never,
}

#[async_trait]
impl Deployer for Netlify {
    fn name(&self) -> &str {
        HOST
    }

    fn site(&self) -> Option<&str> {
        self.deploy.netlify.site.as_deref()
    }

    fn folder(&self) -> Option<&str> {
        self.deploy.netlify.folder.as_deref()
    }

    fn most_bytes(&self) -> u64 {
        self.deploy.site_bytes
    }

    async fn check(&self) -> Result<(), DeployError> {
        self.get::<serde_json::Value>("user").await.map(drop)
    }

    async fn find_site(&self, site: &str) -> Result<Site, DeployError> {
        let is_id = site.len() == 36 && site.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        // A name alone is that of a domain of Netlify's.
        let place = match is_id || site.contains('.') {
            true => site.to_owned(),
            false => format!("{site}.netlify.app"),
        };
        let told: Result<ToldSite, DeployError> =
            self.get(&format!("sites/{}", escaped(&place))).await;
        told.map(Site::from).map_err(|error| match error {
            DeployError::Gone(_) => DeployError::Gone(format!(
                "Netlify has no site `{site}` for your token. Look at `deploy.netlify.site`."
            )),
            error => error,
        })
    }

    async fn make_site(&self, name: &str) -> Result<Site, DeployError> {
        let path = format!("sites?filter=owner&name={}", escaped(name));
        let known: Vec<ToldSite> = self.get(&path).await?;
        if let Some(made) = known.into_iter().find(|site| site.name == name) {
            return Ok(made.into());
        }
        let request = self.request(&self.client()?, Method::POST, "sites");
        let request = request.header("content-type", "application/json");
        let request = request.body(json!({ "name": name }).to_string());
        self.ask::<ToldSite>(request, Repeat::Never).await.map(Site::from)
    }

    async fn find_deploy(&self, site: &Site, title: &str) -> Result<Option<String>, DeployError> {
        let path = format!("sites/{}/deploys?per_page={DEPLOYS}", escaped(&site.id));
        let deploys: Vec<ToldDeploy> = self.get(&path).await?;
        let found = deploys.into_iter().find(|deploy| deploy.title.as_deref() == Some(title));
        Ok(found.map(|deploy| deploy.id))
    }

    async fn upload(
        &self,
        site: &Site,
        title: &str,
        files: Vec<SiteFile>,
    ) -> Result<String, DeployError> {
        let broken = |why: String| DeployError::Refused(format!("No archive can be made: {why}."));
        let archive = tokio::task::spawn_blocking(move || archive::of(&files)).await;
        let archive = archive.map_err(|error| broken(error.to_string()))?;
        let archive = archive.map_err(|error| broken(error.to_string()))?;
        let path = format!("sites/{}/deploys?title={}", escaped(&site.id), escaped(title));
        let request = self
            .request(&self.client()?, Method::POST, &path)
            .header("content-type", "application/zip")
            .timeout(self.deploy.time_limit)
            .body(archive);
        Ok(self.ask::<ToldDeploy>(request, Repeat::Never).await?.id)
    }

    async fn ready(
        &self,
        site: &Site,
        deploy: &str,
        on_state: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<String, DeployError> {
        let path = format!("sites/{}/deploys/{}", escaped(&site.id), escaped(deploy));
        let end = Instant::now() + self.deploy.time_limit;
        let (mut pause, longest) = LOOKS;
        let mut last = String::new();
        let mut look = async || {
            loop {
                let told: ToldDeploy = self.get(&path).await?;
                match told.state.as_str() {
                    "ready" => return Ok(address(told, site)),
                    "error" | "rejected" => return Err(not_published(&told)),
                    state if state != last => {
                        on_state(state);
                        state.clone_into(&mut last);
                    }
                    _ => {}
                }
                sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
        };
        let looked = timeout_at(end, look()).await;
        looked.unwrap_or_else(|_| {
            let seconds = self.deploy.time_limit.as_secs();
            Err(DeployError::Later {
                why: format!(
                    "It is uploaded, and after {seconds} s (`deploy.time_limit`) Netlify still works on it."
                ),
                wait: PATIENCE,
            })
        })
    }
}

/// Where a deploy is to be seen.
fn address(told: ToldDeploy, site: &Site) -> String {
    let told = [told.ssl_url, told.url].into_iter().flatten().find(|url| !url.is_empty());
    told.unwrap_or_else(|| site.address.clone())
}

fn not_published(told: &ToldDeploy) -> DeployError {
    let why = told.error_message.as_deref().unwrap_or("it does not say why");
    DeployError::Refused(format!(
        "Netlify could not publish it: {why}. The site is as it was. Mend what it names, then say “deploy it” again."
    ))
}
