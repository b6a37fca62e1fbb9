//! Places for requests that are worked on at once, and a share of them for each client.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::windows::bucket;

/// How long a request may wait for a place among the others. judgement: a burst passes in less.
const QUEUE_WAIT: Duration = Duration::from_secs(2);

/// One client may take one place of so many. judgement: behind a proxy that is not told to us all
/// visitors are one client, so the share must serve a team.
const SHARE: usize = 4;
/// Places of one client where there are few in all.
const LEAST: usize = 8;

/// The places of a server; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_client: usize,
    clients: Arc<Mutex<BTreeMap<IpAddr, Arc<Semaphore>>>>,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    _own: Own,
}

/// A place among those of one client.
#[derive(Debug)]
struct Own {
    of: Places,
    client: IpAddr,
    permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// `most` places in all.
    pub(super) fn new(most: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(most)),
            of_client: (most / SHARE).max(LEAST).min(most),
            clients: Arc::default(),
        }
    }

    /// A place for a request of `client`; nothing where none becomes free in time.
    pub(super) async fn enter(&self, client: IpAddr) -> Option<Place> {
        let wait = async {
            let own = self.of_client(client).await?;
            let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Place { _all: all, _own: own })
        };
        timeout(QUEUE_WAIT, wait).await.ok().flatten()
    }

    async fn of_client(&self, client: IpAddr) -> Option<Own> {
        let client = bucket(client);
        let mut own = {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            let places =
                clients.entry(client).or_insert_with(|| Arc::new(Semaphore::new(self.of_client)));
            (Own { of: self.clone(), client, permit: None }, Arc::clone(places))
        };
        own.0.permit = Some(own.1.acquire_owned().await.ok()?);
        Some(own.0)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut clients = self.of.clients.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit.take();
        // Whoever waits or works holds it too.
        if clients.get(&self.client).is_some_and(|places| Arc::strong_count(places) == 1) {
            clients.remove(&self.client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_client_takes_its_share_and_leaves_nothing_behind() {
        let places = Places::new(64);
        let (greedy, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(places.enter(greedy).await.unwrap());
        }
        let (refused, served) = tokio::join!(places.enter(greedy), places.enter(other));
        assert!(refused.is_none() && served.is_some());
        drop(served);
        held.pop();
        assert!(places.enter(greedy).await.is_some());
        held.clear();
        assert!(places.clients.lock().unwrap().is_empty());
        assert!(Places::new(1).enter(greedy).await.is_some());
    }
}
