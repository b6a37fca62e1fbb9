//! Starting real servers and misbehaving ones, and running probes against them.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use hangup::{
    evidence::Observation,
    probe::{
        Gate, Plan, Probe, ProbeEvent, Roots,
        policy::Policy,
        resolve::{DnsClient, Resolve},
        run,
        target::Target,
    },
};
use tokio::net::{TcpListener, TcpStream};

/// What a run said, with ways to ask.
#[derive(Debug)]
pub(crate) struct Told(pub(crate) Vec<ProbeEvent>);

impl Told {
    /// The value observed for `variable`, if any.
    pub(crate) fn value(&self, variable: &str) -> Option<String> {
        self.observation(variable).map(|seen| seen.value.to_string())
    }

    pub(crate) fn observation(&self, variable: &str) -> Option<&Observation> {
        self.0.iter().find_map(|event| match event {
            ProbeEvent::Observation(seen) if seen.variable == variable => Some(seen),
            _ => None,
        })
    }

    pub(crate) fn components(&self) -> Vec<String> {
        let of = |event: &ProbeEvent| match event {
            ProbeEvent::Observation(seen) if seen.variable == "component" => {
                Some(seen.value.to_string())
            }
            _ => None,
        };
        self.0.iter().filter_map(of).collect()
    }

    /// Whether a finding's English sentence holds `part`.
    pub(crate) fn has_finding(&self, part: &str) -> bool {
        self.0.iter().any(|event| {
            matches!(event, ProbeEvent::Finding { finding, .. } if finding.text.en.contains(part))
        })
    }

    pub(crate) fn is_hidden(&self, wanted: Probe) -> bool {
        let hides = |event: &ProbeEvent| matches!(event, ProbeEvent::NotVisible { probe, .. } if *probe == wanted);
        self.0.iter().any(hides)
    }

    pub(crate) fn refused_by(&self) -> Option<&str> {
        self.0.iter().find_map(|event| match event {
            ProbeEvent::Refused { rule, .. } => Some(rule.as_str()),
            _ => None,
        })
    }
}

/// The public policy with loopback opened, which is how the tests reach their own servers.
pub(crate) fn loopback() -> Policy {
    Policy { allow_loopback: true, ..Policy::default() }
}

pub(crate) fn plan(target: &str, only: &[Probe], max_idle: u64) -> Plan {
    let mut plan = Plan::new(Target::parse(target).expect("a valid target"));
    plan.only = only.to_vec();
    plan.max_idle = Duration::from_secs(max_idle);
    plan
}

pub(crate) async fn tell(plan: Plan, policy: Policy, resolver: Arc<dyn Resolve>) -> Told {
    follow(plan, Gate::new(Arc::new(policy), resolver)).await
}

/// Runs `plan` through `gate` to its end.
pub(crate) async fn follow(plan: Plan, gate: Gate) -> Told {
    let mut run = run(plan, gate, None);
    let mut events = Vec::new();
    while let Some(event) = run.events.recv().await {
        events.push(event);
    }
    assert!(matches!(events.last(), Some(ProbeEvent::Done { .. })), "{events:?}");
    Told(events)
}

/// Runs `only` against a target on loopback.
pub(crate) async fn probe(target: &str, only: &[Probe], max_idle: u64) -> Told {
    let nobody = DnsClient::new(vec![SocketAddr::from(([127, 0, 0, 1], 1))]);
    tell(plan(target, only, max_idle), loopback(), Arc::new(nobody)).await
}

/// The same, trusting `roots` beside Mozilla's.
pub(crate) async fn probe_trusting(target: &str, only: &[Probe], roots: Roots) -> Told {
    let nobody = DnsClient::new(Vec::new());
    let mut plan = plan(target, only, 2);
    plan.roots = roots;
    tell(plan, loopback(), Arc::new(nobody)).await
}

/// Serves every connection with `serve`, until the test's runtime ends.
pub(crate) async fn server<F, S>(serve: S) -> SocketAddr
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    serve_at(SocketAddr::from(([127, 0, 0, 1], 0)), serve).await
}

/// The same at an address of one's own choice.
pub(crate) async fn serve_at<F, S>(address: SocketAddr, serve: S) -> SocketAddr
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// An address of loopback that no other test of this process, and most likely none of another, uses:
/// for protocols that are known by their port.
pub(crate) fn own_loopback() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high | 64, low, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A port that nothing listens on.
pub(crate) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A server program, killed at the end of the test.
pub(crate) struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts an installed program and waits until `address` accepts. `None`, with a line that says so,
/// where it is not installed; on CI that is a failure.
pub(crate) async fn start(
    path: &str,
    arguments: &[&str],
    folder: &Path,
    address: SocketAddr,
) -> Option<Program> {
    if !Path::new(path).exists() {
        let name = Path::new(path).file_name().unwrap().to_string_lossy();
        println!("skipped: {name} is not installed");
        assert!(std::env::var_os("CI").is_none(), "{name} is needed on CI");
        return None;
    }
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let child = Command::new(path)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let program = Program(child);
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_ok() {
            return Some(program);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("{path} did not start: {log}");
}

/// A Node.js server: `script` makes it as `s`, and it listens on a free port of loopback.
pub(crate) async fn node(script: &str) -> Option<(Program, SocketAddr)> {
    let folder = tempfile::tempdir().unwrap();
    let address = closed_port().await;
    let whole = format!("{script}; s.listen({}, '127.0.0.1')", address.port());
    let program = start("/usr/bin/node", &["-e", &whole], folder.path(), address).await?;
    Some((program, address))
}

/// Makes the close of `stream` a RST.
pub(crate) fn reset(stream: &TcpStream) {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Runs `test` of this binary once more inside `script`, which makes network namespaces of its own and
/// calls `"$HANGUP_TEST" --exact` with the test's name. Says so and returns where none may be made; on
/// CI that is a failure.
pub(crate) fn in_namespaces(script: &str, settings: &[(&str, String)]) {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", script]);
    command.env("HANGUP_TEST", std::env::current_exe().unwrap());
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    let Ok(output) = command.output() else {
        println!("skipped: unshare is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !said.contains("running 1 test") {
        println!("skipped: no network namespace may be made here: {errors}");
        assert!(std::env::var_os("CI").is_none(), "network namespaces are needed on CI");
        return;
    }
    assert!(output.status.success(), "{said}{errors}");
}

/// Whether this is the test inside the namespaces; then `inside` is run, and the test is over.
pub(crate) fn is_inside(inside: impl Future<Output = ()>) -> bool {
    if std::env::var_os("HANGUP_TEST").is_none() {
        return false;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(inside);
    true
}
