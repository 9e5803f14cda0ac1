//! Downloading the model from its official address, going on where an earlier download stopped.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::header::RANGE;
use reqwest::{Client, Response, StatusCode, Url};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::places::{Origin, size};
use crate::providers::http::{root_cause, tls};

/// Short, so that a machine that reaches only a package mirror turns to it at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the address may send nothing.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// Appends to `partial` what it lacks of the model. A broken connection is taken up again as long
/// as each brings something. `on_bytes` is told how much there is in all.
///
/// # Errors
/// What happened, for [`super::LocalError::Download`].
pub(super) async fn fetch(
    origin: &Origin,
    partial: &Path,
    on_bytes: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), String> {
    let client = client(&origin.address)?;
    loop {
        let before = size(partial);
        if before == origin.bytes {
            return Ok(());
        }
        match fetch_rest(&client, origin, partial, before, on_bytes).await {
            Err(why) if size(partial) <= before => return Err(why),
            Err(why) => tracing::info!(%why, "the download broke and goes on"),
            Ok(()) => {}
        }
    }
}

/// A client that follows redirects, as the official address sends each download elsewhere.
fn client(address: &str) -> Result<Client, String> {
    let address = Url::parse(address).map_err(|e| e.to_string())?;
    let tls = tls(address.scheme() == "https").map_err(|e| e.to_string())?;
    Client::builder()
        .user_agent(concat!("devika/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(SILENCE_TIMEOUT)
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|e| root_cause(&e))
}

async fn fetch_rest(
    client: &Client,
    origin: &Origin,
    partial: &Path,
    have: u64,
    on_bytes: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), String> {
    let request = client.get(&origin.address).header(RANGE, format!("bytes={have}-"));
    let response = request.send().await.map_err(|e| root_cause(&e))?;
    let (mut file, mut have) = match response.status() {
        StatusCode::PARTIAL_CONTENT => (open(partial, false).await?, have),
        StatusCode::OK => (open(partial, true).await?, 0),
        status => return Err(format!("it answered {status}")),
    };
    let outcome = receive(response, &mut file, &mut have, origin.bytes, on_bytes).await;
    file.flush().await.map_err(|e| e.to_string())?;
    outcome
}

async fn receive(
    response: Response,
    file: &mut File,
    have: &mut u64,
    whole: u64,
    on_bytes: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), String> {
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| root_cause(&e))?;
        if *have + piece.len() as u64 > whole {
            return Err(format!("it sent more than the {whole} bytes that the model has"));
        }
        file.write_all(&piece).await.map_err(|e| e.to_string())?;
        *have += piece.len() as u64;
        on_bytes(*have);
    }
    if *have < whole {
        return Err(format!("it ended after {have} of {whole} bytes"));
    }
    Ok(())
}

/// Opens the file to append to it; `anew` empties it first, for a server that does not resume.
async fn open(partial: &Path, anew: bool) -> Result<File, String> {
    if anew {
        File::create(partial).await.map_err(|e| e.to_string())?;
    }
    OpenOptions::new().append(true).create(true).open(partial).await.map_err(|e| e.to_string())
}
