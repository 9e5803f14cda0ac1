//! An HTTP server of one file, which records what it was asked for and can be told to misbehave.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server behaves.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// The file.
    pub(super) body: Vec<u8>,
    /// Whether it ignores ranges.
    pub(super) no_ranges: bool,
    /// Bytes after which each answer breaks off.
    pub(super) cut: Option<usize>,
}

/// A running server.
pub(super) struct FileServer {
    /// Where the file is.
    pub(super) address: String,
    ranges: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Starts it; it ends with the runtime.
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/model.gguf", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&ranges);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let range = answer(stream, &behaviour).await;
                asked.lock().unwrap().push(range);
            }
        });
        Self { address, ranges }
    }

    /// The ranges that were asked for, in order.
    pub(super) fn ranges(&self) -> Vec<String> {
        self.ranges.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, behaviour: &Behaviour) -> String {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let mut range = String::new();
    while let Some(line) = lines.next_line().await.unwrap().filter(|line| !line.is_empty()) {
        if let Some(value) = line.strip_prefix("range: ") {
            range = value.to_owned();
        }
    }
    let wanted = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap_or(0);
    let from = if behaviour.no_ranges { 0 } else { wanted };
    let rest = &behaviour.body[from..];
    let status = if behaviour.no_ranges { "200 OK" } else { "206 Partial Content" };
    let length = rest.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let sent = &rest[..behaviour.cut.unwrap_or(length).min(length)];
    // The client may be gone, which is its business.
    drop(writer.write_all(&[head.as_bytes(), sent].concat()).await);
    drop(writer.shutdown().await);
    range
}
