//! What the answers of a host's API mean.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Bytes of an answer at the most: a hundred deploys are a few hundred kilobytes.
const LONGEST: usize = 8 << 20;

/// Characters of a host's own words that are shown.
const WORDS: usize = 300;

/// How long to wait where a host does not say.
const USUAL_WAIT: Duration = Duration::from_secs(5);

/// What an answer means.
pub(super) enum Answer {
    /// It is done; the body.
    Good(String),
    /// The token is not taken.
    Unknown(String),
    /// There is no such thing.
    Missing(String),
    /// It will not be done.
    Refused(String),
    /// It was not done, and may be asked for again.
    PutOff { why: String, wait: Duration },
    /// Nobody knows whether it was done.
    Broken(String),
}

/// What came of a request to a host of this name.
pub(super) async fn of(host: &str, sent: reqwest::Result<Response>) -> Answer {
    let response = match sent {
        Ok(response) => response,
        Err(error) if error.is_connect() => {
            let why = format!("{host} cannot be reached ({}).", devika_llm::root_cause(&error));
            return Answer::PutOff { why, wait: USUAL_WAIT };
        }
        Err(error) => return broken(host, &error),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let text = match body(response).await {
        Ok(text) => text,
        Err(error) => return broken(host, &error),
    };
    match status {
        status if status.is_success() => Answer::Good(text),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Answer::Unknown(words(status, &text)),
        StatusCode::NOT_FOUND => Answer::Missing(format!("{host}: {}.", words(status, &text))),
        StatusCode::TOO_MANY_REQUESTS => Answer::PutOff {
            why: format!("{host} takes no more requests for the moment."),
            wait: wait(&headers),
        },
        status if status.is_server_error() => {
            Answer::Broken(format!("{host} has a fault ({}).", words(status, &text)))
        }
        status => Answer::Refused(format!("{host} refuses: {}.", words(status, &text))),
    }
}

/// Reads a body, from where the setting `base_url` leads.
///
/// # Errors
/// Why it cannot be read, as a sentence.
pub(super) fn read<T: DeserializeOwned>(
    host: &str,
    base_url: &str,
    text: &str,
) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        format!("{host}'s answer cannot be understood ({error}). Look at `{base_url}`.")
    })
}

fn broken(host: &str, error: &reqwest::Error) -> Answer {
    Answer::Broken(format!("{host} did not answer ({}).", devika_llm::root_cause(error)))
}

async fn body(mut response: Response) -> reqwest::Result<String> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST
        && let Some(part) = response.chunk().await?
    {
        bytes.extend_from_slice(&part);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A host's own words for what is wrong; the status where it has none.
fn words(status: StatusCode, text: &str) -> String {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let said = json["message"].as_str().map(str::to_owned).or_else(|| {
        let errors = json.get("errors").filter(|errors| !errors.is_null())?;
        Some(errors.to_string())
    });
    let said: String = said
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(WORDS)
        .collect();
    match said.trim().trim_end_matches('.') {
        "" => status.to_string(),
        said => format!("{}, {said}", status.as_u16()),
    }
}

/// How long a host wants to be left alone: it gives seconds, or a time such as
/// `2026-01-27 22:20:17 UTC`.
fn wait(headers: &HeaderMap) -> Duration {
    let said = ["retry-after", "x-ratelimit-reset"].into_iter().find_map(|name| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        until(text, OffsetDateTime::now_utc())
    });
    said.unwrap_or(USUAL_WAIT)
}

fn until(text: &str, now: OffsetDateTime) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let then = PrimitiveDateTime::parse(text, format).ok()?.assume_utc();
    Some((then - now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_host_says_how_long_to_wait_in_seconds_or_as_a_time() {
        let now = datetime!(2026-01-27 22:19:17 UTC);
        assert_eq!(until("7", now), Some(Duration::from_secs(7)));
        assert_eq!(until("2026-01-27 22:20:17 UTC", now), Some(Duration::from_secs(60)));
        assert_eq!(until("2026-01-27 22:00:00 UTC", now), Some(Duration::ZERO));
        assert_eq!(until("soon", now), None);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_hosts_words() {
        let told = |text| words(StatusCode::UNPROCESSABLE_ENTITY, text);
        assert_eq!(told(r#"{"code": 422, "message": "Name is taken."}"#), "422, Name is taken");
        assert_eq!(
            told(r#"{"errors": {"subdomain": ["must be unique"]}}"#),
            r#"422, {"subdomain":["must be unique"]}"#
        );
        assert_eq!(told("<html>"), "422 Unprocessable Entity");
    }
}
