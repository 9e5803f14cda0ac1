//! Tasks: what was asked, where it stands, and which process works on it.

use devika_protocol::{GitMode, Mode, TaskId, TaskState, TaskSummary};
use rusqlite::{OptionalExtension, Row, params};

use crate::{Store, StoreError, holder, text, writer::Batch};

/// A task that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The workspace root, absolute.
    pub project: String,
    /// What the user asked for.
    pub prompt: String,
    /// How much Devika does before it asks.
    pub mode: Mode,
    /// `provider/model` where the task names its own.
    pub model: Option<String>,
    /// Where it works and commits.
    pub git: Option<GitMode>,
}

impl Store {
    /// Stores a task as queued, held by this process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_task(&self, task: NewTask) -> Result<TaskId, StoreError> {
        self.write(move |batch| batch.create_task(&task)).await
    }

    /// Records where a task stands. While it is queued, running or waiting, this process holds it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Other`] where there is no such task.
    pub async fn set_state(&self, task: TaskId, state: TaskState) -> Result<(), StoreError> {
        self.write(move |batch| batch.set_state(task, state)).await
    }

    /// One task.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskSummary>, StoreError> {
        self.read(move |batch| batch.task(id)).await
    }

    /// The newest tasks, newest first, of these projects; of all where none is named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tasks(
        &self,
        projects: &[String],
        limit: u32,
    ) -> Result<Vec<TaskSummary>, StoreError> {
        let projects = projects.to_vec();
        self.read(move |batch| batch.tasks(&projects, limit)).await
    }

    /// Marks the tasks whose process died as interrupted, and returns them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_interrupted(&self) -> Result<Vec<TaskId>, StoreError> {
        self.interrupt_where_dead(holder::is_alive).await
    }

    async fn interrupt_where_dead(
        &self,
        is_alive: fn(&str) -> bool,
    ) -> Result<Vec<TaskId>, StoreError> {
        self.write(move |batch| batch.interrupt_where_dead(is_alive)).await
    }
}

const COLUMNS: &str = "id, project, prompt, mode, model, state, created, git";

impl Batch<'_> {
    fn create_task(&self, task: &NewTask) -> Result<TaskId, StoreError> {
        self.connection.execute(
            "INSERT INTO tasks (project, prompt, mode, model, state, holder, created, git)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                task.project,
                task.prompt,
                text::name(&task.mode)?,
                task.model,
                text::name(&TaskState::Queued)?,
                self.holder,
                text::now()?,
                task.git.as_ref().map(text::name).transpose()?,
            ],
        )?;
        Ok(TaskId(self.connection.last_insert_rowid()))
    }

    pub(crate) fn set_state(&self, task: TaskId, state: TaskState) -> Result<(), StoreError> {
        let held = matches!(state, TaskState::Queued | TaskState::Running | TaskState::Waiting);
        let changed = self.connection.execute(
            "UPDATE tasks SET state = ?2, holder = ?3 WHERE id = ?1",
            params![task.0, text::name(&state)?, held.then_some(self.holder)],
        )?;
        match changed {
            0 => Err(StoreError::Other(format!("there is no task {task}"))),
            _ => Ok(()),
        }
    }

    fn task(&self, id: TaskId) -> Result<Option<TaskSummary>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tasks WHERE id = ?1");
        self.connection.query_row(&sql, [id.0], |row| Ok(summary_of(row))).optional()?.transpose()
    }

    fn tasks(&self, projects: &[String], limit: u32) -> Result<Vec<TaskSummary>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tasks
             WHERE ?1 = '[]' OR project IN (SELECT value FROM json_each(?1))
             ORDER BY id DESC LIMIT ?2"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params![serde_json::to_string(projects)?, limit])?;
        let mut tasks = Vec::new();
        while let Some(row) = rows.next()? {
            tasks.push(summary_of(row)?);
        }
        Ok(tasks)
    }

    fn interrupt_where_dead(&self, is_alive: fn(&str) -> bool) -> Result<Vec<TaskId>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT id, holder FROM tasks WHERE holder IS NOT NULL ORDER BY id")?;
        let held = statement
            .query_map([], |row| Ok((TaskId(row.get(0)?), row.get::<_, String>(1)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        let dead = held.into_iter().filter(|(_, holder)| !is_alive(holder));
        dead.map(|(id, _)| self.set_state(id, TaskState::Interrupted).map(|()| id)).collect()
    }
}

fn summary_of(row: &Row<'_>) -> Result<TaskSummary, StoreError> {
    Ok(TaskSummary {
        id: TaskId(row.get(0)?),
        project: row.get(1)?,
        prompt: row.get(2)?,
        mode: text::from_name(row.get(3)?)?,
        model: row.get(4)?,
        state: text::from_name(row.get(5)?)?,
        created: row.get(6)?,
        git: row.get::<_, Option<String>>(7)?.map(text::from_name).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tasks_of_a_dead_process_and_no_others_are_interrupted() {
        let store = Store::in_memory().unwrap();
        let states = [
            TaskState::Queued,
            TaskState::Running,
            TaskState::Waiting,
            TaskState::Paused,
            TaskState::Completed,
        ];
        for state in states {
            let task = store
                .create_task(NewTask {
                    project: "/a".to_owned(),
                    prompt: "Write".to_owned(),
                    mode: Mode::Auto,
                    model: None,
                    git: None,
                })
                .await
                .unwrap();
            store.set_state(task, state).await.unwrap();
        }
        assert_eq!(store.mark_interrupted().await.unwrap(), []);
        let interrupted = store.interrupt_where_dead(|_| false).await.unwrap();
        assert_eq!(interrupted, [1, 2, 3].map(TaskId));
        let states: Vec<_> =
            store.tasks(&[], 9).await.unwrap().iter().rev().map(|task| task.state).collect();
        assert_eq!(
            states,
            [
                TaskState::Interrupted,
                TaskState::Interrupted,
                TaskState::Interrupted,
                TaskState::Paused,
                TaskState::Completed,
            ]
        );
    }
}
