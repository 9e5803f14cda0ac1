//! Finding, paging and counting.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use qdrant_client::qdrant::facet_value::Variant;
use qdrant_client::qdrant::{
    Condition, CountPoints, FacetCounts, Filter as Conditions, PrefetchQuery,
    QuantizationSearchParams, Query as Asked, QueryPoints, Rrf, ScrollPoints, SearchParams,
    VectorInput, WithPayloadSelector, query::Variant as Way,
};

use super::{QdrantMemory, choice, now, point, schema};
use crate::{Filter, Found, Kind, KindCount, MemoryError, Passage, PassageId, Query, Stats, bm25};

/// How little the first places of one order count over its later ones, as with the embedded memory.
const RANK_CONSTANT: u32 = 60;

/// Of each order more is taken than is wanted, so that what stands in both can come first: so many
/// times the limit, and at least so many.
const TAKEN_TIMES: usize = 4;
const TAKEN_AT_LEAST: usize = 50;

/// Byte vectors choose this many times what is taken, and the whole vectors decide.
const OVERSAMPLING: f64 = 2.0;

/// Points of one page at the most, so that an answer stays small.
const PAGE_LIMIT: usize = 1000;

/// Projects that are counted.
const PROJECTS: u64 = 100_000;

impl QdrantMemory {
    /// Both orders and their fusion, in one request.
    pub(super) async fn find(&self, query: &Query) -> Result<Vec<Found>, MemoryError> {
        let ready = self.ready().await?;
        let filter = choice::own_and_shared(&query.filter, now());
        let taken = query.limit.saturating_mul(TAKEN_TIMES).max(TAKEN_AT_LEAST) as u64;
        let prefetch = |input: VectorInput, vector: &str, params| PrefetchQuery {
            query: Some(Asked { variant: Some(Way::Nearest(input)) }),
            using: Some(vector.to_owned()),
            filter: Some(filter.clone()),
            params,
            limit: Some(taken),
            ..PrefetchQuery::default()
        };
        let words = bm25::of_query(&query.text);
        let meaning = match ready.dimension {
            Some(length) => self.meaning_of(&query.text, length).await,
            None => None,
        };
        let mut orders = Vec::new();
        if !words.terms.is_empty() {
            let input = VectorInput::new_sparse(words.terms, words.weights);
            orders.push(prefetch(input, schema::WORDS, None));
        }
        if let Some((vector, meaning)) = meaning {
            let input = VectorInput::new_dense(meaning);
            orders.push(prefetch(input, vector, Some(whole_vectors_decide())));
        }
        if orders.is_empty() || query.limit == 0 {
            return Ok(Vec::new());
        }
        self.fused(orders, query.limit).await
    }

    async fn fused(
        &self,
        orders: Vec<PrefetchQuery>,
        limit: usize,
    ) -> Result<Vec<Found>, MemoryError> {
        let fusion = Rrf { k: Some(RANK_CONSTANT), ..Rrf::default() };
        let request = QueryPoints {
            collection_name: self.options.collection.clone(),
            prefetch: orders,
            query: Some(Asked { variant: Some(Way::Rrf(fusion)) }),
            limit: Some(limit as u64),
            with_payload: Some(WithPayloadSelector::from(true)),
            ..QueryPoints::default()
        };
        let answer = self.link.ask(self.link.client.query(request)).await?;
        let found = answer.result.iter().filter_map(|point| {
            let passage = point::passage_of(&point.payload)?;
            Some(Found { passage, score: point.score })
        });
        Ok(found.collect())
    }

    /// The vector of a query; none where the embedder fails, which is no reason to find nothing.
    async fn meaning_of(&self, text: &str, length: u64) -> Option<(&str, Vec<f32>)> {
        let dense = self.dense.as_ref().filter(|_| !text.trim().is_empty())?;
        let why = match dense.embedder.embed(&[text.to_owned()]).await {
            Ok(mut vectors) => match vectors.pop() {
                Some(vector) if vector.len() as u64 == length => {
                    return Some((&dense.vector, vector));
                }
                _ => format!("its vector has not the {length} numbers of the collection's"),
            },
            Err(why) => why,
        };
        tracing::warn!(model = dense.embedder.model(), %why, "searched by words alone");
        None
    }

    pub(super) async fn page_of(
        &self,
        filter: &Filter,
        after: Option<PassageId>,
        limit: usize,
    ) -> Result<Vec<Passage>, MemoryError> {
        self.ready().await?;
        let mut next = match after.map(|id| u128::from_be_bytes(id.0).checked_add(1)) {
            None => PassageId([0; 16]),
            Some(Some(next)) => PassageId(next.to_be_bytes()),
            Some(None) => return Ok(Vec::new()),
        };
        let conditions = choice::own(filter, now());
        let mut passages = Vec::new();
        while passages.len() < limit {
            let wanted = (limit - passages.len()).min(PAGE_LIMIT);
            let request = ScrollPoints {
                collection_name: self.options.collection.clone(),
                filter: Some(conditions.clone()),
                offset: Some(point::id_of(next)),
                limit: Some(wanted as u32),
                with_payload: Some(WithPayloadSelector::from(true)),
                ..ScrollPoints::default()
            };
            let answer = self.link.ask(self.link.client.scroll(request)).await?;
            passages.extend(answer.result.iter().filter_map(|p| point::passage_of(&p.payload)));
            match point::id_from(answer.next_page_offset) {
                Some(offset) => next = offset,
                None => break,
            }
        }
        Ok(passages)
    }

    pub(super) async fn count_all(&self) -> Result<Stats, MemoryError> {
        let ready = self.ready().await?;
        let counted = try_join_all(Kind::ALL.map(|kind| self.count_kind(kind))).await?;
        let counts: BTreeMap<_, _> = counted.into_iter().flatten().collect();
        let counts = counts.into_iter().map(|((project, kind), passages)| KindCount {
            project,
            kind,
            passages,
        });
        let mut bare = choice::own(&Filter::default(), now());
        if let (Some(dense), Some(_)) = (&self.dense, ready.dimension) {
            bare.must_not.push(Condition::has_vector(&dense.vector));
        }
        Ok(Stats {
            place: self.link.place.clone(),
            counts: counts.collect(),
            without_vector: self.count(bare).await?,
            bytes: None,
        })
    }

    /// How many of a kind each project has.
    async fn count_kind(&self, kind: Kind) -> Result<Vec<((String, Kind), u64)>, MemoryError> {
        let filter = Filter { kinds: vec![kind], ..Filter::default() };
        let request = FacetCounts {
            collection_name: self.options.collection.clone(),
            key: schema::field::PROJECT.to_owned(),
            filter: Some(choice::own(&filter, now())),
            limit: Some(PROJECTS),
            exact: Some(true),
            ..FacetCounts::default()
        };
        let answer = self.link.ask(self.link.client.facet(request)).await?;
        let counts = answer.hits.into_iter().filter_map(|hit| match hit.value?.variant? {
            Variant::StringValue(project) => Some(((project, kind), hit.count)),
            _ => None,
        });
        Ok(counts.collect())
    }

    pub(super) async fn count(&self, filter: Conditions) -> Result<u64, MemoryError> {
        let request = CountPoints {
            collection_name: self.options.collection.clone(),
            filter: Some(filter),
            exact: Some(true),
            ..CountPoints::default()
        };
        let answer = self.link.ask(self.link.client.count(request)).await?;
        Ok(answer.result.map_or(0, |result| result.count))
    }
}

fn whole_vectors_decide() -> SearchParams {
    let quantization = QuantizationSearchParams {
        rescore: Some(true),
        oversampling: Some(OVERSAMPLING),
        ..QuantizationSearchParams::default()
    };
    SearchParams { quantization: Some(quantization), ..SearchParams::default() }
}
