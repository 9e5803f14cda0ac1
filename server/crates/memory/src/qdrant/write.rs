//! Remembering, replacing and forgetting.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::points_update_operation::{
    DeletePoints as Delete, Operation, PointStructList, SetPayload,
};
use qdrant_client::qdrant::{
    Condition, DeletePoints, Filter as Conditions, GetPoints, NamedVectors, PointVectors,
    PointsIdsList, PointsSelector, PointsUpdateOperation, ScrollPoints, UpdateBatchPoints,
    UpdatePointVectors, Vector, Vectors, WithPayloadSelector,
};

use super::{Dense, QdrantMemory, choice, now, point};
use crate::{Filter, Kind, MemoryError, Passage, PassageId};

/// Passages of one request at the most, and bytes of their texts.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 4 << 20;

/// Requests that are under way at once.
const AT_ONCE: usize = 4;

/// Milliseconds between two sweeps of what has expired.
const SWEEP_EVERY: u64 = 60 * 60 * 1000;

/// Points whose ids are read at once.
const IDS_AT_ONCE: u32 = 10_000;

/// When what has expired was last swept away.
#[derive(Debug, Default)]
pub(super) struct Sweep(AtomicU64);

impl QdrantMemory {
    pub(super) async fn remember_all(&self, passages: Vec<Passage>) -> Result<(), MemoryError> {
        self.ready().await?;
        self.sweep_now_and_then().await;
        let writes = batches(each_once(passages)).into_iter().map(|batch| async move {
            let known = self.known_of(&batch).await?;
            let operations = self.operations(&batch, &known).await?;
            self.update(operations).await
        });
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Adds and takes away in one request, which is all there is to the same moment on a server that
    /// has no transactions. What needs several requests adds first.
    pub(super) async fn replace_from(
        &self,
        project: &str,
        kind: Kind,
        path: &str,
        passages: Vec<Passage>,
    ) -> Result<(), MemoryError> {
        self.ready().await?;
        self.sweep_now_and_then().await;
        let there = self.ids(choice::from_path(project, kind, path)).await?;
        let passages = each_once(passages);
        let kept: HashSet<_> = passages.iter().map(Passage::id).collect();
        let gone: Vec<_> = there.iter().copied().filter(|id| !kept.contains(id)).collect();
        let mut operations = Vec::new();
        for batch in batches(passages) {
            self.update(std::mem::take(&mut operations)).await?;
            let known = self.known_of(&batch).await?;
            operations = self.operations(&batch, &known).await?;
        }
        if !gone.is_empty() {
            operations.push(Operation::DeletePoints(Delete {
                points: Some(selected(gone)),
                ..Delete::default()
            }));
        }
        self.update(operations).await
    }

    pub(super) async fn forget_chosen(&self, filter: &Filter) -> Result<u64, MemoryError> {
        self.ready().await?;
        let chosen = choice::own(filter, now());
        let count = self.count(chosen.clone()).await?;
        if count > 0 {
            self.delete(chosen, true).await?;
        }
        Ok(count)
    }

    /// Makes vectors for up to `limit` passages that have none of this embedder's yet, since it was
    /// not there when they were remembered, or another was. Says how many it made: with nothing left
    /// to do that is 0.
    ///
    /// # Errors
    /// [`MemoryError::Failed`] where the embedder fails.
    pub async fn embed_missing(&self, limit: usize) -> Result<u64, MemoryError> {
        let Some(dense) = &self.dense else { return Ok(0) };
        let ready = self.ready().await?;
        let mut bare = choice::own(&Filter::default(), now());
        if ready.dimension.is_some() {
            bare.must_not.push(Condition::has_vector(&dense.vector));
        }
        let request = ScrollPoints {
            collection_name: self.options.collection.clone(),
            filter: Some(bare),
            limit: Some(limit.min(BATCH) as u32),
            with_payload: Some(WithPayloadSelector::from(true)),
            ..ScrollPoints::default()
        };
        let answer = self.link.ask(self.link.client.scroll(request)).await?;
        let passages: Vec<_> =
            answer.result.iter().filter_map(|p| point::passage_of(&p.payload)).collect();
        if passages.is_empty() {
            return Ok(0);
        }
        let vectors = self.vectors(dense, passages.iter()).await?;
        let vectors = vectors.map_err(|why| self.link.failed(why))?;
        let points = passages.iter().zip(vectors).map(|(passage, vector)| PointVectors {
            id: Some(point::id_of(passage.id())),
            vectors: Some(Vectors::from(
                NamedVectors::default().add_vector(&dense.vector, Vector::new_dense(vector)),
            )),
        });
        let request = UpdatePointVectors {
            collection_name: self.options.collection.clone(),
            wait: Some(true),
            points: points.collect(),
            ..UpdatePointVectors::default()
        };
        self.link.ask(self.link.client.update_vectors(request)).await?;
        Ok(passages.len() as u64)
    }

    /// What is new is added, and what is known gets its new times.
    async fn operations(
        &self,
        batch: &[Passage],
        known: &HashSet<PassageId>,
    ) -> Result<Vec<Operation>, MemoryError> {
        let (old, new): (Vec<_>, Vec<_>) =
            batch.iter().partition(|passage| known.contains(&passage.id()));
        let mut by_times: HashMap<_, Vec<&Passage>> = HashMap::new();
        for passage in old {
            by_times.entry((passage.at, passage.expires)).or_default().push(passage);
        }
        let mut operations: Vec<_> = by_times
            .into_values()
            .map(|alike| {
                Operation::SetPayload(SetPayload {
                    payload: point::times_of(alike[0]),
                    points_selector: Some(selected(alike.iter().map(|passage| passage.id()))),
                    ..SetPayload::default()
                })
            })
            .collect();
        if !new.is_empty() {
            let points = self.points(&new).await?;
            operations
                .push(Operation::Upsert(PointStructList { points, ..PointStructList::default() }));
        }
        Ok(operations)
    }

    /// The points of new passages: without vectors of their meaning where the embedder fails, which is
    /// made up for later.
    async fn points(
        &self,
        new: &[&Passage],
    ) -> Result<Vec<qdrant_client::qdrant::PointStruct>, MemoryError> {
        let mut vectors = Vec::new();
        if let Some(dense) = &self.dense {
            vectors = match self.vectors(dense, new.iter().copied()).await? {
                Ok(vectors) => {
                    vectors.into_iter().map(|vector| (dense.vector.as_str(), vector)).collect()
                }
                Err(why) => {
                    let model = dense.embedder.model();
                    tracing::warn!(model, %why, "passages are found by words alone for now");
                    Vec::new()
                }
            };
        }
        let dense = vectors.into_iter().map(Some).chain(std::iter::repeat(None));
        Ok(new
            .iter()
            .zip(dense)
            .map(|(passage, dense)| point::of_passage(passage, dense))
            .collect())
    }

    /// A vector a passage, or why there are none; the collection has a place for them then.
    async fn vectors(
        &self,
        dense: &Dense,
        passages: impl Iterator<Item = &Passage>,
    ) -> Result<Result<Vec<Vec<f32>>, String>, MemoryError> {
        let texts: Vec<_> =
            passages.map(|passage| format!("{}\n{}", passage.title, passage.text)).collect();
        let vectors = match dense.embedder.embed(&texts).await {
            Ok(vectors) if vectors.len() == texts.len() => vectors,
            Ok(vectors) => {
                return Ok(Err(format!("{} vectors for {} texts", vectors.len(), texts.len())));
            }
            Err(why) => return Ok(Err(why)),
        };
        if let Some(first) = vectors.first() {
            self.settle_dimension(dense, first.len() as u64).await?;
        }
        Ok(Ok(vectors))
    }

    async fn known_of(&self, batch: &[Passage]) -> Result<HashSet<PassageId>, MemoryError> {
        let request = GetPoints {
            collection_name: self.options.collection.clone(),
            ids: batch.iter().map(|passage| point::id_of(passage.id())).collect(),
            with_payload: Some(WithPayloadSelector::from(false)),
            ..GetPoints::default()
        };
        let answer = self.link.ask(self.link.client.get_points(request)).await?;
        Ok(answer.result.into_iter().filter_map(|found| point::id_from(found.id)).collect())
    }

    async fn ids(&self, filter: Conditions) -> Result<Vec<PassageId>, MemoryError> {
        let mut ids = Vec::new();
        let mut offset = None;
        loop {
            let request = ScrollPoints {
                collection_name: self.options.collection.clone(),
                filter: Some(filter.clone()),
                offset: offset.take(),
                limit: Some(IDS_AT_ONCE),
                with_payload: Some(WithPayloadSelector::from(false)),
                ..ScrollPoints::default()
            };
            let answer = self.link.ask(self.link.client.scroll(request)).await?;
            ids.extend(answer.result.into_iter().filter_map(|found| point::id_from(found.id)));
            match answer.next_page_offset {
                Some(next) => offset = Some(next),
                None => return Ok(ids),
            }
        }
    }

    async fn update(&self, operations: Vec<Operation>) -> Result<(), MemoryError> {
        if operations.is_empty() {
            return Ok(());
        }
        let operations = operations
            .into_iter()
            .map(|operation| PointsUpdateOperation { operation: Some(operation) });
        let request = UpdateBatchPoints {
            collection_name: self.options.collection.clone(),
            wait: Some(true),
            operations: operations.collect(),
            ..UpdateBatchPoints::default()
        };
        self.link.ask(self.link.client.update_points_batch(request)).await.map(drop)
    }

    async fn delete(&self, filter: Conditions, wait: bool) -> Result<(), MemoryError> {
        let request = DeletePoints {
            collection_name: self.options.collection.clone(),
            wait: Some(wait),
            points: Some(PointsSelector {
                points_selector_one_of: Some(PointsSelectorOneOf::Filter(filter)),
            }),
            ..DeletePoints::default()
        };
        self.link.ask(self.link.client.delete_points(request)).await.map(drop)
    }

    /// Makes room: what has expired is found by nobody, but still there.
    async fn sweep_now_and_then(&self) {
        let now = now();
        let last = self.sweep.0.swap(now, Ordering::Relaxed);
        if now.saturating_sub(last) < SWEEP_EVERY {
            self.sweep.0.store(last, Ordering::Relaxed);
            return;
        }
        if let Err(error) = self.delete(choice::expired(now), false).await {
            tracing::warn!(%error, "what has expired was not swept away");
        }
    }
}

/// Each passage once, with the times that were given last.
fn each_once(passages: Vec<Passage>) -> Vec<Passage> {
    let mut places = HashMap::new();
    let mut once: Vec<Passage> = Vec::with_capacity(passages.len());
    for passage in passages {
        match places.get(&passage.id()) {
            Some(place) => once[*place] = passage,
            None => {
                places.insert(passage.id(), once.len());
                once.push(passage);
            }
        }
    }
    once
}

/// Cuts passages into what fits one request.
fn batches(passages: Vec<Passage>) -> Vec<Vec<Passage>> {
    let mut batches: Vec<Vec<Passage>> = Vec::new();
    let mut bytes = 0;
    for passage in passages {
        let size = passage.text.len() + passage.title.len() + passage.source.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(passage);
            }
            _ => {
                bytes = size;
                batches.push(vec![passage]);
            }
        }
    }
    batches
}

fn selected(ids: impl IntoIterator<Item = PassageId>) -> PointsSelector {
    let ids = ids.into_iter().map(point::id_of).collect();
    PointsSelector {
        points_selector_one_of: Some(PointsSelectorOneOf::Points(PointsIdsList { ids })),
    }
}
