//! The contract of all memories, over the one in a file. The one on a server has it in its own tests.

#[path = "mod.rs"]
mod contract;

mod over_a_file {
    use std::sync::Arc;

    use devika_memory::{Embedded, Embedder, Memory};
    use tempfile::TempDir;

    use crate::contract::{Place, contract};

    struct InFile {
        memory: Embedded,
        _folder: TempDir,
    }

    impl Place for InFile {
        fn memory(&self) -> &dyn Memory {
            &self.memory
        }

        async fn settle(&self) {
            self.memory.wait_until_embedded().await.expect("the embedder answers");
        }

        async fn tidy(self) {}
    }

    async fn in_file(embedder: Option<Arc<dyn Embedder>>) -> Option<InFile> {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let memory = Embedded::open(&folder.path().join("memory.db"), embedder).await;
        Some(InFile { memory: memory.expect("a file can be made"), _folder: folder })
    }

    contract! { in_file }
}
