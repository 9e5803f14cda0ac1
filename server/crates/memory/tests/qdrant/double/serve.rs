//! The calls that the double answers, by the generated traits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ::qdrant_client::qdrant::collections_server::Collections;
use ::qdrant_client::qdrant::create_vector_name_request::VectorConfig;
use ::qdrant_client::qdrant::points_server::Points;
use ::qdrant_client::qdrant::points_update_operation::Operation;
use ::qdrant_client::qdrant::qdrant_server::Qdrant;
use ::qdrant_client::qdrant::vectors_config::Config;
use ::qdrant_client::qdrant::*;
use tonic::{Request, Response, Status};

use super::store::{Point, Store, id, number};
use super::{Call, Shared, Trouble};

/// Answers calls.
#[derive(Clone)]
pub(super) struct Desk(pub(super) Arc<Mutex<Shared>>);

impl Desk {
    async fn serve<Q, A>(
        &self,
        name: &'static str,
        request: Request<Q>,
        answer: impl FnOnce(&mut Shared, Q) -> Result<A, Status>,
    ) -> Result<Response<A>, Status> {
        let trouble = {
            let shared = self.0.lock().expect("nobody panics with it");
            let key = request.metadata().get("api-key").and_then(|key| key.to_str().ok());
            if shared.key.as_deref().is_some_and(|wanted| key != Some(wanted)) {
                return Err(Status::unauthenticated("Invalid API key or JWT"));
            }
            shared.troubles.get(name).cloned()
        };
        match trouble {
            Some(Trouble::Hang) => std::future::pending().await,
            Some(Trouble::Fail(code, message)) => {
                self.note(name, Instant::now());
                Err(Status::new(code, message))
            }
            None => {
                let begun = Instant::now();
                let mut shared = self.0.lock().expect("nobody panics with it");
                let answer = answer(&mut shared, request.into_inner());
                drop(shared);
                self.note(name, begun);
                answer.map(Response::new)
            }
        }
    }

    fn note(&self, name: &'static str, begun: Instant) {
        let call = Call { name, worked: begun.elapsed() };
        self.0.lock().expect("nobody panics with it").calls.push(call);
    }
}

/// An answer to a call that Devika does not make.
fn refused<Q, A>(_: &mut Shared, _: Q) -> Result<A, Status> {
    Err(Status::unimplemented("the double does not know this call"))
}

macro_rules! service {
    ($service:ident: $($name:ident($asked:ty) -> $answer:ty = $how:expr;)*) => {
        #[async_trait::async_trait]
        impl $service for Desk {
            $(async fn $name(&self, request: Request<$asked>) -> Result<Response<$answer>, Status> {
                self.serve(stringify!($name), request, $how).await
            })*
        }
    };
}

service! { Qdrant:
    health_check(HealthCheckRequest) -> HealthCheckReply = |shared, _| Ok(HealthCheckReply {
        title: "a double of Qdrant".to_owned(),
        version: shared.version.clone(),
        ..HealthCheckReply::default()
    });
}

service! { Collections:
    get(GetCollectionInfoRequest) -> GetCollectionInfoResponse = |shared, asked| {
        let info = shared.collection(&asked.collection_name)?.info.clone();
        Ok(GetCollectionInfoResponse { result: Some(info), time: 0.0 })
    };
    collection_exists(CollectionExistsRequest) -> CollectionExistsResponse = |shared, asked| {
        let exists = shared.collections.contains_key(&asked.collection_name);
        Ok(CollectionExistsResponse { result: Some(CollectionExists { exists }), time: 0.0 })
    };
    create(CreateCollection) -> CollectionOperationResponse = |shared, asked| {
        let name = asked.collection_name.clone();
        if shared.collections.contains_key(&name) {
            return Err(Status::already_exists(format!("Collection `{name}` already exists!")));
        }
        shared.collections.insert(name, created(asked));
        Ok(CollectionOperationResponse { result: true, time: 0.0 })
    };
    delete(DeleteCollection) -> CollectionOperationResponse = |shared, asked| {
        let result = shared.collections.remove(&asked.collection_name).is_some();
        Ok(CollectionOperationResponse { result, time: 0.0 })
    };
    list(ListCollectionsRequest) -> ListCollectionsResponse = refused;
    update(UpdateCollection) -> CollectionOperationResponse = refused;
    update_aliases(ChangeAliases) -> CollectionOperationResponse = refused;
    list_collection_aliases(ListCollectionAliasesRequest) -> ListAliasesResponse = refused;
    list_aliases(ListAliasesRequest) -> ListAliasesResponse = refused;
    collection_cluster_info(CollectionClusterInfoRequest) -> CollectionClusterInfoResponse = refused;
    update_collection_cluster_setup(UpdateCollectionClusterSetupRequest)
        -> UpdateCollectionClusterSetupResponse = refused;
    create_shard_key(CreateShardKeyRequest) -> CreateShardKeyResponse = refused;
    delete_shard_key(DeleteShardKeyRequest) -> DeleteShardKeyResponse = refused;
    list_shard_keys(ListShardKeysRequest) -> ListShardKeysResponse = refused;
}

service! { Points:
    create_field_index(CreateFieldIndexCollection) -> PointsOperationResponse = |shared, asked| {
        // The numbers of the types of fields are those of the types of schemas, but one higher.
        let data_type = asked.field_type.map_or(0, |kind| kind + 1);
        shared.collection(&asked.collection_name)?.index(asked.field_name, data_type);
        Ok(done())
    };
    create_vector_name(CreateVectorNameRequest) -> PointsOperationResponse = |shared, asked| {
        let Some(VectorConfig::DenseConfig(config)) = asked.vector_config else {
            return Err(Status::unimplemented("the double adds dense vectors alone"));
        };
        let store = shared.collection(&asked.collection_name)?;
        if store.dense.contains_key(&asked.vector_name) {
            return Err(Status::invalid_argument("Wrong input: the vector exists"));
        }
        add_dense(store, asked.vector_name, config);
        Ok(done())
    };
    get(GetPoints) -> GetResponse = |shared, asked| {
        let store = shared.collection(&asked.collection_name)?;
        let found = asked.ids.into_iter().filter_map(|id| {
            let id = number(Some(id));
            let point = store.points.get(&id)?;
            Some(retrieved(id, point, asked.with_payload.as_ref()))
        });
        Ok(GetResponse { result: found.collect(), ..GetResponse::default() })
    };
    scroll(ScrollPoints) -> ScrollResponse = |shared, asked| {
        let store = shared.collection(&asked.collection_name)?;
        let from = asked.offset.map_or(0, |offset| number(Some(offset)));
        let limit = asked.limit.unwrap_or(10) as usize;
        let mut chosen = store.chosen(&asked.filter).filter(|(id, _)| *id >= from);
        let page = chosen.by_ref().take(limit);
        let result = page.map(|(id, point)| retrieved(id, point, asked.with_payload.as_ref()));
        let result = result.collect();
        let next_page_offset = chosen.next().map(|(next, _)| id(next));
        Ok(ScrollResponse { next_page_offset, result, ..ScrollResponse::default() })
    };
    count(CountPoints) -> CountResponse = |shared, asked| {
        let count = shared.collection(&asked.collection_name)?.chosen(&asked.filter).count() as u64;
        Ok(CountResponse { result: Some(CountResult { count }), ..CountResponse::default() })
    };
    facet(FacetCounts) -> FacetResponse = |shared, asked| {
        let mut counts = BTreeMap::<String, u64>::new();
        for (_, point) in shared.collection(&asked.collection_name)?.chosen(&asked.filter) {
            let text = point.payload.get(&asked.key).and_then(|value| value.as_str());
            *counts.entry(text.cloned().unwrap_or_default()).or_default() += 1;
        }
        let hits = counts.into_iter().map(|(text, count)| FacetHit {
            value: Some(FacetValue { variant: Some(facet_value::Variant::StringValue(text)) }),
            count,
        });
        Ok(FacetResponse { hits: hits.collect(), ..FacetResponse::default() })
    };
    query(QueryPoints) -> QueryResponse = |shared, asked| {
        let store = shared.collection(&asked.collection_name)?;
        let found = store.query(&asked)?.into_iter().map(|(number, score)| ScoredPoint {
            id: Some(id(number)),
            payload: store.points[&number].payload.clone(),
            score,
            ..ScoredPoint::default()
        });
        Ok(QueryResponse { result: found.collect(), ..QueryResponse::default() })
    };
    update_batch(UpdateBatchPoints) -> UpdateBatchResponse = |shared, asked| {
        let store = shared.collection(&asked.collection_name)?;
        for operation in asked.operations {
            update(store, operation.operation)?;
        }
        Ok(UpdateBatchResponse::default())
    };
    update_vectors(UpdatePointVectors) -> PointsOperationResponse = |shared, asked| {
        shared.collection(&asked.collection_name)?.update_vectors(asked.points)?;
        Ok(done())
    };
    delete(DeletePoints) -> PointsOperationResponse = |shared, asked| {
        shared.collection(&asked.collection_name)?.delete(asked.points);
        Ok(done())
    };
    upsert(UpsertPoints) -> PointsOperationResponse = refused;
    delete_vectors(DeletePointVectors) -> PointsOperationResponse = refused;
    set_payload(SetPayloadPoints) -> PointsOperationResponse = refused;
    overwrite_payload(SetPayloadPoints) -> PointsOperationResponse = refused;
    delete_payload(DeletePayloadPoints) -> PointsOperationResponse = refused;
    clear_payload(ClearPayloadPoints) -> PointsOperationResponse = refused;
    delete_field_index(DeleteFieldIndexCollection) -> PointsOperationResponse = refused;
    delete_vector_name(DeleteVectorNameRequest) -> PointsOperationResponse = refused;
    search(SearchPoints) -> SearchResponse = refused;
    search_batch(SearchBatchPoints) -> SearchBatchResponse = refused;
    search_groups(SearchPointGroups) -> SearchGroupsResponse = refused;
    recommend(RecommendPoints) -> RecommendResponse = refused;
    recommend_batch(RecommendBatchPoints) -> RecommendBatchResponse = refused;
    recommend_groups(RecommendPointGroups) -> RecommendGroupsResponse = refused;
    discover(DiscoverPoints) -> DiscoverResponse = refused;
    discover_batch(DiscoverBatchPoints) -> DiscoverBatchResponse = refused;
    query_batch(QueryBatchPoints) -> QueryBatchResponse = refused;
    query_groups(QueryPointGroups) -> QueryGroupsResponse = refused;
    search_matrix_pairs(SearchMatrixPoints) -> SearchMatrixPairsResponse = refused;
    search_matrix_offsets(SearchMatrixPoints) -> SearchMatrixOffsetsResponse = refused;
}

fn created(asked: CreateCollection) -> Store {
    let params = CollectionParams {
        shard_number: asked.shard_number.unwrap_or(1),
        replication_factor: asked.replication_factor,
        write_consistency_factor: asked.write_consistency_factor,
        vectors_config: asked.vectors_config,
        sparse_vectors_config: asked.sparse_vectors_config,
        ..CollectionParams::default()
    };
    let config = CollectionConfig {
        params: Some(params),
        quantization_config: asked.quantization_config,
        metadata: asked.metadata,
        ..CollectionConfig::default()
    };
    let info = CollectionInfo { config: Some(config), ..CollectionInfo::default() };
    Store { info, ..Store::default() }
}

fn add_dense(store: &mut Store, name: String, added: DenseVectorCreationConfig) {
    store.dense.insert(name.clone(), added.size);
    let config = store.info.config.get_or_insert_default();
    let vectors = config.params.get_or_insert_default().vectors_config.get_or_insert_default();
    let map = vectors.config.get_or_insert_with(|| Config::ParamsMap(VectorParamsMap::default()));
    if let Config::ParamsMap(map) = map {
        let (size, distance) = (added.size, added.distance);
        map.map.insert(name, VectorParams { size, distance, ..VectorParams::default() });
    }
}

fn update(store: &mut Store, operation: Option<Operation>) -> Result<(), Status> {
    match operation {
        Some(Operation::Upsert(list)) => store.upsert(list.points)?,
        Some(Operation::SetPayload(set)) => store.set_payload(set.points_selector, &set.payload),
        Some(Operation::DeletePoints(delete)) => store.delete(delete.points),
        other => panic!("the double does not know {other:?}"),
    }
    Ok(())
}

fn retrieved(number: u128, point: &Point, with: Option<&WithPayloadSelector>) -> RetrievedPoint {
    let is_wanted = with.is_none_or(|with| *with == WithPayloadSelector::from(true));
    RetrievedPoint {
        id: Some(id(number)),
        payload: if is_wanted { point.payload.clone() } else { Default::default() },
        ..RetrievedPoint::default()
    }
}

fn done() -> PointsOperationResponse {
    PointsOperationResponse::default()
}
