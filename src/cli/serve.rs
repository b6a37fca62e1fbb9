//! `hangup serve`: the web app and the API.

use std::{process::ExitCode, sync::Arc, time::Duration};

use crate::{
    report::{Case, Diagnostician},
    server::{self, AppState, Config, ProbeStarter, ServeArgs},
    store::SqliteStore,
};

/// How long work that cannot be interrupted may keep the program after the server has stopped.
const LAST_WORK: Duration = Duration::from_secs(1);

/// What a server is made of, beside its configuration.
pub struct Parts {
    /// Makes reports of cases.
    pub diagnostician: Arc<Diagnostician>,
    /// Starts live probes; `None` for a server without them.
    pub probes: Option<Arc<dyn ProbeStarter>>,
}

/// Serves until a signal says stop.
///
/// `parts` makes the engine and the probes from the configuration, or says in one sentence why it
/// cannot. Exit codes: 0 stopped as asked, 1 could not serve, 2 wrong configuration.
pub fn run(args: &ServeArgs, parts: impl FnOnce(&Config) -> Result<Parts, String>) -> ExitCode {
    let (config, warnings) = match Config::load(args, environment()) {
        Ok(loaded) => loaded,
        Err(error) => return fail(&error.to_string(), 2),
    };
    if let Err(error) = server::start_telemetry(&config.log) {
        return fail(&error, 2);
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let parts = match parts(&config) {
        Ok(parts) => parts,
        Err(error) => return fail(&error, 2),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start the runtime: {error}"), 1),
    };
    let ended = runtime.block_on(serve(config, parts));
    runtime.shutdown_timeout(LAST_WORK);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

async fn serve(config: Config, parts: Parts) -> Result<(), String> {
    // The port before the database: a second start must not touch the data of the first.
    let listener = server::listen(config.listen).await?;
    let store = SqliteStore::open(&config.data_dir, config.store.max_bytes).await;
    let store = store.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let doctor = Arc::clone(&parts.diagnostician);
    let diagnose = Arc::new(move |case: &Case, lang| doctor.diagnose(case, lang));
    let state = AppState::new(config, Arc::new(store.clone()), diagnose, parts.probes)
        .with_diagnostician(parts.diagnostician);
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
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment for the server"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[expect(clippy::print_stderr, reason = "a command says on stderr what went wrong")]
fn fail(sentence: &str, code: u8) -> ExitCode {
    eprintln!("hangup: {sentence}");
    ExitCode::from(code)
}
