//! What keys and tokens look like, whosever they are: one table for what is taken out of texts, for what
//! is looked for in what is to be committed, and for files that are not remembered. The forms are those
//! that the providers document.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Whose a key is, and what it looks like. A first group is what stands before it.
type Shape = (&'static str, &'static str);

/// A header with any of them.
const HEADER: Shape =
    ("an authorization header", r"((?-u:\b)(?i-u:bearer)[ \t]+)[A-Za-z0-9._~+/=-]{16,}");

/// Shapes that names, sums and examples have, too.
const COMMON: &[Shape] = &[
    // OpenAI, and many more.
    ("an API key (sk-…)", r"(?-u:\b)sk-[A-Za-z0-9_-]{16,}"),
    ("a token of Databricks", r"(?-u:\b)dapi[a-f0-9]{32}(?-u:\b)"),
    (
        "a signed token (JWT)",
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    ),
];

/// Shapes that nothing else has. Longer ones of the same beginning come first.
const OWN: &[Shape] = &[
    // PEM, up to its end or to what can be no part of it; also with `\n` written out.
    (
        "a private key",
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\\ \t\r\n:,]|-[A-Za-z0-9])*(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    // Its lines, as far as they have the form of such a file.
    (
        "a private key (PuTTY)",
        r"PuTTY-User-Key-File-[0-9]:[^\r\n]*(?:\r?\n(?:[A-Za-z-]+: [^\r\n]*|[A-Za-z0-9+/=]{4,}))*",
    ),
    ("an age key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("a key of Anthropic", r"(?-u:\b)sk-ant-[A-Za-z0-9_-]{16,}"),
    ("a key of OpenRouter", r"(?-u:\b)sk-or-[A-Za-z0-9_-]{16,}"),
    ("a key of OpenAI", r"(?-u:\b)sk-proj-[A-Za-z0-9_-]{32,}"),
    ("a key of Google", r"(?-u:\b)AIza[A-Za-z0-9_-]{30,}"),
    ("a client secret of Google", r"(?-u:\b)GOCSPX-[A-Za-z0-9_-]{28}"),
    ("a key of Groq", r"(?-u:\b)gsk_[A-Za-z0-9]{20,}"),
    ("a key of xAI", r"(?-u:\b)xai-[A-Za-z0-9]{60,}"),
    ("a token of Hugging Face", r"(?-u:\b)hf_[A-Za-z0-9]{30,}"),
    ("a token of GitHub", r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{30,}"),
    ("a token of GitHub", r"(?-u:\b)github_pat_[A-Za-z0-9_]{30,}"),
    ("a token of GitLab", r"(?-u:\b)gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{20,}"),
    ("a token of Slack", r"(?-u:\b)xox[a-z]-[A-Za-z0-9-]{10,}"),
    ("a token of Slack", r"(?-u:\b)xapp-[0-9]-[A-Za-z0-9-]{20,}"),
    (
        "a hook of Slack",
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{30,}",
    ),
    (
        "a hook of Discord",
        r"https://discord(?:app)?\.com/api/webhooks/[0-9]{15,}/[A-Za-z0-9_-]{40,}",
    ),
    ("a key of Amazon", r"(?-u:\b)A(?:KIA|SIA)[A-Z0-9]{16}(?-u:\b)"),
    ("a key of Azure", r"(AccountKey=)[A-Za-z0-9+/]{86}=="),
    ("a live key of Stripe", r"(?-u:\b)[rs]k_live_[A-Za-z0-9]{16,}"),
    ("a key of SendGrid", r"(?-u:\b)SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a token of npm", r"(?-u:\b)npm_[A-Za-z0-9]{36}(?-u:\b)"),
    ("a token of PyPI", r"(?-u:\b)pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("a token of DigitalOcean", r"(?-u:\b)do[opr]_v1_[a-f0-9]{64}"),
    ("a token of Shopify", r"(?-u:\b)shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("a token of Vault", r"(?-u:\b)hv[bs]\.[A-Za-z0-9_-]{24,}"),
    ("a token of Netlify", r"(?-u:\b)nfp_[A-Za-z0-9]{36,}"),
    ("a key of Linear", r"(?-u:\b)lin_api_[A-Za-z0-9]{32,}"),
    ("a token of Telegram", r"(?-u:\b)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?-u:\b)"),
];

/// All of them as one expression.
pub(crate) static ANY: LazyLock<Regex> = LazyLock::new(|| as_one(all().chain([&HEADER])));

static SURE: LazyLock<Regex> = LazyLock::new(|| as_one(OWN));

static EACH: LazyLock<Vec<(&'static str, Regex)>> =
    LazyLock::new(|| all().map(|(what, shape)| (*what, compiled(shape))).collect());

fn all() -> impl Iterator<Item = &'static Shape> {
    OWN.iter().chain(COMMON)
}

fn as_one(shapes: impl IntoIterator<Item = &'static Shape>) -> Regex {
    let shapes: Vec<&str> = shapes.into_iter().map(|(_, shape)| *shape).collect();
    compiled(&shapes.join("|"))
}

fn compiled(shape: &str) -> Regex {
    Regex::new(shape).expect("a constant that every test of redaction compiles")
}

/// Something in a text that looks like a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyShape {
    /// What it looks like: `a token of GitHub`.
    pub what: &'static str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// What looks like a key in a text, in no order; each place once.
pub fn key_shapes(text: &str) -> Vec<KeyShape> {
    let mut found: Vec<KeyShape> = Vec::new();
    for (what, shape) in EACH.iter() {
        for place in shape.captures_iter(text) {
            let (Some(whole), before) = (place.get(0), place.get(1)) else { continue };
            let range = before.map_or(whole.start(), |before| before.end())..whole.end();
            let is_known = found
                .iter()
                .any(|known| known.range.start < range.end && range.start < known.range.end);
            if !is_known && is_key(&text[range.clone()]) {
                found.push(KeyShape { what, range });
            }
        }
    }
    found
}

/// The places of a text that look like a key, or like the token of a header, in their order: what is
/// covered rather too often than not at all.
pub fn secret_places(text: &str) -> Vec<Range<usize>> {
    let places = ANY.captures_iter(text).filter_map(|found| {
        let before = found.iter().skip(1).flatten().next().map(|before| before.end());
        let whole = found.get(0)?;
        Some(before.unwrap_or(whole.start())..whole.end())
    });
    places.collect()
}

/// Whether something in a text is a key, and can be nothing else.
pub fn holds_key(text: &str) -> bool {
    SURE.find_iter(text).any(|found| is_key(found.as_str()))
}

/// Names such as `sk-loading-indicator` have no digits; keys have.
pub(crate) fn is_key(found: &str) -> bool {
    found.starts_with("-----") || found.bytes().any(|b| b.is_ascii_digit())
}
