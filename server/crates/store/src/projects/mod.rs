//! What there is of each project: listed, put aside, deleted, carried to another machine.

mod carry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use devika_protocol::{Money, TaskId};
use rusqlite::params;
use serde_json::json;

pub use carry::Carried;

use crate::writer::Batch;
use crate::{Store, StoreError, text};

/// A project that tasks were given in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Project {
    /// Its root, absolute and canonical.
    pub root: String,
    /// How many tasks there are of it.
    pub tasks: u32,
    /// How many of them are not at their end.
    pub open: u32,
    /// What they cost.
    pub cost: Money,
    /// When the newest was given: RFC 3339, UTC, milliseconds.
    pub last: String,
    /// Whether the user has put it aside.
    pub archived: bool,
}

/// States that are no end.
const OPEN: &str = "('queued', 'running', 'waiting', 'paused', 'interrupted')";

/// States in which a process works on the task.
const HELD: &str = "('queued', 'running', 'waiting')";

/// What belongs to tasks, before the tasks themselves.
const OF_TASKS: [&str; 6] = ["events", "journal", "messages", "usage", "task_caps", "calls"];

/// What belongs to a project.
const OF_PROJECTS: [&str; 4] = ["trust", "approvals", "chosen_models", "archived"];

impl Store {
    /// All projects, the one last worked in first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.read(|batch| batch.projects()).await
    }

    /// Puts a project aside, or takes it up again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn archive(&self, project: &str, aside: bool) -> Result<(), StoreError> {
        let project = project.to_owned();
        self.write(move |batch| batch.archive(&project, aside)).await
    }

    /// Forgets everything about a project: its tasks with their events, messages and costs, and what
    /// the user decided for it. Not a file of it is touched, and the audit log keeps its rows. How
    /// many tasks that were.
    ///
    /// # Errors
    /// [`StoreError::Other`] where a process works on one of them, and others of [`StoreError`].
    pub async fn delete_project(&self, project: &str) -> Result<u32, StoreError> {
        let project = project.to_owned();
        self.write(move |batch| batch.delete_project(&project)).await
    }

    /// Forgets the tasks that came to their end and were given longer ago than this. How many that
    /// were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_tasks_older_than(&self, age: Duration) -> Result<u32, StoreError> {
        self.write(move |batch| batch.forget_tasks_before(&text::ago(age)?)).await
    }
}

impl Batch<'_> {
    fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT project, count(*), sum(state IN {OPEN}), max(created),
                 (SELECT coalesce(sum(cost), 0) FROM usage JOIN tasks AS paid ON paid.id = task
                  WHERE paid.project = tasks.project),
                 EXISTS (SELECT 1 FROM archived WHERE archived.project = tasks.project)
             FROM tasks GROUP BY project ORDER BY max(id) DESC"
        ))?;
        let projects = statement.query_map([], |row| {
            Ok(Project {
                root: row.get(0)?,
                tasks: row.get(1)?,
                open: row.get(2)?,
                last: row.get(3)?,
                cost: Money(row.get::<_, i64>(4)?.try_into().unwrap_or(0)),
                archived: row.get(5)?,
            })
        })?;
        Ok(projects.collect::<Result<_, _>>()?)
    }

    fn archive(&self, project: &str, aside: bool) -> Result<(), StoreError> {
        if aside {
            self.connection.execute(
                "INSERT OR REPLACE INTO archived (project, time) VALUES (?1, ?2)",
                params![project, text::now()?],
            )?;
        } else {
            self.connection.execute("DELETE FROM archived WHERE project = ?1", [project])?;
        }
        Ok(())
    }

    fn delete_project(&self, project: &str) -> Result<u32, StoreError> {
        let held: Vec<i64> = self.ids(
            &format!("SELECT id FROM tasks WHERE project = ?1 AND state IN {HELD}"),
            project,
        )?;
        if let Some(task) = held.first() {
            return Err(StoreError::Other(format!(
                "task {task} of {project} is being worked on; stop it, then delete the project"
            )));
        }
        let tasks = self.ids("SELECT id FROM tasks WHERE project = ?1", project)?;
        let count = self.forget(&tasks)?;
        for table in OF_PROJECTS {
            let sql = format!("DELETE FROM {table} WHERE project = ?1");
            self.connection.execute(&sql, [project])?;
        }
        self.connection
            .execute("DELETE FROM spending WHERE scope = 'project' AND name = ?1", [project])?;
        self.add_audit_row(None, "delete", &json!({ "project": project, "tasks": count }))?;
        Ok(count)
    }

    fn forget_tasks_before(&self, time: &str) -> Result<u32, StoreError> {
        let sql = format!("SELECT id FROM tasks WHERE created < ?1 AND state NOT IN {OPEN}");
        let count = self.forget(&self.ids(&sql, time)?)?;
        if count > 0 {
            self.add_audit_row(None, "delete", &json!({ "before": time, "tasks": count }))?;
        }
        Ok(count)
    }

    fn ids(&self, sql: &str, value: &str) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let ids = statement.query_map([value], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    fn forget(&self, tasks: &[i64]) -> Result<u32, StoreError> {
        let tasks: Vec<TaskId> = tasks.iter().copied().map(TaskId).collect();
        for task in &tasks {
            for table in OF_TASKS {
                let sql = format!("DELETE FROM {table} WHERE task = ?1");
                self.connection.prepare_cached(&sql)?.execute([task.0])?;
            }
            let sql = "DELETE FROM spending WHERE scope = 'task' AND name = ?1";
            self.connection.prepare_cached(sql)?.execute([task.to_string()])?;
            self.connection.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([task.0])?;
        }
        Ok(u32::try_from(tasks.len()).unwrap_or(u32::MAX))
    }
}
