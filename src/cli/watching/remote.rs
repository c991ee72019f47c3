//! Pulling from the remote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure;
use crate::cli::context::Context;
use crate::cli::publish::pull;
use crate::reconcile::stop::Stop;
use crate::watch::{Failure, Pull};

/// The remote that the daemon follows.
#[derive(Debug)]
pub struct Remote {
    context: Context,
    name: String,
    stop: Stop,
    /// Whether it did not answer last time.
    offline: Arc<AtomicBool>,
}

impl Remote {
    /// The remote of this name.
    pub fn new(context: &Context, name: &str, stop: &Stop, offline: Arc<AtomicBool>) -> Self {
        Self {
            context: context.clone(),
            name: name.to_owned(),
            stop: stop.clone(),
            offline,
        }
    }
}

impl Pull for Remote {
    fn pull(&mut self) -> Result<bool, Failure> {
        let result = pull(&self.context, &self.name, &self.stop);
        self.offline.store(result.is_err(), Ordering::Relaxed);
        match result {
            Ok(pulled) => Ok(pulled.moved),
            Err(error) => Err(failure(&error)),
        }
    }
}
