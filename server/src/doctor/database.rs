//! Whether the database opens, is whole, and has room to grow.

use std::path::PathBuf;

use devika_store::{Health, Store, StoreError};

use super::Finding;

/// With less than this free, work may stop in the middle: 200 MB.
const LITTLE_ROOM: u64 = 200_000_000;

pub(super) async fn look(file: PathBuf) -> Finding {
    let place = file.display().to_string();
    let opened = tokio::task::spawn_blocking(move || Store::open(&file)).await;
    let health = match opened {
        Ok(Ok(store)) => store.health().await,
        Ok(Err(error)) => Err(error),
        Err(panicked) => Err(StoreError::Other(panicked.to_string())),
    };
    match health {
        Ok(health) => tell(&place, &health),
        Err(error) => Finding::failed(error.to_string()),
    }
}

fn tell(place: &str, health: &Health) -> Finding {
    let Health { format, bytes, free_bytes, faults } = health;
    if !faults.is_empty() {
        return Finding::failed(format!("{place} is damaged: {}", faults.join("; ")));
    }
    let size = format!("{place}: whole, format {format}, {} MB", bytes.div_ceil(1_000_000));
    match free_bytes {
        Some(free) if *free < LITTLE_ROOM => Finding::warning(format!(
            "{size}; only {} MB of disk are free: make room",
            free / 1_000_000
        )),
        Some(free) => Finding::ok(format!("{size}; {} GB of disk are free", free / 1_000_000_000)),
        None => Finding::ok(size),
    }
}
