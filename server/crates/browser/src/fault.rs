//! Short ways to say why something is not read.

use std::time::Duration;

use crate::WebError;

pub(crate) fn failed(address: impl ToString, why: impl Into<String>) -> WebError {
    WebError::Failed { address: address.to_string(), why: why.into() }
}

pub(crate) fn too_much(address: impl ToString, why: impl Into<String>) -> WebError {
    WebError::TooMuch { address: address.to_string(), why: why.into() }
}

/// The innermost cause of an error: `Connection refused`, where the outer ones say that a request
/// could not be sent.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A time for people: `20 s`, `1.5 s`, `10 min`.
pub(crate) fn told(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}
