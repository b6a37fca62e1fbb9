//! Looking after an installation: backup, restore, migrate, config check, doctor.

use std::{
    future::Future,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use super::{
    Failure, base,
    healthcheck::{ask, reachable},
    serve::configuration,
};
use crate::{
    server::{Config, ServeArgs},
    store::{SqliteStore, StoreError},
};

/// `hangup backup` and `hangup restore`
#[derive(Args)]
pub(super) struct CopyArguments {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    server: ServeArgs,
}

/// `hangup config`
#[derive(Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read file, environment and flags as `serve` would, and say what is wrong with them
    Check(ServeArgs),
}

pub(super) fn backup(own: CopyArguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let (config, _) = configuration(own.server, overlay)?;
    waiting(SqliteStore::backup(&config.data_dir, &own.file))??;
    println!("{} holds everything in {}", own.file.display(), config.data_dir.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(own: CopyArguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let (config, _) = configuration(own.server, overlay)?;
    let former = waiting(SqliteStore::restore(&config.data_dir, &own.file))??;
    println!("{} holds what {} held", config.data_dir.display(), own.file.display());
    if let Some(former) = former {
        println!("the former database is kept as {}", former.display());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn migrate(args: ServeArgs, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let (config, _) = configuration(args, overlay)?;
    waiting(open_and_close(&config))??;
    println!("the database in {} is up to date", config.data_dir.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn config(own: ConfigArguments, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let ConfigCommand::Check(args) = own.command;
    let (_, warnings) = configuration(args, overlay)?;
    for warning in &warnings {
        println!("warning: {warning}");
    }
    println!("the configuration is sound");
    Ok(ExitCode::SUCCESS)
}

/// Everything that a start needs, looked at one by one; 1 where something is wrong.
pub(super) fn doctor(args: ServeArgs, overlay: Option<&Path>) -> Result<ExitCode, Failure> {
    let (config, warnings) = configuration(args, overlay)?;
    println!("ok    configuration");
    for warning in &warnings {
        println!("note  {warning}");
    }
    if let Some(proxy) = &config.probe.proxy {
        println!("note  the probes go through the proxy {proxy}");
    }
    let knowledge = base(config.knowledge.as_deref())
        .map(|base| format!("{} causes, {} signatures", base.causes.len(), base.signatures.len()));
    let knowledge = said("knowledge", knowledge.map_err(|failure| failure.message));
    let database = waiting(open_and_close(&config))?;
    let place = config.data_dir.display().to_string();
    let database = said("database", database.map(|()| place).map_err(|error| error.to_string()));
    let address = reachable(config.listen);
    let server = match (ask(address), std::net::TcpListener::bind(config.listen)) {
        (Ok(200), _) => Ok(format!("running and ready at {address}")),
        (Ok(status), _) => Err(format!("something at {address} answers {status}")),
        (Err(_), Ok(_)) => Ok(format!("not running; {} is free", config.listen)),
        (Err(_), Err(error)) => Err(format!("cannot listen on {}: {error}", config.listen)),
    };
    let server = said("server", server);
    let sound = knowledge && database && server;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Says how one thing is; true where it is well.
fn said(what: &str, how: Result<String, String>) -> bool {
    match how {
        Ok(how) => {
            println!("ok    {what}: {how}");
            true
        }
        Err(why) => {
            println!("wrong {what}: {why}");
            false
        }
    }
}

async fn open_and_close(config: &Config) -> Result<(), StoreError> {
    SqliteStore::open(&config.data_dir, config.store.most()).await?.close().await;
    Ok(())
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::short(error.to_string())
    }
}

/// Runs `work` to its end on a runtime of its own.
fn waiting<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::short(format!("cannot start the runtime: {error}")))?;
    Ok(runtime.block_on(work))
}
