//! Memory on a Qdrant server: the contract over a double of it, and over a real one where
//! `DEVIKA_TEST_QDRANT` names its gRPC address (`http://127.0.0.1:6334`; the key, if it wants one, in
//! `DEVIKA_TEST_QDRANT_KEY`).

#[path = "../contract/mod.rs"]
mod contract;
mod double;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod served;

mod over_the_double {
    use std::sync::Arc;

    use devika_memory::qdrant::{Options, QdrantMemory};
    use devika_memory::{Embedder, Memory};

    use crate::contract::{Place, contract};
    use crate::double::Double;

    struct OnDouble {
        memory: QdrantMemory,
        _server: Double,
    }

    impl Place for OnDouble {
        fn memory(&self) -> &dyn Memory {
            &self.memory
        }

        async fn tidy(self) {}
    }

    async fn on_double(embedder: Option<Arc<dyn Embedder>>) -> Option<OnDouble> {
        let server = Double::start();
        let options = Options::at(server.address());
        let memory = QdrantMemory::open(options, embedder).await.expect("the double is there");
        Some(OnDouble { memory, _server: server })
    }

    contract! { on_double }
}

mod over_a_real_server {
    use std::io::Write as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use devika_memory::qdrant::{Options, QdrantMemory};
    use devika_memory::{Embedder, Memory};
    use qdrant_client::Qdrant;

    use crate::contract::{Place, contract};

    struct OnServer {
        memory: QdrantMemory,
        options: Options,
    }

    impl Place for OnServer {
        fn memory(&self) -> &dyn Memory {
            &self.memory
        }

        async fn tidy(self) {
            let client = Qdrant::from_url(&self.options.address)
                .api_key(std::env::var("DEVIKA_TEST_QDRANT_KEY"))
                .skip_compatibility_check()
                .build()
                .expect("the address was one before");
            let deleted = client.delete_collection(&self.options.collection).await;
            deleted.expect("a collection can be deleted");
        }
    }

    async fn on_server(embedder: Option<Arc<dyn Embedder>>) -> Option<OnServer> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(address) = std::env::var("DEVIKA_TEST_QDRANT") else {
            let why = "skipped: DEVIKA_TEST_QDRANT names no Qdrant server";
            writeln!(std::io::stderr(), "{why}").expect("standard error is there");
            return None;
        };
        let key = std::env::var("DEVIKA_TEST_QDRANT_KEY").ok();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let options = Options {
            api_key: key.map(Into::into),
            collection: format!("devika-test-{}-{number}", std::process::id()),
            ..Options::at(address)
        };
        let memory = QdrantMemory::open(options.clone(), embedder).await;
        Some(OnServer { memory: memory.expect("the server is there"), options })
    }

    contract! { on_server }
}
