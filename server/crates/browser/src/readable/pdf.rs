//! The text of PDF files.
//!
//! The library that reads them was made for files of friends: it inflates without a limit, follows
//! drawings that contain themselves until the stack ends, and panics where something is missing. So
//! nothing reaches it that could do the first two, and the third is caught.

use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use flate2::read::ZlibDecoder;
use pdf_extract::{Document, Object, PlainTextOutput, output_doc_page};

use super::hidden::without_hidden;

/// Bytes of a file.
const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of all that is in a file, inflated.
const INFLATED_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes that are packed by LZW, which grow at most 1,400-fold.
const LZW_BYTES: usize = 64 * 1024;
/// Pages that are read.
const PAGES: usize = 300;
/// Bytes of text that are kept.
const TEXT_BYTES: usize = super::MARKDOWN_BYTES;
/// How long reading goes on; the page that is being read then is the last one.
const TIME: Duration = Duration::from_secs(20);

/// Why a PDF file has no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// It is too large, packed or unpacked.
    #[error("the PDF file is too large: {0}")]
    TooLarge(String),
    /// It is locked.
    #[error("the PDF file is encrypted; ask for one without a password")]
    Encrypted,
    /// It is damaged, or none at all.
    #[error("the PDF file cannot be read: {0}")]
    Broken(String),
    /// It shows pictures alone, such as scanned pages.
    #[error("the PDF file holds no text, perhaps pictures of pages; look for another source")]
    NoText,
}

/// The text of a PDF file, a heading `## Page N` for each page. Takes up to 20 s of processor time, so
/// it is not for a thread that others wait for.
///
/// # Errors
/// [`PdfError`].
pub fn pdf_text(bytes: &[u8]) -> Result<String, PdfError> {
    if bytes.len() > FILE_BYTES {
        return Err(PdfError::TooLarge(format!("more than {} MiB", FILE_BYTES >> 20)));
    }
    check_inflated(bytes)?;
    let text = catch_unwind(AssertUnwindSafe(|| read(bytes)))
        .unwrap_or_else(|_| Err(PdfError::Broken("it is not as PDF files are".to_owned())))?;
    match text.trim() {
        "" => Err(PdfError::NoText),
        visible => Ok(without_hidden(visible).0),
    }
}

/// Inflates everything that could be a stream, wherever it is, and only counts.
fn check_inflated(bytes: &[u8]) -> Result<(), PdfError> {
    const STREAM: &[u8] = b"stream";
    let mut left = INFLATED_BYTES;
    let mut at = 0;
    while let Some(next) = find(&bytes[at..], STREAM) {
        at += next + STREAM.len();
        let start = at + bytes[at..].iter().take_while(|b| b"\r\n \t".contains(b)).count();
        if bytes.get(start).is_none_or(|first| first & 0x0f != 8) {
            continue;
        }
        let mut inflater = ZlibDecoder::new(&bytes[start..]).take(left + 1);
        // A broken stream counts as far as it goes.
        let mut sink = Counted(0);
        std::io::copy(&mut inflater, &mut sink).ok();
        left = left.checked_sub(sink.0).ok_or_else(|| {
            PdfError::TooLarge(format!("more than {} MiB, unpacked", INFLATED_BYTES >> 20))
        })?;
    }
    Ok(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Counts what is written to it.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn read(bytes: &[u8]) -> Result<String, PdfError> {
    let started = Instant::now();
    let mut document =
        Document::load_mem(bytes).map_err(|error| PdfError::Broken(error.to_string()))?;
    if document.is_encrypted() {
        return Err(PdfError::Encrypted);
    }
    disarm(&mut document)?;
    let mut text = String::new();
    for number in document.get_pages().into_keys().take(PAGES) {
        if started.elapsed() > TIME || text.len() > TEXT_BYTES {
            break;
        }
        if let Some(page) = page_text(&document, number) {
            text.push_str(&format!("## Page {number}\n\n{page}\n\n"));
        }
    }
    text.truncate(text.floor_char_boundary(TEXT_BYTES));
    Ok(text)
}

/// One page; `None` where it is damaged or empty, which the others may not be.
fn page_text(document: &Document, number: u32) -> Option<String> {
    let mut text = String::new();
    // What was read before a fault stays.
    catch_unwind(AssertUnwindSafe(|| {
        output_doc_page(document, &mut PlainTextOutput::new(&mut text), number).ok()
    }))
    .ok();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let joined = lines.join("\n");
    let page = joined.trim();
    (!page.is_empty()).then(|| page.to_owned())
}

/// Takes away what would be unpacked twice, and drawings that draw others: they might draw themselves.
/// Their text is lost, and so are pictures, which have none.
fn disarm(document: &mut Document) -> Result<(), PdfError> {
    let mut lzw = 0;
    for object in document.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        let filters = stream.filters().unwrap_or_default();
        let packed = filters.iter().filter(|it| it.ends_with(b"Decode")).count();
        if filters.iter().any(|filter| *filter == b"LZWDecode") {
            lzw += stream.content.len();
        }
        if lzw > LZW_BYTES || packed > 1 {
            return Err(PdfError::TooLarge("it is packed in a way that has no bound".to_owned()));
        }
        let kind = stream.dict.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
        let draws =
            || stream.decompressed_content().is_ok_and(|drawing| find(&drawing, b"Do").is_some());
        if kind == b"Image" || (kind == b"Form" && draws()) {
            stream.set_content(Vec::new());
            stream.dict.remove(b"Filter");
        }
    }
    Ok(())
}
