//! A project's tasks as rows that another store takes up.

use rusqlite::types::{Value as Column, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value};

use super::OF_TASKS;
use crate::writer::Batch;
use crate::{Store, StoreError};

/// A row by its columns' names.
type Cells = Map<String, Value>;

/// The tasks of a project with all that belongs to them. Its form is that of the store, so that it
/// is read by the same or a newer program.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Carried {
    /// The format of the store that they come from.
    pub format: u32,
    /// The tasks.
    pub tasks: Vec<Cells>,
    /// What belongs to them, by table.
    pub rows: Vec<(String, Vec<Cells>)>,
}

/// What is carried along: not the calls to models, which are of the moment.
fn carried() -> impl Iterator<Item = &'static str> {
    OF_TASKS.into_iter().filter(|table| *table != "calls")
}

impl Store {
    /// All tasks of a project.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn carry_out(&self, project: &str) -> Result<Carried, StoreError> {
        let project = project.to_owned();
        self.read(move |batch| batch.carry(&project)).await
    }

    /// Takes up tasks from another store, as tasks of the project with this root. They get new
    /// numbers, and those that were not at their end are cancelled: what they did on the other
    /// machine is not to be done again here. How many that were.
    ///
    /// # Errors
    /// [`StoreError::Other`] where they come from a newer store, or are not what was carried out.
    pub async fn carry_in(&self, project: &str, carried: Carried) -> Result<u32, StoreError> {
        let project = project.to_owned();
        self.write(move |batch| batch.take_up(&project, carried)).await
    }
}

impl Batch<'_> {
    fn carry(&self, project: &str) -> Result<Carried, StoreError> {
        let tasks = cells(self.connection, "SELECT * FROM tasks WHERE project = ?1", project)?;
        let mut rows = Vec::new();
        for table in carried() {
            let sql = format!(
                "SELECT * FROM {table} WHERE task IN (SELECT id FROM tasks WHERE project = ?1)
                 ORDER BY rowid"
            );
            rows.push((table.to_owned(), cells(self.connection, &sql, project)?));
        }
        Ok(Carried { format: self.format()?, tasks, rows })
    }

    fn take_up(&self, project: &str, carried_in: Carried) -> Result<u32, StoreError> {
        let known = self.format()?;
        if carried_in.format > known {
            return Err(StoreError::Other(format!(
                "the project was exported by a newer Devika (format {} of the store, this one knows {known}): install that one",
                carried_in.format
            )));
        }
        let mut numbers = std::collections::BTreeMap::new();
        for mut task in carried_in.tasks {
            let old = task.remove("id").and_then(|id| id.as_i64()).ok_or_else(not_ours)?;
            task.insert("project".to_owned(), project.into());
            task.insert("holder".to_owned(), Value::Null);
            let ended = ["completed", "failed", "cancelled"];
            if !task
                .get("state")
                .and_then(Value::as_str)
                .is_some_and(|state| ended.contains(&state))
            {
                task.insert("state".to_owned(), "cancelled".into());
            }
            numbers.insert(old, self.insert("tasks", &task)?);
        }
        for (table, rows) in carried_in.rows {
            let table = carried().find(|known| *known == table).ok_or_else(not_ours)?;
            for mut row in rows {
                let old = row.get("task").and_then(Value::as_i64).ok_or_else(not_ours)?;
                let new = numbers.get(&old).ok_or_else(not_ours)?;
                row.insert("task".to_owned(), (*new).into());
                row.remove("id");
                row.remove("seq");
                self.insert(table, &row)?;
            }
        }
        Ok(u32::try_from(numbers.len()).unwrap_or(u32::MAX))
    }

    /// Inserts a row; its number. Only columns that the table has are named in the statement.
    fn insert(&self, table: &str, row: &Cells) -> Result<i64, StoreError> {
        let known = self.columns(table)?;
        if let Some(other) = row.keys().find(|name| !known.contains(name)) {
            return Err(StoreError::Other(format!(
                "the exported project is damaged: `{table}` has no `{other}`"
            )));
        }
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
        let values = row.values().map(column).collect::<Result<Vec<_>, _>>()?;
        self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(self.connection.last_insert_rowid())
    }

    fn columns(&self, table: &str) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    fn format(&self) -> Result<u32, StoreError> {
        Ok(self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }
}

fn cells(connection: &Connection, sql: &str, value: &str) -> Result<Vec<Cells>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([value])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Cells::new();
        for (at, name) in names.iter().enumerate() {
            let value = match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                ValueRef::Blob(_) => {
                    return Err(StoreError::Other(format!("`{name}` holds bytes")));
                }
            };
            cells.insert(name.clone(), value);
        }
        found.push(cells);
    }
    Ok(found)
}

fn column(value: &Value) -> Result<Column, StoreError> {
    match value {
        Value::Null => Ok(Column::Null),
        Value::String(text) => Ok(Column::Text(text.clone())),
        Value::Number(number) => number
            .as_i64()
            .map(Column::Integer)
            .or_else(|| number.as_f64().map(Column::Real))
            .ok_or_else(not_ours),
        _ => Err(not_ours()),
    }
}

fn not_ours() -> StoreError {
    StoreError::Other("the exported project is damaged: it is not what Devika writes".to_owned())
}
