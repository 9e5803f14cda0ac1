//! The only way out of a sandbox to the network: a proxy on a Unix socket, outside, that connects to
//! hosts which are allowed and to no others.

mod address;
mod head;
mod hosts;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional, sink};
use tokio::net::{TcpStream, UnixListener, UnixStream, lookup_host};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use address::{Reach, reach};
use head::{Asked, Read};
pub(crate) use hosts::Allowed;
use hosts::Target;
pub use hosts::{is_host_entry, is_inside};

/// How long a host may take to be found and to answer.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a client may take to say what it wants.
const ASK: Duration = Duration::from_secs(30);

/// Bytes that are read of a client after it was refused: 1 MiB.
const MOST_UNREAD: u64 = 1 << 20;

/// Refused hosts that are remembered.
const MOST_REFUSED: usize = 32;

/// Connections at one time.
const MOST_CONNECTIONS: usize = 256;

/// Whom the proxy lets out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// Hosts on the internet.
    pub(crate) allowed: Allowed,
    /// Of these, the hosts that may be this machine or in a network of the user's.
    pub(crate) private: Allowed,
}

/// A proxy that runs until it is dropped.
pub(crate) struct Proxy {
    refused: Arc<Mutex<Vec<String>>>,
    running: AbortHandle,
}

impl Proxy {
    /// Begins to listen on a socket at `place`. Needs a runtime.
    pub(crate) fn start(place: &Path, rules: Rules) -> io::Result<Self> {
        let listener = UnixListener::bind(place)?;
        let refused = Arc::new(Mutex::new(Vec::new()));
        let door = Arc::new(Door { rules, refused: Arc::clone(&refused) });
        let running = tokio::spawn(serve(listener, door)).abort_handle();
        Ok(Self { refused, running })
    }

    /// The hosts that were asked for and refused, each once.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn serve(listener: UnixListener, door: Arc<Door>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        if let Ok((client, _)) = listener.accept().await {
            let door = Arc::clone(&door);
            connections.spawn(async move { door.let_out(client).await.ok() });
        } else {
            tokio::task::yield_now().await;
        }
    }
}

struct Door {
    rules: Rules,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Door {
    async fn let_out(&self, mut client: UnixStream) -> io::Result<()> {
        let Ok(asked) = timeout(ASK, ask(&mut client)).await else {
            return answer(&mut client, "408 Request Timeout", "nothing was asked").await;
        };
        let Some((asked, rest)) = asked? else {
            let why = "only CONNECT, and http requests of a known length, are carried out";
            return answer(&mut client, "400 Bad Request", why).await;
        };
        let target = match &asked {
            Asked::Tunnel(target) | Asked::Plain { target, .. } => target,
        };
        match self.connect(target).await {
            Ok(mut host) => carry(&mut client, &mut host, asked, rest).await,
            Err(Closed::Refused(why)) => {
                self.remember(target);
                answer(&mut client, "403 Forbidden", &why).await
            }
            Err(Closed::Failed(why)) => answer(&mut client, "502 Bad Gateway", &why).await,
        }
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, Closed> {
        let is_private = self.rules.private.has(target);
        if !is_private && !self.rules.allowed.has(target) {
            return Err(Closed::Refused(format!(
                "{target} is not among the hosts that commands of this project may reach"
            )));
        }
        let found = timeout(CONNECT, addresses(target)).await;
        let found = found.unwrap_or_else(|late| Err(late.into()));
        let found = found.map_err(|why| Closed::Failed(format!("{target}: {why}")))?;
        let open: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| match reach(address.ip()) {
                Reach::Public => true,
                Reach::Private => is_private,
                Reach::Never => false,
            })
            .collect();
        if open.is_empty() {
            return Err(Closed::Refused(format!(
                "{target} is an address in a private network, which commands may not reach"
            )));
        }
        let connected = timeout(CONNECT, TcpStream::connect(&open[..])).await;
        let connected = connected.unwrap_or_else(|late| Err(late.into()));
        connected.map_err(|why| Closed::Failed(format!("{target}: {why}")))
    }

    fn remember(&self, target: &Target) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let name = target.to_string();
        if refused.len() < MOST_REFUSED && !refused.contains(&name) {
            refused.push(name);
        }
    }
}

/// Why there is no connection.
enum Closed {
    /// It is not allowed.
    Refused(String),
    /// The host is not there.
    Failed(String),
}

async fn addresses(target: &Target) -> io::Result<Vec<SocketAddr>> {
    match target.address() {
        Some(address) => Ok(vec![SocketAddr::new(address, target.port)]),
        None => Ok(lookup_host((target.host.as_str(), target.port)).await?.collect()),
    }
}

/// What a client wants, and the bytes that it has sent behind that; `None` where it makes no sense.
async fn ask(client: &mut UnixStream) -> io::Result<Option<(Asked, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        match head::read(&bytes) {
            Read::More => {
                if client.read_buf(&mut bytes).await? == 0 {
                    return Ok(None);
                }
            }
            Read::Whole(asked, length) => return Ok(Some((asked, bytes.split_off(length)))),
            Read::Bad => return Ok(None),
        }
    }
}

/// Carries bytes both ways until both sides have ended.
async fn carry(
    client: &mut UnixStream,
    host: &mut TcpStream,
    asked: Asked,
    rest: Vec<u8>,
) -> io::Result<()> {
    match asked {
        Asked::Tunnel(_) => {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            host.write_all(&rest).await?;
            copy_bidirectional(client, host).await?;
        }
        Asked::Plain { head, body, .. } => {
            host.write_all(&head).await?;
            let (client_in, mut client_out) = client.split();
            let (mut host_in, mut host_out) = host.split();
            // No further than the body: what comes then would be another request.
            let mut body = rest.chain(client_in).take(body);
            let up = copy(&mut body, &mut host_out);
            let down = copy(&mut host_in, &mut client_out);
            both(up, down).await?;
            client_out.shutdown().await?;
        }
    }
    Ok(())
}

/// Ends when the answer has: a host may answer before it has read all.
async fn both(
    up: impl Future<Output = io::Result<u64>>,
    down: impl Future<Output = io::Result<u64>>,
) -> io::Result<()> {
    tokio::pin!(up, down);
    tokio::select! {
        ended = &mut down => return ended.map(drop),
        sent = &mut up => sent?,
    };
    down.await.map(drop)
}

async fn answer(client: &mut UnixStream, status: &str, why: &str) -> io::Result<()> {
    let length = why.len() + 1;
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{why}\n"
    );
    client.write_all(text.as_bytes()).await?;
    client.shutdown().await?;
    // What the client still says is read, or the answer would be lost when this side closes.
    let (mut said, mut nowhere) = (client.take(MOST_UNREAD), sink());
    timeout(ASK, copy(&mut said, &mut nowhere)).await?.map(drop)
}
