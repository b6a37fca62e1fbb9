//! The program as it is started: ports, signals, slow clients, restarts.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts on a free port and waits until it listens.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &[])
    }

    /// The same with settings from the environment.
    pub(crate) fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = command(data_dir);
        command.envs(settings.iter().copied());
        let mut child = command.args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("listening on http://")).unwrap();
        let address = line.split("http://").nth(1).unwrap().trim().parse().unwrap();
        // Read on, or a full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// One request on a connection of its own; the whole answer.
    pub(crate) fn ask(&self, head: &str, body: &str) -> String {
        Self::ask_on(self.connect(), head, body)
    }

    /// The same from an address of loopback, as a client of its own.
    pub(crate) fn ask_from(&self, client: Ipv4Addr, head: &str, body: &str) -> String {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((client, 0)).into()).unwrap();
        socket.connect(&self.address.into()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self::ask_on(socket.into(), head, body)
    }

    fn ask_on(mut stream: TcpStream, head: &str, body: &str) -> String {
        let length = body.len();
        write!(stream, "{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Status and body of a request; JSON `null` where the body is none.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
        let json = "Content-Type: application/json\r\nAccept: application/json";
        let answer = self.ask(&format!("{method} {path} HTTP/1.1\r\n{json}"), body);
        let status = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    pub(crate) fn get(&self, path: &str) -> (u16, serde_json::Value) {
        self.call("GET", path, "")
    }

    pub(crate) fn delete(&self, path: &str) -> (u16, serde_json::Value) {
        self.call("DELETE", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        self.call("POST", path, &body.to_string())
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status =
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn command(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hangup"));
    command.arg("serve").arg("--data-dir").arg(data_dir);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// How a start that fails ends: its code and what it says.
fn failing(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// How long until the other side closes.
fn until_closed(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    let _reset_is_closed_too = stream.read_to_end(&mut rest);
    started.elapsed()
}

#[test]
fn a_start_that_cannot_succeed_says_why_in_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("first"));
    let address = server.address.to_string();
    let (code, said) = failing(command(dir.path()).args(["--listen", &address]));
    assert_eq!(code, 1, "{said}");
    assert_eq!(
        said,
        format!(
            "hangup: cannot listen on {address}: the port is in use by another program; \
             stop it or choose another with --listen\n"
        )
    );

    let config = dir.path().join("hangup.toml");
    std::fs::write(&config, "[shar]\n").unwrap();
    let (code, said) = failing(command(dir.path()).arg("--config").arg(&config));
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("there is no key `shar`; did you mean `share`?"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    let (code, said) = failing(command(&config.join("data")).args(["--listen", "127.0.0.1:0"]));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(&format!("cannot use the data directory `{}/data`", config.display())),
        "{said}"
    );
    let (code, _) = failing(command(dir.path()).arg("--no-such-flag"));
    assert_eq!(code, 2);
}

#[test]
fn clients_without_a_whole_head_are_closed_and_resting_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let mut resting = server.connect();
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 1024];
    assert!(resting.read(&mut answer).unwrap() > 0);

    let slow = ["", "P", "PRI * HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "];
    let waits = slow.map(|start| {
        let mut stream = server.connect();
        stream.write_all(start.as_bytes()).unwrap();
        std::thread::spawn(move || until_closed(&mut stream))
    });
    for (start, wait) in slow.into_iter().zip(waits) {
        let wait = wait.join().unwrap();
        assert!(
            wait > Duration::from_millis(4_500) && wait < Duration::from_millis(7_500),
            "{start:?}: {wait:?}"
        );
    }
    // More than the limit of a head later, the resting connection still serves, and a second head
    // gets the same limit as a first.
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he").unwrap();
    assert!(resting.read(&mut answer).unwrap() > 0);
    resting.write_all(b"alt").unwrap();
    let wait = until_closed(&mut resting);
    assert!(wait < Duration::from_millis(7_500), "{wait:?}");
}

#[test]
fn a_head_beyond_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let long = server.ask(&format!("GET / HTTP/1.1\r\nX-Long: {}", "x".repeat(20_000)), "");
    assert!(long.starts_with("HTTP/1.1 431"), "{long:.200}");
    let many = server.ask(&format!("GET / HTTP/1.1{}", "\r\nX-A: b".repeat(100)), "");
    assert!(many.starts_with("HTTP/1.1 431"), "{many:.200}");
}

#[test]
fn a_saved_report_outlives_kill_9_and_a_signal_ends_the_program_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let head = "POST /api/v1/diagnoses HTTP/1.1\r\nContent-Type: application/json";
    let saved = server.ask(head, r#"{"text": "broken pipe", "save": true}"#);
    assert!(saved.starts_with("HTTP/1.1 200"), "{saved}");
    let token =
        saved.split("\"view_token\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    server.signal("-KILL");
    drop(server);

    let mut server = Server::start(dir.path());
    let read = server.ask(&format!("GET /api/v1/diagnoses/{token} HTTP/1.1"), "");
    assert!(read.starts_with("HTTP/1.1 200") && read.contains("broken pipe"), "{read}");
    let mut resting = server.connect();
    resting.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut half = server.connect();
    half.write_all(
        b"POST /api/v1/diagnoses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    server.signal("-TERM");
    let status = server.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}
