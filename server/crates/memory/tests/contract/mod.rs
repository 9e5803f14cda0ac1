//! What every memory does, wherever it keeps its passages. An adapter's tests call [`contract!`] with a
//! function that makes an empty memory.

mod meaning;
mod scope;
mod words;
mod world;
mod writing;

pub(crate) use meaning::*;
pub(crate) use scope::*;
pub(crate) use words::*;
pub(crate) use world::*;
pub(crate) use writing::*;

/// A test a behaviour. `$make` is `async fn(Option<Arc<dyn Embedder>>) -> Option<impl Place>`; with
/// `None` there is nothing to test, which it says.
macro_rules! contract {
    ($make:path) => {
        contract! { @of_memory $make; None;
            what_is_remembered_is_found_by_its_words
            an_identifier_is_found_by_a_part_of_it_and_as_a_whole
            rare_words_count_more_than_common_ones
            a_search_gives_no_more_than_it_may_best_first
            what_nobody_speaks_of_is_not_found
            a_passage_comes_back_as_it_was
            a_project_finds_its_own_passages_alone
            what_is_shared_is_found_by_others_and_listed_by_its_own_project
            each_part_of_a_filter_narrows_what_counts
            a_source_is_chosen_by_how_it_begins
            what_has_expired_is_never_met
            remembering_again_keeps_one_passage_with_its_new_times
            remembering_many_keeps_all
            replacing_takes_away_what_is_no_longer_there_and_nothing_else
            replacing_with_nothing_forgets_a_path
            forgetting_says_how_many_and_leaves_the_rest
            pages_are_complete_and_in_the_order_of_ids
            counts_are_by_project_and_kind
            many_may_write_at_once
        }
        contract! { @of_place $make; Some(crate::contract::topics());
            what_means_the_same_is_found_without_its_words
            what_fits_by_words_and_by_meaning_comes_first
            all_that_is_remembered_has_a_vector
            filters_hold_for_what_is_found_by_meaning
        }
        contract! { @of_memory $make; Some(crate::contract::broken_embedder());
            without_its_embedder_a_memory_finds_by_words
        }
    };
    (@of_memory $make:path; $embedder:expr; $($behaviour:ident)*) => {$(
        #[tokio::test]
        async fn $behaviour() {
            let Some(place) = $make($embedder).await else { return };
            crate::contract::$behaviour(crate::contract::Place::memory(&place)).await;
            crate::contract::Place::tidy(place).await;
        }
    )*};
    (@of_place $make:path; $embedder:expr; $($behaviour:ident)*) => {$(
        #[tokio::test]
        async fn $behaviour() {
            let Some(place) = $make($embedder).await else { return };
            crate::contract::$behaviour(&place).await;
            crate::contract::Place::tidy(place).await;
        }
    )*};
}
pub(crate) use contract;
