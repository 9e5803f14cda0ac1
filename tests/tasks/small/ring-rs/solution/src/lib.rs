//! A ring buffer: the last values, of which it keeps as many as it was made for.

use std::collections::VecDeque;

/// The last values.
pub struct Ring<T> {
    values: VecDeque<T>,
    capacity: usize,
}

impl<T> Ring<T> {
    /// An empty ring for as many values.
    pub fn new(capacity: usize) -> Self {
        Self { values: VecDeque::with_capacity(capacity), capacity }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value that was pushed first.
    pub fn oldest(&self) -> Option<&T> {
        self.values.front()
    }

    /// Adds a value, and gives back the oldest where the ring is full.
    pub fn push(&mut self, value: T) -> Option<T> {
        let oldest = if self.values.len() == self.capacity { self.values.pop_front() } else { None };
        self.values.push_back(value);
        oldest
    }

    /// Takes the oldest value.
    pub fn pop(&mut self) -> Option<T> {
        self.values.pop_front()
    }
}

impl<T: Clone> Ring<T> {
    /// All values, the oldest first.
    pub fn to_vec(&self) -> Vec<T> {
        self.values.iter().cloned().collect()
    }
}
