//! Messages of the conversation, tokens used, and what the user decided for a project: whether it is
//! trusted, and its model.

use devika_protocol::{Money, TaskId, Usage};
use rusqlite::{OptionalExtension, Row, params};

use crate::{Store, StoreError, text, writer::Batch};

/// One entry of a project's conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The task it belongs to.
    pub task: TaskId,
    /// Who speaks: `user`, or an agent's name.
    pub role: String,
    /// What is said.
    pub text: String,
    /// RFC 3339, UTC, milliseconds.
    pub time: String,
}

impl Store {
    /// Adds to the conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_message(
        &self,
        task: TaskId,
        role: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let (role, text) = (role.to_owned(), text.to_owned());
        self.write(move |batch| batch.add_message(task, &role, &text)).await
    }

    /// The conversation of a project over all its tasks, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn messages(&self, project: &str) -> Result<Vec<Message>, StoreError> {
        let project = project.to_owned();
        self.read(move |batch| batch.messages(&project)).await
    }

    /// What was said in the task's project before the task: the last `limit` messages, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn messages_before(
        &self,
        task: TaskId,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        self.read(move |batch| batch.messages_before(task, limit)).await
    }

    /// Adds what a turn cost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_usage(
        &self,
        task: TaskId,
        model: &str,
        usage: Usage,
    ) -> Result<(), StoreError> {
        let model = model.to_owned();
        self.write(move |batch| batch.add_usage(task, &model, usage)).await
    }

    /// What all turns of a task cost together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage(&self, task: TaskId) -> Result<Usage, StoreError> {
        self.read(move |batch| batch.usage(task)).await
    }

    /// Remembers the model (`provider/model`) that the user chose for a project; none forgets it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn choose_model(&self, project: &str, model: Option<&str>) -> Result<(), StoreError> {
        let (project, model) = (project.to_owned(), model.map(str::to_owned));
        self.write(move |batch| batch.choose_model(&project, model.as_deref())).await
    }

    /// The model that the user last chose for a project.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chosen_model(&self, project: &str) -> Result<Option<String>, StoreError> {
        let project = project.to_owned();
        self.read(move |batch| batch.chosen_model(&project)).await
    }

    /// Keeps the user's answer whether a project (its root, absolute and canonical) is trusted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trust(&self, project: &str, trusted: bool) -> Result<(), StoreError> {
        let project = project.to_owned();
        self.write(move |batch| batch.trust(&project, trusted)).await
    }

    /// Whether the user said that the project is trusted.
    ///
    /// # Errors
    /// [`StoreError`]; take it as "no".
    pub async fn is_trusted(&self, project: &str) -> Result<bool, StoreError> {
        let project = project.to_owned();
        self.read(move |batch| batch.is_trusted(&project)).await
    }
}

impl Batch<'_> {
    fn add_message(&self, task: TaskId, role: &str, text: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO messages (task, role, text, time) VALUES (?1, ?2, ?3, ?4)",
            params![task.0, role, text, text::now()?],
        )?;
        Ok(())
    }

    fn messages(&self, project: &str) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT messages.task, role, text, time FROM messages
             JOIN tasks ON tasks.id = messages.task WHERE project = ?1 ORDER BY messages.id",
        )?;
        let messages = statement.query_map([project], message_of)?;
        Ok(messages.collect::<Result<_, _>>()?)
    }

    fn messages_before(&self, task: TaskId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT messages.task, role, text, time FROM messages
             JOIN tasks ON tasks.id = messages.task
             WHERE project = (SELECT project FROM tasks WHERE id = ?1) AND tasks.id < ?1
             ORDER BY messages.id DESC LIMIT ?2",
        )?;
        let newest_first = statement.query_map(params![task.0, limit], message_of)?;
        let mut messages: Vec<Message> = newest_first.collect::<Result<_, _>>()?;
        messages.reverse();
        Ok(messages)
    }

    fn add_usage(&self, task: TaskId, model: &str, usage: Usage) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO usage (task, model, input, cached, output, cost, time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                task.0,
                model,
                column(usage.input),
                column(usage.cached),
                column(usage.output),
                i64::try_from(usage.cost.0).unwrap_or(i64::MAX >> 20),
                text::now()?
            ],
        )?;
        Ok(())
    }

    fn usage(&self, task: TaskId) -> Result<Usage, StoreError> {
        Ok(self.connection.query_row(
            "SELECT coalesce(sum(input), 0), coalesce(sum(cached), 0), coalesce(sum(output), 0),
             coalesce(sum(cost), 0) FROM usage WHERE task = ?1",
            [task.0],
            |row| {
                let tokens =
                    |index| row.get::<_, i64>(index).map(|sum| sum.try_into().unwrap_or(0));
                let (input, cached, output) = (tokens(0)?, tokens(1)?, tokens(2)?);
                Ok(Usage { input, cached, output, cost: Money(tokens(3)?) })
            },
        )?)
    }

    fn choose_model(&self, project: &str, model: Option<&str>) -> Result<(), StoreError> {
        match model {
            Some(model) => self.connection.execute(
                "INSERT OR REPLACE INTO chosen_models (project, model, time) VALUES (?1, ?2, ?3)",
                params![project, model, text::now()?],
            )?,
            None => self
                .connection
                .execute("DELETE FROM chosen_models WHERE project = ?1", [project])?,
        };
        Ok(())
    }

    fn chosen_model(&self, project: &str) -> Result<Option<String>, StoreError> {
        let model = self.connection.query_row(
            "SELECT model FROM chosen_models WHERE project = ?1",
            [project],
            |row| row.get(0),
        );
        Ok(model.optional()?)
    }

    fn trust(&self, project: &str, trusted: bool) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO trust (project, trusted, time) VALUES (?1, ?2, ?3)
             ON CONFLICT (project) DO UPDATE SET trusted = excluded.trusted, time = excluded.time",
            params![project, trusted, text::now()?],
        )?;
        Ok(())
    }

    fn is_trusted(&self, project: &str) -> Result<bool, StoreError> {
        let trusted = self
            .connection
            .query_row("SELECT trusted FROM trust WHERE project = ?1", [project], |row| row.get(0))
            .optional()?;
        Ok(trusted.unwrap_or(false))
    }
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        task: TaskId(row.get(0)?),
        role: row.get(1)?,
        text: row.get(2)?,
        time: row.get(3)?,
    })
}

/// A count as SQLite holds it. A count beyond its range is a provider's mistake; it must not make
/// the sum of a task overflow either.
fn column(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}
