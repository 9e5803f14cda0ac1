//! Whether a filter chooses a point.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{Condition, FieldCondition, Filter, Range, Value};

use super::store::Point;

/// Whether all of it holds.
pub(super) fn chooses(filter: &Filter, point: &Point) -> bool {
    assert!(filter.min_should.is_none(), "the double does not know `min_should`");
    let holds = |condition: &Condition| holds(condition, point);
    filter.must.iter().all(holds)
        && !filter.must_not.iter().any(holds)
        && (filter.should.is_empty() || filter.should.iter().any(holds))
}

fn holds(condition: &Condition, point: &Point) -> bool {
    match condition.condition_one_of.as_ref().expect("a condition says something") {
        ConditionOneOf::Field(field) => field_holds(field, point.payload.get(&field.key)),
        ConditionOneOf::Filter(filter) => chooses(filter, point),
        ConditionOneOf::HasVector(vector) => point.vectors.contains_key(&vector.has_vector),
        other => panic!("the double does not know {other:?}"),
    }
}

fn field_holds(field: &FieldCondition, value: Option<&Value>) -> bool {
    let Some(value) = value else { return false };
    let wanted = field.r#match.as_ref().and_then(|wanted| wanted.match_value.as_ref());
    wanted.is_none_or(|wanted| matches(wanted, value))
        && field.range.as_ref().is_none_or(|range| is_within(range, value))
}

fn matches(wanted: &MatchValue, value: &Value) -> bool {
    let text = value.as_str();
    match wanted {
        MatchValue::Keyword(word) => text == Some(word),
        MatchValue::Keywords(words) => text.is_some_and(|text| words.strings.contains(text)),
        MatchValue::Prefix(start) => text.is_some_and(|text| text.starts_with(start)),
        MatchValue::Boolean(flag) => value.as_bool() == Some(*flag),
        other => panic!("the double does not know {other:?}"),
    }
}

fn is_within(range: &Range, value: &Value) -> bool {
    let Some(number) = value.as_integer().map(|number| number as f64) else { return false };
    range.gt.is_none_or(|least| number > least)
        && range.gte.is_none_or(|least| number >= least)
        && range.lt.is_none_or(|most| number < most)
        && range.lte.is_none_or(|most| number <= most)
}
