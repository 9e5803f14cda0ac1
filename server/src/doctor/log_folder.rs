//! Whether the log can be written.

use std::path::Path;

use super::Finding;

pub(super) fn look(folder: &Path) -> Finding {
    match try_to_write(folder) {
        Ok(()) => Finding::ok(folder.display().to_string()),
        Err(error) => Finding::warning(format!(
            "{} cannot be written, so that there is no log: {error}",
            folder.display()
        )),
    }
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // Named after the process, for several may look at the same time.
    let file = folder.join(format!("doctor-{}", std::process::id()));
    std::fs::write(&file, "written")?;
    std::fs::remove_file(&file)
}
