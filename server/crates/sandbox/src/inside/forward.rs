//! The way from the sandbox's own network to the proxy outside: a port inside, a Unix socket outside.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;

use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;

/// Listens on a port of the sandbox's, which it returns, and carries every connection to the socket.
pub(super) fn start(socket: PathBuf) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    thread::Builder::new().spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            // It ends with the process; a failure to accept is one of the client's.
            loop {
                let Ok((mut client, _)) = listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let socket = socket.clone();
                tokio::spawn(async move {
                    if let Ok(mut proxy) = UnixStream::connect(socket).await {
                        // Whichever side fails, both are closed.
                        copy_bidirectional(&mut client, &mut proxy).await.ok();
                    }
                });
            }
        });
    })?;
    Ok(port)
}
