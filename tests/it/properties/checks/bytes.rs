//! A journey from bytes, so that a fuzzer can change it bit by bit. Where the bytes end, what is left is as plain as can be.

use arbitrary::{Result, Unstructured};

use super::journey::{Edit, Journey, Move};
use super::world::{Asked, Automatic, HOURS, Holder, Kind, RoleKind, World};

/// The most employees and the most roles: enough for several runs.
const MOST: (usize, usize) = (40, 30);

/// The journey that bytes stand for.
///
/// # Errors
///
/// None in fact: bytes that are missing count as zero.
pub fn journey(bytes: &[u8]) -> Result<Journey> {
    let mut bytes = Unstructured::new(bytes);
    let world = world(&mut bytes)?;
    let limits = [
        bytes.int_in_range(0..=20)?,
        bytes.int_in_range(0..=100)?,
        bytes.int_in_range(0..=3)?,
    ];
    let mut moves = Vec::new();
    while !bytes.is_empty() && moves.len() < 12 {
        moves.push(next(&mut bytes, &world)?);
    }
    Ok(Journey {
        world,
        limits,
        moves,
    })
}

/// Once in `of` times; never where the bytes have ended.
fn rarely(bytes: &mut Unstructured<'_>, of: u8) -> Result<bool> {
    Ok(bytes.int_in_range(0..=of - 1)? == of - 1)
}

/// A small number, and seldom a large one.
fn count(bytes: &mut Unstructured<'_>, usual: usize, most: usize) -> Result<usize> {
    let most = if rarely(bytes, 6)? { most } else { usual };
    bytes.int_in_range(1..=most)
}

fn below(bytes: &mut Unstructured<'_>, end: usize) -> Result<usize> {
    bytes.int_in_range(0..=end.max(1) - 1)
}

fn hours(bytes: &mut Unstructured<'_>) -> Result<u32> {
    bytes.int_in_range(0..=HOURS)
}

fn some<T>(
    bytes: &mut Unstructured<'_>,
    count: usize,
    mut one: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    (0..count).map(|_| one(bytes)).collect()
}

fn world(bytes: &mut Unstructured<'_>) -> Result<World> {
    let people = count(bytes, 6, MOST.0)?;
    let roles = count(bytes, 6, MOST.1)?;
    let separations = bytes.int_in_range(0..=2)?;
    let requests = bytes.int_in_range(0..=6)?;
    Ok(World {
        automatic: Automatic {
            enhanced: !rarely(bytes, 12)?,
            provisioning: !rarely(bytes, 5)?,
            removal: !rarely(bytes, 5)?,
        },
        approvals: [approvals(bytes)?, approvals(bytes)?, approvals(bytes)?],
        valid_for_days: if rarely(bytes, 5)? {
            Some(bytes.int_in_range(0..=3)?)
        } else {
            None
        },
        roles: some(bytes, roles, role)?,
        separation: some(bytes, separations, |bytes| {
            let denies = bytes.arbitrary()?;
            Ok((denies, some(bytes, 3, |bytes| below(bytes, roles))?))
        })?,
        employees: some(bytes, people, |bytes| holder(bytes, roles))?,
        requests: some(bytes, requests, |bytes| asked(bytes, people, roles))?,
    })
}

fn approvals(bytes: &mut Unstructured<'_>) -> Result<u32> {
    Ok(*bytes.choose(&[1, 1, 1, 1, 0, 2])?)
}

fn role(bytes: &mut Unstructured<'_>) -> Result<RoleKind> {
    Ok(match bytes.int_in_range(0..=11)? {
        0..=8 => RoleKind::Plain,
        9 => RoleKind::Administrator,
        10 => RoleKind::TemporaryOnly,
        _ => RoleKind::Guarded,
    })
}

fn holder(bytes: &mut Unstructured<'_>, roles: usize) -> Result<Holder> {
    let held = bytes.int_in_range(0..=4)?;
    Ok(Holder {
        active: !rarely(bytes, 8)?,
        lent: if rarely(bytes, 10)? {
            Some((below(bytes, roles)?, hours(bytes)?))
        } else {
            None
        },
        roles: some(bytes, held, |bytes| below(bytes, roles))?,
    })
}

fn asked(bytes: &mut Unstructured<'_>, people: usize, roles: usize) -> Result<Asked> {
    let affected = count(bytes, 3, MOST.0)?;
    let listed = count(bytes, 3, MOST.1)?;
    let decided = bytes.int_in_range(0..=3)?;
    let holders = rarely(bytes, 5)?;
    Ok(Asked {
        kind: *bytes.choose(&[Kind::Addition, Kind::Reduction, Kind::Loan])?,
        start: if bytes.arbitrary::<bool>()? {
            Some(hours(bytes)?)
        } else {
            None
        },
        lasts: bytes.int_in_range(1..=HOURS)?,
        draft: rarely(bytes, 13)?,
        cancelled: rarely(bytes, 13)?,
        holders,
        all: rarely(bytes, 5)? && !holders,
        inactivate: bytes.arbitrary()?,
        reactivate: rarely(bytes, 4)?,
        copy: rarely(bytes, 13)?,
        employees: some(bytes, affected, |bytes| below(bytes, people + 2))?,
        roles: some(bytes, listed, |bytes| below(bytes, roles))?,
        decisions: some(bytes, decided, |bytes| {
            let late = rarely(bytes, 4)?;
            let at = if late { hours(bytes)? } else { 0 };
            Ok((below(bytes, 4)?, !rarely(bytes, 10)?, at))
        })?,
    })
}

fn next(bytes: &mut Unstructured<'_>, world: &World) -> Result<Move> {
    let (people, roles) = (world.employees.len(), world.roles.len());
    let file = |bytes: &mut Unstructured<'_>| below(bytes, 7);
    Ok(match bytes.int_in_range(0..=11)? {
        0..=4 => Move::Pass {
            later: bytes.int_in_range(0..=HOURS / 2)?,
            max_runs: if rarely(bytes, 4)? {
                Some(bytes.int_in_range(0..=3)?)
            } else {
                None
            },
        },
        5..=7 => Move::Edit {
            who: below(bytes, people + 3)?,
            edit: match bytes.int_in_range(0..=6)? {
                0..=2 => Edit::Role(below(bytes, roles)?),
                3 => Edit::Loan(below(bytes, roles)?, hours(bytes)?),
                4 => Edit::Status,
                5 => Edit::Name,
                _ => Edit::Delete,
            },
        },
        8 => Move::Write {
            number: file(bytes)?,
            asked: asked(bytes, people, roles)?,
        },
        9 => Move::Complete { file: file(bytes)? },
        10 => {
            if rarely(bytes, 3)? {
                Move::Lag {
                    back: below(bytes, 3)?,
                }
            } else {
                Move::Delete { file: file(bytes)? }
            }
        }
        _ => Move::Cancel { file: file(bytes)? },
    })
}
