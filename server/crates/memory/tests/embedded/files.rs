//! The file: made, shared, refused.

use std::fs;

use devika_memory::{Embedded, Filter, Memory, MemoryError};

use crate::world::{World, found, note};

async fn refusal(world: &World) -> MemoryError {
    match Embedded::open(&world.file(), None).await {
        Err(error) => error,
        Ok(_) => panic!("the file was opened"),
    }
}

#[tokio::test]
async fn the_file_and_its_folder_are_made_for_their_owner_alone() {
    let world = World::new();
    let file = world.folder.path().join("new/memory.db");
    let memory = Embedded::open(&file, None).await.unwrap();
    memory.remember(vec![note("tea")]).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
        assert_eq!(mode(&file.with_file_name("memory.db-wal")), 0o600);
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_as_it_is() {
    let world = World::new();
    drop(world.memory().await);
    world.sql().pragma_update(None, "user_version", 99).unwrap();
    let MemoryError::Foreign { why, .. } = refusal(&world).await else { panic!() };
    assert_eq!(
        why,
        "it has format 99, and this program knows formats up to 1; install the newer Devika that \
         wrote it"
    );
    assert!(Embedded::open_read_only(&world.file(), None).await.is_err());
}

#[tokio::test]
async fn another_programs_file_is_refused_and_left_as_it_is() {
    let world = World::new();
    world.sql().execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    let before = fs::read(world.file()).unwrap();
    let MemoryError::Foreign { why, .. } = refusal(&world).await else { panic!() };
    assert!(why.contains("another program's"), "{why}");
    assert!(fs::read(world.file()).unwrap() == before);
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_what_to_do() {
    let world = World::new();
    fs::write(world.file(), "no database at all, but long enough to be looked at. ".repeat(100))
        .unwrap();
    let before = fs::read(world.file()).unwrap();
    let error = refusal(&world).await;
    let MemoryError::Foreign { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.ends_with("move it away to begin with an empty one"), "{why}");
    assert!(fs::read(world.file()).unwrap() == before);
}

#[tokio::test]
async fn damage_that_shows_later_is_told_in_the_same_way() {
    let world = World::new();
    let memory = world.memory().await;
    memory.remember((0..500).map(|n| note(&format!("leaf {n}"))).collect()).await.unwrap();
    drop(memory);
    world.sql().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let page = world.number("SELECT rootpage FROM sqlite_schema WHERE name = 'texts'");
    let mut bytes = fs::read(world.file()).unwrap();
    let page = usize::try_from(page).unwrap();
    bytes[4_096 * (page - 1)..4_096 * page].fill(0xff);
    fs::write(world.file(), bytes).unwrap();
    let memory = world.memory().await;
    let error = memory.page(&Filter::default(), None, usize::MAX).await.unwrap_err();
    assert!(matches!(error, MemoryError::Foreign { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said() {
    let world = World::new();
    fs::write(world.folder.path().join("file"), "").unwrap();
    let file = world.folder.path().join("file/memory.db");
    let Err(error) = Embedded::open(&file, None).await else { panic!() };
    assert!(matches!(error, MemoryError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn reading_alone_needs_a_memory_that_is_there() {
    let world = World::new();
    let Err(missing) = Embedded::open_read_only(&world.file(), None).await else { panic!() };
    assert!(matches!(missing, MemoryError::Unreachable { .. }), "{missing:?}");
    fs::write(world.file(), "").unwrap();
    let Err(empty) = Embedded::open_read_only(&world.file(), None).await else { panic!() };
    assert!(empty.to_string().contains("open it once for writing"), "{empty}");
}

#[tokio::test]
async fn two_processes_share_one_memory() {
    let world = World::new();
    let (one, other) = (world.memory().await, world.memory().await);
    let write = async |memory: &Embedded, who: &str| {
        for n in 0..40 {
            memory.remember(vec![note(&format!("{who} {n}"))]).await.unwrap();
        }
    };
    tokio::join!(write(&one, "alpha"), write(&other, "beta"));
    assert_eq!(found(&one, "beta 7").await[0], "beta 7");
    assert_eq!(found(&other, "alpha 7").await[0], "alpha 7");
    assert_eq!(world.number("SELECT count(*) FROM passages"), 80);
}

#[tokio::test]
async fn a_memory_that_another_program_holds_is_unreachable_for_now() {
    let world = World::new();
    let memory = world.memory().await;
    let holder = world.sql();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(found(&memory, "tea").await, [] as [&str; 0], "what only reads does not wait");
    let error = memory.remember(vec![note("tea")]).await.unwrap_err();
    assert!(matches!(error, MemoryError::Unreachable { .. }), "{error:?}");
    holder.execute_batch("ROLLBACK").unwrap();
    memory.remember(vec![note("tea")]).await.unwrap();
}
