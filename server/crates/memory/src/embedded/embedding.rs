//! Vectors for what was remembered, in the background: passage after passage, a batch at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::time::{sleep, timeout};

use super::{
    connections::{Connections, open_private},
    progress::Progress,
    signs::Unit,
    vectors::{self, Pending},
};
use crate::Embedder;

/// How many passages go to the embedder at once, which cuts them into requests.
const BATCH: u32 = 64;

/// How long the embedder may take for a batch: a model on a slow processor needs a second for each.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long is waited after a failure; twice as long after each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How soon is looked again whether another process has done with its batch.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How many vectors of a model that nobody uses any more go in one write.
const DROPPED_AT_ONCE: usize = 1_000;

/// Embeds what a memory remembers, as long as it is polled.
pub(super) struct Worker {
    pub(super) connections: Arc<Connections>,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) progress: Arc<Progress>,
}

/// Where a worker stands.
struct Pace {
    /// The model's number in the file.
    model: i64,
    /// All passages up to this place have vectors, or were left out.
    after: i64,
    /// The first place that was left out.
    left_out: Option<i64>,
    batch: u32,
    wait: Duration,
    /// Whether vectors of another length were thrown away already: once is enough, for two processes
    /// whose embedders differ under one name must not do it in turn.
    began_anew: bool,
}

/// What became of a batch.
enum Step {
    /// It has vectors; the place of its last passage.
    Done(i64),
    /// There is nothing that waits for vectors.
    NothingPending,
    /// Another process embeds: it may be doing the same.
    NotOurTurn,
    /// The model makes vectors of another length than before.
    Misfit,
    /// The batch has no vectors.
    Failed { first: i64, last: i64, why: String },
}

impl Worker {
    /// Embeds whenever it is asked to, by the model of that number in the file.
    pub(super) async fn run(self, model: i64) {
        self.drop_old_models().await;
        let mut pace = Pace {
            model,
            after: 0,
            left_out: None,
            batch: BATCH,
            wait: FIRST_WAIT,
            began_anew: false,
        };
        let mut done = 0;
        loop {
            let request = self.progress.next_request(done).await;
            self.embed_all(&mut pace).await;
            self.progress.fulfilled(request);
            done = request;
        }
    }

    async fn embed_all(&self, pace: &mut Pace) {
        loop {
            let step = match self.progress.take_misfit() {
                true => Step::Misfit,
                false => self.step(pace).await,
            };
            match step {
                Step::Done(last) => pace.went_on(last),
                Step::NothingPending => match pace.left_out.take() {
                    Some(first) => pace.after = first - 1,
                    None => return,
                },
                Step::NotOurTurn => sleep(LOOK_AGAIN).await,
                Step::Misfit if !pace.began_anew => self.begin_anew(pace).await,
                Step::Misfit => {
                    let why = "its vectors have another length than before";
                    self.fail(pace, (pace.after + 1, pace.after), why).await;
                }
                Step::Failed { first, last, why } => self.fail(pace, (first, last), &why).await,
            }
        }
    }

    /// Embeds the next batch.
    async fn step(&self, pace: &Pace) -> Step {
        let failed = |why: String| Step::Failed { first: pace.after + 1, last: pace.after, why };
        match self.pending(pace).await {
            Ok(pending) if pending.is_empty() => return Step::NothingPending,
            Ok(_) => {}
            Err(why) => return failed(why),
        }
        let _turn = match self.turn() {
            Ok(Some(turn)) => turn,
            Ok(None) => return Step::NotOurTurn,
            Err(why) => return failed(why),
        };
        // What another process embedded before it was our turn is left out.
        let batch = match self.pending(pace).await {
            Ok(batch) => batch,
            Err(why) => return failed(why),
        };
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
            return Step::NothingPending;
        };
        let (first, last) = (first.place, last.place);
        let outcome = match self.units(&batch).await {
            Ok(units) => self.attach(pace.model, batch, units).await,
            Err(why) => Err(why),
        };
        match outcome {
            Ok(true) => Step::Done(last),
            Ok(false) => Step::Misfit,
            Err(why) => Step::Failed { first, last, why },
        }
    }

    async fn pending(&self, pace: &Pace) -> Result<Vec<Pending>, String> {
        let (model, after, most) = (pace.model, pace.after, pace.batch);
        let read = self.connections.read(move |file| vectors::pending(file, model, after, most));
        read.await.map_err(|error| error.to_string())
    }

    /// The right to embed: a lock that the system gives back when its holder dies.
    fn turn(&self) -> Result<Option<File>, String> {
        let mut path = self.connections.path().as_os_str().to_owned();
        path.push("-embedding");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        let file = open_private(&path, options.write(true).create(true).truncate(false))
            .map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(format!("{} cannot be locked: {error}", path.display()))
            }
        }
    }

    /// Vectors for those of a batch that have none yet.
    async fn units(&self, batch: &[Pending]) -> Result<Vec<Unit>, String> {
        let new = batch.iter().filter(|passage| passage.is_new());
        let texts: Vec<String> = new.map(|passage| passage.text.clone()).collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        units_of(&*self.embedder, &texts, PATIENCE).await
    }

    /// Writes vectors down; whether they fit those that are there.
    async fn attach(
        &self,
        model: i64,
        batch: Vec<Pending>,
        units: Vec<Unit>,
    ) -> Result<bool, String> {
        let write = self.connections.write(move |file| {
            if let Some(unit) = units.first()
                && !vectors::fits(file, model, unit.dimension(), super::now())?
            {
                return Ok(false);
            }
            vectors::attach(file, model, &batch, &units)?;
            Ok(true)
        });
        write.await.map_err(|error| error.to_string())
    }

    async fn begin_anew(&self, pace: &mut Pace) {
        let (name, former) = (self.embedder.model().to_owned(), pace.model);
        let write = self
            .connections
            .write(move |file| vectors::begin_anew(file, &name, former, super::now()));
        match write.await {
            Ok(model) => {
                tracing::info!(model = self.embedder.model(), "all is embedded anew");
                (pace.model, pace.after, pace.left_out, pace.began_anew) = (model, 0, None, true);
                self.drop_old_models().await;
            }
            Err(error) => {
                self.progress.found_misfit();
                self.fail(pace, (pace.after + 1, pace.after), &error.to_string()).await;
            }
        }
    }

    /// Waits, and goes on with a smaller batch; past a passage that fails alone, which has its turn
    /// again at the end.
    async fn fail(&self, pace: &mut Pace, (first, last): (i64, i64), why: &str) {
        let model = self.embedder.model();
        tracing::warn!(model, why, "passages have no vectors yet, and are found by their words");
        if pace.batch == 1 && last > pace.after {
            pace.left_out.get_or_insert(first);
            pace.after = last;
        }
        pace.batch = (pace.batch / 4).max(1);
        self.progress.failed(why);
        sleep(pace.wait).await;
        pace.wait = (pace.wait * 2).min(LONGEST_WAIT);
    }

    async fn drop_old_models(&self) {
        let mut is_more = Ok(true);
        while let Ok(true) = is_more {
            let drop = |file: &rusqlite::Transaction<'_>| {
                vectors::drop_old(file, super::now(), DROPPED_AT_ONCE)
            };
            is_more = self.connections.write(drop).await;
        }
        if let Err(error) = is_more {
            tracing::warn!(%error, "vectors of models that nobody uses were not taken away");
        }
    }
}

impl Pace {
    fn went_on(&mut self, last: i64) {
        (self.after, self.batch, self.wait) = (last, BATCH, FIRST_WAIT);
    }
}

/// Vectors of texts, all of one length.
pub(super) async fn units_of(
    embedder: &dyn Embedder,
    texts: &[String],
    patience: Duration,
) -> Result<Vec<Unit>, String> {
    let vectors = timeout(patience, embedder.embed(texts))
        .await
        .map_err(|_| format!("it did not answer within {} s", patience.as_secs()))??;
    if vectors.len() != texts.len() {
        return Err(format!("it made {} vectors of {} texts", vectors.len(), texts.len()));
    }
    let units: Option<Vec<Unit>> = vectors.iter().map(|vector| Unit::of(vector)).collect();
    let units = units.ok_or("it made a vector that is nothing but zeros, or no number")?;
    if units.iter().any(|unit| unit.dimension() != units[0].dimension()) {
        return Err("it made vectors of different lengths at once".to_owned());
    }
    Ok(units)
}
