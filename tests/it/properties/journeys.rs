//! Companies over some days, held to every invariant of [`super::checks::invariants`] at every pass.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::checks::journey::{Edit, Journey, Move, travel};
use super::checks::world::{Asked, HOURS};
use super::{config, worlds};

/// Any journey.
fn any() -> impl Strategy<Value = Journey> {
    worlds::any().prop_flat_map(|world| {
        let (people, roles) = (world.employees.len(), world.roles.len());
        let limits = [0..20_u32, 0..100_u32, 0..4_u32];
        (Just(world), limits, vec(next(people, roles), 1..10)).prop_map(|(world, limits, moves)| {
            Journey {
                world,
                limits,
                moves,
            }
        })
    })
}

fn next(people: usize, roles: usize) -> impl Strategy<Value = Move> {
    let file = || 0..8_usize;
    prop_oneof![
        5 => (0..HOURS / 2, option::weighted(0.2, 0..4_u32))
            .prop_map(|(later, max_runs)| Move::Pass { later, max_runs }),
        3 => (0..people + 3, edit(roles)).prop_map(|(who, edit)| Move::Edit { who, edit }),
        1 => (0..8_usize, worlds::asked(people, roles)).prop_map(|(number, asked)| write(number, asked)),
        1 => file().prop_map(|file| Move::Complete { file }),
        1 => file().prop_map(|file| Move::Delete { file }),
        1 => file().prop_map(|file| Move::Cancel { file }),
        1 => (0..3_usize).prop_map(|back| Move::Lag { back }),
    ]
}

fn write(number: usize, asked: Asked) -> Move {
    Move::Write { number, asked }
}

fn edit(roles: usize) -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (0..roles).prop_map(Edit::Role),
        1 => (0..roles, 0..HOURS).prop_map(|(role, until)| Edit::Loan(role, until)),
        1 => Just(Edit::Status),
        1 => Just(Edit::Name),
        1 => Just(Edit::Delete),
    ]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_journey_breaks_an_invariant(journey in any()) {
        travel(&journey);
    }
}
