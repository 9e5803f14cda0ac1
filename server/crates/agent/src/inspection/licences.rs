//! Headers of licences in what was added: a model may write down what it has read under one.

use devika_edit::Added;

/// What headers say, and whose licence that is. More particular ones come first.
const HEADERS: [(&str, &str); 10] = [
    ("gnu affero general public license", "AGPL"),
    ("gnu lesser general public license", "LGPL"),
    ("gnu general public license", "GPL"),
    ("mozilla public license", "MPL"),
    ("eclipse public license", "EPL"),
    ("licensed under the apache license", "Apache"),
    ("permission is hereby granted, free of charge", "MIT"),
    ("redistribution and use in source and binary forms", "BSD"),
    ("server side public license", "SSPL"),
    ("all rights reserved", "all rights reserved"),
];

/// What files say it with (<https://spdx.dev/learn/handling-license-info/>).
const SPDX: &str = "spdx-license-identifier:";

/// Headers of licences that are not among the allowed ones, with their lines.
pub(super) fn of(added: &Added, allowed: &[String]) -> Vec<(usize, String)> {
    if allowed.is_empty() {
        return Vec::new();
    }
    let line = |(at, line): (usize, &str)| {
        let lower = line.to_lowercase();
        let licence = match lower.split_once(SPDX) {
            Some((_, named)) => named.trim_matches(|c: char| !c.is_alphanumeric()).to_owned(),
            None => HEADERS.iter().find(|(says, _)| lower.contains(says))?.1.to_owned(),
        };
        (!is_allowed(&licence, allowed)).then(|| (added.line + at, licence))
    };
    added.text.lines().enumerate().filter_map(line).collect()
}

/// Whether one that may be chosen is allowed; versions are not told apart.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    licence.split(" or ").any(|choice| {
        let all = choice.split(" and ").map(family);
        all.into_iter().all(|named| allowed.iter().any(|allowed| family(allowed) == named))
    })
}

/// `gpl` for `GPL-3.0-or-later`.
fn family(licence: &str) -> String {
    let name = licence.trim_matches(|c: char| !c.is_alphanumeric());
    name.split(['-', ' ']).next().unwrap_or_default().to_lowercase()
}
