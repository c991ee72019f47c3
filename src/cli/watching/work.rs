//! One pass of the daemon.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::next::awaited;
use super::notifier::Notifier;
use super::observer::{failed, sample};
use super::tell::Told;
use super::{failure, places};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::pass::{Options, Passed, pass};
use crate::cli::publish::{Away, Publish};
use crate::store::lock::{DaemonLock, LockError};
use crate::watch::metrics::{Metrics, Published, Standing};
use crate::watch::{self, Failure, FailureKind, Places, Work};

/// What the daemon does again and again.
#[derive(Debug)]
pub struct Reconciler {
    context: Context,
    options: Options,
    root: PathBuf,
    /// Held for life, so that there is one daemon.
    lock: DaemonLock,
    /// Whether the remote did not answer last time.
    offline: Arc<AtomicBool>,
    told: Told,
    told_away: Option<String>,
    metrics: Arc<Metrics>,
    notifier: Notifier,
}

impl Reconciler {
    /// Becomes the one daemon of the access repository.
    ///
    /// # Errors
    ///
    /// Locked if there is one already.
    pub fn new(context: &Context, options: Options, metrics: &Arc<Metrics>) -> Result<Self, Error> {
        let root = context.root()?;
        let lock = become_the_one(&root)?;
        Ok(Self {
            context: context.clone(),
            options,
            root,
            lock,
            offline: Arc::default(),
            told: Told::default(),
            told_away: None,
            metrics: Arc::clone(metrics),
            notifier: Notifier::new(metrics.tally()),
        })
    }

    /// Whether the remote did not answer last time; shared with whoever pulls.
    pub(super) fn offline(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.offline)
    }

    /// What is counted; shared with whoever pulls.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Where the folder was replaced, the lock is in the old one: takes it in the new one too.
    fn stay_the_one(&mut self) -> Result<(), Failure> {
        if self.lock.stands() {
            return Ok(());
        }
        match become_the_one(&self.root) {
            Ok(lock) => {
                self.lock = lock;
                Ok(())
            }
            Err(error) if error.exit == Exit::Locked => Err(Failure {
                kind: FailureKind::Superseded,
                ..failure(&error)
            }),
            Err(error) => Err(failure(&error)),
        }
    }

    /// A pass with what is to be published. Where the remote does not answer, what is due is done here all the same, and is pushed
    /// later; where it did not last time, that is done first, because it may take long until it is known. Says why it was not pushed,
    /// if so.
    fn attempt(&mut self) -> Result<(Passed, Option<String>), Error> {
        let publish = self.options.publish.clone();
        let Publish::Push { remote, .. } = &publish else {
            return Ok((self.go(publish)?, None));
        };
        let remote = remote.clone();
        let mut kept = None;
        if self.offline.load(Ordering::Relaxed) {
            kept = Some(self.go(Publish::Keep(remote.clone())));
        }
        let error = match self.go(publish) {
            Ok(passed) => {
                self.offline.store(false, Ordering::Relaxed);
                return Ok((passed, None));
            }
            Err(error) => error,
        };
        let is_away = error.cause.downcast_ref::<Away>().is_some();
        self.offline.store(is_away, Ordering::Relaxed);
        if !is_away || self.options.stop.is_asked() {
            return Err(error);
        }
        let kept = kept.unwrap_or_else(|| self.go(Publish::Keep(remote)));
        Ok((kept?, Some(failure(&error).message)))
    }

    fn go(&mut self, publish: Publish) -> Result<Passed, Error> {
        let begun = Instant::now();
        let pushes = matches!(publish, Publish::Push { .. });
        let options = Options {
            publish,
            ..self.options.clone()
        };
        let refused = RefCell::new(None);
        let result = pass(&self.context.later(), &options, |plan| {
            refused.replace(Some(Standing::before(plan)));
            Ok(())
        });
        let took = begun.elapsed();
        match &result {
            Ok(passed) => {
                self.told.passed(passed, took);
                self.metrics.observe(&sample(passed, took));
                self.count_pushes(passed);
                self.notifier.passed(passed);
            }
            Err(error) => {
                let standing = refused.into_inner();
                self.metrics.observe(&failed(error, took, standing));
                self.notifier.failed(&self.context, error);
                if pushes && error.cause.downcast_ref::<Away>().is_some() {
                    self.metrics.published(Published::Failed);
                }
            }
        }
        result
    }

    fn count_pushes(&self, passed: &Passed) {
        let published = passed.outcome.published.as_ref();
        if let Some(published) = published.filter(|it| it.pushed_to.is_some()) {
            for _ in 1..published.attempts {
                self.metrics.published(Published::Raced);
            }
            self.metrics.published(Published::Done);
        }
    }

    fn tell_away(&mut self, away: Option<&String>) {
        match away {
            Some(error) if self.told_away.as_ref() != Some(error) => {
                tracing::warn!(error, "not pushed: it is done here, and is pushed later");
            }
            None if self.told_away.is_some() => tracing::info!("pushing works again"),
            _ => {}
        }
        self.told_away = away.cloned();
    }
}

impl Work for Reconciler {
    fn places(&mut self) -> Places {
        places(&self.context)
    }

    fn pass(&mut self, unsettled: &BTreeSet<String>) -> Result<watch::Passed, Failure> {
        self.stay_the_one()?;
        self.options.unsettled.clone_from(unsettled);
        let (passed, away) = self.attempt().map_err(|error| failure(&error))?;
        self.tell_away(away.as_ref());
        let pushes = matches!(self.options.publish, Publish::Push { .. });
        let published = passed.outcome.published.is_some();
        let written = passed.outcome.applied.len();
        let behind = passed.world.recovered.behind > 0;
        Ok(watch::Passed {
            serial: passed.outcome.serial,
            written,
            next: awaited(&passed.plan),
            wrote_state: written > 0 || behind || pushes,
            moved_reference: published || pushes,
            retry: away.is_some(),
            trouble: away.or_else(|| self.told.trouble()),
        })
    }
}

fn become_the_one(root: &std::path::Path) -> Result<DaemonLock, Error> {
    DaemonLock::acquire(root, "rolecall watch").map_err(|error| match error {
        LockError::Held { by } => Error::new(
            Exit::Locked,
            format!("another daemon watches this folder: {by}"),
        )
        .hint("one is enough; end it first, or look once with --once"),
        LockError::Ledger(error) => error.into(),
    })
}
