//! One collection: its points by id, and how they are scored.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::query::Variant as Way;
use qdrant_client::qdrant::vector::Vector as Given;
use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    CollectionInfo, Filter, NamedVectors, PayloadSchemaInfo, PointId, PointStruct, PointVectors,
    PointsSelector, PrefetchQuery, QueryPoints, Value, Vectors, point_id::PointIdOptions,
};
use tonic::Status;

use super::filter::chooses;

/// A collection.
#[derive(Default)]
pub(crate) struct Store {
    /// What it says of itself.
    pub(crate) info: CollectionInfo,
    /// The length of each dense vector, by name.
    pub(crate) dense: HashMap<String, u64>,
    pub(super) points: BTreeMap<u128, Point>,
}

/// A point.
#[derive(Default)]
pub(super) struct Point {
    pub(super) payload: HashMap<String, Value>,
    pub(super) vectors: HashMap<String, Held>,
}

/// A vector.
pub(super) enum Held {
    Dense(Vec<f32>),
    Sparse(HashMap<u32, f32>),
}

impl Store {
    /// Notes an index, which the double does not need.
    pub(super) fn index(&mut self, name: String, data_type: i32) {
        let schema = PayloadSchemaInfo { data_type, ..PayloadSchemaInfo::default() };
        self.info.payload_schema.insert(name, schema);
    }

    pub(super) fn upsert(&mut self, points: Vec<PointStruct>) -> Result<(), Status> {
        for point in points {
            let vectors = self.held(point.vectors)?;
            self.points.insert(number(point.id), Point { payload: point.payload, vectors });
        }
        Ok(())
    }

    pub(super) fn update_vectors(&mut self, points: Vec<PointVectors>) -> Result<(), Status> {
        for point in points {
            let vectors = self.held(point.vectors)?;
            let missing = || Status::not_found("No point with that id found");
            self.points.get_mut(&number(point.id)).ok_or_else(missing)?.vectors.extend(vectors);
        }
        Ok(())
    }

    pub(super) fn set_payload(
        &mut self,
        points: Option<PointsSelector>,
        payload: &HashMap<String, Value>,
    ) {
        for id in self.selected(points) {
            if let Some(point) = self.points.get_mut(&id) {
                point.payload.extend(payload.clone());
            }
        }
    }

    /// Gives all points this in a field.
    pub(crate) fn set_all(&mut self, field: &str, value: &Value) {
        for point in self.points.values_mut() {
            point.payload.insert(field.to_owned(), value.clone());
        }
    }

    pub(super) fn delete(&mut self, points: Option<PointsSelector>) {
        for id in self.selected(points) {
            self.points.remove(&id);
        }
    }

    fn selected(&self, points: Option<PointsSelector>) -> Vec<u128> {
        match points.and_then(|points| points.points_selector_one_of) {
            Some(PointsSelectorOneOf::Points(list)) => {
                list.ids.into_iter().map(|id| number(Some(id))).collect()
            }
            Some(PointsSelectorOneOf::Filter(filter)) => {
                self.chosen(&Some(filter)).map(|(id, _)| id).collect()
            }
            other => panic!("the double does not know {other:?}"),
        }
    }

    /// What a filter chooses, in the order of ids.
    pub(super) fn chosen(&self, filter: &Option<Filter>) -> impl Iterator<Item = (u128, &Point)> {
        self.points
            .iter()
            .map(|(id, point)| (*id, point))
            .filter(move |(_, point)| filter.as_ref().is_none_or(|filter| chooses(filter, point)))
    }

    /// The fusion of what is fetched first, by reciprocal rank.
    pub(super) fn query(&self, query: &QueryPoints) -> Result<Vec<(u128, f32)>, Status> {
        let way = query.query.as_ref().and_then(|query| query.variant.as_ref());
        let Some(Way::Rrf(fusion)) = way else { panic!("the double knows fusion alone: {way:?}") };
        let constant = fusion.k.unwrap_or(2) as f32;
        let mut scores = BTreeMap::<u128, f32>::new();
        for fetched in &query.prefetch {
            for (rank, (id, _)) in self.nearest(fetched)?.into_iter().enumerate() {
                *scores.entry(id).or_default() += 1.0 / (constant + rank as f32 + 1.0);
            }
        }
        Ok(best(scores.into_iter().collect(), query.limit))
    }

    fn nearest(&self, query: &PrefetchQuery) -> Result<Vec<(u128, f32)>, Status> {
        let name = query.using.as_deref().unwrap_or_default();
        let way = query.query.as_ref().and_then(|query| query.variant.as_ref());
        let Some(Way::Nearest(input)) = way else { panic!("the double does not know {way:?}") };
        let scored = match input.variant.as_ref() {
            Some(Input::Dense(wanted)) => {
                self.check_length(name, wanted.data.len())?;
                self.scored(query, name, |held| match held {
                    Held::Dense(held) => Some(cosine(held, &wanted.data)),
                    Held::Sparse(_) => None,
                })
            }
            Some(Input::Sparse(wanted)) => {
                let weights: Vec<_> = wanted
                    .indices
                    .iter()
                    .zip(&wanted.values)
                    .map(|(term, weight)| (*term, weight * self.rarity(name, *term)))
                    .collect();
                self.scored(query, name, |held| match held {
                    Held::Sparse(held) => {
                        let met = weights.iter().filter(|(term, _)| held.contains_key(term));
                        let mut met = met.map(|(term, weight)| held[term] * weight).peekable();
                        met.peek()?;
                        Some(met.sum())
                    }
                    Held::Dense(_) => None,
                })
            }
            other => panic!("the double does not know {other:?}"),
        };
        Ok(best(scored, query.limit))
    }

    fn scored(
        &self,
        query: &PrefetchQuery,
        name: &str,
        score: impl Fn(&Held) -> Option<f32>,
    ) -> Vec<(u128, f32)> {
        // The filter is dearer than the score, so it comes last.
        let points = self.points.iter();
        let scored = points.filter_map(|(id, point)| {
            let score = score(point.vectors.get(name)?)?;
            let is_chosen = query.filter.as_ref().is_none_or(|filter| chooses(filter, point));
            is_chosen.then_some((*id, score))
        });
        scored.collect()
    }

    /// What the modifier IDF multiplies a term with.
    fn rarity(&self, name: &str, term: u32) -> f32 {
        let held = self.points.values().filter_map(|point| point.vectors.get(name));
        let having = held.filter(|held| matches!(held, Held::Sparse(h) if h.contains_key(&term)));
        let (all, having) = (self.points.len() as f32, having.count() as f32);
        ((all - having + 0.5) / (having + 0.5)).ln_1p()
    }

    fn held(&self, vectors: Option<Vectors>) -> Result<HashMap<String, Held>, Status> {
        let Some(VectorsOptions::Vectors(NamedVectors { vectors })) =
            vectors.and_then(|vectors| vectors.vectors_options)
        else {
            return Err(Status::invalid_argument("Wrong input: named vectors are wanted"));
        };
        let hold = |(name, vector): (String, qdrant_client::qdrant::Vector)| {
            let held = match vector.vector {
                Some(Given::Dense(dense)) => {
                    self.check_length(&name, dense.data.len())?;
                    Held::Dense(dense.data)
                }
                Some(Given::Sparse(sparse)) => {
                    Held::Sparse(sparse.indices.into_iter().zip(sparse.values).collect())
                }
                other => panic!("the double does not know {other:?}"),
            };
            Ok((name, held))
        };
        vectors.into_iter().map(hold).collect()
    }

    fn check_length(&self, name: &str, length: usize) -> Result<(), Status> {
        match self.dense.get(name) {
            Some(wanted) if *wanted == length as u64 => Ok(()),
            Some(wanted) => Err(Status::invalid_argument(format!(
                "Wrong input: Vector dimension error: expected dim: {wanted}, got {length}"
            ))),
            None => Err(Status::invalid_argument(format!(
                "Wrong input: Not existing vector name error: {name}"
            ))),
        }
    }
}

fn best(mut scored: Vec<(u128, f32)>, limit: Option<u64>) -> Vec<(u128, f32)> {
    scored.sort_by(|one, other| other.1.total_cmp(&one.1));
    scored.truncate(limit.unwrap_or(10) as usize);
    scored
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt().max(f32::MIN_POSITIVE)
}

/// An id as the server orders it.
pub(super) fn number(id: Option<PointId>) -> u128 {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Uuid(uuid)) => {
            u128::from_str_radix(&uuid.replace('-', ""), 16).expect("a UUID")
        }
        other => panic!("the double does not know {other:?}"),
    }
}

/// The id of a number.
pub(super) fn id(number: u128) -> PointId {
    let digits = format!("{number:032x}");
    let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    PointId::from(groups.join("-"))
}
