//! Finding the rows of a table by a value that the table has.

use std::hash::BuildHasher as _;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;

/// Finds rows by a text of theirs: a hash table with open addressing, which knows the rows and leaves the texts where they are.
#[derive(Debug)]
pub(super) struct Index {
    hasher: RandomState,
    /// A row, at its hash or behind it; a power of two of them, half of them free at least.
    slots: Vec<Option<NonZeroU32>>,
}

impl Index {
    /// The index of so many rows.
    pub(super) fn of<'table>(rows: usize, text: impl Fn(usize) -> &'table [u8]) -> Self {
        let mut index = Self {
            hasher: RandomState::default(),
            slots: vec![None; (rows * 2).next_power_of_two()],
        };
        for (row, number) in (0..rows).zip(1..) {
            let wanted = text(row);
            let slots = &index.slots;
            let is_other = |at: &usize| slots[*at].is_some_and(|it| text(row_of(it)) != wanted);
            let place = index.probe(wanted).find(|at| !is_other(at));
            // The first of those that have the same text is found.
            if let Some(free) = place.filter(|at| index.slots[*at].is_none()) {
                index.slots[free] = NonZeroU32::new(number);
            }
        }
        index
    }

    /// The first row that has a text.
    pub(super) fn find<'table>(
        &self,
        wanted: &[u8],
        text: impl Fn(usize) -> &'table [u8],
    ) -> Option<usize> {
        let taken = self.probe(wanted).map_while(|at| self.slots[at]);
        taken.map(row_of).find(|row| text(*row) == wanted)
    }

    /// The slots in which a text may be, in order.
    fn probe(&self, text: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let last = self.slots.len() - 1;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "any bits of the hash will do"
        )]
        let first = self.hasher.hash_one(text) as usize;
        (0..=last).map(move |step| first.wrapping_add(step) & last)
    }
}

fn row_of(number: NonZeroU32) -> usize {
    number.get() as usize - 1
}
