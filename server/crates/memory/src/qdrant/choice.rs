//! Which points are meant: filters that the server applies.

use qdrant_client::qdrant::{Condition, Filter as Conditions, Range};

use super::point;
use super::schema::field;
use crate::{Filter, Kind};

/// What a filter chooses of what has not expired at `now`, in milliseconds since 1970 (UTC): of a
/// project, its own passages alone.
pub(super) fn own(filter: &Filter, now: u64) -> Conditions {
    let mut conditions = all_but_project(filter, now);
    let project = filter.project.as_ref();
    conditions.extend(project.map(|project| Condition::matches(field::PROJECT, project.clone())));
    Conditions::must(conditions)
}

/// The same, with what other projects share.
pub(super) fn own_and_shared(filter: &Filter, now: u64) -> Conditions {
    let mut conditions = all_but_project(filter, now);
    conditions.extend(filter.project.as_ref().map(|project| {
        let own = Condition::matches(field::PROJECT, project.clone());
        Conditions::should([own, Condition::matches(field::SHARED, true)]).into()
    }));
    Conditions::must(conditions)
}

/// All of a kind that a project has from a path, expired or not.
pub(super) fn from_path(project: &str, kind: Kind, path: &str) -> Conditions {
    let itself = Condition::matches(field::SOURCE, path.to_owned());
    let within = Condition::matches_prefix(field::SOURCE, format!("{path}#"));
    Conditions::must([
        Condition::matches(field::PROJECT, project.to_owned()),
        Condition::matches(field::KIND, kind.word().to_owned()),
        Conditions::should([itself, within]).into(),
    ])
}

/// What has expired at `now`.
pub(super) fn expired(now: u64) -> Conditions {
    let past = Range { lte: Some(point::number(now) as f64), ..Range::default() };
    Conditions::must([Condition::range(field::EXPIRES, past)])
}

fn all_but_project(filter: &Filter, now: u64) -> Vec<Condition> {
    let alive = Range { gt: Some(point::number(now) as f64), ..Range::default() };
    let mut conditions = vec![Condition::range(field::EXPIRES, alive)];
    if !filter.kinds.is_empty() {
        let words: Vec<_> = filter.kinds.iter().map(|kind| kind.word().to_owned()).collect();
        conditions.push(Condition::matches(field::KIND, words));
    }
    if let Some(source) = filter.source.as_ref().filter(|source| !source.is_empty()) {
        conditions.push(Condition::matches_prefix(field::SOURCE, source.clone()));
    }
    if filter.since.is_some() || filter.before.is_some() {
        let time = |time: Option<u64>| time.map(|time| point::number(time) as f64);
        let range = Range { gte: time(filter.since), lt: time(filter.before), ..Range::default() };
        conditions.push(Condition::range(field::AT, range));
    }
    conditions
}
