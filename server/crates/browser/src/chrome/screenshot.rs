//! Pictures of pages.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::tab::Tab;

/// Bytes of one picture; a larger one is not kept.
const PNG_BYTES: usize = 5 * 1024 * 1024;

/// What makes the names of two pictures of one instant differ.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Tab {
    /// Takes a picture of the page's beginning and puts it into `folder`. `None` where that fails, since
    /// the page's text is what counts.
    pub(super) async fn picture(&self, folder: &Path) -> Option<PathBuf> {
        let clip = json!({ "x": 0, "y": 0, "width": 1280, "height": 1600, "scale": 1 });
        let taken =
            self.session.call("Page.captureScreenshot", json!({ "format": "png", "clip": clip }));
        let taken = taken.await.ok()?;
        let png = BASE64_STANDARD.decode(taken["data"].as_str()?).ok()?;
        if png.len() > PNG_BYTES {
            return None;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = folder.join(format!("page-{now}-{}-{number}.png", std::process::id()));
        tokio::fs::create_dir_all(folder).await.ok()?;
        match tokio::fs::write(&file, png).await {
            Ok(()) => Some(file),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "a picture of a page is not kept");
                None
            }
        }
    }
}
