//! The late write of a held connection, and how soon it counts as lost.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{hold::End, http::Stream};

/// How long to wait for the answer to a late write on a short way. Linux repeats a segment after 0.2,
/// 0.6 and 1.4 s, so what is unacknowledged then is lost for good: four losses in a row are no
/// accident. On a longer way it repeats later, and the wait is longer.
const LATE: Duration = Duration::from_millis(1600);
/// The longest wait, on the longest way.
const LATEST: Duration = Duration::from_secs(4);
/// The shortest time after which Linux repeats a segment, beside the round trip (TCP_RTO_MIN).
const REPEAT: Duration = Duration::from_millis(200);
/// Where the way has lost nothing so far, a write that was sent this many times more and is not
/// acknowledged is lost for good. judgement: three losses in a row where none was seen before.
const REPEATS: u32 = 2;
/// So much later than a repeat it is looked at.
const AFTER: Duration = Duration::from_millis(50);

/// How soon a missing acknowledgement is believed.
#[derive(Clone, Copy)]
pub(super) struct Trust<'a> {
    /// Whether the way was seen to lose what came through in the end.
    pub(super) lossy: &'a AtomicBool,
    /// Whether another write is suspected to be lost already.
    pub(super) seconds: bool,
}

/// Writes, and waits for the answer; `suspect` is called once it is overdue that the other side
/// acknowledges.
pub(super) async fn write_late(
    stream: &mut (dyn Stream + '_),
    late: &[u8],
    trust: Trust<'_>,
    suspect: impl FnOnce(),
) -> End {
    let watch = stream.conn().watch();
    let before = watch.facts();
    let rtt = before.rtt;
    let repeat = rtt + REPEAT.max(rtt * 2);
    // Sent at 0, 1, 3 and 7 times that.
    let whole = (repeat * 7 + rtt + REPEAT).clamp(LATE, LATEST);
    // An acknowledgement is delayed by less than the shortest repeat.
    let due = (repeat + rtt + AFTER).min(whole);
    let (sure, repeats) = if trust.seconds {
        (repeat * 2 + rtt + AFTER, REPEATS - 1)
    } else {
        (repeat * 3 + rtt + AFTER * 2, REPEATS)
    };
    let mut buffer = [0_u8; 512];
    let mut asking = std::pin::pin!(async {
        stream.write_all(late).await?;
        stream.flush().await?;
        stream.read(&mut buffer).await
    });
    let mut answer = timeout(due, &mut asking).await;
    if answer.is_err() {
        if watch.facts().unacknowledged > 0 {
            suspect();
        }
        answer = timeout(sure.saturating_sub(due), &mut asking).await;
    }
    if answer.is_err() {
        let now = watch.facts();
        let lost = now.unacknowledged > 0
            && now.retransmits.saturating_sub(before.retransmits) >= repeats
            && !trust.lossy.load(Ordering::Relaxed);
        if lost {
            return End::Silent;
        }
        answer = timeout(whole.saturating_sub(sure), &mut asking).await;
    }
    let after = watch.facts();
    if after.retransmits > before.retransmits && after.unacknowledged == 0 {
        trust.lossy.store(true, Ordering::Relaxed);
    }
    match answer {
        Ok(Ok(0)) => End::ResetByWrite,
        Ok(Ok(_)) => End::Alive,
        Ok(Err(error)) if error.kind() == io::ErrorKind::QuotaExceeded => End::Open,
        Ok(Err(_)) => End::ResetByWrite,
        // No answer: acknowledged means that the path is alive and the application slow.
        Err(_) if after.unacknowledged == 0 => End::Alive,
        Err(_) => End::Silent,
    }
}
