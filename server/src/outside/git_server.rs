//! A server of a git repository, over HTTP: the two requests that a clone takes, and a push.

use std::io::{self, Read};
use std::time::Duration;

use devika_vcs::{GitServer, PushServer, RemoteAddress};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;

/// How long a server may be silent: it packs a large repository before it sends the first byte.
const SILENCE: Duration = Duration::from_secs(60);

/// Redirects that are followed: forges send from an old name to a new one.
const REDIRECTS: u32 = 3;

/// The server of one repository. Blocks, so it is to be used where that is allowed.
pub(super) struct HttpServer {
    client: Client,
    runtime: Handle,
    /// Where the repository is, without a slash at its end.
    address: String,
    /// Who may push, where that is to be done.
    token: Option<(&'static str, SecretString)>,
}

impl HttpServer {
    /// The server of a repository; the runtime is the one that carries out its requests.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    pub(super) fn new(address: &RemoteAddress, runtime: Handle) -> Result<Self, String> {
        let client = devika_llm::web_client(address.as_str(), SILENCE)?;
        Ok(Self { client, runtime, address: address.to_string(), token: None })
    }

    /// The same, for somebody who may push: a name that the server wants with tokens, and the token.
    pub(super) fn with_token(self, name: &'static str, token: SecretString) -> Self {
        Self { token: Some((name, token)), ..self }
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, String> {
        let request = match &self.token {
            Some((name, token)) => request.basic_auth(name, Some(token.expose_secret())),
            None => request,
        };
        self.runtime
            .block_on(request.send())
            .map_err(|error| format!("{}.", devika_llm::root_cause(&error)))
    }
}

impl GitServer for HttpServer {
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String> {
        const PATH: &str = "/info/refs?service=git-upload-pack";
        for _ in 0..=REDIRECTS {
            let response = self.send(self.client.get(format!("{}{PATH}", self.address)))?;
            if !response.status().is_redirection() {
                return body(response, &self.runtime, "upload-pack-advertisement");
            }
            self.address = redirected(&response, &self.address, PATH)?;
        }
        Err("its server sends from one place to the next.".to_owned())
    }

    fn pack(&mut self, request: String) -> Result<Box<dyn Read + '_>, String> {
        let request = self
            .client
            .post(format!("{}/git-upload-pack", self.address))
            .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
            .body(request);
        body(self.send(request)?, &self.runtime, "upload-pack-result")
    }
}

impl PushServer for HttpServer {
    fn references(&mut self) -> Result<Box<dyn Read + '_>, String> {
        let place = format!("{}/info/refs?service=git-receive-pack", self.address);
        let response = self.send(self.client.get(place))?;
        pushable(&response)?;
        body(response, &self.runtime, "receive-pack-advertisement")
    }

    fn receive(&mut self, request: Vec<u8>) -> Result<Box<dyn Read + '_>, String> {
        let request = self
            .client
            .post(format!("{}/git-receive-pack", self.address))
            .header(CONTENT_TYPE, "application/x-git-receive-pack-request")
            .body(request);
        let response = self.send(request)?;
        pushable(&response)?;
        body(response, &self.runtime, "receive-pack-result")
    }
}

/// Says what to do where nothing may be pushed.
fn pushable(response: &Response) -> Result<(), String> {
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Err("its server does not let your token push there. Look at what the token may do."
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// Where a server says that the repository is now: on the same server, as securely.
fn redirected(response: &Response, from: &str, path: &str) -> Result<String, String> {
    let refused = || "its server sends elsewhere, which Devika does not follow.".to_owned();
    let to =
        response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).ok_or_else(refused)?;
    let (from, to) = match (Url::parse(from), response.url().join(to)) {
        (Ok(from), Ok(to)) => (from, to),
        _ => return Err(refused()),
    };
    let is_same = from.host() == to.host()
        && from.port_or_known_default() == to.port_or_known_default()
        && from.scheme() == to.scheme();
    let address = to.as_str().strip_suffix(path).filter(|_| is_same).ok_or_else(refused)?;
    Ok(address.to_owned())
}

/// The body of a good answer.
fn body<'a>(
    response: Response,
    runtime: &'a Handle,
    what: &str,
) -> Result<Box<dyn Read + 'a>, String> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            return Err("there is no such repository, or it is a private one. A private one is cloned with git; then open its folder.".to_owned());
        }
        status => return Err(format!("its server answers {status}.")),
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some(&format!("application/x-git-{what}")) {
        return Err("there is no git repository at this address.".to_owned());
    }
    Ok(Box::new(Body { response, runtime, part: io::Cursor::default() }))
}

/// A body as it arrives.
struct Body<'a> {
    response: Response,
    runtime: &'a Handle,
    /// What has arrived and was not read yet.
    part: io::Cursor<Vec<u8>>,
}

impl Read for Body<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.position() == self.part.get_ref().len() as u64 {
            let part = self.runtime.block_on(self.response.chunk());
            let part = part.map_err(|error| io::Error::other(devika_llm::root_cause(&error)))?;
            let Some(part) = part else { return Ok(0) };
            self.part = io::Cursor::new(part.into());
        }
        self.part.read(into)
    }
}
