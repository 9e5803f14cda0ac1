//! The archive that a site is uploaded as.

use std::io::{Cursor, Write as _};

use devika_agent::SiteFile;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The files in one archive; the same files make the same bytes.
pub(super) fn of(files: &[SiteFile]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644);
    for file in files {
        archive.start_file(file.path.as_str(), options)?;
        archive.write_all(&file.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn an_archive_holds_the_files_and_is_the_same_each_time() {
        let file =
            |path: &str, bytes: &[u8]| SiteFile { path: path.to_owned(), bytes: bytes.to_vec() };
        let files = [file("index.html", b"<p>"), file("a/ä.bin", &[0, 159, 1])];
        let bytes = of(&files).unwrap();
        assert_eq!(bytes, of(&files).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for file in files {
            let mut read = Vec::new();
            archive.by_name(&file.path).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, file.bytes);
        }
    }
}
