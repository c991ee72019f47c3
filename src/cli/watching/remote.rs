//! Pulling from the remote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Reconciler, failure};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::publish::{Away, pull};
use crate::reconcile::stop::Stop;
use crate::watch::metrics::Metrics;
use crate::watch::{Failure, Pull};

/// The remote that the daemon follows.
#[derive(Debug)]
pub struct Remote {
    context: Context,
    name: String,
    stop: Stop,
    /// Whether it did not answer last time.
    offline: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
}

impl Remote {
    /// The remote of this name.
    pub fn new(context: &Context, name: &str, stop: &Stop, work: &Reconciler) -> Self {
        Self {
            context: context.clone(),
            name: name.to_owned(),
            stop: stop.clone(),
            offline: work.offline(),
            metrics: work.metrics(),
        }
    }
}

impl Pull for Remote {
    fn pull(&mut self) -> Result<bool, Failure> {
        let result = pull(&self.context, &self.name, &self.stop);
        let is_away = |error: &Error| error.cause.downcast_ref::<Away>().is_some();
        self.offline
            .store(result.as_ref().is_err_and(is_away), Ordering::Relaxed);
        self.metrics.pulled(result.is_ok());
        result.map_err(|error| failure(&error))
    }
}
