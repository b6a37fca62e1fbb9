//! What every handler can reach: configuration, store, engine, probes, counters.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    admin::Admin,
    assets,
    bodies::Bodies,
    config::Config,
    limits,
    metrics::Metrics,
    places::Places,
    probes::ProbeStarter,
    problem::Problem,
    runs::Runs,
    ticket::Links,
    webhooks::{Announcement, Occasion, Webhooks},
};
use crate::{
    knowledge::Lang,
    report::{Case, Diagnostician, Report},
    store::{ReportStore, UnixSeconds},
};

/// Makes a report of a case, in a language. Pure and bound by the processor.
pub type Diagnose = Arc<dyn Fn(&Case, Lang) -> Report + Send + Sync>;

/// How long a case waits for a processor. judgement: beyond that a visitor has given up.
const DIAGNOSE_WAIT: Duration = Duration::from_secs(10);

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What was configured.
    pub config: Arc<Config>,
    /// Reports and drafts.
    pub store: Arc<dyn ReportStore>,
    /// The live probes; `None` where they are switched off.
    pub probes: Option<Arc<dyn ProbeStarter>>,
    /// Runs of probes, under way and just ended.
    pub runs: Runs,
    /// What saved reports share: passwords, notices, limits.
    pub links: Arc<Links>,
    /// The operator's own receivers, which hear of what happens to reports.
    pub webhooks: Webhooks,
    /// Who may see the operator's pages.
    pub admin: Arc<Admin>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where the site's files lie, for the shell of the pages.
    pub options: LeptosOptions,
    /// Set when the server is to stop.
    pub stopping: CancellationToken,
    /// Places for requests that are worked on at once.
    pub(super) places: Places,
    /// Bodies of requests that are on their way.
    pub(super) bodies: Bodies,
    /// The engine with its knowledge, for the pages; `None` where only the API is served.
    pub diagnostician: Option<Arc<Diagnostician>>,
    diagnose: Diagnose,
    processors: Arc<Semaphore>,
}

impl AppState {
    /// Joins the parts of a server.
    pub fn new(
        config: Config,
        store: Arc<dyn ReportStore>,
        diagnose: Diagnose,
        probes: Option<Arc<dyn ProbeStarter>>,
    ) -> Self {
        let metrics = Arc::new(Metrics::default());
        let stopping = CancellationToken::new();
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        // The content's hash is in the folder's name: that gives unchanging file names without
        // `hash-files`, which reads a file beside the program on every request.
        let options = LeptosOptions::builder()
            .output_name("hangup")
            .site_root("/nonexistent")
            .site_pkg_dir(assets::pkg_dir())
            .site_addr(config.listen)
            .build();
        Self {
            places: Places::new(config.limits.requests),
            bodies: Bodies::default(),
            probes: probes.filter(|_| config.probe.enabled),
            admin: Arc::new(Admin::new(config.admin.token.as_ref())),
            webhooks: Webhooks::new(&config.webhooks, stopping.clone()),
            config: Arc::new(config),
            store,
            runs: Runs::new(Arc::clone(&metrics), stopping.clone()),
            links: Arc::default(),
            metrics,
            options,
            stopping,
            diagnostician: None,
            diagnose,
            processors: Arc::new(Semaphore::new(processors)),
        }
    }

    /// The same server, with pages that know what `diagnostician` knows.
    #[must_use]
    pub fn with_diagnostician(mut self, diagnostician: Arc<Diagnostician>) -> Self {
        self.diagnostician = Some(diagnostician);
        self
    }

    /// Makes the report of a case, away from the threads that serve connections.
    ///
    /// The language is that of the case, else `lang`. Fails where all processors stay busy.
    pub async fn diagnose(&self, case: Case, lang: Lang) -> Result<Report, Problem> {
        let diagnose = Arc::clone(&self.diagnose);
        self.diagnose_with(move || diagnose(&case, case.lang.unwrap_or(lang))).await
    }

    /// The same for a report that `diagnose` makes.
    pub async fn diagnose_with(
        &self,
        diagnose: impl FnOnce() -> Report + Send + 'static,
    ) -> Result<Report, Problem> {
        let report = self.work(diagnose).await?;
        self.metrics.diagnoses.up();
        Ok(report)
    }

    /// Does what is bound by the processor away from the threads that serve connections. Fails where
    /// all processors stay busy.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.processors).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(DIAGNOSE_WAIT, place).await else {
            return Err(limits::busy());
        };
        let work = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if whoever asked is gone.
            let _place = place;
            work()
        });
        work.await.map_err(|error| {
            tracing::error!(%error, "a diagnosis failed");
            Problem::internal()
        })
    }

    /// Counts the leading cause of a saved report. A count that fails costs a bar of a chart its height,
    /// and nobody their report.
    pub(super) async fn count(&self, report: &Report, now: UnixSeconds) {
        let Some(cause) = &report.verdict.cause else { return };
        if let Err(error) = self.store.count_cause(cause, now).await {
            tracing::warn!(%error, "a cause was not counted");
        }
    }

    /// Tells the receivers of webhooks what happened to `report`.
    pub fn announce(
        &self,
        occasion: Occasion,
        report: &Report,
        who: Option<&str>,
        link: Option<String>,
    ) {
        if !self.webhooks.hears(occasion) {
            return;
        }
        let masked = match report.masked() {
            Ok((masked, _)) => masked,
            Err(error) => {
                tracing::error!(%error, "a webhook was not told");
                return;
            }
        };
        self.webhooks.notify(&Announcement {
            occasion,
            probability: masked.causes.first().map_or(0.0, |cause| cause.probability),
            sentence: masked.verdict.sentence,
            cause: masked.verdict.cause,
            who: who.map(str::to_owned),
            link,
        });
    }

    /// The wall clock, by which links expire.
    pub fn now(&self) -> UnixSeconds {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixSeconds::try_from(since.as_secs()).unwrap_or(UnixSeconds::MAX)
    }

    /// When a link made `now` ends: after `wanted`, else the default, and never beyond the maximum.
    pub fn expiry(&self, now: UnixSeconds, wanted: Option<Duration>) -> UnixSeconds {
        let share = &self.config.share;
        let lives = wanted.unwrap_or(share.default_expiry).min(share.max_expiry);
        now.saturating_add(UnixSeconds::try_from(lives.as_secs()).unwrap_or(UnixSeconds::MAX))
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}
