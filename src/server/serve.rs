//! The accept loop: from a listening socket to served connections, and to a graceful end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::{connection, open_files, router::router, state::AppState};

/// How long connections have to finish after the signal to stop. With what comes after, the
/// program is gone within ten seconds, which is what orchestrators grant.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// Open files kept for the database, probes and logs.
const FILES_KEPT: usize = 256;

/// How often expired reports and drafts are deleted; links end on time regardless.
const PURGE_EVERY: Duration = Duration::from_mins(10);

/// Listens at `address`; an error is one sentence that says what to do.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {address}: the port is in use by another program; stop it or choose another with --listen"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "cannot listen on {address}: ports below 1024 need a privilege; choose one above with --listen"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("cannot listen on {address}: this machine does not have that address")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
}

/// Serves until `state.stopping` is set and the requests under way are done, or out of time.
pub async fn serve(listener: TcpListener, state: AppState) {
    let files = open_files::raise_limit();
    let most = state.config.limits.connections.min(files.saturating_sub(FILES_KEPT)).max(1);
    let places = Arc::new(Semaphore::new(most));
    let app = router(state.clone());
    let builder = connection::builder();
    state.learn().await;
    let purging = tokio::spawn(purge(state.clone()));
    if let Err(error) = state.webhooks.resume().await {
        tracing::warn!(%error, "webhooks of an earlier run could not be read");
    }
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = state.stopping.cancelled() => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (app, builder, state, places) =
            (app.clone(), builder.clone(), state.clone(), Arc::clone(&places));
        tokio::spawn(async move {
            state.metrics.connections.up();
            let is_crowded = || places.available_permits() < most / 5;
            let stopping = state.stopping.clone();
            if connection::serve(stream, peer, app, &builder, is_crowded, stopping).await {
                state.metrics.connections_too_slow.up();
            }
            state.metrics.connections.down();
            drop(place);
        });
    }
    drop(listener);
    purging.abort();
    // Every place is free again once every connection is done.
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    if timeout(STOP_LIMIT, places.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut off");
    }
}

type Accepted = (tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection and its place; `None` where accepting failed and is to be tried again.
///
/// The place comes first: beyond the limit, connections wait in the kernel's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Small answers must not wait for the acknowledgement of earlier ones.
            let _only_slower = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) if is_about_one_client(&error) => None,
        Err(error) => {
            // Out of files or memory; without a pause this loop would take the processor, too.
            tracing::error!(%error, "accepting a connection failed");
            sleep(Duration::from_millis(200)).await;
            None
        }
    }
}

fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn purge(state: AppState) {
    loop {
        match state.store.purge_expired(state.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "deleted what had expired"),
            Err(error) => tracing::warn!(%error, "deleting what has expired failed"),
        }
        sleep(PURGE_EVERY).await;
    }
}

/// Resolves at the first SIGTERM or SIGINT.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the signals end the process by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
