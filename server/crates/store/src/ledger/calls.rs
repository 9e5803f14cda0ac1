//! The calls that wait or run.

use std::collections::HashMap;

use devika_llm::{Call, Spent, Ticket};
use devika_protocol::{Money, TaskId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Asker, account, watch::Watch};
use crate::StoreError;

/// A call that waits and is not asked for again within this many milliseconds is forgotten: its
/// process hangs, or nobody wants it any more. Whoever waits asks several times a second.
const WAITER_PATIENCE: i64 = 5_000;

/// A call that waits for its place or is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenCall {
    /// 0 until it is stored.
    pub(super) id: i64,
    pub(super) task: TaskId,
    pub(super) project: String,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) holder: String,
    pub(super) running: bool,
    pub(super) probe: bool,
    /// Set aside while it runs.
    pub(super) most: Spent,
    /// The day to charge it to.
    pub(super) day: String,
    pub(super) concurrency: u32,
    /// The provider's, when it began.
    pub(super) slowings: i64,
    /// When its maker last asked for it.
    pub(super) asked: i64,
}

const COLUMNS: &str = "id, task, project, provider, model, holder, running, probe, tokens, cost, \
                       day, concurrency, slowings, asked";

impl OpenCall {
    /// A call that waits.
    pub(super) fn of(asker: &Asker, call: &Call, day: &str, now: i64) -> Self {
        Self {
            id: 0,
            task: asker.task,
            project: asker.project.clone(),
            provider: call.provider.clone(),
            model: call.model.clone(),
            holder: asker.watch.holder.clone(),
            running: false,
            probe: false,
            most: Spent { tokens: call.tokens, cost: call.cost },
            day: day.to_owned(),
            concurrency: call.concurrency,
            slowings: 0,
            asked: now,
        }
    }

    /// What is set aside for it.
    pub(super) fn set_aside(&self) -> Spent {
        if self.running { self.most } else { Spent::default() }
    }

    /// Stores it as it is now; its number.
    pub(super) fn save(&self, connection: &Connection) -> Result<Ticket, StoreError> {
        let id = (self.id != 0).then_some(self.id);
        let sql = format!(
            "INSERT OR REPLACE INTO calls ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        );
        connection.prepare_cached(&sql)?.execute(params![
            id,
            self.task.0,
            self.project,
            self.provider,
            self.model,
            self.holder,
            self.running,
            self.probe,
            account::column(self.most.tokens),
            account::column(self.most.cost.0),
            self.day,
            self.concurrency,
            self.slowings,
            self.asked,
        ])?;
        Ok(Ticket(connection.last_insert_rowid()))
    }

    pub(super) fn remove(&self, connection: &Connection) -> Result<(), StoreError> {
        connection.prepare_cached("DELETE FROM calls WHERE id = ?1")?.execute([self.id])?;
        Ok(())
    }

    fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            task: TaskId(row.get(1)?),
            project: row.get(2)?,
            provider: row.get(3)?,
            model: row.get(4)?,
            holder: row.get(5)?,
            running: row.get(6)?,
            probe: row.get(7)?,
            most: Spent {
                tokens: account::amount(row.get(8)?),
                cost: Money(account::amount(row.get(9)?)),
            },
            day: row.get(10)?,
            concurrency: row.get(11)?,
            slowings: row.get(12)?,
            asked: row.get(13)?,
        })
    }
}

/// The call of that number, where the task has it.
pub(super) fn find(
    connection: &Connection,
    task: TaskId,
    ticket: Ticket,
) -> Result<Option<OpenCall>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM calls WHERE id = ?1 AND task = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([ticket.0, task.0], OpenCall::of_row).optional()?)
}

/// All calls, oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<OpenCall>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM calls ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let calls = statement.query_map([], OpenCall::of_row)?;
    Ok(calls.collect::<Result<_, _>>()?)
}

/// Forgets the calls whose process died, and those that wait and are not asked for any more; the
/// others. What was set aside for a call of a dead process counts as spent: nobody knows whether it
/// was.
pub(super) fn without_the_dead(
    connection: &Connection,
    calls: Vec<OpenCall>,
    watch: &Watch,
    now: i64,
) -> Result<Vec<OpenCall>, StoreError> {
    let mut lives = HashMap::from([(watch.holder.clone(), true)]);
    let mut kept = Vec::with_capacity(calls.len());
    for mut call in calls {
        let is_alive =
            *lives.entry(call.holder.clone()).or_insert_with_key(|holder| (watch.is_alive)(holder));
        let is_silent = !call.running && call.asked < now.saturating_sub(WAITER_PATIENCE);
        if !is_alive && call.running {
            account::charge(connection, &call, call.most)?;
        }
        if !is_alive || is_silent {
            tracing::info!(call = call.id, task = %call.task, is_alive, "a call was given up");
            call.remove(connection)?;
            continue;
        }
        if !call.running && call.asked > now {
            // The clock was set back: the patience counts from now on.
            call.asked = now;
            call.save(connection)?;
        }
        kept.push(call);
    }
    Ok(kept)
}
