//! Whether what is remembered can be had: the file of this machine, or the server and its collection.

use devika_config::Config;
use devika_memory::{MemoryError, Stats};

use super::Finding;
use crate::memory::{Examined, examine};
use crate::setup::Setup;

pub(super) async fn look(setup: &Setup, config: &Config) -> Finding {
    if !config.memory.on {
        return Finding::ok("off by `memory.on`: nothing is remembered from task to task");
    }
    let memory = setup.memory(config);
    let mut examined = examine(&memory).await;
    if let (Ok(Examined::File { stats, .. }), None) = (&mut examined, &config.memory.embeddings) {
        // Nobody waits for vectors that no model makes.
        stats.without_vector = 0;
    }
    tell(examined, config.memory.qdrant.reads_file_meanwhile)
}

/// `reads_file`: whether the file of this machine answers while a server is away.
fn tell(examined: Result<Examined, MemoryError>, reads_file: bool) -> Finding {
    match examined {
        Ok(Examined::New { place }) => {
            Finding::ok(format!("{place}: not there yet; it is made with the first passage"))
        }
        Ok(Examined::File { format, stats }) => Finding::ok(of_file(format, &stats)),
        Ok(Examined::Server { place, version, passages: Some(passages) }) => {
            Finding::ok(format!("{place}: Qdrant {version}; {passages} passages, schema is right"))
        }
        Ok(Examined::Server { place, version, passages: None }) => Finding::ok(format!(
            "{place}: Qdrant {version}; the collection is not there yet, and is made when it is used"
        )),
        Err(error @ MemoryError::Unreachable { .. }) if reads_file => Finding::warning(format!(
            "{error} Meanwhile the file of this machine is read, and what is to be remembered waits."
        )),
        Err(error) => Finding::failed(error.to_string()),
    }
}

fn of_file(format: u32, stats: &Stats) -> String {
    let passages: u64 = stats.counts.iter().map(|count| count.passages).sum();
    let size = stats.bytes.unwrap_or_default().div_ceil(1_000_000);
    let mut text = format!("{}: format {format}, {size} MB, {passages} passages", stats.place);
    if stats.without_vector > 0 {
        text.push_str(&format!(", {} of them without a vector yet", stats.without_vector));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use devika_memory::{Kind, KindCount};
    use devika_protocol::Verdict;

    use super::*;

    fn told(examined: Result<Examined, MemoryError>, reads_file: bool) -> (Verdict, String) {
        let check = tell(examined, reads_file).named(String::new(), Duration::ZERO);
        (check.verdict, check.text)
    }

    #[test]
    fn a_file_is_told_with_its_format_and_size() {
        let count = KindCount { project: "/p".to_owned(), kind: Kind::Note, passages: 3 };
        let stats = Stats {
            place: "memory.db".to_owned(),
            counts: vec![count.clone(), count],
            without_vector: 2,
            bytes: Some(4_100_000),
        };
        let text =
            "memory.db: format 1, 5 MB, 6 passages, 2 of them without a vector yet".to_owned();
        assert_eq!(told(Ok(Examined::File { format: 1, stats }), false), (Verdict::Ok, text));
    }

    #[test]
    fn a_server_that_is_away_is_worse_where_nothing_stands_in_for_it() {
        let away = || MemoryError::Unreachable {
            place: "http://127.0.0.1:1".to_owned(),
            why: "refused. Is Qdrant running?".to_owned(),
        };
        let error =
            "the memory at http://127.0.0.1:1 cannot be reached: refused. Is Qdrant running?";
        assert_eq!(told(Err(away()), false), (Verdict::Failed, error.to_owned()));
        let (verdict, text) = told(Err(away()), true);
        assert_eq!(verdict, Verdict::Warning);
        assert!(
            text.ends_with("the file of this machine is read, and what is to be remembered waits.")
        );
    }
}
