//! Random small worlds.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::checks::world::{Asked, Automatic, HOURS, Holder, Kind, RoleKind, World};

/// Any world.
pub fn any() -> impl Strategy<Value = World> {
    let people = prop_oneof![4 => 1..8_usize, 1 => 1..41_usize];
    let roles = prop_oneof![4 => 1..7_usize, 1 => 1..31_usize];
    (people, roles).prop_flat_map(|(people, roles)| {
        (
            vec(holder(roles), people),
            vec(role(), roles),
            vec((any_flag(1, 1), vec(0..roles, 2..4)), 0..3),
            automatic(),
            [count(), count(), count()],
            option::weighted(0.2, 0..4_u32),
            vec(asked(people, roles), 0..7),
        )
            .prop_map(
                |(employees, roles, separation, automatic, approvals, valid_for_days, requests)| {
                    World {
                        employees,
                        roles,
                        separation,
                        automatic,
                        approvals,
                        valid_for_days,
                        requests,
                    }
                },
            )
    })
}

/// A world in which nothing can fail, nothing waits for a person, and no approval is taken back: where it may not matter when
/// somebody looks.
///
/// What is left out is what SPEC lets depend on the moment of a run. A change that fails is tried again behind everything else
/// of its pass, so where separation of duties, inactive people or the last administrator refuse something, an earlier pass
/// may try again earlier. A loan that nobody looked at in time gives nothing, and so keeps nobody from being inactivated. A
/// rejection, a lapse or a copy counts when it is seen. Without any approval and date, a request is due when it is seen.
pub fn calm() -> impl Strategy<Value = World> {
    any().prop_map(|mut world| {
        world.separation.retain(|(denies, _)| !denies);
        world.automatic = Automatic {
            enhanced: true,
            provisioning: true,
            removal: true,
        };
        world.valid_for_days = None;
        for role in &mut world.roles {
            if matches!(*role, RoleKind::Administrator | RoleKind::Guarded) {
                *role = RoleKind::Plain;
            }
        }
        for employee in &mut world.employees {
            employee.active = true;
        }
        for approvals in &mut world.approvals {
            *approvals = (*approvals).max(1);
        }
        for request in &mut world.requests {
            request.inactivate = false;
            request.copy = false;
            for decision in &mut request.decisions {
                // Whether Alice, who is an employee, is one of the holders of a role depends on the day.
                decision.0 = decision.0.max(1);
                decision.1 = true;
            }
        }
        world
    })
}

fn any_flag(yes: u32, no: u32) -> impl Strategy<Value = bool> {
    prop_oneof![no => Just(false), yes => Just(true)]
}

fn automatic() -> impl Strategy<Value = Automatic> {
    (any_flag(12, 1), any_flag(5, 1), any_flag(5, 1)).prop_map(
        |(enhanced, provisioning, removal)| Automatic {
            enhanced,
            provisioning,
            removal,
        },
    )
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(0_u32), 5 => Just(1_u32), 1 => Just(2_u32)]
}

fn role() -> impl Strategy<Value = RoleKind> {
    prop_oneof![
        9 => Just(RoleKind::Plain),
        1 => Just(RoleKind::Administrator),
        1 => Just(RoleKind::TemporaryOnly),
        1 => Just(RoleKind::Guarded),
    ]
}

fn holder(roles: usize) -> impl Strategy<Value = Holder> {
    (
        any_flag(7, 1),
        vec(0..roles, 0..5),
        option::weighted(0.1, (0..roles, 0..HOURS)),
    )
        .prop_map(|(active, roles, lent)| Holder {
            active,
            roles,
            lent,
        })
}

/// A request of a company with so many employees and roles.
pub fn asked(people: usize, roles: usize) -> impl Strategy<Value = Asked> {
    let kind = prop_oneof![
        Just(Kind::Addition),
        Just(Kind::Reduction),
        Just(Kind::Loan)
    ];
    let affected = prop_oneof![
        4 => vec(0..people + 2, 1..4),
        1 => vec(0..people + 2, 1..41),
    ];
    let listed = prop_oneof![4 => vec(0..roles, 1..4), 1 => vec(0..roles, 1..31)];
    let when = (
        option::of(0..HOURS),
        prop_oneof![1..HOURS, Just(HOURS * 10)],
    );
    let decision = (
        0..4_usize,
        any_flag(9, 1),
        prop_oneof![3 => 0..2_u32, 1 => 0..HOURS],
    );
    let rare = (
        any_flag(1, 12),
        any_flag(1, 12),
        any_flag(1, 5),
        any_flag(1, 4),
        any_flag(1, 1),
        any_flag(1, 3),
        any_flag(1, 12),
    );
    (kind, affected, listed, when, vec(decision, 0..4), rare).prop_map(
        |(kind, employees, roles, (start, lasts), decisions, rare)| {
            let (draft, cancelled, holders, all, inactivate, reactivate, copy) = rare;
            Asked {
                kind,
                employees,
                roles,
                start,
                lasts,
                decisions,
                draft,
                cancelled,
                holders,
                all: all && !holders,
                inactivate,
                reactivate,
                copy,
            }
        },
    )
}
