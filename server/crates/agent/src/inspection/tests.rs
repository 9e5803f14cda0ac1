//! What is found, and what is none. Keys are made here, so that none stands in this file.

use super::*;

fn checks() -> CommitChecks {
    CommitChecks { on: true, file_bytes: 1024, licences: Vec::new(), allowed: Vec::new() }
}

fn change(path: &str, before: Option<&str>, after: &str) -> CommitFile {
    CommitFile {
        path: path.to_owned(),
        before: before.map(str::to_owned),
        after: Some(after.to_owned()),
    }
}

fn found_in(path: &str, text: &str) -> Vec<(Option<usize>, String)> {
    let found = inspect(&[change(path, None, text)], &checks());
    found.into_iter().map(|finding| (finding.line, finding.what)).collect()
}

/// Letters and digits in no order, always the same ones.
fn drawn(count: usize) -> String {
    let letters = b"q7Zp2LxV9mKd4TfR8wNb3HsJ6yGc5UaE";
    (0..count).map(|at| char::from(letters[(at * 7 + at / 32) % 32])).collect()
}

fn base64(count: usize) -> String {
    (0..count / 64 + 1).map(|_| format!("{}\n", drawn(64))).collect()
}

#[test]
fn keys_of_the_usual_providers_are_found_whatever_they_are_called() {
    let keys = [
        ("sk-ant-api03-", 40, "a key of Anthropic"),
        ("sk-proj-", 40, "a key of OpenAI"),
        ("sk-", 40, "an API key (sk-…)"),
        ("gh\u{70}_", 36, "a token of GitHub"),
        ("glpat-", 20, "a token of GitLab"),
        ("xoxb-", 40, "a token of Slack"),
        ("hf_", 34, "a token of Hugging Face"),
        ("npm_", 36, "a token of npm"),
        ("sk_live_", 24, "a live key of Stripe"),
        ("nfp_", 40, "a token of Netlify"),
    ];
    for (prefix, length, what) in keys {
        let text = format!("import x\ncall(\"{prefix}{}\")\n", drawn(length));
        assert_eq!(found_in("a.py", &text), [(Some(2), what.to_owned())], "{prefix}");
    }
    let amazon = format!("AKIA{}\n", "Q7ZP2LXV9MKD4TFR");
    assert_eq!(found_in("a.sh", &amazon), [(Some(1), "a key of Amazon".to_owned())]);
    let private = format!(
        "key = '''\n-----BEGIN RSA {}-----\n{}-----END RSA {}-----\n'''\n",
        "PRIVATE KEY",
        base64(256),
        "PRIVATE KEY"
    );
    assert_eq!(found_in("a.py", &private), [(Some(2), "a private key".to_owned())]);
}

#[test]
fn what_names_like_secrets_are_given_is_found_where_it_looks_drawn_by_lot() {
    let secret = drawn(24);
    for line in [
        format!("API_KEY = \"{secret}\""),
        format!("DATABASE_PASSWORD={secret}"),
        format!("  client_secret: '{secret}'"),
        format!("\"accessToken\": \"{secret}\","),
        format!("const authToken = `{secret}`;"),
        format!("passphrase := \"{secret}\""),
        format!("url = \"postgres://app:{secret}@db.company.net/app\""),
    ] {
        assert_eq!(found_in("a.conf", &line).len(), 1, "{line}");
    }
}

#[test]
fn what_is_no_secret_is_not_asked_about() {
    let (sum, long) = (drawn(32), drawn(64));
    let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let lines = [
        // Places for secrets, and how one gets them.
        "API_KEY=your-api-key-123456".to_owned(),
        "token = os.environ[\"API_TOKEN_V2\"]".to_owned(),
        "password: ${DB_PASSWORD_2024}".to_owned(),
        "secret = get_secret(\"prod/app1\")".to_owned(),
        "const token = process.env.TOKEN2".to_owned(),
        "api_key: {{ vault_api_key_1 }}".to_owned(),
        "password = \"changeme123456\"".to_owned(),
        "aws_key = \"AKIAIOSFODNN7EXAMPLE\"".to_owned(),
        "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx1".to_owned(),
        "sk-loading-indicator-of-the-page".to_owned(),
        "if header == \"-----BEGIN RSA PRIVATE KEY-----\":".to_owned(),
        "token_url = \"https://login.company.net/oauth2/v2.0/token\"".to_owned(),
        "TOKEN_PATTERN = settings.auth.token2".to_owned(),
        "postgres://postgres:postgres1@localhost:5432/db".to_owned(),
        // Sums, numbers and texts that are encoded.
        format!("sha256 = \"{hex}\""),
        format!("password_hash = \"{hex}\""),
        format!("integrity = \"sha512-{long}\""),
        format!("image = \"data:image/png;base64,{long}\""),
        format!("FIXTURE = \"{long}{sum}\""),
        "request_token = \"3f2b8c1e-7a4d-4f7e-9b1a-2c6d8e0f1a3b\"".to_owned(),
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b".to_owned(),
        "jwt = \"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c\"".to_owned(),
        // Words about them.
        "The password must have 12 characters, and a token expires after 3600 seconds.".to_owned(),
        "def test_token_of_user2(token):".to_owned(),
        "max_tokens: 4096000000000".to_owned(),
        "tokenizer = AutoTokenizer2.from_pretrained(\"bert-base-v2\")".to_owned(),
    ];
    for line in lines {
        assert_eq!(found_in("a.py", &line), [], "{line}");
    }
}

#[test]
fn lock_files_hold_sums_and_no_secrets() {
    let long = drawn(64);
    let text = format!(
        "\"node_modules/token\": {{\n  \"auth_token\": \"{long}\",\n  \"integrity\": \"sha512-{long}==\"\n}}\n"
    );
    for path in ["package-lock.json", "web/yarn.lock", "Cargo.lock", "go.sum"] {
        assert_eq!(found_in(path, &text), [], "{path}");
    }
}

#[test]
fn markers_of_conflicts_are_found_and_headings_are_not() {
    let text = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n";
    let marker = || "the marker of a conflict".to_owned();
    assert_eq!(found_in("a.py", text), [(Some(1), marker()), (Some(5), marker())]);
    assert_eq!(found_in("a.md", "Title\n=======\n\n    >>>>>>> quoted\n>>> a\n"), []);
}

#[test]
fn what_is_no_text_and_what_is_huge_is_found_once() {
    assert_eq!(found_in("a.bin", "a\0b\n"), [(None, "bytes that are no text".to_owned())]);
    let huge = "word and word\n".repeat(100);
    assert_eq!(found_in("a", &huge), [(None, "2 kB are added to it (`git.file_kb`)".to_owned())]);
}

#[test]
fn only_what_the_step_added_is_looked_at() {
    let key = format!("API_KEY = \"{}\"\n", drawn(24));
    let markers = "<<<<<<< HEAD\n";
    let huge = "word and word\n".repeat(100);
    for there in [key.as_str(), markers, &huge] {
        let after = format!("{there}more = 1\n");
        assert_eq!(inspect(&[change("a.py", Some(there), &after)], &checks()), []);
    }
    let gone = CommitFile { path: "a.py".to_owned(), before: Some(key), after: None };
    assert_eq!(inspect(&[gone], &checks()), []);
}

#[test]
fn a_finding_is_told_without_the_secret_and_allowed_by_its_hash_wherever_it_stands() {
    let secret = drawn(24);
    let text = format!("API_KEY = \"{secret}\"\n");
    let first = inspect(&[change("a.py", None, &text)], &checks()).remove(0);
    let told = first.in_words();
    assert!(told.starts_with("a.py:1: a value of `API_KEY` that looks like a secret (finding "));
    assert!(!told.contains(&secret[..6]), "{told}");
    let allowed = CommitChecks { allowed: vec![first.hash.clone()], ..checks() };
    let inspected = |path, text: &str| inspect(&[change(path, None, text)], &allowed).len();
    assert_eq!(inspected("a.py", &format!("import os\n\n{text}")), 0, "it has moved");
    assert_eq!(inspected("b.py", &text), 1, "another file");
    assert_eq!(inspected("a.py", &text.replace(&secret[..3], "k3y")), 1, "another secret");
}

#[test]
fn licences_that_are_not_allowed_are_found_where_the_user_names_some() {
    let found = |allowed: &[&str], text: &str| {
        let licences = allowed.iter().map(|name| (*name).to_owned()).collect();
        let checks = CommitChecks { licences, ..checks() };
        let found = inspect(&[change("a.c", None, text)], &checks);
        found.into_iter().map(|finding| (finding.line, finding.what)).collect::<Vec<_>>()
    };
    let gpl = "// x\n// SPDX-License-Identifier: GPL-3.0-or-later\n";
    let header = |name: &str| format!("the header of a licence: {name}");
    assert_eq!(found(&["MIT"], gpl), [(Some(2), header("gpl-3.0-or-later"))]);
    assert_eq!(found(&["GPL-2.0"], gpl), []);
    assert_eq!(found(&[], gpl), []);
    assert_eq!(found(&["MIT"], "// SPDX-License-Identifier: (MIT OR Apache-2.0)\n"), []);
    let words = "/* This file is under the GNU Lesser General Public License. */\n";
    assert_eq!(found(&["MIT"], words), [(Some(1), header("LGPL"))]);
}

#[test]
fn nothing_is_looked_at_where_the_user_wants_that() {
    let off = CommitChecks { on: false, ..checks() };
    assert_eq!(inspect(&[change("a", None, "<<<<<<< HEAD\n")], &off), []);
}
