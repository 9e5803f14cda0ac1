//! The only way from the browser to the web: a proxy that connects to what was checked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::watch::REFUSED_HEADER;
use crate::{Guard, WebError};

/// Bytes of the head of a request.
const HEAD_BYTES: usize = 64 * 1024;

/// Connections at one time. A browser keeps 32 to a proxy.
const CONNECTIONS: usize = 128;

/// How long the head of a request, and a connection, may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long one connection may last.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Bytes that one connection brings. More are a new one.
const BYTES: u64 = 256 * 1024 * 1024;

/// Headers that are for the proxy, or about the connection to it.
const HOP: [&str; 7] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
];

/// A proxy that runs until it is dropped.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn start(guard: Guard) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, serving: tokio::spawn(serve(listener, guard)) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Carries connections until it is aborted, which ends all of them.
async fn serve(listener: TcpListener, guard: Guard) {
    let mut carried = JoinSet::new();
    loop {
        if let Ok((client, _)) = listener.accept().await {
            let guard = guard.clone();
            carried.spawn(async move {
                // How it ended, the browser sees.
                timeout(LIFE, carry(client, &guard)).await.ok();
            });
        }
        while carried.len() >= CONNECTIONS && carried.join_next().await.is_some() {}
        while carried.try_join_next().is_some() {}
    }
}

async fn carry(mut client: TcpStream, guard: &Guard) -> io::Result<()> {
    let head = timeout(PATIENCE, read_head(&mut client)).await??;
    let Some(asked) = head else { return refuse(&mut client, "400 Bad Request").await };
    let (mut server, way) = match timeout(PATIENCE, connect(guard, &asked)).await? {
        Ok(connected) => connected,
        Err(error) => {
            tracing::debug!(%error, "a page asked for what it does not get");
            return refuse(&mut client, "403 Forbidden").await;
        }
    };
    match asked.request {
        None => {
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            server.write_all(&asked.rest).await?;
            tunnel(&mut client, &mut server).await
        }
        Some(request) => {
            server.write_all(&request.head(way, &asked.address)).await?;
            answer(&mut client, &mut server, &asked.rest, asked.body).await
        }
    }
}

async fn refuse(client: &mut TcpStream, status: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\n{REFUSED_HEADER}: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    client.write_all(answer.as_bytes()).await
}

/// Whom a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Server,
    /// The proxy that the user names.
    Upstream,
}

/// Connects to one of the IP addresses that were checked, or to the user's proxy, once the name is
/// checked as far as it can be here.
async fn connect(guard: &Guard, asked: &Asked) -> Result<(TcpStream, Way), WebError> {
    let failed = |error: io::Error| crate::fault::failed(&asked.address, error.to_string());
    let admitted = guard.check(&asked.address)?;
    let Some(upstream) = guard.upstream(admitted.scope()) else {
        let places = guard.resolve(&admitted).await?;
        let server = TcpStream::connect(places.as_slice()).await.map_err(failed)?;
        return Ok((server, Way::Server));
    };
    guard.check_name(&admitted).await?;
    let mut server = TcpStream::connect(upstream.place()).await.map_err(failed)?;
    if asked.request.is_none() {
        let url = admitted.url();
        let port = url.port_or_known_default().unwrap_or_default();
        let place = format!("{}:{port}", url.host_str().unwrap_or_default());
        open_tunnel(&mut server, &place).await.map_err(failed)?;
    }
    Ok((server, Way::Upstream))
}

/// Has a proxy connect to a place.
async fn open_tunnel(server: &mut TcpStream, place: &str) -> io::Result<()> {
    let ask = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
    server.write_all(ask.as_bytes()).await?;
    let mut head = Vec::new();
    // A byte at a time: what comes behind the head is the browser's.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES {
            return Err(io::Error::other("the proxy's answer has no end"));
        }
        head.push(server.read_u8().await?);
    }
    let line =
        String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default());
    match line.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(()),
        _ => Err(io::Error::other(format!("the proxy answers {line}"))),
    }
}

/// Carries bytes both ways, until one side ends or too many have come.
async fn tunnel(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    let mut bounded = from_server.take(BYTES);
    tokio::select! {
        sent = copy(&mut from_client, &mut to_server) => sent,
        brought = copy(&mut bounded, &mut to_client) => brought,
    }?;
    Ok(())
}

/// Carries the body of one request, and its answer. The browser may want to send another request, to
/// another host, on the same connection, which this server must not get: then the connection ends.
async fn answer(
    client: &mut TcpStream,
    server: &mut TcpStream,
    rest: &[u8],
    body: u64,
) -> io::Result<()> {
    let (from_client, mut to_client) = client.split();
    let (from_server, mut to_server) = server.split();
    let have = rest.len().min(usize::try_from(body).unwrap_or(usize::MAX));
    let mut bounded = from_server.take(BYTES);
    let mut asking = from_client.take(body - have as u64);
    let request = async {
        to_server.write_all(&rest[..have]).await?;
        copy(&mut asking, &mut to_server).await?;
        let mut next = [0; 1];
        asking.into_inner().read(&mut next).await
    };
    tokio::select! {
        brought = copy(&mut bounded, &mut to_client) => brought.map(drop),
        more = request => more.map(drop),
    }
}

/// What the browser asks for.
struct Asked {
    /// The address that is checked.
    address: String,
    /// What the server gets; `None` for a tunnel.
    request: Option<Request>,
    /// Bytes of the request's body.
    body: u64,
    /// What has come behind the head.
    rest: Vec<u8>,
}

/// A request that is not in a tunnel.
struct Request {
    method: String,
    host: String,
    /// What is asked for there.
    target: String,
    headers: Vec<u8>,
}

impl Request {
    /// Its head, for the server, or for a proxy, which is told the whole address.
    fn head(&self, way: Way, address: &str) -> Vec<u8> {
        let Self { method, host, target, headers } = self;
        let target = match way {
            Way::Server => target.as_str(),
            Way::Upstream => address,
        };
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
        head.extend(headers);
        head.extend(b"Connection: close\r\n\r\n");
        head
    }
}

async fn read_head(client: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    loop {
        if client.read_buf(&mut bytes).await? == 0 || bytes.len() > HEAD_BYTES {
            return Ok(None);
        }
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Partial) => {}
            Ok(httparse::Status::Complete(length)) => {
                return Ok(asked(&request, &bytes[length..]));
            }
            Err(_) => return Ok(None),
        }
    }
}

fn asked(request: &httparse::Request<'_, '_>, rest: &[u8]) -> Option<Asked> {
    let (method, path, rest) = (request.method?, request.path?, rest.to_vec());
    if method == "CONNECT" {
        let scheme = if path.ends_with(":443") { "https" } else { "http" };
        let address = format!("{scheme}://{path}/");
        return Some(Asked { address, request: None, body: 0, rest });
    }
    let url = url::Url::parse(path).ok().filter(|url| url.scheme() == "http")?;
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut headers = Vec::new();
    let mut body = 0;
    for header in request.headers.iter() {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            // Where it ends could not be told without reading all of it.
            return None;
        }
        if header.name.eq_ignore_ascii_case("content-length") {
            body = str::from_utf8(header.value).ok()?.trim().parse().ok()?;
        }
        let is_ours = |name: &&str| header.name.eq_ignore_ascii_case(name);
        if !header.name.eq_ignore_ascii_case("host") && !HOP.iter().any(is_ours) {
            headers.extend([header.name.as_bytes(), b": ", header.value, b"\r\n"].concat());
        }
    }
    let [method, host, target] = [method, host, target].map(str::to_owned);
    let request = Request { method, host, target, headers };
    Some(Asked { address: path.to_owned(), request: Some(request), body, rest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Scope;

    /// A server that answers each connection alike, and tells what it got.
    async fn server() -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut bytes = vec![0; 4096];
                let read = client.read(&mut bytes).await.unwrap();
                tell.send(String::from_utf8_lossy(&bytes[..read]).into_owned()).unwrap();
                // It does not close the connection, though it is asked to.
                client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
                tokio::spawn(async move { client.read_to_end(&mut Vec::new()).await });
            }
        });
        (at, told)
    }

    async fn ask(proxy: &Proxy, request: &str) -> (TcpStream, String) {
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = client.read(&mut bytes).await.unwrap();
        (client, String::from_utf8_lossy(&bytes[..read]).into_owned())
    }

    #[tokio::test]
    async fn a_host_that_the_user_named_is_reached_by_its_own_pages_alone() {
        let (at, mut told) = server().await;
        let guard = Guard::new([at.to_string()]);
        let named = Proxy::start(guard.within(Scope::Named)).await.unwrap();
        let internet = Proxy::start(guard.within(Scope::Internet)).await.unwrap();
        for request in [
            format!("GET http://{at}/a?b HTTP/1.1\r\nHost: x\r\nProxy-Connection: a\r\n\r\n"),
            format!("CONNECT {at} HTTP/1.1\r\n\r\n"),
        ] {
            let (_open, answer) = ask(&internet, &request).await;
            assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\nX-Proxy-Refused: 1"), "{answer}");
            let (_open, answer) = ask(&named, &request).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        }
        let got = told.recv().await.unwrap();
        assert_eq!(got, format!("GET /a?b HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n"));
    }

    /// Knows `web.example` as a host of the internet and `inside.example` as one of a private network.
    struct Directory;

    #[async_trait::async_trait]
    impl crate::Names for Directory {
        async fn addresses(&self, name: &str) -> io::Result<Vec<std::net::IpAddr>> {
            match name {
                "web.example" => Ok(vec![[93, 184, 216, 34].into()]),
                "inside.example" => Ok(vec![[10, 0, 0, 7].into()]),
                _ => Err(io::Error::other("nobody knows it")),
            }
        }
    }

    #[tokio::test]
    async fn behind_the_users_proxy_names_are_checked_here_and_looked_up_there() {
        let (at, mut told) = server().await;
        let upstream = crate::Upstream::at(&format!("http://{at}")).unwrap();
        let guard = Guard::new(["127.0.0.1:1"]).with_names(std::sync::Arc::new(Directory));
        let proxy = Proxy::start(guard.behind(upstream)).await.unwrap();
        for request in [
            "GET http://web.example/a?b HTTP/1.1\r\nHost: x\r\n\r\n",
            "CONNECT unknown.example:443 HTTP/1.1\r\n\r\n",
        ] {
            let (_open, answer) = ask(&proxy, request).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{request}: {answer}");
        }
        let whole =
            "GET http://web.example/a?b HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n";
        assert_eq!(told.recv().await.unwrap(), whole);
        let tunnel = "CONNECT unknown.example:443 HTTP/1.1\r\nHost: unknown.example:443\r\n\r\n";
        assert_eq!(told.recv().await.unwrap(), tunnel);
        for request in [
            "CONNECT inside.example:443 HTTP/1.1\r\n\r\n",
            "CONNECT 10.0.0.7:443 HTTP/1.1\r\n\r\n",
            "CONNECT intranet:443 HTTP/1.1\r\n\r\n",
            "GET http://metadata.google.internal/ HTTP/1.1\r\n\r\n",
        ] {
            let (_open, answer) = ask(&proxy, request).await;
            assert!(answer.starts_with("HTTP/1.1 403"), "{request}: {answer}");
        }
        assert!(told.try_recv().is_err(), "the user's proxy is not asked for these");
    }

    #[tokio::test]
    async fn a_second_request_on_a_connection_reaches_nobody() {
        let (at, mut told) = server().await;
        let proxy = Proxy::start(Guard::new([at.to_string()])).await.unwrap();
        let request = format!("POST http://{at}/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
        let (mut client, _) = ask(&proxy, &request).await;
        told.recv().await.unwrap();
        client
            .write_all(b"GET http://other.example/ HTTP/1.1\r\nCookie: a=b\r\n\r\n")
            .await
            .unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.ok();
        assert!(!String::from_utf8_lossy(&rest).contains("HTTP/"), "{rest:?}");
        assert!(told.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_a_proxy_cannot_carry_out_is_refused() {
        let proxy = Proxy::start(Guard::new(["127.0.0.1:1"])).await.unwrap();
        for (request, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "400"),
            ("GET ftp://a.org/ HTTP/1.1\r\n\r\n", "400"),
            ("POST http://a.org/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
            ("nonsense\r\n\r\n", "400"),
            ("GET http://169.254.169.254/latest HTTP/1.1\r\n\r\n", "403"),
            ("CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", "403"),
            ("CONNECT localhost:80 HTTP/1.1\r\n\r\n", "403"),
        ] {
            let (_open, answer) = ask(&proxy, request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
    }
}
