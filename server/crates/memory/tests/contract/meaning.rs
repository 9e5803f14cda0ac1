//! Finding by meaning, where there is an embedder.

use devika_memory::{Memory, Passage};

use super::world::{Place, found, note, remember, texts};

pub(crate) async fn what_means_the_same_is_found_without_its_words(place: &impl Place) {
    let memory = place.memory();
    remember(memory, [note("an automobile"), note("a banana"), note("the ocean")]).await;
    place.settle().await;
    assert_eq!(texts(&found(memory, "drive").await)[0], "an automobile");
    assert_eq!(texts(&found(memory, "pear").await)[0], "a banana");
}

pub(crate) async fn what_fits_by_words_and_by_meaning_comes_first(place: &impl Place) {
    let memory = place.memory();
    let both = note("the keys of an automobile were lost");
    remember(memory, [both.clone(), note("the keys of a piano"), note("a vehicle")]).await;
    place.settle().await;
    assert_eq!(texts(&found(memory, "lost car keys").await)[0], both.text);
}

pub(crate) async fn all_that_is_remembered_has_a_vector(place: &impl Place) {
    let memory = place.memory();
    remember(memory, (0..300).map(|n| note(&format!("apple {n}")))).await;
    place.settle().await;
    assert_eq!(memory.stats().await.expect("it is there").without_vector, 0);
}

pub(crate) async fn filters_hold_for_what_is_found_by_meaning(place: &impl Place) {
    let memory = place.memory();
    let theirs = Passage { project: "q".to_owned(), ..note("an automobile of theirs") };
    let expired = Passage { expires: Some(1), ..note("a vehicle of old") };
    remember(memory, [theirs, expired, note("the ocean")]).await;
    place.settle().await;
    let found = found(memory, "drive a car").await;
    assert!(found.iter().all(|found| found.passage.text == "the ocean"), "{found:?}");
}

pub(crate) async fn without_its_embedder_a_memory_finds_by_words(memory: &dyn Memory) {
    remember(memory, [note("an automobile"), note("the ocean")]).await;
    assert_eq!(texts(&found(memory, "automobile").await), ["an automobile"]);
    assert_eq!(memory.stats().await.expect("it is there").without_vector, 2);
}
