//! Who may start how many probes: accounts per client, per target and for the whole instance.
//!
//! In: the client's address and the target. Out: a [`Ticket`] that counts as a running probe until
//! it is dropped, or [`TooMany`] with the time to wait. No I/O; the clock comes in as `now`.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    hostname::Host,
    party::{network_of, owner_of},
    rules::{self, Rule},
    target::Target,
};

/// The limits. The defaults are those of the threat model (security notes, weapons W1 to W6).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Probes running at once on this instance.
    pub instance: usize,
    /// Idle tests running at once on this instance.
    pub holds: usize,
    /// Probes running at once by one client.
    pub client: usize,
    /// Runs one client may start in an hour.
    pub client_runs_per_hour: usize,
    /// Different hosts one client may probe in an hour.
    pub client_hosts_per_hour: usize,
    /// Probes running at once against one target.
    pub target: usize,
    /// Runs against one target in an hour, by all clients together.
    pub target_runs_per_hour: usize,
    /// Different ports of one target in a day.
    pub target_ports_per_day: usize,
    /// Bursts against one target in an hour, by all clients together.
    pub target_bursts_per_hour: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            instance: 64,
            holds: 20,
            client: 5,
            client_runs_per_hour: 120,
            client_hosts_per_hour: 20,
            target: 2,
            target_runs_per_hour: 30,
            target_ports_per_day: 8,
            target_bursts_per_hour: 4,
        }
    }
}

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Which limit, in words.
    pub rule: Rule,
    /// When to come back, at least one second.
    pub retry_after: Duration,
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// How long a caller should wait for a running probe to end; a full run with the idle test takes
/// about a minute.
const BUSY: Duration = Duration::from_secs(30);
/// Accounts kept. Beyond it those are forgotten that had no run for an hour, and then new ones refused: who
/// asks about many hosts must not keep everybody else out for a day.
const MAX_ACCOUNTS: usize = 20_000;

/// The accounts. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub struct Budgets {
    limits: Limits,
    state: Arc<Mutex<Ledger>>,
}

#[derive(Debug, Default)]
struct Ledger {
    accounts: HashMap<Key, Account>,
    running: usize,
    holds: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Client(IpAddr),
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Default)]
struct Account {
    running: usize,
    holding: bool,
    runs: VecDeque<Instant>,
    bursts: VecDeque<Instant>,
    seen: VecDeque<(Instant, String)>,
}

impl Account {
    fn forget(&mut self, now: Instant, seen_for: Duration) {
        let old = |at: Instant, age: Duration| now.saturating_duration_since(at) >= age;
        while self.runs.front().is_some_and(|at| old(*at, HOUR)) {
            self.runs.pop_front();
        }
        while self.bursts.front().is_some_and(|at| old(*at, HOUR)) {
            self.bursts.pop_front();
        }
        while self.seen.front().is_some_and(|(at, _)| old(*at, seen_for)) {
            self.seen.pop_front();
        }
    }

    /// Whether one more kind, such as a port or a host, fits; one that was seen always does.
    fn has_room(&self, what: &str, cap: &Cap) -> Result<(), TooMany> {
        let is_new = self.seen.iter().all(|(_, seen)| seen != what);
        if is_new && self.seen.len() >= cap.kinds {
            return Err(TooMany { rule: cap.rule, retry_after: BUSY });
        }
        Ok(())
    }

    /// Writes down a kind. The newest sighting of it is the one that ages.
    fn note(&mut self, what: &str, now: Instant) {
        self.seen.retain(|(_, seen)| seen != what);
        self.seen.push_back((now, what.to_owned()));
    }

    /// Both at once.
    fn see(&mut self, what: &str, now: Instant, cap: &Cap) -> Result<(), TooMany> {
        self.has_room(what, cap)?;
        self.note(what, now);
        Ok(())
    }

    fn is_idle(&self) -> bool {
        !self.is_busy() && self.seen.is_empty()
    }

    /// Whether it runs, or ran within the hour.
    fn is_busy(&self) -> bool {
        self.running > 0 || !self.runs.is_empty() || !self.bursts.is_empty()
    }

    /// The time until the account admits a run, `None` if it does now.
    fn wait(&self, now: Instant, cap: &Cap, what: &str) -> Option<Duration> {
        if self.running >= cap.running {
            return Some(BUSY);
        }
        let until = |at: Instant, age: Duration| (at + age).saturating_duration_since(now);
        if self.runs.len() >= cap.runs {
            return self.runs.front().map(|at| until(*at, HOUR));
        }
        let kinds: HashSet<&str> = self.seen.iter().map(|(_, seen)| seen.as_str()).collect();
        if kinds.len() >= cap.kinds && !kinds.contains(what) {
            return self.seen.front().map(|(at, _)| until(*at, cap.kinds_for));
        }
        None
    }
}

/// What one kind of account allows.
struct Cap {
    running: usize,
    runs: usize,
    kinds: usize,
    kinds_for: Duration,
    rule: Rule,
}

/// One admitted run. Dropping it gives its places back.
#[derive(Debug)]
pub struct Ticket {
    budgets: Budgets,
    keys: Vec<Key>,
    holding: bool,
}

impl Budgets {
    /// Empty accounts under `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Arc::default() }
    }

    /// Admits a run of `client` against `target`, before any packet.
    ///
    /// # Errors
    /// The limit that is reached, and when to try again.
    pub fn admit(&self, client: IpAddr, target: &Target) -> Result<Ticket, TooMany> {
        self.admit_at(client, target, Instant::now())
    }

    fn admit_at(&self, client: IpAddr, target: &Target, now: Instant) -> Result<Ticket, TooMany> {
        let target_key = match target.host() {
            Host::Name(name) => Key::Name(owner_of(name)),
            Host::Address(ip) => Key::Address(network_of(*ip)),
        };
        let wanted = [
            (Key::Client(network_of(client)), target.host().to_string()),
            (target_key, target.port().to_string()),
        ];
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.running >= self.limits.instance {
            return Err(TooMany { rule: rules::INSTANCE_BUSY, retry_after: BUSY });
        }
        self.check(&mut state, &wanted, now)?;
        let mut ticket = Ticket { budgets: self.clone(), keys: Vec::new(), holding: false };
        state.running += 1;
        for (key, what) in wanted {
            state.enter(key, &what, now, &mut ticket.keys);
        }
        Ok(ticket)
    }

    /// Checks every account before any is charged.
    fn check(
        &self,
        state: &mut Ledger,
        wanted: &[(Key, String)],
        now: Instant,
    ) -> Result<(), TooMany> {
        for (key, what) in wanted {
            let cap = self.cap(key);
            if let Some(account) = state.accounts.get_mut(key) {
                account.forget(now, cap.kinds_for);
                if let Some(wait) = account.wait(now, &cap, what) {
                    let retry_after = wait.max(Duration::from_secs(1));
                    return Err(TooMany { rule: cap.rule, retry_after });
                }
            }
        }
        if state.accounts.len() + wanted.len() > MAX_ACCOUNTS {
            state.accounts.retain(|key, account| {
                account.forget(now, self.cap(key).kinds_for);
                !account.is_idle()
            });
        }
        if state.accounts.len() + wanted.len() > MAX_ACCOUNTS {
            state.accounts.retain(|_, account| account.is_busy());
            if state.accounts.len() + wanted.len() > MAX_ACCOUNTS {
                return Err(TooMany { rule: rules::INSTANCE_BUSY, retry_after: BUSY });
            }
        }
        Ok(())
    }

    fn cap(&self, key: &Key) -> Cap {
        let limits = &self.limits;
        match key {
            Key::Client(_) => Cap {
                running: limits.client,
                runs: limits.client_runs_per_hour,
                kinds: limits.client_hosts_per_hour,
                kinds_for: HOUR,
                rule: rules::CLIENT_BUSY,
            },
            Key::Name(_) | Key::Address(_) => Cap {
                running: limits.target,
                runs: limits.target_runs_per_hour,
                kinds: limits.target_ports_per_day,
                kinds_for: DAY,
                rule: rules::TARGET_BUSY,
            },
        }
    }

    /// Runs and idle tests under way, for a gauge.
    pub fn running(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.running, state.holds)
    }
}

impl Ledger {
    fn enter(&mut self, key: Key, what: &str, now: Instant, keys: &mut Vec<Key>) {
        let account = self.accounts.entry(key.clone()).or_default();
        account.running += 1;
        account.runs.push_back(now);
        account.note(what, now);
        keys.push(key);
    }
}

impl Ticket {
    /// Charges the addresses that the target's name resolved to, so that many names of one machine
    /// share one account.
    pub fn charge_addresses(&mut self, addresses: &[IpAddr], port: u16) -> Result<(), TooMany> {
        let now = Instant::now();
        let mut networks: Vec<Key> =
            addresses.iter().map(|ip| Key::Address(network_of(*ip))).collect();
        networks.sort_by_key(|key| format!("{key:?}"));
        networks.dedup();
        networks.retain(|key| !self.keys.contains(key));
        let wanted: Vec<_> = networks.into_iter().map(|key| (key, port.to_string())).collect();
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.budgets.check(&mut state, &wanted, now)?;
        for (key, what) in wanted {
            state.enter(key, &what, now, &mut self.keys);
        }
        Ok(())
    }

    /// Charges another port of the target, so that a run which looks at two counts for two.
    pub fn charge_port(&mut self, port: u16) -> Result<(), TooMany> {
        let now = Instant::now();
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        let what = port.to_string();
        let targets = || self.keys.iter().filter(|key| !matches!(key, Key::Client(_)));
        for key in targets() {
            let cap = self.budgets.cap(key);
            let Some(account) = state.accounts.get_mut(key) else { continue };
            account.forget(now, cap.kinds_for);
            account.has_room(&what, &cap)?;
        }
        for key in targets() {
            if let Some(account) = state.accounts.get_mut(key) {
                account.note(&what, now);
            }
        }
        Ok(())
    }

    /// Charges the target of a redirect, which is another run against it if it is of another owner or
    /// lies elsewhere. `addresses` are those that its name resolved to.
    ///
    /// # Errors
    /// The limit that is reached; nothing may be sent there then.
    pub fn charge_redirect(
        &mut self,
        target: &Target,
        addresses: &[IpAddr],
    ) -> Result<(), TooMany> {
        let now = Instant::now();
        let (host, port) = (target.host().to_string(), target.port().to_string());
        let mut wanted = Vec::new();
        let mut is_stranger = false;
        if let Host::Name(name) = target.host() {
            let owner = Key::Name(owner_of(name));
            is_stranger = !self.keys.contains(&owner);
            wanted.push((owner, port.clone()));
        }
        for network in addresses.iter().map(|ip| Key::Address(network_of(*ip))) {
            if wanted.iter().all(|(key, _)| *key != network) {
                wanted.push((network, port.clone()));
            }
        }
        let known = wanted.iter().any(|(key, _)| self.keys.contains(key));
        wanted.retain(|(key, _)| !self.keys.contains(key));
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.budgets.check(&mut state, &wanted, now)?;
        // Another host counts among those that the client looks at.
        let client = self.keys.iter().find(|key| matches!(key, Key::Client(_)));
        if let Some(key) = client.filter(|_| is_stranger || !known) {
            let cap = self.budgets.cap(key);
            if let Some(account) = state.accounts.get_mut(key) {
                account.forget(now, cap.kinds_for);
                account.see(&host, now, &cap)?;
            }
        }
        for (key, what) in wanted {
            state.enter(key, &what, now, &mut self.keys);
        }
        drop(state);
        self.charge_port(target.port())
    }

    /// Charges a burst to the target.
    pub fn charge_burst(&mut self) -> Result<(), TooMany> {
        let now = Instant::now();
        let most = self.budgets.limits.target_bursts_per_hour;
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        let targets = || self.keys.iter().filter(|key| !matches!(key, Key::Client(_)));
        for key in targets() {
            let rule = self.budgets.cap(key).rule;
            let Some(account) = state.accounts.get_mut(key) else { continue };
            account.forget(now, DAY);
            if account.bursts.len() >= most {
                let oldest = account.bursts.front().copied().unwrap_or(now);
                let retry_after = HOUR.saturating_sub(now.saturating_duration_since(oldest));
                return Err(TooMany { rule, retry_after });
            }
        }
        for key in targets() {
            if let Some(account) = state.accounts.get_mut(key) {
                account.bursts.push_back(now);
            }
        }
        Ok(())
    }

    /// Gives the run back to all accounts: it was refused before it began.
    pub fn refund(self) {
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(account) = state.accounts.get_mut(key) {
                account.runs.pop_back();
            }
        }
    }

    /// Takes a place for a run that holds connections: one per client, one per target.
    pub fn hold(&mut self) -> Result<(), TooMany> {
        if self.holding {
            return Ok(());
        }
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.holds >= self.budgets.limits.holds {
            return Err(TooMany { rule: rules::INSTANCE_BUSY, retry_after: BUSY });
        }
        for key in &self.keys {
            if state.accounts.get(key).is_some_and(|account| account.holding) {
                let rule = self.budgets.cap(key).rule;
                return Err(TooMany { rule, retry_after: BUSY });
            }
        }
        for key in &self.keys {
            state.accounts.entry(key.clone()).or_default().holding = true;
        }
        state.holds += 1;
        self.holding = true;
        Ok(())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.budgets.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = state.running.saturating_sub(1);
        if self.holding {
            state.holds = state.holds.saturating_sub(1);
        }
        for key in &self.keys {
            if let Some(account) = state.accounts.get_mut(key) {
                account.running = account.running.saturating_sub(1);
                if self.holding {
                    account.holding = false;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
