//! The lines that git programs speak in (`gitprotocol-common`): four hexadecimal digits of length,
//! which count themselves, and so many bytes less four; `0000` ends a section.

use std::io::{Error, ErrorKind, Read};

/// Bytes of a packet at the most, its length included.
const LONGEST: usize = 65_520;

/// One packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// The end of a section.
    Flush,
    /// What it carries.
    Bytes(Vec<u8>),
}

/// The next packet; none at the end of the stream.
pub(crate) fn next(from: &mut dyn Read) -> Result<Option<Packet>, Error> {
    let mut digits = [0; 4];
    match from.read(&mut digits)? {
        0 => return Ok(None),
        read => from.read_exact(&mut digits[read..])?,
    }
    let wrong = || Error::new(ErrorKind::InvalidData, "the server does not speak git's protocol");
    let digits = std::str::from_utf8(&digits).map_err(|_| wrong())?;
    let length = usize::from_str_radix(digits, 16).map_err(|_| wrong())?;
    match length {
        0 => Ok(Some(Packet::Flush)),
        4..=LONGEST => {
            let mut bytes = vec![0; length - 4];
            from.read_exact(&mut bytes)?;
            Ok(Some(Packet::Bytes(bytes)))
        }
        _ => Err(wrong()),
    }
}

/// A packet with a line in it.
pub(crate) fn line(text: &str) -> String {
    format!("{:04x}{text}\n", text.len() + 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = format!("{}0000{}", line("want a"), line("done"));
        let mut from = text.as_bytes();
        let mut read = Vec::new();
        while let Some(packet) = next(&mut from).unwrap() {
            read.push(packet);
        }
        let bytes = |text: &str| Packet::Bytes(text.as_bytes().to_vec());
        assert_eq!(read, [bytes("want a\n"), Packet::Flush, bytes("done\n")]);
    }

    #[test]
    fn what_is_cut_off_or_no_packet_is_an_error() {
        for wrong in ["<htm", "0001", "0003", "fff1", "0009abc", "00"] {
            assert!(next(&mut wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
