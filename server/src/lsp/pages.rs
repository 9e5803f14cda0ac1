//! Tasks as files to read, for clients that show nothing but files.

use std::path::{Path, PathBuf};

use devika_protocol::TaskView;

use crate::page::page;

/// The folder of the pages.
pub(super) struct Pages(PathBuf);

impl Pages {
    /// The pages below Devika's own folder.
    pub(super) fn below(state: &Path) -> Self {
        Self(state.join("tasks"))
    }

    /// Writes a task's page, and says where it is.
    ///
    /// # Errors
    /// Why it cannot be written, for the user.
    pub(super) async fn write(&self, view: &TaskView) -> Result<PathBuf, String> {
        let file = self.0.join(format!("task-{}.md", view.summary.id));
        let text = page(view);
        let failed = |error: std::io::Error| {
            format!("task {} cannot be told in {}: {error}", view.summary.id, file.display())
        };
        tokio::fs::create_dir_all(&self.0).await.map_err(failed)?;
        tokio::fs::write(&file, text).await.map_err(failed)?;
        Ok(file)
    }
}
