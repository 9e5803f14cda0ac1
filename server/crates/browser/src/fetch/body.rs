//! A body, read part by part up to a bound, unpacked as it comes.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use crate::fault::root_cause;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoBody {
    /// It is larger than the bound.
    TooLarge,
    /// It broke off, or is packed in a way that cannot be read.
    Broken(String),
}

/// Reads a body. No more than `limit` bytes of it are ever held, packed or not.
pub(crate) async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, NoBody> {
    let packing = response.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes());
    let mut body = match packing {
        None | Some(b"" | b"identity") => Sink::Plain(Capped::new(limit)),
        Some(b"gzip" | b"x-gzip") => Sink::Gzip(Box::new(MultiGzDecoder::new(Capped::new(limit)))),
        Some(other) => {
            let name = String::from_utf8_lossy(other);
            return Err(NoBody::Broken(format!("it is packed as {name}, which was not asked for")));
        }
    };
    // What the server says only saves the way.
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(NoBody::TooLarge);
    }
    let mut received = 0;
    loop {
        let part = response.chunk().await.map_err(|error| NoBody::Broken(root_cause(&error)))?;
        let Some(part) = part else { return body.end() };
        received += part.len();
        if received > limit {
            return Err(NoBody::TooLarge);
        }
        body.take(&part)?;
    }
}

/// Where the parts of a body go.
enum Sink {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
}

impl Sink {
    fn take(&mut self, part: &[u8]) -> Result<(), NoBody> {
        let (written, capped) = match self {
            Self::Plain(capped) => (capped.write_all(part), &*capped),
            Self::Gzip(decoder) => (decoder.write_all(part), decoder.get_ref()),
        };
        written.map_err(|error| capped.fault(&error))
    }

    fn end(self) -> Result<Vec<u8>, NoBody> {
        match self {
            Self::Plain(capped) => Ok(capped.bytes),
            Self::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => decoder.finish().map_or_else(
                    |error| Err(NoBody::Broken(error.to_string())),
                    |capped| Ok(capped.bytes),
                ),
                Err(error) => Err(decoder.get_ref().fault(&error)),
            },
        }
    }
}

/// Bytes that refuse to become more than `limit`.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Capped {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, is_full: false }
    }

    fn fault(&self, error: &io::Error) -> NoBody {
        match self.is_full {
            true => NoBody::TooLarge,
            false => NoBody::Broken(format!("its packing is broken: {error}")),
        }
    }
}

impl Write for Capped {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.limit {
            self.is_full = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
