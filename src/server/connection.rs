//! One connection: HTTP/1.1 or HTTP/2, and an end for clients that are too slow to be real.
//!
//! hyper's own header timeout also ends idle keep-alive connections after the same few seconds,
//! which would make us the side that closes first behind every load balancer. So time is kept
//! here: one limit for a head under way, another for silence, a third for a reader that stalls.

use std::{
    convert::Infallible,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{
    Request, Response, Version,
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::client::Peer;

/// From the first byte of a head, or from the connection's start, to the head's end.
pub(super) const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may rest between requests: longer than the 60 s of common load
/// balancers (AWS ALB's default), so that they close first and no request is lost in between.
const IDLE_LIMIT: Duration = Duration::from_secs(75);

/// How long a client may refuse to read what we send. judgement: a lift ride.
const STALL_LIMIT: Duration = Duration::from_secs(30);

/// How often the limits are looked at; they are met within this much.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long a connection that is over has to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Bytes of a head; also of the buffer it is read into.
const HEAD_BYTES: u32 = 16 * 1024;

/// Header lines of a head; browsers send some twenty, proxies add ten.
const HEAD_LINES: usize = 64;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 64;

/// The settings of HTTP for every connection.
pub(super) fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .max_headers(HEAD_LINES)
        .max_buf_size(HEAD_BYTES as usize)
        .header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// Serves one connection to its end; gives whether it was ended for being too slow.
///
/// Under `is_crowded` a resting connection gets [`HEAD_LIMIT`] only. After `stopping` is set the
/// requests under way are finished and no more are taken.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    builder: &Builder<TokioExecutor>,
    is_crowded: impl Fn() -> bool,
    stopping: CancellationToken,
) -> bool {
    let pulse = Arc::new(Pulse::new());
    let io = TokioIo::new(Watched { stream, pulse: Arc::clone(&pulse) });
    let service = service_fn({
        let pulse = Arc::clone(&pulse);
        move |request| answer(app.clone(), peer, request, Arc::clone(&pulse))
    });
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_stopping = false;
    let ended = loop {
        tokio::select! {
            _ = connection.as_mut() => return false,
            () = stopping.cancelled(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = look.tick() => {
                if let Some(ended) = pulse.judge(is_crowded()) {
                    break ended;
                }
            }
        }
    };
    connection.as_mut().graceful_shutdown();
    let _goodbye = timeout(GOODBYE, connection).await;
    ended == Ended::TooSlow
}

async fn answer(
    app: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
    pulse: Arc<Pulse>,
) -> Result<Response<Counted>, Infallible> {
    if request.version() == Version::HTTP_2 {
        pulse.is_http2.store(true, Ordering::Relaxed);
    }
    let request_under_way = UnderWay::new(pulse);
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    let response = app.oneshot(request).await?;
    Ok(response.map(|body| Counted { body, _under_way: request_under_way }))
}

/// Why a connection was ended from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    TooSlow,
    Resting,
}

/// The times of one connection, in milliseconds since its start; 0 is *not now*.
struct Pulse {
    born: Instant,
    under_way: AtomicUsize,
    head_since: AtomicU64,
    resting_since: AtomicU64,
    stalled_since: AtomicU64,
    /// What comes in between the requests of HTTP/2 is seldom a head: settings, windows, pings.
    is_http2: AtomicBool,
}

impl Pulse {
    fn new() -> Self {
        Self {
            born: Instant::now(),
            under_way: AtomicUsize::new(0),
            // A client that connects and says nothing owes us a head, too.
            head_since: AtomicU64::new(1),
            resting_since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(0),
            is_http2: AtomicBool::new(false),
        }
    }

    /// Notes that bytes came in.
    fn hear(&self) {
        let is_between = self.under_way.load(Ordering::Relaxed) == 0;
        if is_between && !self.is_http2.load(Ordering::Relaxed) {
            self.start(&self.head_since);
        }
    }

    /// At least 1, so that it is never mistaken for *not now*.
    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    fn start(&self, clock: &AtomicU64) {
        let _already_running =
            clock.compare_exchange(0, self.now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    fn has_run(&self, clock: &AtomicU64, limit: Duration) -> bool {
        let since = clock.load(Ordering::Relaxed);
        since != 0 && u128::from(self.now().saturating_sub(since)) > limit.as_millis()
    }

    fn judge(&self, is_crowded: bool) -> Option<Ended> {
        if self.has_run(&self.stalled_since, STALL_LIMIT) {
            return Some(Ended::TooSlow);
        }
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return None;
        }
        if self.has_run(&self.head_since, HEAD_LIMIT) {
            return Some(Ended::TooSlow);
        }
        let rest = if is_crowded { HEAD_LIMIT } else { IDLE_LIMIT };
        self.has_run(&self.resting_since, rest).then_some(Ended::Resting)
    }
}

/// Counts a request from the end of its head to the end of its answer.
struct UnderWay(Arc<Pulse>);

impl UnderWay {
    fn new(pulse: Arc<Pulse>) -> Self {
        pulse.under_way.fetch_add(1, Ordering::Relaxed);
        pulse.head_since.store(0, Ordering::Relaxed);
        pulse.resting_since.store(0, Ordering::Relaxed);
        Self(pulse)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.head_since.store(0, Ordering::Relaxed);
            self.0.start(&self.0.resting_since);
        }
    }
}

/// The body of an answer, which keeps its request counted.
struct Counted {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Counted {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that tells the pulse when something comes in and when nothing can go out.
struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl Watched {
    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &written {
            Poll::Pending => self.pulse.start(&self.pulse.stalled_since),
            Poll::Ready(_) => self.pulse.stalled_since.store(0, Ordering::Relaxed),
        }
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, into))?;
        if into.filled().len() > before {
            self.pulse.hear();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, from);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, from);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_requests_a_byte_begins_a_head_in_http_1_and_a_frame_in_http_2() {
        for (is_http2, begins) in [(false, true), (true, false)] {
            let pulse = Arc::new(Pulse::new());
            pulse.is_http2.store(is_http2, Ordering::Relaxed);
            drop(UnderWay::new(Arc::clone(&pulse)));
            assert_eq!(pulse.head_since.load(Ordering::Relaxed), 0);
            pulse.hear();
            assert_eq!(pulse.head_since.load(Ordering::Relaxed) != 0, begins, "{is_http2}");
            assert_ne!(pulse.resting_since.load(Ordering::Relaxed), 0, "it rests all the same");
        }
        assert_ne!(Pulse::new().head_since.load(Ordering::Relaxed), 0, "each owes a first head");
    }
}
