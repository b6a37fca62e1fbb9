//! What happens to saved reports, told in one place: the streams of open pages listen here, and so
//! may whatever else wants to know.

use tokio::sync::broadcast;

/// Notices that a slow listener may be behind; it reads the store again afterwards.
const QUEUE: usize = 256;

/// What happened to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was saved.
    Saved,
    /// Somebody answered, commented, or facts came in.
    Answered,
    /// A fix was applied and is being checked.
    FixTried,
    /// A fix was checked: whether it was it.
    Checked {
        /// Whether it worked.
        worked: bool,
    },
    /// It was revoked, or burned when it was read.
    Gone,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Number of the report within the store.
    pub report: i64,
    /// Number of the event; 0 where it is none.
    pub event: u64,
    /// What.
    pub what: What,
}

/// Where notices are told and heard; cheap to clone.
#[derive(Clone, Debug)]
pub struct Notices(broadcast::Sender<Notice>);

impl Default for Notices {
    fn default() -> Self {
        Self(broadcast::Sender::new(QUEUE))
    }
}

impl Notices {
    /// Tells whoever listens; nobody need.
    pub fn tell(&self, report: i64, event: u64, what: What) {
        let _nobody_listens = self.0.send(Notice { report, event, what });
    }

    /// Hears every notice from now on.
    pub fn listen(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}
