//! Forges: GitHub by its REST API (version 2022-11-28), and GitLab by its own (version 4). Branches are
//! pushed over https with the same token.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::{MergeRequest, Place, Publisher};
use devika_config::{Forge, Publish};
use devika_vcs::{Pushed, RemoteAddress, Repository};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::answer::{self, Answer};
use super::escaped;
use super::git_server::HttpServer;

/// How long a forge may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// The forges of a configuration.
pub(super) struct Forges {
    publish: Publish,
}

/// Which API is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    GitHub,
    GitLab,
}

/// A request to merge, as a forge tells it.
#[derive(Debug, Deserialize)]
struct Told {
    #[serde(alias = "html_url")]
    web_url: String,
}

impl Kind {
    const ALL: [Self; 2] = [Self::GitHub, Self::GitLab];

    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
        }
    }

    /// The host that everybody knows.
    fn usual_host(self) -> &'static str {
        match self {
            Self::GitHub => "github.com",
            Self::GitLab => "gitlab.com",
        }
    }

    /// The table of its keys.
    fn table(self) -> &'static str {
        match self {
            Self::GitHub => "publish.github",
            Self::GitLab => "publish.gitlab",
        }
    }

    /// The name that its servers of git want beside a token.
    fn user(self) -> &'static str {
        match self {
            Self::GitHub => "x-access-token",
            Self::GitLab => "oauth2",
        }
    }

    /// Where the open requests to merge a branch are listed.
    fn listed(self, project: &str, branch: &str) -> String {
        let branch = escaped(branch);
        match self {
            Self::GitHub => {
                let owner = project.split('/').next().unwrap_or_default();
                format!("repos/{project}/pulls?state=open&head={}:{branch}", escaped(owner))
            }
            Self::GitLab => format!(
                "projects/{}/merge_requests?state=opened&source_branch={branch}",
                escaped(project)
            ),
        }
    }

    /// Where one is made, and what is sent for it.
    fn opened(self, project: &str, request: &MergeRequest) -> (String, Value) {
        let MergeRequest { branch, into, title, text } = request;
        match self {
            Self::GitHub => (
                format!("repos/{project}/pulls"),
                json!({ "title": title, "head": branch, "base": into, "body": text }),
            ),
            Self::GitLab => (
                format!("projects/{}/merge_requests", escaped(project)),
                json!({ "title": title, "source_branch": branch, "target_branch": into, "description": text }),
            ),
        }
    }
}

impl Forges {
    pub(super) fn new(publish: Publish) -> Self {
        Self { publish }
    }

    fn forge(&self, kind: Kind) -> &Forge {
        match kind {
            Kind::GitHub => &self.publish.github,
            Kind::GitLab => &self.publish.gitlab,
        }
    }

    /// The forge that a host is.
    fn kind_of(&self, host: &str) -> Option<Kind> {
        let is_host = |kind: &Kind| {
            host == kind.usual_host() || Some(host) == host_of(&self.forge(*kind).base_url)
        };
        Kind::ALL.into_iter().find(is_host)
    }

    fn kind_at(&self, place: &Place) -> Result<Kind, String> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == place.forge);
        kind.ok_or_else(|| format!("there is no forge {}", place.forge))
    }

    async fn token(&self, kind: Kind) -> Result<SecretString, String> {
        let forge = self.forge(kind);
        let Some(key) = forge.key.clone() else {
            return Err(format!(
                "There is no access token for {}. Make one that may write the project, and set it as {} or \
                 name another source in [{}] of your configuration.",
                kind.name(),
                forge.key_variable,
                kind.table()
            ));
        };
        let read = tokio::task::spawn_blocking(move || key.secret()).await;
        read.map_err(|error| format!("Reading the token broke off: {error}."))?
            .map_err(|error| format!("{error}."))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        kind: Kind,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, String> {
        let base_url = &self.forge(kind).base_url;
        let name = kind.name();
        let client = devika_llm::web_client(base_url, SILENCE)
            .map_err(|why| format!("{name} cannot be asked: {why}."))?;
        let mut request: RequestBuilder = client
            .request(method, format!("{base_url}{path}"))
            .bearer_auth(self.token(kind).await?.expose_secret())
            .header("accept", "application/json")
            .header("user-agent", concat!("devika/", env!("CARGO_PKG_VERSION")));
        if kind == Kind::GitHub {
            request = request.header("x-github-api-version", "2022-11-28");
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        match answer::of(name, request.send().await).await {
            Answer::Good(text) => answer::read(name, &format!("{}.base_url", kind.table()), &text),
            Answer::Unknown(text) => Err(format!(
                "{name} does not take the token for this ({text}). Look at what it may do."
            )),
            Answer::Missing(text) => {
                Err(format!("{text} The project is not there, or not for your token."))
            }
            Answer::Refused(text) => Err(text),
            Answer::PutOff { why, .. } => Err(format!("{why} Try again later.")),
            Answer::Broken(why) => Err(format!("{why} Try again: what was made is found first.")),
        }
    }
}

#[async_trait]
impl Publisher for Forges {
    fn place(&self, remote: &str) -> Result<Place, String> {
        let (scheme, host, project) = parts(remote)
            .ok_or_else(|| "its address is none of a repository at a forge.".to_owned())?;
        let Some(kind) = self.kind_of(host) else {
            return Err(format!(
                "{host} is neither GitHub nor GitLab, as far as Devika knows. If it is a server of that \
                 kind, say where its API answers by `publish.github.base_url` or `publish.gitlab.base_url`."
            ));
        };
        let address = RemoteAddress::parse(&format!("{scheme}://{host}/{project}.git"))?;
        Ok(Place {
            forge: kind.name().to_owned(),
            project: project.to_owned(),
            address: address.to_string(),
        })
    }

    async fn push(&self, place: &Place, root: &Path, branch: &str) -> Result<Pushed, String> {
        let kind = self.kind_at(place)?;
        let token = self.token(kind).await?;
        let address = RemoteAddress::parse(&place.address)?;
        let (root, branch, runtime) = (root.to_path_buf(), branch.to_owned(), Handle::current());
        let work = move || {
            let mut server = HttpServer::new(&address, runtime)?.with_token(kind.user(), token);
            let repository = Repository::open(&root).map_err(|error| format!("{error}."))?;
            let repository = repository.ok_or("there is no git repository.")?;
            repository.push(&mut server, &branch).map_err(|error| error.to_string())
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(format!("Pushing broke off: {error}.")))
    }

    async fn find_request(&self, place: &Place, branch: &str) -> Result<Option<String>, String> {
        let kind = self.kind_at(place)?;
        let path = kind.listed(&place.project, branch);
        let told: Vec<Told> = self.ask(kind, Method::GET, &path, None).await?;
        Ok(told.into_iter().next().map(|told| told.web_url))
    }

    async fn open_request(&self, place: &Place, request: &MergeRequest) -> Result<String, String> {
        let kind = self.kind_at(place)?;
        let (path, body) = kind.opened(&place.project, request);
        let told: Told = self.ask(kind, Method::POST, &path, Some(body)).await?;
        Ok(told.web_url)
    }
}

/// How to get to a host, the host with its port, and the path of the project without `.git`. Whoever
/// pushes over ssh has the project over https, too.
fn parts(remote: &str) -> Option<(&'static str, &str, &str)> {
    let (scheme, rest) = match remote.split_once("://") {
        Some(("https" | "ssh", rest)) => ("https", rest),
        Some(("http", rest)) => ("http", rest),
        Some(_) => return None,
        None => ("https", remote),
    };
    let is_web = remote.starts_with("http");
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let (host, path) = match remote.contains("://") {
        true => rest.split_once('/')?,
        false => rest.split_once(':')?,
    };
    // The port of ssh is not that of the web.
    let host = if is_web { host } else { host.split(':').next()? };
    let path = path.trim_matches('/');
    let project = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && project.contains('/')).then_some((scheme, host, project))
}

/// The host of an API's address with its port, without what GitHub puts before it.
fn host_of(base_url: &str) -> Option<&str> {
    let rest = base_url.split_once("://")?.1;
    let host = rest.split('/').next()?;
    Some(host.strip_prefix("api.").unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_found_however_its_remote_is_written() {
        for remote in [
            "https://github.com/ada/shop.git",
            "https://ada@github.com/ada/shop/",
            "git@github.com:ada/shop.git",
            "ssh://git@github.com:2222/ada/shop",
        ] {
            assert_eq!(parts(remote), Some(("https", "github.com", "ada/shop")), "{remote}");
        }
        let nested = parts("https://git.example.org:8443/a/b/c.git");
        assert_eq!(nested, Some(("https", "git.example.org:8443", "a/b/c")));
        for other in ["/srv/shop.git", "file:///srv/shop.git", "https://github.com/shop", "shop"] {
            assert_eq!(parts(other), None, "{other}");
        }
    }

    #[test]
    fn a_server_of_ones_own_is_known_by_where_its_api_answers() {
        assert_eq!(host_of("https://api.github.com/"), Some("github.com"));
        assert_eq!(host_of("https://git.example.org/api/v4/"), Some("git.example.org"));
    }
}
