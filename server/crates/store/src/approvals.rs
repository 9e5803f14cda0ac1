//! Commands, and hosts for commands, that the user allows for good.

use rusqlite::{OptionalExtension as _, params};

use crate::writer::Batch;
use crate::{Store, StoreError, text};

/// What begins the fingerprint of a host; that of a command is a number in hexadecimal digits.
const HOST: &str = "host/";

impl Store {
    /// Keeps that the user allows a command line in a project (its root, absolute and canonical), as
    /// long as what the fingerprint was made of stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn approve(
        &self,
        project: &str,
        fingerprint: &str,
        line: &str,
    ) -> Result<(), StoreError> {
        let (project, fingerprint, line) =
            (project.to_owned(), fingerprint.to_owned(), line.to_owned());
        self.write(move |batch| batch.approve(&project, &fingerprint, &line)).await
    }

    /// Whether the user allows for good what has this fingerprint.
    ///
    /// # Errors
    /// [`StoreError`]; take it as "no".
    pub async fn is_approved(&self, project: &str, fingerprint: &str) -> Result<bool, StoreError> {
        let (project, fingerprint) = (project.to_owned(), fingerprint.to_owned());
        self.read(move |batch| batch.is_approved(&project, &fingerprint)).await
    }

    /// Keeps that the commands of a project may reach a host, such as `example.org:443`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn approve_host(&self, project: &str, host: &str) -> Result<(), StoreError> {
        self.approve(project, &format!("{HOST}{host}"), host).await
    }

    /// The hosts that the commands of a project may reach, in alphabetical order.
    ///
    /// # Errors
    /// [`StoreError`]; take it as "none".
    pub async fn approved_hosts(&self, project: &str) -> Result<Vec<String>, StoreError> {
        let project = project.to_owned();
        self.read(move |batch| batch.approved_hosts(&project)).await
    }
}

impl Batch<'_> {
    fn approve(&self, project: &str, fingerprint: &str, line: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO approvals (project, fingerprint, line, time)
             VALUES (?1, ?2, ?3, ?4)",
            params![project, fingerprint, line, text::now()?],
        )?;
        Ok(())
    }

    fn is_approved(&self, project: &str, fingerprint: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM approvals WHERE project = ?1 AND fingerprint = ?2";
        let found: Option<u32> =
            self.connection.query_row(sql, [project, fingerprint], |row| row.get(0)).optional()?;
        Ok(found.is_some())
    }

    fn approved_hosts(&self, project: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT substr(fingerprint, ?2) FROM approvals
                   WHERE project = ?1 AND fingerprint LIKE ?3 ORDER BY fingerprint";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement
            .query_map(params![project, HOST.len() as i64 + 1, format!("{HOST}%")], |row| {
                row.get(0)
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
