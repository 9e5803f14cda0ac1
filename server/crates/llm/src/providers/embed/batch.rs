//! How texts are put together into requests, and apart where that is too much.

/// Bytes of a text that are sent: at three bytes a token, what the usual models take (8,192 tokens).
const TEXT_BYTES: usize = 24_000;

/// A text is not cut below this, where a model takes even that for too long.
const SHORTEST: usize = 200;

/// How much goes into one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Texts at the most.
    pub(super) texts: usize,
    /// Bytes of all texts at the most, but for a single one.
    pub(super) bytes: usize,
}

/// The texts of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch<'a>(Vec<&'a str>);

/// Cuts texts into batches, in their order.
pub(super) fn batches(texts: &[String], size: Size) -> Vec<Batch<'_>> {
    let mut batches: Vec<Batch<'_>> = Vec::new();
    let mut bytes = 0;
    for text in texts {
        let text = beginning(text, TEXT_BYTES);
        match batches.last_mut() {
            Some(Batch(batch)) if batch.len() < size.texts && bytes + text.len() <= size.bytes => {
                bytes += text.len();
                batch.push(text);
            }
            _ => {
                bytes = text.len();
                batches.push(Batch(vec![text]));
            }
        }
    }
    batches
}

impl<'a> Batch<'a> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn texts(&self) -> &[&'a str] {
        &self.0
    }

    /// The same in smaller requests: its halves, or the first half of a single text; nothing where
    /// that is too short already.
    pub(super) fn smaller(self) -> Option<Vec<Self>> {
        if let [text] = self.0[..] {
            let half = beginning(text, text.len() / 2);
            return (half.len() >= SHORTEST).then(|| vec![Self(vec![half])]);
        }
        let (first, second) = self.0.split_at(self.0.len() / 2);
        Some(vec![Self(first.to_vec()), Self(second.to_vec())])
    }
}

/// Up to `bytes` bytes of a text, whole characters.
fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_hold_all_texts_in_their_order_within_their_size(
            texts in prop::collection::vec(".{0,40}", 0..60), count in 1_usize..9, bytes in 1_usize..300
        ) {
            let size = Size { texts: count, bytes };
            let batches = batches(&texts, size);
            for Batch(batch) in &batches {
                let sum: usize = batch.iter().map(|text| text.len()).sum();
                prop_assert!(!batch.is_empty() && batch.len() <= count);
                prop_assert!(sum <= bytes || batch.len() == 1);
            }
            let joined: Vec<_> = batches.into_iter().flat_map(|batch| batch.0).collect();
            prop_assert!(joined.into_iter().eq(&texts));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "é".repeat(TEXT_BYTES);
        let all = [format!("x{text}")];
        let batches = batches(&all, Size { texts: 9, bytes: 9 });
        assert_eq!(batches[0].texts()[0].len(), TEXT_BYTES - 1);
    }

    #[test]
    fn what_is_too_much_is_halved_until_it_is_too_short() {
        let smaller = Batch(vec!["a", "b", "c"]).smaller().unwrap();
        assert_eq!(smaller, [Batch(vec!["a"]), Batch(vec!["b", "c"])]);
        let text = "x".repeat(2 * SHORTEST);
        let half = Batch(vec![&text]).smaller().unwrap();
        assert_eq!(half, [Batch(vec![&text[..SHORTEST]])]);
        assert_eq!(half.into_iter().next().unwrap().smaller(), None);
    }
}
