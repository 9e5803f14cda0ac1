//! Commands that the user allows for good.

use rusqlite::{OptionalExtension as _, params};

use crate::writer::Batch;
use crate::{Store, StoreError, text};

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
}
