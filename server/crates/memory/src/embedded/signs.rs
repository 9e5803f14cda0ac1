//! Vectors as numbers: of length 1, so that a product is a cosine; and as the signs of their numbers,
//! which tell what is near in a thirtieth of the room.

/// A vector of length 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit(Vec<f32>);

impl Unit {
    /// The vector, made 1 long; none where it has no direction.
    pub(super) fn of(vector: &[f32]) -> Option<Self> {
        let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
        let scale = (1.0 / length) as f32;
        (length > 0.0 && scale.is_normal())
            .then(|| Self(vector.iter().map(|number| number * scale).collect()))
    }

    /// How many numbers it has.
    pub(super) fn dimension(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// It in 16 bits a number, which changes a cosine by less than a ten-thousandth: what a step of
    /// theirs is, as a 32-bit float, and how many steps each number is; little-endian.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let largest = self.0.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let step = largest / f32::from(i16::MAX);
        let steps = self.0.iter().flat_map(|number| ((number / step).round() as i16).to_le_bytes());
        step.to_le_bytes().into_iter().chain(steps).collect()
    }

    /// Its product with a vector's bytes.
    pub(super) fn dot(&self, bytes: &[u8]) -> f32 {
        let Some((step, bytes)) = bytes.split_first_chunk() else { return 0.0 };
        let (theirs, _) = bytes.as_chunks::<2>();
        // Eight sums at once, which the compiler makes one instruction of; each number depends on the
        // one before otherwise.
        let mut sums = [0.0_f32; 8];
        let (our_eights, our_rest) = self.0.as_chunks::<8>();
        let (their_eights, their_rest) = theirs.as_chunks::<8>();
        for (ours, theirs) in our_eights.iter().zip(their_eights) {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += ours[lane] * f32::from(i16::from_le_bytes(theirs[lane]));
            }
        }
        let rest = our_rest.iter().zip(their_rest);
        let rest = rest.map(|(one, other)| one * f32::from(i16::from_le_bytes(*other)));
        (sums.iter().sum::<f32>() + rest.sum::<f32>()) * f32::from_le_bytes(*step)
    }

    /// The signs of its numbers.
    pub(super) fn signs(&self) -> Vec<u64> {
        pack(self.0.iter().map(|number| *number > 0.0))
    }
}

/// The signs of a vector that lies in bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> Vec<u64> {
    let steps = bytes.get(size_of::<f32>()..).unwrap_or_default().as_chunks::<2>().0;
    pack(steps.iter().map(|steps| i16::from_le_bytes(*steps) > 0))
}

/// Signs as bytes.
pub(super) fn to_bytes(signs: &[u64]) -> Vec<u8> {
    signs.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Adds the signs in bytes to `signs`.
pub(super) fn extend(signs: &mut Vec<u64>, bytes: &[u8]) {
    signs.extend(bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)));
}

/// In how many signs two vectors differ.
pub(super) fn distance(one: &[u64], other: &[u64]) -> u32 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
}

/// 64 signs a word, the last one filled up.
fn pack(positive: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = Vec::new();
    for (index, is_positive) in positive.enumerate() {
        if index % 64 == 0 {
            words.push(0);
        }
        words[index / 64] |= u64::from(is_positive) << (index % 64);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Unit, distance, extend, of_bytes, to_bytes};

    #[test]
    fn a_vector_is_made_one_long() {
        let unit = Unit::of(&[3.0, 0.0, -4.0]).unwrap();
        assert_eq!(unit, Unit(vec![0.6, 0.0, -0.8]));
        assert!((unit.dot(&unit.bytes()) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn what_has_no_direction_is_no_vector() {
        assert_eq!(Unit::of(&[0.0, 0.0]), None);
        assert_eq!(Unit::of(&[]), None);
        assert_eq!(Unit::of(&[1.0, f32::NAN]), None);
        assert_eq!(Unit::of(&[1.0, f32::INFINITY]), None);
    }

    #[test]
    fn a_product_counts_every_number() {
        let one = Unit::of(&(1..=19).map(|n| n as f32).collect::<Vec<_>>()).unwrap();
        let other = Unit::of(&(1..=19).map(|n| (20 - n) as f32).collect::<Vec<_>>()).unwrap();
        // 1·19 + 2·18 + … + 19·1 = 1330; 1² + … + 19² = 2470.
        assert!((one.dot(&other.bytes()) - 1330.0 / 2470.0).abs() < 1e-4);
    }

    #[test]
    fn signs_survive_as_bytes_and_tell_what_differs() {
        let numbers: Vec<f32> = (0..70).map(|n| if n % 3 == 0 { 1.0 } else { -1.0 }).collect();
        let unit = Unit::of(&numbers).unwrap();
        let mut back = Vec::new();
        extend(&mut back, &to_bytes(&unit.signs()));
        assert_eq!(back, unit.signs());
        assert_eq!(of_bytes(&unit.bytes()), unit.signs());
        assert_eq!(unit.signs().len(), 2);
        let mut other = numbers.clone();
        other[0] = -1.0;
        other[69] = -1.0;
        assert_eq!(distance(&unit.signs(), &Unit::of(&other).unwrap().signs()), 2);
    }
}
