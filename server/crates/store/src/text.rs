//! How values look in text columns.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::StoreError;

const RFC3339_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The time now: RFC 3339, UTC, milliseconds.
pub(crate) fn now() -> Result<String, StoreError> {
    ago(Duration::ZERO)
}

/// The time so long ago, in the same form.
pub(crate) fn ago(age: Duration) -> Result<String, StoreError> {
    let age = time::Duration::try_from(age).unwrap_or(time::Duration::MAX);
    OffsetDateTime::now_utc()
        .checked_sub(age)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(RFC3339_MILLIS)
        .map_err(|error| StoreError::Other(format!("the clock cannot be read: {error}")))
}

/// The name that a unit variant has on the wire.
pub(crate) fn name(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        Value::String(name) => Ok(name),
        other => Err(StoreError::Other(format!("`{other}` is no plain name"))),
    }
}

/// The unit variant of that name.
pub(crate) fn from_name<T: DeserializeOwned>(name: String) -> Result<T, StoreError> {
    Ok(serde_json::from_value(Value::String(name))?)
}
