//! The journal: the intent is written before the act, the outcome after it. An entry without an
//! outcome is an act of which nobody knows whether it was done.

use devika_protocol::TaskId;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use crate::{Store, StoreError, text, writer::Batch};

/// One act of a task: a turn, an edit, a command, a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Names the entry; counted up over all tasks.
    pub id: i64,
    /// Names the act within its task; the same act has the same key after a restart.
    pub key: String,
    /// What kind of act it is.
    pub kind: String,
    /// What is needed to do it, or to find out whether it was done.
    pub intent: Value,
    /// What came of it; none until it is known.
    pub outcome: Option<Value>,
}

impl Store {
    /// Writes down what is about to be done. Where the key is there already, its entry is returned
    /// as it is: the act was begun before, and its outcome, if any, is known.
    ///
    /// # Errors
    /// [`StoreError`]; then the act must not be done.
    pub async fn intend(
        &self,
        task: TaskId,
        key: &str,
        kind: &str,
        intent: Value,
    ) -> Result<Entry, StoreError> {
        let (key, kind) = (key.to_owned(), kind.to_owned());
        self.write(move |batch| batch.intend(task, &key, &kind, intent)).await
    }

    /// Writes down what came of it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Other`] where there is no such entry, or where it has another
    /// outcome already. The same outcome again is no error.
    pub async fn settle(&self, entry: i64, outcome: Value) -> Result<(), StoreError> {
        self.write(move |batch| batch.settle(entry, &outcome)).await
    }

    /// The entry of that key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entry(&self, task: TaskId, key: &str) -> Result<Option<Entry>, StoreError> {
        let key = key.to_owned();
        self.read(move |batch| batch.entry(task, &key)).await
    }

    /// What came last of the act of this key in the tasks of a project (its root, absolute and
    /// canonical).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_outcome(
        &self,
        project: &str,
        key: &str,
    ) -> Result<Option<Value>, StoreError> {
        let (project, key) = (project.to_owned(), key.to_owned());
        self.read(move |batch| batch.last_outcome(&project, &key)).await
    }

    /// The entries of one kind of a task, in the order in which they were begun.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_of_kind(
        &self,
        task: TaskId,
        kind: &str,
    ) -> Result<Vec<Entry>, StoreError> {
        let kind = kind.to_owned();
        self.read(move |batch| batch.entries_where(task, "AND kind = ?2", Some(&kind))).await
    }

    /// All entries of a task, in the order in which they were begun.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries(&self, task: TaskId) -> Result<Vec<Entry>, StoreError> {
        self.read(move |batch| batch.entries_where(task, "AND ?2 IS NULL", None)).await
    }
}

const COLUMNS: &str = "id, key, kind, intent, outcome";

impl Batch<'_> {
    fn intend(
        &mut self,
        task: TaskId,
        key: &str,
        kind: &str,
        intent: Value,
    ) -> Result<Entry, StoreError> {
        if let Some(entry) = self.entry(task, key)? {
            return Ok(entry);
        }
        self.connection
            .prepare_cached(
                "INSERT INTO journal (task, key, kind, intent, started) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![task.0, key, kind, intent.to_string(), text::now()?])?;
        self.journal_writes += 1;
        let id = self.connection.last_insert_rowid();
        Ok(Entry { id, key: key.to_owned(), kind: kind.to_owned(), intent, outcome: None })
    }

    fn settle(&mut self, entry: i64, outcome: &Value) -> Result<(), StoreError> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE journal SET outcome = ?2, settled = ?3 WHERE id = ?1 AND outcome IS NULL",
            )?
            .execute(params![entry, outcome.to_string(), text::now()?])?;
        if changed == 1 {
            self.journal_writes += 1;
            return Ok(());
        }
        let known: Option<String> = self
            .connection
            .query_row("SELECT outcome FROM journal WHERE id = ?1", [entry], |row| row.get(0))
            .optional()?;
        match known.map(|known| serde_json::from_str::<Value>(&known)).transpose()? {
            Some(known) if known == *outcome => Ok(()),
            Some(_) => Err(StoreError::Other(format!("journal entry {} is settled", entry))),
            None => Err(StoreError::Other(format!("there is no journal entry {}", entry))),
        }
    }

    fn entry(&self, task: TaskId, key: &str) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM journal WHERE task = ?1 AND key = ?2");
        self.connection
            .prepare_cached(&sql)?
            .query_row(params![task.0, key], |row| Ok(entry_of(row)))
            .optional()?
            .transpose()
    }

    fn last_outcome(&self, project: &str, key: &str) -> Result<Option<Value>, StoreError> {
        let sql = "SELECT outcome FROM journal JOIN tasks ON tasks.id = journal.task
             WHERE project = ?1 AND key = ?2 AND outcome IS NOT NULL
             ORDER BY journal.id DESC LIMIT 1";
        let found: Option<String> =
            self.connection.query_row(sql, [project, key], |row| row.get(0)).optional()?;
        Ok(found.map(|outcome| serde_json::from_str(&outcome)).transpose()?)
    }

    fn entries_where(
        &self,
        task: TaskId,
        condition: &str,
        kind: Option<&str>,
    ) -> Result<Vec<Entry>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM journal WHERE task = ?1 {condition} ORDER BY id");
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params![task.0, kind])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(entry_of(row)?);
        }
        Ok(entries)
    }
}

fn entry_of(row: &Row<'_>) -> Result<Entry, StoreError> {
    let outcome: Option<String> = row.get(4)?;
    Ok(Entry {
        id: row.get(0)?,
        key: row.get(1)?,
        kind: row.get(2)?,
        intent: serde_json::from_str(&row.get::<_, String>(3)?)?,
        outcome: outcome.map(|outcome| serde_json::from_str(&outcome)).transpose()?,
    })
}
