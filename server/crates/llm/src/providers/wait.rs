//! How long a provider asks to wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

/// Seconds since 1970 from which on a number is a time and no duration.
const TIMES_BEGIN: f64 = 1e9;

/// The same in milliseconds.
const TIMES_IN_MS_BEGIN: f64 = 1e12;

/// The wait that a provider asks for, by the first of these that can be read: `retry-after-ms`;
/// `retry-after` in seconds or as a date; when the limit that is used up is filled again, by
/// `x-ratelimit-reset` and its kin; the words of the error (`try again in 7.66s`, `retryDelay`).
/// What makes no sense is no wait.
pub(crate) fn asked(headers: &HeaderMap, words: &str) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| header(name)?.parse::<f64>().ok();
    let now = header("date")
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now);
    number("retry-after-ms")
        .and_then(|ms| seconds(ms / 1000.0))
        .or_else(|| number("retry-after").and_then(seconds))
        .or_else(|| until(httpdate::parse_http_date(header("retry-after")?).ok()?, now))
        .or_else(|| reset(&header, now))
        .or_else(|| in_words(words))
}

/// When a limit is filled again: the one that has nothing left, where several are told.
fn reset<'a>(header: &impl Fn(&str) -> Option<&'a str>, now: SystemTime) -> Option<Duration> {
    let used_up = |what: &str| header(&format!("x-ratelimit-remaining-{what}")) == Some("0");
    let named = ["requests", "tokens"]
        .into_iter()
        .filter(|what| used_up(what))
        .filter_map(|what| header(&format!("x-ratelimit-reset-{what}")));
    let waits = named.chain(header("x-ratelimit-reset")).filter_map(|text| {
        let Ok(number) = text.parse::<f64>() else { return duration(text) };
        if number < TIMES_BEGIN {
            return seconds(number);
        }
        let since_1970 = if number < TIMES_IN_MS_BEGIN { number } else { number / 1000.0 };
        until(UNIX_EPOCH.checked_add(seconds(since_1970)?)?, now)
    });
    waits.max()
}

/// `try again in 7.66s` of OpenAI and Groq, `"retryDelay":"37s"` of Gemini.
fn in_words(words: &str) -> Option<Duration> {
    let words = words.to_lowercase();
    ["try again in ", "retrydelay\":\""].iter().find_map(|before| {
        let (_, after) = words.split_once(before)?;
        let end = after.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.'));
        duration(after[..end.unwrap_or(after.len())].trim_end_matches('.'))
    })
}

/// `7.66s`, `429ms`, `6m0s`, `1h2m3s`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|letter: char| letter.is_ascii_alphabetic())?;
        let number: f64 = rest[..unit_at].parse().ok()?;
        let after = &rest[unit_at..];
        let end = after.find(|letter: char| letter.is_ascii_digit()).unwrap_or(after.len());
        sum += number
            * match &after[..end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &after[end..];
    }
    if text.is_empty() { None } else { seconds(sum) }
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// A time that has passed is no wait at all.
fn until(time: SystemTime, now: SystemTime) -> Option<Duration> {
    Some(time.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of the wait that these headers and words ask for.
    fn wait(headers: &[(&'static str, &str)], words: &str) -> Option<u128> {
        let map = headers.iter().map(|(name, value)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        asked(&map.collect(), words).map(|wait| wait.as_millis())
    }

    #[test]
    fn each_way_to_ask_for_a_wait_is_understood() {
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        let later = ("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT");
        assert_eq!(wait(&[("retry-after", "7")], ""), Some(7000));
        assert_eq!(wait(&[("retry-after", "0.5")], ""), Some(500));
        assert_eq!(wait(&[date, later], ""), Some(30_000));
        assert_eq!(wait(&[later], ""), Some(0));
        assert_eq!(wait(&[("retry-after-ms", "1500"), ("retry-after", "9")], ""), Some(1500));
        assert_eq!(wait(&[("x-ratelimit-reset", "12")], ""), Some(12_000));
        assert_eq!(wait(&[date, ("x-ratelimit-reset", "1445412490")], ""), Some(10_000));
        assert_eq!(wait(&[date, ("x-ratelimit-reset", "1445412490000")], ""), Some(10_000));
        let limits = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1m0.5s"),
            ("x-ratelimit-remaining-tokens", "90"),
            ("x-ratelimit-reset-tokens", "6h"),
        ];
        assert_eq!(wait(&limits, ""), Some(60_500));
        assert_eq!(wait(&[], "Limit reached. Please try again in 7.66s. Visit us"), Some(7660));
        assert_eq!(wait(&[], "try again in 429ms"), Some(429));
        assert_eq!(wait(&[], "{\"retryDelay\":\"37s\"}"), Some(37_000));
    }

    #[test]
    fn garbage_asks_for_no_wait() {
        for garbage in ["soon", "", "-5", "1e400", "NaN", "Wed, 99 Oct"] {
            assert_eq!(wait(&[("retry-after", garbage)], ""), None, "{garbage}");
            assert_eq!(wait(&[("x-ratelimit-reset", garbage)], ""), None, "{garbage}");
        }
        assert_eq!(wait(&[], "try again in a while"), None);
    }
}
