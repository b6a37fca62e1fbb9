//! Counters, in Prometheus' text format. No label ever holds a target, a token or an address.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

/// What the server counts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Responses by the first digit of their status, 1 to 5.
    requests: [AtomicU64; 5],
    /// Reports made.
    pub diagnoses: Counter,
    /// Reports stored.
    pub reports_saved: Counter,
    /// Entries that were added to saved reports.
    pub answers: Counter,
    /// Drafts stored.
    pub drafts_saved: Counter,
    /// Runs of live probes started.
    pub probes_started: Counter,
    /// Runs of live probes refused, for whatever reason.
    pub probes_refused: Counter,
    /// Runs of live probes under way.
    pub probes_running: Counter,
    /// Open connections.
    pub connections: Counter,
    /// Connections closed for being too slow.
    pub connections_too_slow: Counter,
}

/// A number that many tasks change.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number now.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    /// Counts a response.
    pub fn count_response(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self.requests.get(class) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::from("# HELP hangup_requests_total Responses by class of status.\n");
        text.push_str("# TYPE hangup_requests_total counter\n");
        for (class, counter) in (1..).zip(&self.requests) {
            let value = counter.load(Ordering::Relaxed);
            let _ = writeln!(text, "hangup_requests_total{{status=\"{class}xx\"}} {value}");
        }
        let rest = [
            ("diagnoses_total", "counter", "Reports made.", &self.diagnoses),
            ("reports_saved_total", "counter", "Reports stored.", &self.reports_saved),
            ("answers_total", "counter", "Entries added to saved reports.", &self.answers),
            ("drafts_saved_total", "counter", "Drafts stored.", &self.drafts_saved),
            ("probes_started_total", "counter", "Runs of probes started.", &self.probes_started),
            ("probes_refused_total", "counter", "Runs of probes refused.", &self.probes_refused),
            ("probes_running", "gauge", "Runs of probes under way.", &self.probes_running),
            ("connections", "gauge", "Open connections.", &self.connections),
            (
                "connections_too_slow_total",
                "counter",
                "Connections closed as too slow.",
                &self.connections_too_slow,
            ),
        ];
        for (name, sort, help, counter) in rest {
            let value = counter.value();
            let _ = writeln!(
                text,
                "# HELP hangup_{name} {help}\n# TYPE hangup_{name} {sort}\nhangup_{name} {value}"
            );
        }
        text
    }
}
