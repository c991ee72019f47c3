//! Due moments in their zones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::value::Due;
use crate::model::Instant;
use crate::time::zone::{self, Zone};

/// The zones that a plan needs, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Zones(Mutex<HashMap<String, Zone>>);

impl Zones {
    /// A moment as it is due in a zone; in UTC where the zone is not known any more.
    pub(super) fn due(&self, timezone: &str, utc: Instant) -> Due {
        let mut zones = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let zone = zones
            .entry(timezone.to_owned())
            .or_insert_with(|| Zone::named(timezone).unwrap_or_else(|_| Zone::utc()));
        Due {
            local: zone.local(utc),
            timezone: zone.name().to_owned(),
            utc,
            tzdb: zone::database_version().to_owned(),
        }
    }
}
