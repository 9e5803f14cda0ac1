//! The bounded framer in front of tower-lsp: only well-formed messages reach it, and whatever goes
//! out goes out whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

use super::bodies::is_shutdown;
use super::frames::{Frame, Frames};

/// Writes that may wait for a client that reads slowly, before the server waits for it.
const OUTLET_WRITES: usize = 64;

/// Bytes that are read, and handed on, at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The way out. Every write is put out as one piece, so that writers do not interleave.
pub(super) struct Outlet(PollSender<Vec<u8>>);

impl Outlet {
    /// The way out, and the future that carries everything to `output`, each write flushed. The
    /// future ends when all outlets are dropped.
    ///
    /// # Errors
    /// The future: when the client reads no more.
    pub(super) fn onto<O>(mut output: O) -> (Self, impl Future<Output = io::Result<()>>)
    where
        O: AsyncWrite + Unpin,
    {
        let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(OUTLET_WRITES);
        let carry = async move {
            while let Some(bytes) = receiver.recv().await {
                output.write_all(&bytes).await?;
                output.flush().await?;
            }
            Ok(())
        };
        (Self(PollSender::new(sender)), carry)
    }

    /// A second writer to the same output.
    pub(super) fn another(&self) -> Self {
        Self(self.0.clone())
    }
}

impl AsyncWrite for Outlet {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        ready!(self.0.poll_reserve(context)).map_err(gone)?;
        self.0.send_item(bytes.to_vec()).map_err(gone)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.close();
        Poll::Ready(Ok(()))
    }
}

/// The clean side of `input`, for tower-lsp to read, and the future that fills it and answers
/// malformed frames. The future ends with the input. `on_shutdown` is called where `shutdown`
/// passes: an `exit` close behind ends the session before any handler hears of it.
///
/// # Errors
/// The future: when the input cannot be read, or one of the two outputs is closed.
pub(super) fn cleaned<I>(
    mut input: I,
    mut errors: Outlet,
    on_shutdown: impl Fn(),
) -> (DuplexStream, impl Future<Output = io::Result<()>>)
where
    I: AsyncRead + Unpin,
{
    let (mut clean, reader) = tokio::io::duplex(PIECE_BYTES);
    let fill = async move {
        let mut frames = Frames::default();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = input.read(&mut piece).await?;
            frames.push(&piece[..count]);
            while let Some(frame) = frames.next() {
                if matches!(&frame, Frame::Message(body) if is_shutdown(body)) {
                    on_shutdown();
                }
                pass(frame, &mut clean, &mut errors).await?;
            }
            if count == 0 {
                if let Some(frame) = frames.end() {
                    pass(frame, &mut clean, &mut errors).await?;
                }
                return Ok(());
            }
        }
    };
    (reader, fill)
}

async fn pass(frame: Frame, clean: &mut DuplexStream, errors: &mut Outlet) -> io::Result<()> {
    match frame {
        Frame::Message(body) => clean.write_all(&framed(&body)).await,
        Frame::Refused { answer: body, .. } => {
            tracing::warn!(error = %String::from_utf8_lossy(&body), "a frame of the client was refused");
            errors.write_all(&framed(&body)).await
        }
    }
}

/// A body with its header.
pub(super) fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    frame
}
