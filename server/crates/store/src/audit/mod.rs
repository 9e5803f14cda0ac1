//! The audit log: what was done in the user's name, a row an act, each bound to the row before it by
//! a hash. Rows are written in the transaction of what they tell of.

mod acts;
mod chain;
#[cfg(test)]
mod tests;

use devika_protocol::{Event, TaskId};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

pub use chain::{Break, Verified};

use crate::writer::Batch;
use crate::{Store, StoreError, text};
use chain::Hash;

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// Counted up from 1, without gaps.
    pub id: i64,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
    /// The task that it was done for, if any.
    pub task: Option<TaskId>,
    /// What was done: `task`, `approval`, `command`, `write`, `commit`, `configuration`, `key` and so on.
    pub act: String,
    /// With what, as JSON.
    pub detail: Value,
    /// Of this row and all before it: SHA-256, hexadecimal.
    pub hash: String,
}

impl Store {
    /// Adds a row for an act that no event tells of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit(
        &self,
        task: Option<TaskId>,
        act: &'static str,
        detail: Value,
    ) -> Result<(), StoreError> {
        self.write_quickly(move |batch| batch.add_audit_row(task, act, &detail)).await
    }

    /// As [`Store::audit`], unless the last row of this act with the same `subject` says the same. So
    /// that what is looked at often is told when it changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_change(
        &self,
        act: &'static str,
        subject: (&'static str, String),
        detail: Value,
    ) -> Result<(), StoreError> {
        self.write_quickly(move |batch| {
            let (name, value) = subject;
            if batch.last_audited(act, name, &value)?.as_ref() == Some(&detail) {
                return Ok(());
            }
            batch.add_audit_row(None, act, &detail)
        })
        .await
    }

    /// The rows, oldest first; of a task alone where one is named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_rows(&self, task: Option<TaskId>) -> Result<Vec<AuditRow>, StoreError> {
        self.read(move |batch| batch.audit_rows(task)).await
    }

    /// Checks that no row was changed, and none is missing.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read; what was found is the value.
    pub async fn verify_audit(&self) -> Result<Result<Verified, Break>, StoreError> {
        self.read(|batch| chain::verify(batch.connection)).await
    }
}

impl Batch<'_> {
    /// Adds the row that an event calls for, if any.
    pub(crate) fn audit_event(&self, task: TaskId, event: &Event) -> Result<(), StoreError> {
        match acts::of(event) {
            Some((act, detail)) => self.add_audit_row(Some(task), act, &detail),
            None => Ok(()),
        }
    }

    pub(crate) fn add_audit_row(
        &self,
        task: Option<TaskId>,
        act: &str,
        detail: &Value,
    ) -> Result<(), StoreError> {
        let last: Option<(i64, Hash)> = self
            .connection
            .prepare_cached("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (id, before) = last.map_or((1, Hash::default()), |(id, hash)| (id + 1, hash));
        let (time, detail) = (text::now()?, serde_json::to_string(detail)?);
        let hash = chain::hash(&before, id, &time, task, act, &detail);
        self.connection
            .prepare_cached(
                "INSERT INTO audit (time, task, act, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![time, task.map(|task| task.0), act, detail, hash])?;
        Ok(())
    }

    fn last_audited(
        &self,
        act: &str,
        name: &str,
        value: &str,
    ) -> Result<Option<Value>, StoreError> {
        let detail: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT detail FROM audit
                 WHERE act = ?1 AND json_extract(detail, '$.' || ?2) = ?3 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([act, name, value], |row| row.get(0))
            .optional()?;
        Ok(detail.map(|detail| serde_json::from_str(&detail)).transpose()?)
    }

    fn audit_rows(&self, task: Option<TaskId>) -> Result<Vec<AuditRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, time, task, act, detail, hash FROM audit
             WHERE ?1 IS NULL OR task = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([task.map(|task| task.0)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(row_of(row)?);
        }
        Ok(found)
    }
}

fn row_of(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        id: row.get(0)?,
        time: row.get(1)?,
        task: row.get::<_, Option<i64>>(2)?.map(TaskId),
        act: row.get(3)?,
        detail: serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        hash: chain::shown(&row.get(5)?),
    })
}
