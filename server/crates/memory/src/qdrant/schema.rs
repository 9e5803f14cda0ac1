//! What a collection of Devika's looks like: made where it is missing, checked where it is there.

use qdrant_client::qdrant::create_vector_name_request::VectorConfig as NewVector;
use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    BoolIndexParams, CollectionInfo, CreateCollection, CreateFieldIndexCollection,
    CreateVectorNameRequest, DenseVectorCreationConfig, Distance, FieldType, IntegerIndexParams,
    KeywordIndexParams, KeywordPrefixParams, Modifier, PayloadIndexParams, PayloadSchemaType,
    QuantizationConfig, QuantizationType, ScalarQuantization, SparseVectorConfig,
    SparseVectorParams, Value, quantization_config::Quantization,
};
use sha2::{Digest as _, Sha256};

use super::Options;
use super::link::Link;
use crate::{Embedder, MemoryError};

/// What this program writes. A collection with a higher number is left alone.
const VERSION: i64 = 1;

/// Under which name the collection itself carries the version.
const VERSION_KEY: &str = "devika_schema";

/// The sparse vector: weights of terms, which the server multiplies with how rare they are.
pub(super) const WORDS: &str = "words";

/// The names of what is kept of a passage.
pub(super) mod field {
    pub(in crate::qdrant) const PROJECT: &str = "project";
    pub(in crate::qdrant) const SHARED: &str = "shared";
    pub(in crate::qdrant) const KIND: &str = "kind";
    pub(in crate::qdrant) const SOURCE: &str = "source";
    pub(in crate::qdrant) const TITLE: &str = "title";
    pub(in crate::qdrant) const TEXT: &str = "text";
    pub(in crate::qdrant) const AT: &str = "at";
    pub(in crate::qdrant) const EXPIRES: &str = "expires";
}

/// The dense vector of an embedder: one a model, since vectors of different models are never
/// compared.
pub(super) fn dense_name(embedder: &dyn Embedder) -> String {
    let hash = Sha256::digest(embedder.model());
    let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("meaning-{digits}")
}

/// Makes the collection where it is missing, and refuses one that is not Devika's.
pub(super) async fn prepare(link: &Link, options: &Options) -> Result<CollectionInfo, MemoryError> {
    link.check_version().await?;
    let name = options.collection.as_str();
    if !link.ask(link.client.collection_exists(name)).await? {
        create(link, options).await?;
    }
    let info = info(link, name).await?;
    check(link, &info)?;
    for (name, index) in INDEXES {
        if !info.payload_schema.contains_key(name) {
            create_index(link, options, name, index).await?;
        }
    }
    Ok(info)
}

/// What a server was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Its version.
    pub version: String,
    /// How much the collection holds; none where there is no collection yet.
    pub passages: Option<u64>,
}

/// Looks at server and collection, and refuses what [`prepare`] does; it makes nothing.
pub(super) async fn examine(link: &Link, options: &Options) -> Result<Examined, MemoryError> {
    let version = link.check_version().await?;
    let name = options.collection.as_str();
    if !link.ask(link.client.collection_exists(name)).await? {
        return Ok(Examined { version, passages: None });
    }
    let info = info(link, name).await?;
    check(link, &info)?;
    Ok(Examined { version, passages: Some(info.points_count.unwrap_or_default()) })
}

/// The length of a dense vector of the collection, where it has it.
pub(super) fn dimension(info: &CollectionInfo, vector: &str) -> Option<u64> {
    let vectors = info.config.as_ref()?.params.as_ref()?.vectors_config.as_ref()?;
    let Some(Config::ParamsMap(vectors)) = &vectors.config else { return None };
    vectors.map.get(vector).map(|params| params.size)
}

/// Adds the dense vector of a model, and tells its length, which is another one where another
/// process was first.
pub(super) async fn add_dense(
    link: &Link,
    collection: &str,
    vector: &str,
    size: u64,
) -> Result<u64, MemoryError> {
    let dense = DenseVectorCreationConfig {
        size,
        distance: Distance::Cosine.into(),
        ..DenseVectorCreationConfig::default()
    };
    let request = CreateVectorNameRequest {
        collection_name: collection.to_owned(),
        wait: Some(true),
        vector_name: vector.to_owned(),
        vector_config: Some(NewVector::DenseConfig(dense)),
        ..CreateVectorNameRequest::default()
    };
    let added = link.ask(link.client.create_vector_name(request)).await;
    let there = dimension(&info(link, collection).await?, vector);
    match (there, added) {
        (Some(size), _) => Ok(size),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(link.failed(format!("it made no vector `{vector}`"))),
    }
}

async fn info(link: &Link, collection: &str) -> Result<CollectionInfo, MemoryError> {
    let answer = link.ask(link.client.collection_info(collection)).await?;
    answer.result.ok_or_else(|| link.failed("it says nothing of the collection".to_owned()))
}

async fn create(link: &Link, options: &Options) -> Result<(), MemoryError> {
    let words = SparseVectorParams {
        modifier: Some(Modifier::Idf.into()),
        ..SparseVectorParams::default()
    };
    let bytes = ScalarQuantization {
        r#type: QuantizationType::Int8.into(),
        // Leaves out the one hundredth of values that would spread the scale for all others.
        quantile: Some(0.99),
        ..ScalarQuantization::default()
    };
    let request = CreateCollection {
        collection_name: options.collection.clone(),
        shard_number: options.shards,
        replication_factor: options.replication_factor,
        write_consistency_factor: options.write_consistency_factor,
        sparse_vectors_config: Some(SparseVectorConfig { map: [(WORDS.to_owned(), words)].into() }),
        quantization_config: Some(QuantizationConfig {
            quantization: Some(Quantization::Scalar(bytes)),
        }),
        metadata: [(VERSION_KEY.to_owned(), Value::from(VERSION))].into(),
        ..CreateCollection::default()
    };
    let created = link.ask(link.client.create_collection(request)).await;
    // Another process may have been quicker; then what it made is checked as anybody's.
    match created {
        Ok(_) => Ok(()),
        Err(error) => match link.ask(link.client.collection_exists(&options.collection)).await? {
            true => Ok(()),
            false => Err(error),
        },
    }
}

fn check(link: &Link, info: &CollectionInfo) -> Result<(), MemoryError> {
    let config = info.config.as_ref();
    let version = config.and_then(|config| config.metadata.get(VERSION_KEY)?.as_integer());
    let Some(version) = version else {
        return Err(strange(link, "it carries no mark of Devika's"));
    };
    if version > VERSION {
        return Err(link.foreign(format!(
            "a newer Devika made it (schema {version}, this one knows {VERSION}); update this one, \
             or name another collection"
        )));
    }
    let params = config.and_then(|config| config.params.as_ref());
    let sparse = params.and_then(|params| params.sparse_vectors_config.as_ref());
    let words = sparse.and_then(|sparse| sparse.map.get(WORDS));
    if words.and_then(|words| words.modifier) != Some(Modifier::Idf.into()) {
        return Err(strange(link, "it has no sparse vector `words` with the modifier IDF"));
    }
    for (name, index) in INDEXES {
        let there = info.payload_schema.get(name);
        if there.is_some_and(|there| there.data_type != index.schema_type() as i32) {
            return Err(strange(link, &format!("`{name}` is indexed in another way")));
        }
    }
    Ok(())
}

fn strange(link: &Link, how: &str) -> MemoryError {
    link.foreign(format!(
        "the collection is not one that Devika makes: {how}. Name another collection, which will be \
         made"
    ))
}

/// How a field is indexed.
#[derive(Debug, Clone, Copy)]
enum Index {
    /// Words, one of which most searches name: the server keeps what shares it together.
    Tenant,
    Word,
    /// Words that are found by how they begin, too.
    Beginning,
    Flag,
    Time,
}

const INDEXES: [(&str, Index); 6] = [
    (field::PROJECT, Index::Tenant),
    (field::SHARED, Index::Flag),
    (field::KIND, Index::Word),
    (field::SOURCE, Index::Beginning),
    (field::AT, Index::Time),
    (field::EXPIRES, Index::Time),
];

impl Index {
    fn schema_type(self) -> PayloadSchemaType {
        match self {
            Self::Tenant | Self::Word | Self::Beginning => PayloadSchemaType::Keyword,
            Self::Flag => PayloadSchemaType::Bool,
            Self::Time => PayloadSchemaType::Integer,
        }
    }

    fn field_type(self) -> FieldType {
        match self {
            Self::Tenant | Self::Word | Self::Beginning => FieldType::Keyword,
            Self::Flag => FieldType::Bool,
            Self::Time => FieldType::Integer,
        }
    }

    fn params(self) -> IndexParams {
        let keyword = KeywordIndexParams::default();
        match self {
            Self::Tenant => IndexParams::KeywordIndexParams(KeywordIndexParams {
                is_tenant: Some(true),
                ..keyword
            }),
            Self::Word => IndexParams::KeywordIndexParams(keyword),
            Self::Beginning => IndexParams::KeywordIndexParams(KeywordIndexParams {
                prefix: Some(KeywordPrefixParams::default()),
                ..keyword
            }),
            Self::Flag => IndexParams::BoolIndexParams(BoolIndexParams::default()),
            Self::Time => IndexParams::IntegerIndexParams(IntegerIndexParams {
                lookup: Some(false),
                range: Some(true),
                ..IntegerIndexParams::default()
            }),
        }
    }
}

async fn create_index(
    link: &Link,
    options: &Options,
    name: &str,
    index: Index,
) -> Result<(), MemoryError> {
    let request = CreateFieldIndexCollection {
        collection_name: options.collection.clone(),
        wait: Some(true),
        field_name: name.to_owned(),
        field_type: Some(index.field_type().into()),
        field_index_params: Some(PayloadIndexParams { index_params: Some(index.params()) }),
        ..CreateFieldIndexCollection::default()
    };
    link.ask(link.client.create_field_index(request)).await.map(drop)
}
