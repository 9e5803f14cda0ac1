//! Whether the database opens, is whole, and has room to grow.

use std::path::PathBuf;

use devika_store::{Health, Store, StoreError};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};

use super::Finding;

/// With less than this free, work may stop in the middle: 200 MB.
const LITTLE_ROOM: u64 = 200_000_000;

/// The database, opened once for all checks that want it.
pub(super) type Opened = Shared<BoxFuture<'static, Result<Store, StoreError>>>;

pub(super) fn open(file: PathBuf) -> Opened {
    let opening = async move {
        let opened = tokio::task::spawn_blocking(move || Store::open(&file)).await;
        opened.unwrap_or_else(|panicked| Err(StoreError::Other(panicked.to_string())))
    };
    opening.boxed().shared()
}

pub(super) async fn look(file: PathBuf, store: Opened) -> Finding {
    let health = match store.await {
        Ok(store) => store.health().await,
        Err(error) => Err(error),
    };
    match health {
        Ok(health) => tell(&file.display().to_string(), &health),
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
