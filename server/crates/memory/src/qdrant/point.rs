//! Passages as points: what is kept of them, and how they are read back.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    NamedVectors, PointId, PointStruct, Value, Vector, Vectors, point_id::PointIdOptions,
};

use super::schema::{WORDS, field};
use crate::bm25::{self, USUAL_TERMS};
use crate::{Kind, Passage, PassageId};

/// The expiry of what never expires, so that one comparison tells what counts.
const NEVER: i64 = i64::MAX;

/// The point of a passage, with a vector of what it means where there is one.
pub(super) fn of_passage(passage: &Passage, dense: Option<(&str, Vec<f32>)>) -> PointStruct {
    PointStruct {
        id: Some(id_of(passage.id())),
        payload: payload_of(passage),
        vectors: Some(Vectors::from(vectors_of(passage, dense))),
    }
}

fn vectors_of(passage: &Passage, dense: Option<(&str, Vec<f32>)>) -> NamedVectors {
    let sparse = bm25::of_passage(passage, USUAL_TERMS);
    let vectors =
        NamedVectors::default().add_vector(WORDS, Vector::new_sparse(sparse.terms, sparse.weights));
    match dense {
        Some((name, vector)) => vectors.add_vector(name, Vector::new_dense(vector)),
        None => vectors,
    }
}

fn payload_of(passage: &Passage) -> HashMap<String, Value> {
    let entries = [
        (field::PROJECT, Value::from(passage.project.as_str())),
        (field::SHARED, Value::from(passage.shared)),
        (field::KIND, Value::from(passage.kind.word())),
        (field::SOURCE, Value::from(passage.source.as_str())),
        (field::TITLE, Value::from(passage.title.as_str())),
        (field::TEXT, Value::from(passage.text.as_str())),
    ];
    let texts = entries.into_iter().map(|(name, value)| (name.to_owned(), value));
    texts.chain(times_of(passage)).collect()
}

/// What changes where a passage is remembered again.
pub(super) fn times_of(passage: &Passage) -> HashMap<String, Value> {
    let at = Value::from(number(passage.at));
    let expires = Value::from(passage.expires.map_or(NEVER, number));
    HashMap::from([(field::AT.to_owned(), at), (field::EXPIRES.to_owned(), expires)])
}

/// The passage of a point's payload, where it is one.
pub(super) fn passage_of(payload: &HashMap<String, Value>) -> Option<Passage> {
    let text = |name| payload.get(name)?.as_str().cloned();
    let time = |name| payload.get(name)?.as_integer();
    Some(Passage {
        project: text(field::PROJECT)?,
        shared: payload.get(field::SHARED)?.as_bool()?,
        kind: Kind::of_word(&text(field::KIND)?)?,
        source: text(field::SOURCE)?,
        title: text(field::TITLE)?,
        text: text(field::TEXT)?,
        at: u64::try_from(time(field::AT)?).ok()?,
        expires: match time(field::EXPIRES)? {
            NEVER => None,
            expires => Some(u64::try_from(expires).ok()?),
        },
    })
}

/// A passage's id as a UUID: its bytes in their order.
pub(super) fn id_of(id: PassageId) -> PointId {
    let digits: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    PointId::from(groups.join("-"))
}

/// The passage's id of a point's; none where it is another program's.
pub(super) fn id_from(id: Option<PointId>) -> Option<PassageId> {
    let Some(PointIdOptions::Uuid(uuid)) = id?.point_id_options else { return None };
    let digits: String = uuid.chars().filter(|sign| *sign != '-').collect();
    u128::from_str_radix(&digits, 16).ok().map(|number| PassageId(number.to_be_bytes()))
}

/// A time as the server counts: what is beyond its numbers is as far as they go, and no later than
/// never.
pub(super) fn number(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(NEVER).min(NEVER - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_comes_back_from_its_point_as_it_was() {
        let passage = Passage {
            project: "p".to_owned(),
            shared: true,
            kind: Kind::Code,
            source: "src/ä.rs#L1-L2".to_owned(),
            title: String::new(),
            text: "fn main() {}\n".to_owned(),
            at: 7,
            expires: Some(9),
        };
        for expires in [Some(9), Some(0), None] {
            let passage = Passage { expires, ..passage.clone() };
            let point = of_passage(&passage, None);
            assert_eq!(passage_of(&point.payload), Some(passage.clone()));
            assert_eq!(id_from(point.id), Some(passage.id()));
        }
    }

    #[test]
    fn an_id_is_a_uuid_of_the_same_bytes() {
        let id = PassageId(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff");
        assert_eq!(id_of(id), PointId::from("00112233-4455-6677-8899-aabbccddeeff"));
    }
}
