//! Work on values by several threads. What comes of it does not depend on them.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

/// What a thread came to; its panic goes on here.
#[must_use]
pub fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Makes something of each value, in their order; where there are at least `many`, two threads do half of it each.
pub fn each<T: Send, R: Send>(values: Vec<T>, many: usize, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    let half = |values: Vec<T>| -> Vec<R> { values.into_iter().map(&make).collect() };
    let mut first = values;
    if first.len() < many.max(2) {
        return half(first);
    }
    let second = first.split_off(first.len() / 2);
    thread::scope(|scope| {
        let second = scope.spawn(|| half(second));
        let mut all = half(first);
        all.extend(joined(second));
        all
    })
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn the_order_stays_however_many_there_are() {
        for number in 0..7 {
            for many in 0..7 {
                let due: Vec<String> = (0..number).map(|value| value.to_string()).collect();
                let made = each((0..number).collect(), many, |value: i32| value.to_string());
                assert_eq!(made, due, "{number} of {many}");
            }
        }
    }
}
