//! Pulling from the remote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Reconciler, failure};
use crate::cli::context::Context;
use crate::cli::publish::pull;
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
        self.offline.store(result.is_err(), Ordering::Relaxed);
        self.metrics.pulled(result.is_ok());
        match result {
            Ok(pulled) => Ok(pulled.moved),
            Err(error) => Err(failure(&error)),
        }
    }
}
