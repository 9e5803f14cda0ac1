//! What the ledger shows to people, and the caps they raise.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use devika_llm::Spent;
use devika_protocol::{Cap, Money, TaskId};
use rusqlite::{Connection, params};

use super::{
    account::{self, amount, plus},
    calls::{self, OpenCall},
    watch::{day_at, unix_millis},
};
use crate::{Store, StoreError, holder};

/// What money and tokens were spent on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Account {
    /// One task.
    Task(TaskId),
    /// All tasks of this day, by UTC.
    Today,
    /// All tasks of a project, named by its root.
    Project(String),
    /// All calls to a model, as `provider/model`.
    Model(String),
}

/// What calls used, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// Calls that ended, those that failed among them.
    pub calls: u64,
    /// What they used.
    pub spent: Spent,
    /// The most that the calls under way can use.
    pub set_aside: Spent,
}

/// How a provider stands, over all processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderState {
    /// Its name.
    pub provider: String,
    /// Until when it is left alone; from then on one call at a time tries it out. None while it is
    /// well.
    pub resting_until: Option<SystemTime>,
    /// Calls in a row that failed.
    pub failures: u32,
    /// Calls at one time that it was found to bear. None where it has never asked for fewer than
    /// are configured.
    pub limit: Option<u32>,
    /// Calls under way.
    pub running: u32,
    /// Calls that wait for a place.
    pub waiting: u32,
}

impl Store {
    /// Gives a task caps of its own, in place of the configured ones; what is absent stays as it
    /// was. Holds for the task's next call, over restarts.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Other`] where there is no such task.
    pub async fn raise_cap(&self, task: TaskId, cap: Cap) -> Result<(), StoreError> {
        self.write(move |batch| raise_cap(batch.connection, task, cap)).await
    }

    /// What was spent on something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn spent(&self, account: Account) -> Result<Spending, StoreError> {
        self.spent_at(account, unix_millis()).await
    }

    pub(super) async fn spent_at(
        &self,
        account: Account,
        now: i64,
    ) -> Result<Spending, StoreError> {
        self.read(move |batch| spent(batch.connection, &account, now)).await
    }

    /// What was spent on each model, named `provider/model`, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn spent_by_model(&self) -> Result<Vec<(String, Spending)>, StoreError> {
        self.read(|batch| spent_by_model(batch.connection)).await
    }

    /// All providers that were ever called, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn provider_states(&self) -> Result<Vec<ProviderState>, StoreError> {
        self.read(|batch| provider_states(batch.connection, holder::is_alive)).await
    }
}

fn raise_cap(connection: &Connection, task: TaskId, cap: Cap) -> Result<(), StoreError> {
    let changed = connection.execute(
        "INSERT INTO task_caps (task, cost, tokens) SELECT id, ?2, ?3 FROM tasks WHERE id = ?1
         ON CONFLICT DO UPDATE SET cost = coalesce(excluded.cost, cost),
         tokens = coalesce(excluded.tokens, tokens)",
        params![
            task.0,
            cap.money.map(|money| account::column(money.0)),
            cap.tokens.map(account::column)
        ],
    )?;
    match changed {
        0 => Err(StoreError::Other(format!("there is no task {task}"))),
        _ => Ok(()),
    }
}

fn spent(connection: &Connection, account: &Account, now: i64) -> Result<Spending, StoreError> {
    let calls = calls::all(connection)?;
    let (scope, name) = match account {
        Account::Task(task) => ("task", task.to_string()),
        Account::Today => ("day", day_at(now, account::latest_day(connection, &calls)?.as_deref())),
        Account::Project(project) => ("project", project.clone()),
        Account::Model(model) => ("model", model.clone()),
    };
    let row = account::row(connection, scope, &name)?;
    let belongs = |call: &&OpenCall| match account {
        Account::Task(task) => call.task == *task,
        Account::Today => call.day == name,
        Account::Project(project) => call.project == *project,
        Account::Model(model) => model_of(call) == *model,
    };
    let set_aside = calls.iter().filter(belongs).map(OpenCall::set_aside);
    let set_aside = set_aside.fold(Spent::default(), plus);
    Ok(Spending { calls: row.calls, spent: row.spent, set_aside })
}

fn spent_by_model(connection: &Connection) -> Result<Vec<(String, Spending)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT name, calls, tokens, cost FROM spending WHERE scope = 'model' ORDER BY name",
    )?;
    let models = statement.query_map([], |row| {
        let number = |index| row.get(index).map(amount);
        let spent = Spent { tokens: number(2)?, cost: Money(number(3)?) };
        Ok((row.get(0)?, Spending { calls: number(1)?, spent, set_aside: Spent::default() }))
    })?;
    let mut models = models.collect::<Result<Vec<(String, Spending)>, _>>()?;
    for call in calls::all(connection)?.iter().filter(|call| call.running) {
        let name = model_of(call);
        let place =
            models.binary_search_by(|(model, _)| model.cmp(&name)).unwrap_or_else(|place| {
                models.insert(place, (name, Spending::default()));
                place
            });
        let spending = &mut models[place].1;
        spending.set_aside = plus(spending.set_aside, call.set_aside());
    }
    Ok(models)
}

fn model_of(call: &OpenCall) -> String {
    format!("{}/{}", call.provider, call.model)
}

fn provider_states(
    connection: &Connection,
    is_alive: fn(&str) -> bool,
) -> Result<Vec<ProviderState>, StoreError> {
    let mut calls = calls::all(connection)?;
    calls.retain(|call| is_alive(&call.holder));
    let mut statement = connection
        .prepare("SELECT name, failures, rest, rested_at, places FROM providers ORDER BY name")?;
    let states = statement.query_map([], |row| {
        let provider: String = row.get(0)?;
        let (rest, rested_at): (i64, i64) = (row.get(2)?, row.get(3)?);
        let count = |running| {
            let open = calls.iter().filter(|call| call.provider == provider);
            open.filter(|call| call.running == running).count().try_into().unwrap_or(u32::MAX)
        };
        Ok(ProviderState {
            resting_until: (rest > 0).then(|| {
                UNIX_EPOCH + Duration::from_millis(amount(rested_at.saturating_add(rest)))
            }),
            failures: row.get(1)?,
            limit: row.get::<_, Option<f64>>(4)?.map(|places| places as u32),
            running: count(true),
            waiting: count(false),
            provider,
        })
    })?;
    Ok(states.collect::<Result<_, _>>()?)
}
