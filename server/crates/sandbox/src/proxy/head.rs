//! The head of a request to the proxy, and what is sent on of it.

use super::hosts::Target;

/// Bytes of a head at the most.
pub(super) const LONGEST: usize = 32 * 1024;

/// Headers that are for the proxy, or about the connection to it.
const HOP: [&str; 8] = [
    "host",
    "connection",
    "proxy-connection",
    "keep-alive",
    "proxy-authorization",
    "upgrade",
    "te",
    "trailer",
];

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A tunnel.
    Tunnel(Target),
    /// One plain request.
    Plain {
        target: Target,
        /// The head to send on.
        head: Vec<u8>,
        /// Bytes that follow it.
        body: u64,
    },
}

/// What came of the bytes read so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The head goes on.
    More,
    /// It is whole, and this long.
    Whole(Asked, usize),
    /// It is no request that a proxy can carry out.
    Bad,
}

pub(super) fn read(bytes: &[u8]) -> Read {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST => Read::More,
        Ok(httparse::Status::Complete(length)) => {
            asked(&request).map_or(Read::Bad, |asked| Read::Whole(asked, length))
        }
        Ok(httparse::Status::Partial) | Err(_) => Read::Bad,
    }
}

fn asked(request: &httparse::Request<'_, '_>) -> Option<Asked> {
    let (method, path) = (request.method?, request.path?);
    if method == "CONNECT" {
        return Target::parse(path, None).map(Asked::Tunnel);
    }
    let rest = path.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://"));
    let rest = rest.and_then(|_| path.get(7..))?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let target = Target::parse(authority, Some(80))?;
    let slash = if path.starts_with('/') { "" } else { "/" };

    let mut head = format!("{method} {slash}{path} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
    let mut body = 0;
    for header in request.headers.iter() {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            // Its end could not be told without reading all of it, and what follows would be a
            // request that nobody has looked at.
            return None;
        }
        if header.name.eq_ignore_ascii_case("content-length") {
            body = str::from_utf8(header.value).ok()?.parse().ok()?;
        }
        if !HOP.iter().any(|hop| header.name.eq_ignore_ascii_case(hop)) {
            head.extend_from_slice(header.name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(header.value);
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    Some(Asked::Plain { target, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: u16) -> Target {
        Target { host: host.to_owned(), port }
    }

    #[test]
    fn a_tunnel_is_asked_for_by_connect() {
        let head = b"CONNECT a.org:443 HTTP/1.1\r\nHost: other\r\n\r\nrest";
        assert_eq!(read(head), Read::Whole(Asked::Tunnel(target("a.org", 443)), head.len() - 4));
        assert_eq!(read(b"CONNECT a.org:443 HTTP/1.1\r\nHo"), Read::More);
    }

    #[test]
    fn a_plain_request_is_sent_on_to_the_host_of_its_address() {
        let head = b"POST http://A.org:81/x?y HTTP/1.1\r\nHost: other\r\nProxy-Connection: a\r\n\
                     X: 1\r\nContent-Length: 3\r\n\r\nabc";
        let Read::Whole(Asked::Plain { target: to, head, body: 3 }, _) = read(head) else {
            panic!("not read")
        };
        assert_eq!(to, target("a.org", 81));
        insta::assert_snapshot!(String::from_utf8(head).unwrap(), @r"
        POST /x?y HTTP/1.1
        Host: A.org:81
        X: 1
        Content-Length: 3
        Connection: close
        ");
    }

    #[test]
    fn what_a_proxy_cannot_carry_out_is_bad() {
        for head in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET https://a.org/ HTTP/1.1\r\n\r\n",
            "GET ftp://a.org/ HTTP/1.1\r\n\r\n",
            "CONNECT a.org HTTP/1.1\r\n\r\n",
            "GET http://user@a.org/ HTTP/1.1\r\n\r\n",
            "POST http://a.org/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert_eq!(read(head.as_bytes()), Read::Bad, "{head}");
        }
    }
}
