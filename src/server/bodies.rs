//! Bodies of requests, read before a request takes a place among those that are worked on: whoever
//! sends slowly holds up nobody else.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{body::Body, http::StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::{
    limits::{busy, too_large, too_slow},
    problem::Problem,
    windows::{bucket, too_often},
};

/// How long a body may take, and the speed that gives it more time, bytes a second. judgement: a
/// stalled mobile network comes back within seconds, and its slowest still sends 16 KiB a second.
const GRACE: Duration = Duration::from_secs(8);
const SPEED: u64 = 16 * 1024;
/// Bodies of one client on their way at once. judgement: a browser sends six, and a team behind one address is no
/// more than ten browsers at the same moment.
const OF_CLIENT: usize = 64;
/// Bytes of bodies that are held for one client and for all, from their first byte to the answer; one
/// of the longest always fits.
const BYTES_OF_CLIENT: usize = 64 * 1024 * 1024;
const BYTES_OF_ALL: usize = 512 * 1024 * 1024;

/// What is held of the bodies of all requests; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// Bodies and bytes of each client.
    clients: BTreeMap<IpAddr, (usize, usize)>,
    bytes: usize,
}

/// A body that is held, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    of: Bodies,
    client: IpAddr,
    is_coming: bool,
    bytes: usize,
}

impl Held {
    /// Takes `bodies` and `bytes` off what `client` has.
    fn give_back(&mut self, client: IpAddr, bodies: usize, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        let own = self.clients.get(&client).copied().unwrap_or_default();
        let left = (own.0.saturating_sub(bodies), own.1.saturating_sub(bytes));
        if left == (0, 0) {
            self.clients.remove(&client);
        } else {
            self.clients.insert(client, left);
        }
    }
}

impl Bodies {
    /// Reads `body` of a request of `client`, at most `most` bytes. What it gives besides is kept until
    /// the request is answered.
    pub(super) async fn read(
        &self,
        client: IpAddr,
        body: Body,
        most: usize,
    ) -> Result<(Bytes, Hold), Problem> {
        let mut hold = self.enter(client).ok_or_else(|| too_often(Duration::from_secs(3)))?;
        let mut gathered = BytesMut::new();
        let mut arriving = Arriving::new(body);
        while let Some(data) = arriving.next().await? {
            if gathered.len() + data.len() > most {
                return Err(too_large(most));
            }
            if !hold.grow(data.len(), most) {
                return Err(busy());
            }
            gathered.extend_from_slice(&data);
        }
        hold.arrive();
        Ok((gathered.freeze(), hold))
    }

    /// Reads and forgets at most `most` bytes: a browser that is still sending shows our answer only if
    /// we took what it sent.
    pub(super) async fn drain(&self, client: IpAddr, body: Body, most: usize) {
        let Some(_hold) = self.enter(client) else { return };
        let mut arriving = Arriving::new(body);
        while let Ok(Some(_)) = arriving.next().await {
            if arriving.bytes > most {
                break;
            }
        }
    }

    fn enter(&self, client: IpAddr) -> Option<Hold> {
        let client = bucket(client);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bodies, _) = held.clients.entry(client).or_default();
        if *bodies >= OF_CLIENT {
            return None;
        }
        *bodies += 1;
        Some(Hold { of: self.clone(), client, is_coming: true, bytes: 0 })
    }
}

impl Hold {
    fn grow(&mut self, bytes: usize, most: usize) -> bool {
        let mut held = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = held.bytes + bytes;
        let own = held.clients.get(&self.client).map_or(0, |own| own.1) + bytes;
        if all > BYTES_OF_ALL.max(most) || own > BYTES_OF_CLIENT.max(most) {
            return false;
        }
        held.bytes = all;
        held.clients.entry(self.client).or_default().1 = own;
        self.bytes += bytes;
        true
    }

    /// The body is here: only its bytes count from now on.
    fn arrive(&mut self) {
        let mut held = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.give_back(self.client, usize::from(self.is_coming), 0);
        self.is_coming = false;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.give_back(self.client, usize::from(self.is_coming), self.bytes);
    }
}

/// A body on its way, with an end for one that is too slow.
struct Arriving {
    body: Body,
    since: Instant,
    bytes: usize,
}

impl Arriving {
    fn new(body: Body) -> Self {
        Self { body, since: Instant::now(), bytes: 0 }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let due = self.since + allowed(self.bytes);
            let frame = timeout_at(due, self.body.frame()).await.map_err(|_| too_slow())?;
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(cut_off()),
                Some(Ok(frame)) => {
                    // Trailers say nothing to us.
                    let Ok(data) = frame.into_data() else { continue };
                    self.bytes += data.len();
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// How long a body may have taken of which `bytes` are here.
fn allowed(bytes: usize) -> Duration {
    GRACE + Duration::from_millis(bytes as u64 * 1_000 / SPEED)
}

/// The problem of a body that ends before its end.
pub fn cut_off() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "cut-off",
        "The request ended before its body was complete.",
        "请求体未完整送达。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1024 * 1024;

    fn client(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_end_and_no_further() {
        let bodies = Bodies::default();
        let (read, _hold) = bodies.read(client(1), Body::from("abc"), MOST).await.unwrap();
        assert_eq!(&read[..], b"abc");
        assert_eq!(bodies.0.lock().unwrap().clients[&client(1)], (0, 3), "it is no longer coming");
        let long = bodies.read(client(1), Body::from(vec![b'x'; MOST + 1]), MOST).await;
        assert_eq!(long.unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        let broken = futures::stream::iter([Ok("a"), Err(std::io::Error::other("gone"))]);
        let broken = bodies.read(client(1), Body::from_stream(broken), MOST).await;
        assert_eq!(broken.unwrap_err().status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn whoever_sends_faster_gets_more_time() {
        assert_eq!(allowed(0), GRACE);
        assert_eq!(allowed(1024 * 1024), GRACE + Duration::from_secs(64));
    }

    #[tokio::test]
    async fn a_client_has_so_many_bodies_and_bytes_and_gets_them_back() {
        let bodies = Bodies::default();
        let held: Vec<_> = (0..OF_CLIENT).map(|_| bodies.enter(client(1)).unwrap()).collect();
        assert!(bodies.enter(client(1)).is_none());
        let refused = bodies.read(client(1), Body::from("x"), MOST).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(bodies.enter(client(2)).is_some());
        drop(held);
        let mut hold = bodies.enter(client(1)).unwrap();
        assert!(hold.grow(BYTES_OF_CLIENT, MOST) && !hold.grow(1, MOST));
        assert!(bodies.enter(client(2)).unwrap().grow(MOST, MOST));
        drop(hold);
        let held = bodies.0.lock().unwrap();
        assert!(held.clients.is_empty() && held.bytes == 0, "{held:?}");
    }
}
