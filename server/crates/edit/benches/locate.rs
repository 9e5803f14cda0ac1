//! Answers taken apart and located a second.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use devika_edit::{Files, RelPath, parse, resolve};

struct Project(BTreeMap<String, String>);

impl Files for Project {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        Ok(self.0.get(path.as_str()).cloned())
    }

    fn find_by_name(&self, _: &str) -> Vec<RelPath> {
        Vec::new()
    }
}

/// A file of `count` functions of six lines.
fn source(count: usize) -> String {
    (0..count)
        .map(|n| {
            format!(
                "def compute_{n}(value, factor):\n    total = value * factor\n    if total > {n}:\n        \
                 total -= {n}\n    return total + offset_{n}\n\n"
            )
        })
        .collect()
}

/// An answer that changes function `n`, its text passed through `slip`.
fn answer(n: usize, slip: impl Fn(&str) -> String) -> String {
    let old = slip(&format!(
        "def compute_{n}(value, factor):\n    total = value * factor\n    if total > {n}:\n"
    ));
    let new = old.replace("value * factor", "value * factor * 2");
    format!("File: `a.py`\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
}

fn locate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("locate");
    group.throughput(Throughput::Elements(1));
    for lines in [300, 3_000] {
        let project = Project(BTreeMap::from([("a.py".to_owned(), source(lines / 6))]));
        let n = lines / 12;
        let cases = [
            ("exact", answer(n, str::to_owned)),
            ("re-indented", answer(n, |text| text.replace("    ", "  "))),
            ("typo", answer(n, |text| text.replace("factor):", "facter):"))),
            ("not there", answer(n + 1_000_000, str::to_owned)),
        ];
        for (name, answer) in cases {
            group.bench_function(format!("{name}, {lines} lines"), |bencher| {
                bencher.iter(|| {
                    parse(black_box(&answer)).and_then(|answer| resolve(&answer, &project)).is_ok()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, locate);
criterion_main!(benches);
