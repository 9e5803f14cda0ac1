//! What was used of each cap, and what a call would make of it.

use devika_llm::{Admission, Spent};
use devika_protocol::{Cap, CapScope, CapUse, Money, TaskId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Asker, Caps, calls::OpenCall};
use crate::StoreError;

/// The most that a column of amounts holds: some of it can be added without leaving SQLite's range.
const LARGEST: i64 = i64::MAX / 4;

const ROW: &str = "SELECT calls, tokens, cost, warned_tokens, warned_cost FROM spending
                   WHERE scope = ?1 AND name = ?2";

const LATEST_DAY: &str = "SELECT name FROM spending WHERE scope = 'day' ORDER BY name DESC LIMIT 1";

/// An amount as SQLite holds it.
pub(super) fn column(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(LARGEST).min(LARGEST)
}

/// An amount as SQLite held it.
pub(super) fn amount(column: i64) -> u64 {
    u64::try_from(column).unwrap_or_default()
}

/// The sum, at most the end of the range.
pub(super) fn plus(one: Spent, other: Spent) -> Spent {
    let tokens = one.tokens.saturating_add(other.tokens);
    Spent { tokens, cost: one.cost.plus(other.cost) }
}

/// Something that has a cap, with what was used of it.
pub(super) struct Capped {
    scope: CapScope,
    name: String,
    cap: Cap,
    /// Spent and set aside.
    used: Spent,
    /// The highest caps that the user was warned of.
    warned: Spent,
}

impl Capped {
    /// The cap that a call would cross. A call that adds nothing crosses nothing: a free model may
    /// be asked when all the money is spent.
    fn crossed_by(&self, call: &OpenCall) -> Option<CapUse> {
        let used = plus(self.used, call.most);
        let money = self.cap.money.filter(|cap| call.most.cost > Money::ZERO && used.cost > *cap);
        let tokens = self.cap.tokens.filter(|cap| call.most.tokens > 0 && used.tokens > *cap);
        money
            .map(|cap| CapUse::Money { used: used.cost, cap })
            .or(tokens.map(|cap| CapUse::Tokens { used: used.tokens, cap }))
    }

    /// The refusal of a call that would cross the cap.
    pub(super) fn over_budget(&self, call: &OpenCall) -> Option<Admission> {
        let used = self.crossed_by(call)?;
        Some(Admission::OverBudget { scope: self.scope, used })
    }

    /// The caps of which a call uses up the fourth fifth, of those that were not told before. What
    /// is told is remembered; a raised cap is another one.
    fn warn(&mut self, call: &OpenCall) -> Vec<CapUse> {
        let used = plus(self.used, call.most);
        let mut uses = Vec::new();
        let money = self.cap.money.filter(|cap| is_nearly(used.cost.0, cap.0));
        if let Some(cap) = money.filter(|cap| *cap > self.warned.cost) {
            self.warned.cost = cap;
            uses.push(CapUse::Money { used: used.cost, cap });
        }
        let tokens = self.cap.tokens.filter(|cap| is_nearly(used.tokens, *cap));
        if let Some(cap) = tokens.filter(|cap| *cap > self.warned.tokens) {
            self.warned.tokens = cap;
            uses.push(CapUse::Tokens { used: used.tokens, cap });
        }
        uses
    }

    /// As [`Capped::warn`], and stored.
    pub(super) fn warn_once(
        &mut self,
        connection: &Connection,
        call: &OpenCall,
    ) -> Result<Vec<(CapScope, CapUse)>, StoreError> {
        let uses = self.warn(call);
        if !uses.is_empty() {
            connection
                .prepare_cached(
                    "INSERT INTO spending
                     (scope, name, calls, tokens, cost, warned_tokens, warned_cost)
                     VALUES (?1, ?2, 0, 0, 0, ?3, ?4)
                     ON CONFLICT DO UPDATE SET warned_tokens = excluded.warned_tokens,
                     warned_cost = excluded.warned_cost",
                )?
                .execute(params![
                    self.scope.word(),
                    self.name,
                    column(self.warned.tokens),
                    column(self.warned.cost.0),
                ])?;
        }
        Ok(uses.into_iter().map(|used| (self.scope, used)).collect())
    }
}

/// Whether more than four fifths of the cap are used.
fn is_nearly(used: u64, cap: u64) -> bool {
    u128::from(used) * 5 > u128::from(cap) * 4
}

/// What the asker's calls are capped by: the task, the day, the project, as far as they have caps.
pub(super) fn capped(
    connection: &Connection,
    asker: &Asker,
    day: &str,
    calls: &[OpenCall],
) -> Result<Vec<Capped>, StoreError> {
    let mut capped = Vec::new();
    for scope in [CapScope::Task, CapScope::Day, CapScope::Project] {
        let cap = cap_of(connection, asker, scope)?;
        if cap == Cap::default() {
            continue;
        }
        let name = match scope {
            CapScope::Task => asker.task.to_string(),
            CapScope::Day => day.to_owned(),
            CapScope::Project => asker.project.clone(),
        };
        let belongs = |call: &&OpenCall| match scope {
            CapScope::Task => call.task == asker.task,
            CapScope::Day => call.day == day,
            CapScope::Project => call.project == asker.project,
        };
        let set_aside = calls.iter().filter(belongs).map(OpenCall::set_aside);
        let row = row(connection, scope.word(), &name)?;
        let used = set_aside.fold(row.spent, plus);
        capped.push(Capped { scope, name, cap, used, warned: row.warned });
    }
    Ok(capped)
}

fn cap_of(connection: &Connection, asker: &Asker, scope: CapScope) -> Result<Cap, StoreError> {
    let Caps { task, day, project } = asker.caps;
    Ok(match scope {
        CapScope::Day => day,
        CapScope::Project => project,
        CapScope::Task => task_cap(connection, asker.task)?.map_or(task, |own| Cap {
            money: own.money.or(task.money),
            tokens: own.tokens.or(task.tokens),
        }),
    })
}

/// The cap that the user gave to the task.
fn task_cap(connection: &Connection, task: TaskId) -> Result<Option<Cap>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT cost, tokens FROM task_caps WHERE task = ?1")?;
    let cap = statement.query_row([task.0], |row| {
        let (cost, tokens): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
        Ok(Cap { money: cost.map(amount).map(Money), tokens: tokens.map(amount) })
    });
    Ok(cap.optional()?)
}

/// A row of spending.
#[derive(Default)]
pub(super) struct SpendingRow {
    pub(super) calls: u64,
    pub(super) spent: Spent,
    warned: Spent,
}

/// What ended calls have used; nothing where there is no row.
pub(super) fn row(
    connection: &Connection,
    scope: &str,
    name: &str,
) -> Result<SpendingRow, StoreError> {
    let mut statement = connection.prepare_cached(ROW)?;
    let found = statement.query_row([scope, name], |row| {
        let number = |index| row.get(index).map(amount);
        Ok(SpendingRow {
            calls: number(0)?,
            spent: Spent { tokens: number(1)?, cost: Money(number(2)?) },
            warned: Spent { tokens: number(3)?, cost: Money(number(4)?) },
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Counts what a call has used for its task, day, project and model.
pub(super) fn charge(
    connection: &Connection,
    call: &OpenCall,
    spent: Spent,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO spending (scope, name, calls, tokens, cost)
             VALUES ('task', ?1, 1, ?5, ?6), ('day', ?2, 1, ?5, ?6), ('project', ?3, 1, ?5, ?6),
             ('model', ?4, 1, ?5, ?6)
             ON CONFLICT DO UPDATE SET calls = calls + 1,
             tokens = min(tokens + excluded.tokens, ?7), cost = min(cost + excluded.cost, ?7)",
        )?
        .execute(params![
            call.task.to_string(),
            call.day,
            call.project,
            format!("{}/{}", call.provider, call.model),
            column(spent.tokens),
            column(spent.cost.0),
            LARGEST,
        ])?;
    Ok(())
}

/// The latest day that was charged or is to be.
pub(super) fn latest_day(
    connection: &Connection,
    calls: &[OpenCall],
) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(LATEST_DAY)?;
    let charged: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    let running = calls.iter().filter(|call| call.running).map(|call| &call.day).max();
    Ok(charged.max(running.cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn admitting_looks_up_single_rows_however_many_tasks_there_were() {
        let store = Store::in_memory().unwrap();
        for sql in [ROW, LATEST_DAY] {
            let plan = store.read(move |batch| {
                let mut statement =
                    batch.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let nothing = vec![None::<String>; statement.parameter_count()];
                let steps = statement.query_map(rusqlite::params_from_iter(nothing), |row| {
                    row.get::<_, String>("detail")
                })?;
                Ok(steps.collect::<Result<Vec<_>, _>>()?)
            });
            let plan = plan.await.unwrap();
            assert!(
                matches!(&plan[..], [one] if one.starts_with("SEARCH spending USING PRIMARY KEY")),
                "{plan:?}"
            );
        }
    }
}
