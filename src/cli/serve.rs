//! `hangup serve`: the web app and the API.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use super::{Failure, diagnostician};
use crate::{
    report::Diagnostician,
    server::{self, AppState, Config, Diagnose, InstanceKey, ServeArgs, starter},
    store::SqliteStore,
};

/// How long work that cannot be interrupted may keep the program after the server has stopped.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Serves until a signal says stop; `overlay` is the folder of `--knowledge`.
pub(super) fn run(
    args: ServeArgs,
    overlay: Option<&Path>,
    site: server::Site,
) -> Result<ExitCode, Failure> {
    server::install(site);
    let (config, warnings) = configuration(args, overlay)?;
    server::start_telemetry(&config.log).map_err(Failure::usage)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let engine = Arc::new(diagnostician(config.knowledge.as_deref())?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::short(format!("cannot start the runtime: {error}")))?;
    let ended = runtime.block_on(serve(config, engine));
    runtime.shutdown_timeout(LAST_WORK);
    ended.map(|()| ExitCode::SUCCESS).map_err(Failure::short)
}

/// The configuration and what is odd about it; `overlay` is the folder of `--knowledge`.
pub(super) fn configuration(
    mut args: ServeArgs,
    overlay: Option<&Path>,
) -> Result<(Config, Vec<String>), Failure> {
    args.knowledge = overlay.map(Path::to_owned);
    Config::load(&args, environment()).map_err(|error| Failure::usage(error.to_string()))
}

async fn serve(config: Config, engine: Arc<Diagnostician>) -> Result<(), String> {
    // The port before the database: a second start must not touch the data of the first.
    let listener = server::listen(config.listen).await?;
    let store = SqliteStore::open(&config.data_dir, config.store.most()).await;
    let store = store.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let key = InstanceKey::open(&config.data_dir)?;
    let probes = starter(&config);
    let doctor = Arc::clone(&engine);
    let diagnose: Diagnose = Arc::new(move |case, lang| doctor.diagnose(case, lang));
    let state = AppState::new(config, Arc::new(store.clone()), diagnose, probes, key)
        .with_diagnostician(engine);
    let stopping = state.stopping.clone();
    tokio::spawn(async move {
        server::stop_signal().await;
        tracing::info!("stopping: finishing what is under way, at most ten seconds");
        stopping.cancel();
    });
    tracing::info!("listening on http://{address}");
    server::serve(listener, state).await;
    store.close().await;
    Ok(())
}

/// The environment variables that are text; the others can be none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
