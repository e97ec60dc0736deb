//! A mutator that is the same in every run with the same seed: for the ordinary tests and for runs without nightly Rust.

/// Numbers of quality enough (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.number() % (bound as u64).max(1)) as usize
    }

    fn octet(&mut self) -> u8 {
        self.number() as u8
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// Octets at which lengths and counts turn.
const EDGES: [u8; 12] = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xdd, 0xfb, 0xfc, 0xfe, 0xff];
/// Most changes to one input.
const MOST_CHANGES: usize = 6;

/// An input made of one of `inputs`: changed, cut, lengthened, crossed with another, strewn with words of the dictionary. Not
/// longer than `max_len`.
pub fn mutate(random: &mut Random, inputs: &[Vec<u8>], dictionary: &[Vec<u8>], max_len: usize) -> Vec<u8> {
    let mut out = random.of(inputs).cloned().unwrap_or_default();
    for _ in 0..=random.below(MOST_CHANGES) {
        change(random, &mut out, inputs, dictionary);
    }
    out.truncate(max_len);
    out
}

fn change(random: &mut Random, out: &mut Vec<u8>, inputs: &[Vec<u8>], dictionary: &[Vec<u8>]) {
    let at = random.below(out.len());
    let count = 1 + random.below(16);
    let end = (at + count).min(out.len());
    match random.below(12) {
        0 | 1 => {
            if let Some(octet) = out.get_mut(at) {
                *octet ^= 1 << random.below(8);
            }
        }
        2 | 3 => {
            let edge = random.of(&EDGES).copied().unwrap_or_default();
            if let Some(octet) = out.get_mut(at) {
                *octet = edge;
            }
        }
        4 => {
            if let Some(octet) = out.get_mut(at) {
                *octet = octet.wrapping_add([1, 255][random.below(2)]);
            }
        }
        5 => {
            out.drain(at..end);
        }
        6 => {
            let new: Vec<u8> = (0..count).map(|_| random.octet()).collect();
            out.splice(at..at, new);
        }
        7 => {
            let copy = out.get(at..end).unwrap_or_default().to_vec();
            let to = random.below(out.len());
            out.splice(to..to, copy);
        }
        8 => out.truncate(at),
        9 => {
            let other = random.of(inputs).map_or(&[][..], Vec::as_slice);
            let from = random.below(other.len());
            let piece = other.get(from..).unwrap_or_default();
            let keep = random.below(2) * random.below(out.len() - at + 1);
            out.splice(at..at + keep, piece.iter().copied());
        }
        10 => {
            let word = random.of(dictionary).cloned().unwrap_or_default();
            let keep = word.len().min(out.len() - at);
            out.splice(at..at + keep, word);
        }
        _ => {
            let word = random.of(dictionary).cloned().unwrap_or_default();
            out.splice(at..at, word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let inputs = [b"first".to_vec(), Vec::new(), vec![0xdd; 300]];
        let dictionary = [b"word".to_vec()];
        let make = |seed| {
            let mut random = Random::new(seed);
            (0..500).map(|_| mutate(&mut random, &inputs, &dictionary, 400)).collect::<Vec<_>>()
        };
        let made = make(1);
        assert_eq!(made, make(1));
        assert_ne!(made, make(2));
        assert!(made.iter().all(|input| input.len() <= 400));
        assert!(made.iter().any(|input| input.windows(4).any(|w| w == b"word")));
    }
}
