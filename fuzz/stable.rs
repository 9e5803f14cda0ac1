//! The fuzz targets without libFuzzer: over the kept corpora, and a bounded number of mutations of them.
//! `DEVIKA_CHAOS_SEED` and `DEVIKA_FUZZ_ROUNDS` make them others and more.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(unreachable_pub, reason = "libFuzzer's programs use the targets, too")]

#[path = "src/targets.rs"]
mod targets;

use std::panic::catch_unwind;

/// Mutations of each file of a corpus.
const ROUNDS: u64 = 60;

/// A reader, and what must hold of it.
type Target = fn(&[u8]);

/// The targets by name.
const TARGETS: [(&str, Target); 5] = [
    ("framer", targets::framer),
    ("edits", targets::edits),
    ("stream", targets::stream),
    ("config", targets::config),
    ("trajectory", targets::trajectory),
];

/// Pieces that mean something to one of the readers.
const PIECES: [&str; 16] = [
    "\r\n\r\n",
    "Content-Length: ",
    "18446744073709551615",
    "-1",
    "{\"jsonrpc\":\"2.0\",",
    "[[[[[[[[",
    "data: ",
    "\n\n",
    "```\n",
    "<<<<<<< SEARCH\n",
    "=======\n",
    ">>>>>>> REPLACE\n",
    "Rename: `a.py` -> `../b`\n",
    "\u{feff}\u{0}é",
    "[providers.a]\n",
    "{\"end\":0}\n",
];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn whatever_bytes_come_in_no_reader_panics_and_none_makes_more_of_them_than_there_is() {
    let seed = number("DEVIKA_CHAOS_SEED").unwrap_or(1);
    let rounds = number("DEVIKA_FUZZ_ROUNDS").unwrap_or(ROUNDS);
    let mut rng = fastrand::Rng::with_seed(seed);
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        for kept in &corpus {
            check(name, target, kept, seed);
            for _ in 0..rounds {
                let mut bytes = kept.clone();
                for _ in 0..rng.usize(1..6) {
                    mutate(&mut bytes, &corpus, &mut rng);
                }
                check(name, target, &bytes, seed);
            }
        }
    }
}

fn check(name: &str, target: Target, bytes: &[u8], seed: u64) {
    let outcome = catch_unwind(|| target(bytes));
    let shown = String::from_utf8_lossy(bytes).into_owned();
    assert!(outcome.is_ok(), "{name} (seed {seed}) does not bear {shown:?}");
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// One change: a byte, a piece that is cut out, doubled or put in, or the end of another file.
fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], rng: &mut fastrand::Rng) {
    let at = rng.usize(..=bytes.len());
    let end = (at + rng.usize(..24)).min(bytes.len());
    match rng.u8(..6) {
        0 if at < bytes.len() => bytes[at] = rng.u8(..),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].repeat(rng.usize(1..40));
            drop(bytes.splice(at..at, piece));
        }
        3 => {
            let other = rng.choice(corpus).unwrap();
            bytes.truncate(at);
            bytes.extend_from_slice(&other[rng.usize(..=other.len())..]);
        }
        _ => {
            let piece = rng.choice(PIECES).unwrap();
            drop(bytes.splice(at..at, piece.bytes()));
        }
    }
}
