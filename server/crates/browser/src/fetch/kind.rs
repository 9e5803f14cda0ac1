//! What a body is: one of the few kinds that are read, or a download, which is not.

use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};

/// A kind of body that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    Markdown,
    Json,
    Pdf,
    /// Plain text, source code, XML.
    Text,
}

/// What the headers say about a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// `None` where they say nothing, and the body has to be looked at.
    pub(super) kind: Option<Kind>,
    pub(super) charset: Option<String>,
}

impl Told {
    /// Reads the headers.
    ///
    /// # Errors
    /// Why this is not read.
    pub(super) fn by(headers: &HeaderMap) -> Result<Self, String> {
        let text_of = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let told = text_of(CONTENT_TYPE).to_ascii_lowercase();
        let mut parts = told.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let charset = parts
            .find_map(|part| part.strip_prefix("charset="))
            .map(|label| label.trim_matches(['"', '\'']).to_owned());
        if media.is_empty() {
            return Ok(Self { kind: None, charset });
        }
        let kind =
            Kind::of(media).ok_or_else(|| format!("{media} is not read, only text and PDF"))?;
        let disposition = text_of(CONTENT_DISPOSITION).trim_start().to_ascii_lowercase();
        if disposition.starts_with("attachment") && kind != Kind::Pdf {
            return Err("it is a download".to_owned());
        }
        Ok(Self { kind: Some(kind), charset })
    }
}

impl Kind {
    fn of(media: &str) -> Option<Self> {
        Some(match media {
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/markdown" | "text/x-markdown" => Self::Markdown,
            "application/json" | "text/json" => Self::Json,
            "application/pdf" | "application/x-pdf" => Self::Pdf,
            "application/xml"
            | "application/javascript"
            | "application/x-javascript"
            | "application/typescript"
            | "application/toml"
            | "application/yaml"
            | "application/x-yaml"
            | "application/x-sh"
            | "application/sql" => Self::Text,
            other if other.ends_with("+json") => Self::Json,
            other if other.ends_with("+xml") && !other.starts_with("image/") => Self::Text,
            other if other.starts_with("text/") => Self::Text,
            _ => return None,
        })
    }

    /// What a body is that came without a word about it.
    pub(super) fn of_body(body: &[u8]) -> Option<Self> {
        if body.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        let text = std::str::from_utf8(body).ok().filter(|text| !text.contains('\0'))?;
        let begin = text.trim_start_matches('\u{feff}').trim_start();
        let is_html = ["<!doctype html", "<html", "<head", "<body"]
            .iter()
            .any(|tag| begin.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag)));
        Some(if is_html { Self::Html } else { Self::Text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(media: &str, disposition: &str) -> Result<Told, String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media.parse().unwrap());
        headers.insert(CONTENT_DISPOSITION, disposition.parse().unwrap());
        Told::by(&headers)
    }

    #[test]
    fn text_and_pdf_are_read() {
        for (media, kind) in [
            ("text/html; charset=utf-8", Kind::Html),
            ("Application/XHTML+XML", Kind::Html),
            ("text/markdown", Kind::Markdown),
            ("application/ld+json", Kind::Json),
            ("application/pdf", Kind::Pdf),
            ("text/x-rust", Kind::Text),
            ("application/atom+xml", Kind::Text),
        ] {
            assert_eq!(told(media, "").unwrap().kind, Some(kind), "{media}");
        }
    }

    #[test]
    fn the_encoding_is_taken_from_its_parameter() {
        let charset = |media| told(media, "").unwrap().charset;
        assert_eq!(charset("text/html; a=b; Charset=\"Latin1\""), Some("latin1".to_owned()));
        assert_eq!(charset("text/html"), None);
    }

    #[test]
    fn what_is_no_text_is_not_read() {
        for media in ["application/zip", "image/svg+xml", "video/mp4", "application/octet-stream"] {
            assert_eq!(told(media, ""), Err(format!("{media} is not read, only text and PDF")));
        }
    }

    #[test]
    fn a_download_is_not_read_unless_it_is_a_pdf() {
        assert_eq!(
            told("text/html", "attachment; filename=a.html"),
            Err("it is a download".to_owned())
        );
        assert!(told("application/pdf", "attachment; filename=a.pdf").is_ok());
        assert!(told("text/html", "inline").is_ok());
    }

    #[test]
    fn without_a_word_the_body_tells() {
        assert_eq!(Told::by(&HeaderMap::new()).unwrap().kind, None);
        assert_eq!(Kind::of_body(b"%PDF-1.7\n"), Some(Kind::Pdf));
        assert_eq!(Kind::of_body(b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>"), Some(Kind::Html));
        assert_eq!(Kind::of_body(b"just text"), Some(Kind::Text));
        assert_eq!(Kind::of_body(b"\x7fELF\x01\0"), None);
    }
}
